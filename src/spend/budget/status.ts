/** The limits as a reader sees them: what is spent, what is left, until when. */
import { defined } from '../../defined.ts';
import { fromUnits } from '../amount.ts';
import { type Limit, type Scope, type Spent, windowEnd, windowOf } from './limits.ts';

export interface BudgetStatus {
  readonly scope: Scope;
  /** What has to be changed to lift it. */
  readonly setting: string;
  readonly model?: string;
  readonly thread?: string;
  readonly soft?: true;
  /** Plain decimals; `spent` contains reservations. A limit per call has nothing spent. */
  readonly usd?: { readonly limit: string; readonly spent?: string; readonly left?: string };
  readonly tokens?: { readonly limit: number; readonly spent?: number; readonly left?: number };
  /** When the window ends, ISO. */
  readonly until?: string;
}

/** Rows of a limit that counts each model or thread by itself. */
const MOST_ROWS = 50;

/** @param now ISO */
export function budgetStatus(limits: readonly Limit[], all: readonly Spent[], now: string): BudgetStatus[] {
  const current = all.filter(({ bucket, limit }) => bucket.window === windowOf(limit.scope, now));
  return limits.flatMap((limit) => {
    if (limit.scope === 'call') return [row(limit, undefined, now)];
    const used = current.filter((spent) => spent.limit === limit);
    if (limit.model !== '*' && limit.thread !== '*') return [row(limit, used[0], now)];
    return used
      .sort((a, b) => (a.usd < b.usd ? 1 : a.usd > b.usd ? -1 : b.tokens - a.tokens))
      .slice(0, MOST_ROWS)
      .map((spent) => row(limit, spent, now));
  });
}

function row(limit: Limit, spent: Spent | undefined, now: string): BudgetStatus {
  const { scope, setting } = limit;
  const model = spent?.bucket.model ?? limit.model;
  const thread = spent?.bucket.thread ?? limit.thread;
  return {
    scope,
    setting,
    ...defined({ model, thread }),
    ...(limit.soft ? { soft: true } : {}),
    ...(limit.usd === undefined ? {} : { usd: usdOf(limit.usd, scope, spent?.usd ?? 0n) }),
    ...(limit.tokens === undefined ? {} : { tokens: tokensOf(limit.tokens, scope, spent?.tokens ?? 0) }),
    ...(scope === 'call' ? {} : { until: windowEnd(scope, now) }),
  };
}

function usdOf(limit: bigint, scope: Scope, spent: bigint): NonNullable<BudgetStatus['usd']> {
  if (scope === 'call') return { limit: fromUnits(limit) };
  const left = limit - spent;
  return {
    limit: fromUnits(limit),
    spent: fromUnits(spent),
    left: fromUnits(left < 0n ? 0n : left),
  };
}

function tokensOf(limit: number, scope: Scope, spent: number): NonNullable<BudgetStatus['tokens']> {
  return scope === 'call' ? { limit } : { limit, spent, left: Math.max(0, limit - spent) };
}
