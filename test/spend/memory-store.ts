/**
 * A second adapter, as a shared server would be one: records by call, balances by bucket, each step atomic. It keeps the
 * contract honest: what only files can do would fail here.
 */
import { toUnits } from '../../src/spend/amount.ts';
import { bucketOf, type SpendRules, type Spent, windowOf } from '../../src/spend/budget/limits.ts';
import { judge, needOf } from '../../src/spend/budget/refusal.ts';
import { type IntentRecord, type SettledRecord, tokensOf } from '../../src/spend/record.ts';
import type { SpendStore } from '../../src/spend/store.ts';
import { addCall, type Sums } from '../../src/spend/usage/day-sums.ts';
import { isWithin } from '../../src/spend/usage/period.ts';

/** What all processes share. */
export interface SharedMemory {
  readonly open: Map<string, IntentRecord>;
  /** In the order in which they ended. */
  readonly ended: Map<string, { readonly end: SettledRecord; readonly intent: IntentRecord | undefined }>;
  repeated: number;
}

export function createMemoryStore(shared: SharedMemory, rules: SpendRules, now: () => number): SpendStore {
  const counted = () => spentOf(shared, rules, new Date(now()).toISOString());
  return {
    now,
    reserve: async (intent, before) => {
      const spent = spentOf(shared, rules, intent.time);
      const verdict = judge(rules, needOf(intent, before), ({ key }) => spent.get(key));
      if (verdict.refused === undefined) shared.open.set(intent.id, intent);
      return { intent, verdict };
    },
    settle: async (end) => {
      const intent = shared.open.get(end.id);
      if (shared.ended.has(end.id) || (intent === undefined && end.alone !== true)) shared.repeated += 1;
      else shared.ended.set(end.id, { end, intent });
      shared.open.delete(end.id);
    },
    spent: async () => [...counted().values()],
    sums: async (period) => {
      const sums: Sums = new Map();
      for (const { end } of shared.ended.values()) if (isWithin(end.started, period)) addCall(sums, end);
      const days = [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
      const open = [...shared.open.values()].filter(({ time }) => isWithin(time, period));
      return { days, open, unreadable: 0, unfinished: 0, repeated: shared.repeated };
    },
    records: async (period, target) => {
      for (const { end, intent } of shared.ended.values())
        if (isWithin(end.started, period)) target.settled(end, intent);
      for (const intent of shared.open.values()) if (isWithin(intent.time, period)) target.open(intent);
    },
    close: async () => undefined,
  };
}

/** Of the windows that are open at the time. */
function spentOf({ open, ended }: SharedMemory, rules: SpendRules, time: string): Map<string, Spent> {
  const spent = new Map<string, Spent>();
  const charge = (call: IntentRecord | SettledRecord, began: string, usd: bigint, tokens: number) => {
    for (const limit of rules.limits) {
      const bucket = bucketOf(limit, call, began, rules.namesOf);
      if (limit.scope === 'call' || bucket?.window !== windowOf(limit.scope, time)) continue;
      const sum = spent.get(bucket.key) ?? { usd: 0n, tokens: 0 };
      spent.set(bucket.key, { bucket, limit, usd: sum.usd + usd, tokens: sum.tokens + tokens });
    }
  };
  for (const intent of open.values())
    charge(intent, intent.time, toUnits(intent.reserved_usd ?? '0'), intent.reserved_tokens ?? 0);
  for (const { end, intent } of ended.values()) {
    if (end.status === 'released') continue;
    const usd = toUnits(end.cost_usd ?? intent?.reserved_usd ?? '0');
    charge(end, end.started, usd, tokensOf(end.usage) ?? intent?.reserved_tokens ?? 0);
  }
  return spent;
}
