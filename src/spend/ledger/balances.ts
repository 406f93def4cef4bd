/** What the ledger says is spent and reserved under each limit, kept up to date by reading only what was appended. */
import { toUnits } from '../amount.ts';
import {
  type Bucket,
  bucketOf,
  type Limit,
  type Limited,
  type SpendRules,
  windowOf,
} from '../budget/limits.ts';
import { type IntentRecord, type SettledRecord, tokensOf } from '../record.ts';
import type { Ledger } from './ledger.ts';
import { newPairState, type PairState, pair } from './pairs.ts';
import { type Position, START } from './scan.ts';

/** What counts in a bucket, while it is counted. */
interface Sum {
  readonly bucket: Bucket;
  readonly limit: Limit;
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
  readonly spent: Map<string, Sum>;
  /** What each open intent holds. */
  readonly held: Map<string, readonly Charge[]>;
  position: Position;
  inode: number;
  /** The hour from which windows are counted; older ones are over. */
  since: string;
}

/** Not for use by two at the same time: whoever reads moves the position for all. */
export interface Balances {
  readonly ledger: Ledger;
  readonly rules: SpendRules;
  /** Limits over time: those per call have nothing that could be counted. */
  readonly limits: readonly Limit[];
  state: MonthState;
}

export function newBalances(ledger: Ledger, rules: SpendRules): Balances {
  const limits = rules.limits.filter(({ scope }) => scope !== 'call');
  return { ledger, rules, limits, state: emptyState('', '') };
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

/** True when the month has been read before: the balances may be a moment behind. */
export function isKnown({ state }: Balances, month: string): boolean {
  return state.month === month;
}

/**
 * Reads what the month's file has gained. `meet` is called for each intent before it is counted: the balances of that
 * moment are exactly what stands before it in the file.
 */
export async function catchUp(
  balances: Balances,
  month: string,
  meet?: (intent: IntentRecord) => void,
): Promise<void> {
  await freshen(balances, month);
  const { ledger, state } = balances;
  const target = {
    intent(record: IntentRecord) {
      meet?.(record);
      hold(balances, record);
    },
    settled: (record: SettledRecord, intent: IntentRecord | undefined) => settle(balances, record, intent),
  };
  const { offset, lines } = await ledger.scan(month, state.position, {
    record: (record) => pair(state.pairs, record, target),
    damage: () => {
      state.pairs.damaged += 1;
    },
  });
  state.position = { offset, lines };
}

/** Starts again when the month, or the file behind it, is another one. */
async function freshen(balances: Balances, month: string): Promise<void> {
  const { ledger } = balances;
  // One hour back: a call that was planned just before the full hour may be entered just after it.
  const hour = new Date(ledger.now() - 3_600_000).toISOString().slice(0, 13);
  const { size, ino } = await ledger.look(month);
  const { position, inode } = balances.state;
  if (!isKnown(balances, month) || size < position.offset || (inode !== 0 && ino !== inode))
    balances.state = emptyState(month, hour);
  const { state } = balances;
  state.inode = ino;
  if (hour <= state.since) return;
  state.since = hour;
  for (const [key, { bucket, limit }] of state.spent)
    if (bucket.window < windowOf(limit.scope, hour)) state.spent.delete(key);
}

/** Counts an intent as it was reserved, until `giveBack` or its end. It need not be in the file yet. */
export function hold(balances: Balances, intent: IntentRecord): void {
  const charges = charge(balances, intent, intent.time, reservedUsd(intent), intent.reserved_tokens ?? 0);
  balances.state.held.set(intent.id, charges);
}

export function giveBack({ state }: Balances, id: string): void {
  for (const { key, usd, tokens } of state.held.get(id) ?? []) {
    const sum = state.spent.get(key);
    if (sum === undefined) continue;
    sum.usd -= usd;
    sum.tokens -= tokens;
  }
  state.held.delete(id);
}

function settle(balances: Balances, record: SettledRecord, intent: IntentRecord | undefined): void {
  giveBack(balances, record.id);
  if (record.status === 'released') return;
  // What is not known stays reserved: a limit that holds only when everybody reports is none.
  const usd =
    record.cost_usd === null ? (intent === undefined ? 0n : reservedUsd(intent)) : toUnits(record.cost_usd);
  const tokens = tokensOf(record.usage) ?? intent?.reserved_tokens ?? 0;
  charge(balances, record, record.started, usd, tokens);
}

function charge(
  { limits, rules, state }: Balances,
  call: Limited,
  time: string,
  usd: bigint,
  tokens: number,
): Charge[] {
  const charges: Charge[] = [];
  for (const limit of limits) {
    const bucket = bucketOf(limit, call, time, rules.namesOf);
    if (bucket === undefined || bucket.window < windowOf(limit.scope, state.since)) continue;
    const sum = state.spent.get(bucket.key) ?? { bucket, limit, usd: 0n, tokens: 0 };
    state.spent.set(bucket.key, sum);
    sum.usd += usd;
    sum.tokens += tokens;
    charges.push({ key: bucket.key, usd, tokens });
  }
  return charges;
}

function reservedUsd(intent: IntentRecord): bigint {
  return intent.reserved_usd === null ? 0n : toUnits(intent.reserved_usd);
}
