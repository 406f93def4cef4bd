/** What the calls of one piece of work cost, as the ledger has it: failed ones too, and repair rounds that no receipt shows. */
import { Big } from 'big.js';
import { defined } from '../defined.ts';
import type { CallCost } from './call-cost.ts';

export interface Costs {
  /** Plain decimal, the known ones together; absent when none is known. */
  readonly usd?: string;
  /** Calls that were sent. */
  readonly calls: number;
  /** Those of them whose cost nobody knows. */
  readonly unknown: number;
}

/** Given to every call of the work. */
export interface Meter {
  add(cost: CallCost): void;
  costs(): Costs;
}

export function createMeter(): Meter {
  const settled: Costs[] = [];
  return {
    add: ({ usd }) =>
      settled.push({ ...defined({ usd: usd ?? undefined }), calls: 1, unknown: usd === null ? 1 : 0 }),
    costs: () => allCosts(settled),
  };
}

/** Several as one. */
export function allCosts(each: readonly Costs[]): Costs {
  const known = each.flatMap(({ usd }) => usd ?? []);
  const total = known.reduce((sum, usd) => sum.plus(usd), new Big(0)).toFixed();
  return {
    ...defined({ usd: known.length === 0 ? undefined : total }),
    calls: each.reduce((sum, { calls }) => sum + calls, 0),
    unknown: each.reduce((sum, { unknown }) => sum + unknown, 0),
  };
}
