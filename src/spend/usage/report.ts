/** What was spent in a period: sums by day, model, tool, thread or tag, what is still open, and what budgets have left. */
import { hostname } from 'node:os';
import { defined } from '../../defined.ts';
import { isProcessGone } from '../../process-gone.ts';
import { fromUnits, toUnits } from '../amount.ts';
import type { BudgetStatus } from '../budget/status.ts';
import type { IntentRecord } from '../record.ts';
import type { Spending } from '../spending.ts';
import { addSum, type DaySums, DIMENSIONS, named, newSum, type Sum } from './day-sums.ts';
import type { Period } from './period.ts';

export const GROUPS = ['model', 'day', 'tool', 'thread', 'tag'] as const;
export type Group = (typeof GROUPS)[number];

export interface UsageRow {
  readonly name: string;
  readonly calls: number;
  /** Calls that failed, were cancelled or broke off. */
  readonly failed?: number;
  /** Calls of unknown cost: not in `cost_usd`. */
  readonly unpriced?: number;
  readonly estimated?: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_read_tokens?: number;
  readonly cache_write_tokens?: number;
  /** Exact decimal. */
  readonly cost_usd: string;
}

/** Calls without an end. */
export interface OpenCalls {
  readonly calls: number;
  /** Their worst case, exact decimal. */
  readonly reserved_usd: string;
  /** Calls whose worst case is not known either. */
  readonly unpriced?: number;
}

export interface UsageReport extends Period {
  readonly total: UsageRow;
  readonly groups: Readonly<Record<Group, readonly UsageRow[]>>;
  /** Being answered now. */
  readonly in_flight: OpenCalls;
  /** Their process died, or their time is over: they may have been billed. */
  readonly open: OpenCalls;
  /** The oldest of them, for a look at AWS's own records. */
  readonly open_calls: readonly IntentRecord[];
  /** Lines that could not be read, and records that repeat others, in the months of the period. */
  readonly damaged_lines: number;
  readonly torn_tails: number;
  readonly repeats: number;
  readonly budgets: readonly BudgetStatus[];
}

const MOST_OPEN_SHOWN = 20;
const HOST = hostname();

/**
 * Sums the period.
 * @throws BedrockError `config` when the store cannot be read.
 */
export async function reportUsage({ store, budgets }: Spending, period: Period): Promise<UsageReport> {
  const total = newSum();
  const groups: Record<Group, Map<string, Sum>> = {
    model: new Map(),
    day: new Map(),
    tool: new Map(),
    thread: new Map(),
    tag: new Map(),
  };
  const { days, open, unreadable, unfinished, repeated } = await store.sums(period);
  for (const [date, sums] of days) addDay(date, sums, total, groups);
  const now = store.now();
  const dead = open.filter((intent) => isDead(intent, now));
  return {
    ...period,
    total: rowOf('total', total),
    groups: {
      model: rowsOf(groups.model),
      day: [...groups.day].map(([name, sum]) => rowOf(name, sum)).sort((a, b) => (a.name < b.name ? -1 : 1)),
      tool: rowsOf(groups.tool),
      thread: rowsOf(groups.thread),
      tag: rowsOf(groups.tag),
    },
    in_flight: openCalls(open.filter((intent) => !dead.includes(intent))),
    open: openCalls(dead),
    open_calls: dead.slice(0, MOST_OPEN_SHOWN),
    damaged_lines: unreadable,
    torn_tails: unfinished,
    repeats: repeated,
    budgets: await budgets.status(),
  };
}

function addDay(
  date: string,
  day: DaySums,
  total: Sum,
  groups: Readonly<Record<Group, Map<string, Sum>>>,
): void {
  addSum(total, day.total);
  addSum(named(groups.day, date), day.total);
  for (const dimension of DIMENSIONS) addNames(groups[dimension], day.by[dimension]);
}

function addNames(into: Map<string, Sum>, from: ReadonlyMap<string, Sum>): void {
  for (const [name, sum] of from) addSum(named(into, name), sum);
}

/** Its time is over, or its process is gone. Only for show: budgets count it either way. */
export function isDead(intent: IntentRecord, now: number): boolean {
  if (Date.parse(intent.expires) < now) return true;
  if (intent.host !== HOST || intent.pid === process.pid) return false;
  return isProcessGone(intent.pid);
}

function openCalls(intents: readonly IntentRecord[]): OpenCalls {
  let usd = 0n;
  let unpriced = 0;
  for (const { reserved_usd } of intents) {
    if (reserved_usd === null) unpriced += 1;
    else usd += toUnits(reserved_usd);
  }
  return {
    calls: intents.length,
    reserved_usd: fromUnits(usd),
    ...defined({ unpriced: unpriced || undefined }),
  };
}

/** The costliest first. */
function rowsOf(sums: ReadonlyMap<string, Sum>): UsageRow[] {
  return [...sums]
    .sort(([, a], [, b]) => (a.usd === b.usd ? b.calls - a.calls : a.usd < b.usd ? 1 : -1))
    .map(([name, sum]) => rowOf(name, sum));
}

function rowOf(name: string, sum: Sum): UsageRow {
  return {
    name,
    calls: sum.calls,
    ...defined({
      failed: sum.failed || undefined,
      unpriced: sum.unpriced || undefined,
      estimated: sum.estimated || undefined,
    }),
    input_tokens: sum.input,
    output_tokens: sum.output,
    ...defined({
      cache_read_tokens: sum.cacheRead || undefined,
      cache_write_tokens: sum.cacheWrite || undefined,
    }),
    cost_usd: fromUnits(sum.usd),
  };
}

/** What the numbers leave out, in words; empty when nothing does. */
export function notesOf(report: UsageReport): string[] {
  const { total, open, damaged_lines, torn_tails, repeats } = report;
  const notes: string[] = [];
  if (open.calls > 0)
    notes.push(
      `${open.calls} calls have no end (their process died): up to ${open.reserved_usd} USD of open spend is not in the sums.`,
    );
  if (total.unpriced !== undefined)
    notes.push(`${total.unpriced} calls have no known cost; they are not in the sums.`);
  if (total.estimated !== undefined) notes.push(`The usage of ${total.estimated} calls is an estimate.`);
  if (damaged_lines > 0) notes.push(`${damaged_lines} lines of the ledger cannot be read.`);
  if (torn_tails > 0) notes.push('The last line of the ledger is torn, or is being written now.');
  if (repeats > 0) notes.push(`${repeats} records repeat others and were counted once.`);
  return notes;
}
