/** What the calls made through it cost, as the ledger has it: failed ones too, and repair rounds that no receipt shows. */
import { Big } from 'big.js';
import type { Services } from './services.ts';

export interface Costs {
  /** Plain decimal, the known ones together; absent when none is known. */
  readonly usd?: string;
  /** Calls that were sent. */
  readonly calls: number;
  /** Those of them whose cost nobody knows. */
  readonly unknown: number;
}

export interface Meter {
  /** To be used in place of those it was made from. */
  readonly services: Services;
  costs(): Costs;
}

/** A meter of its own for a part of the work. */
export function meterOf(services: Services): Meter {
  const settled: (string | null)[] = [];
  const spending = async () => {
    const real = await services.spending();
    const reserve: typeof real.budgets.reserve = async (request) => {
      const reservation = await real.budgets.reserve(request);
      return {
        ...reservation,
        settle: (outcome) => {
          settled.push(outcome.costUsd);
          return reservation.settle(outcome);
        },
      };
    };
    return { ...real, budgets: { ...real.budgets, reserve } };
  };
  return {
    services: { ...services, spending },
    costs: () => {
      const known = settled.filter((usd) => usd !== null);
      return {
        ...(known.length === 0 ? {} : { usd: sumOf(known) }),
        calls: settled.length,
        unknown: settled.length - known.length,
      };
    },
  };
}

/** Several meters as one. */
export function allCosts(each: readonly Costs[]): Costs {
  const known = each.flatMap(({ usd }) => usd ?? []);
  return {
    ...(known.length === 0 ? {} : { usd: sumOf(known) }),
    calls: each.reduce((sum, { calls }) => sum + calls, 0),
    unknown: each.reduce((sum, { unknown }) => sum + unknown, 0),
  };
}

function sumOf(amounts: readonly string[]): string {
  return amounts.reduce((sum, usd) => sum.plus(usd), new Big(0)).toFixed();
}
