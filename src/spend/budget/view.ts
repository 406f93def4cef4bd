/** What the ledger says is spent and reserved under each limit, kept up to date by reading only what was appended. */

import { toUnits } from '../ledger/amount.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { newPairState, type PairState, pair } from '../ledger/pairs.ts';
import { type IntentRecord, type SettledRecord, tokensOf } from '../ledger/record.ts';
import { type Position, START } from '../ledger/scan.ts';
import { type Bucket, bucketOf, type Limit, type Limited, type NamesOf, windowOf } from './limits.ts';

export interface Spent {
  readonly bucket: Bucket;
  readonly limit: Limit;
  /** Units of 1e-24 USD, reservations included. */
  usd: bigint;
  tokens: number;
}

interface Charge {
  readonly key: string;
  readonly usd: bigint;
  readonly tokens: number;
}

interface MonthState {
  readonly month: string;
  readonly pairs: PairState;
  readonly spent: Map<string, Spent>;
  /** What each open intent holds. */
  readonly held: Map<string, readonly Charge[]>;
  position: Position;
  inode: number;
  /** The hour from which windows are counted; older ones are over. */
  since: string;
}

/** Not for use by two at the same time: whoever reads moves the position for all. */
export interface BudgetView {
  /**
   * Reads what the month's file has gained. `meet` is called for each intent before it is counted: what the view holds
   * at that moment is exactly what stands before it in the file.
   */
  catchUp(month: string, meet?: (intent: IntentRecord) => void): Promise<void>;
  /** True when the month has been read before: the view may be a moment behind. */
  knows(month: string): boolean;
  /** Counts an intent that is not in the file yet, until `giveBack`. */
  reserve(intent: IntentRecord): void;
  giveBack(id: string): void;
  /** Spent and reserved in the bucket that the call would count in; undefined when the limit is not about it. */
  spentUnder(limit: Limit, call: Limited, time: string): Spent | undefined;
  /** All buckets that have something in them. */
  all(): Iterable<Spent>;
}

export function createBudgetView(
  limits: readonly Limit[],
  ledger: Ledger,
  namesOf: NamesOf | undefined,
): BudgetView {
  let state = emptyState('', '');
  // One hour back: a call that was planned just before the full hour may be entered just after it.
  const oldestHour = () => new Date(ledger.now() - 3_600_000).toISOString().slice(0, 13);

  function charge(call: Limited, time: string, usd: bigint, tokens: number): Charge[] {
    const charges: Charge[] = [];
    for (const limit of limits) {
      const bucket = bucketOf(limit, call, time, namesOf);
      if (bucket === undefined || bucket.window < windowOf(limit.scope, state.since)) continue;
      const spent = state.spent.get(bucket.key) ?? { bucket, limit, usd: 0n, tokens: 0 };
      state.spent.set(bucket.key, spent);
      spent.usd += usd;
      spent.tokens += tokens;
      charges.push({ key: bucket.key, usd, tokens });
    }
    return charges;
  }

  function reserve(intent: IntentRecord): void {
    state.held.set(intent.id, charge(intent, intent.time, reservedUsd(intent), intent.reserved_tokens ?? 0));
  }

  function giveBack(id: string): void {
    for (const { key, usd, tokens } of state.held.get(id) ?? []) {
      const spent = state.spent.get(key);
      if (spent === undefined) continue;
      spent.usd -= usd;
      spent.tokens -= tokens;
    }
    state.held.delete(id);
  }

  function settle(record: SettledRecord, intent: IntentRecord | undefined): void {
    giveBack(record.id);
    if (record.status === 'released') return;
    // What is not known stays reserved: a limit that holds only when everybody reports is none.
    const usd =
      record.cost_usd === null ? (intent === undefined ? 0n : reservedUsd(intent)) : toUnits(record.cost_usd);
    charge(record, record.started, usd, tokensOf(record.usage) ?? intent?.reserved_tokens ?? 0);
  }

  /** Starts again when the month, or the file behind it, is another one. */
  async function freshen(month: string): Promise<void> {
    const hour = oldestHour();
    const { size, ino } = await ledger.look(month);
    if (state.month !== month || size < state.position.offset || (state.inode !== 0 && ino !== state.inode))
      state = emptyState(month, hour);
    state.inode = ino;
    if (hour <= state.since) return;
    state.since = hour;
    for (const [key, { bucket, limit }] of state.spent)
      if (bucket.window < windowOf(limit.scope, hour)) state.spent.delete(key);
  }

  return {
    async catchUp(month, meet) {
      await freshen(month);
      const target = {
        intent(record: IntentRecord) {
          meet?.(record);
          reserve(record);
        },
        settled: settle,
      };
      const { offset, lines } = await ledger.scan(month, state.position, {
        record: (record) => pair(state.pairs, record, target),
        damage: () => {
          state.pairs.damaged += 1;
        },
      });
      state.position = { offset, lines };
    },
    knows: (month) => state.month === month,
    reserve,
    giveBack,
    spentUnder(limit, call, time) {
      const bucket = bucketOf(limit, call, time, namesOf);
      if (bucket === undefined) return undefined;
      return state.spent.get(bucket.key) ?? { bucket, limit, usd: 0n, tokens: 0 };
    },
    all: () => state.spent.values(),
  };
}

function emptyState(month: string, since: string): MonthState {
  return {
    month,
    pairs: newPairState(),
    spent: new Map(),
    held: new Map(),
    position: START,
    inode: 0,
    since,
  };
}

function reservedUsd(intent: IntentRecord): bigint {
  return intent.reserved_usd === null ? 0n : toUnits(intent.reserved_usd);
}
