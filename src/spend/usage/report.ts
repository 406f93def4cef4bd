/** What was spent in a period: sums by day, model, tool, thread or tag, what is still open, and what budgets have left. */
import { hostname } from 'node:os';
import { BedrockError } from '../../bedrock-error.ts';
import type { Logger } from '../../log.ts';
import type { BudgetStatus } from '../budget/status.ts';
import { fromUnits, toUnits } from '../ledger/amount.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { IntentRecord } from '../ledger/record.ts';
import type { Spending } from '../spending.ts';
import { type MonthSums, sumMonth } from './rollup.ts';
import { addSum, DIMENSIONS, named, newSum, type Sum } from './rollup-sums.ts';

export const GROUPS = ['model', 'day', 'tool', 'thread', 'tag'] as const;
export type Group = (typeof GROUPS)[number];

/** Days in UTC, both included, such as `2026-11-21`. */
export interface Period {
  readonly since: string;
  readonly until: string;
}

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

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;
const MOST_OPEN_SHOWN = 20;
const HOST = hostname();

/**
 * The asked period; this month (UTC) when nothing was asked.
 * @throws BedrockError `invalid_request` for what is no day, or an end before its beginning.
 */
export function readPeriod(
  asked: { readonly since?: string | undefined; readonly until?: string | undefined },
  now: number,
): Period {
  const today = new Date(now).toISOString().slice(0, 10);
  for (const field of ['since', 'until'] as const) {
    const value = asked[field];
    if (value !== undefined && !isDay(value)) {
      throw new BedrockError('invalid_request', {
        message: `${field} is "${value.slice(0, 40)}", which is no day.`,
        fix: `Give a day such as ${today} (UTC).`,
        field,
      });
    }
  }
  const until = asked.until ?? today;
  const since = asked.since ?? `${until.slice(0, 7)}-01`;
  if (since > until) {
    throw new BedrockError('invalid_request', {
      message: `since (${since}) is after until (${until}).`,
      fix: 'Give the earlier day as since.',
      field: 'since',
    });
  }
  return { since, until };
}

/** JavaScript takes 30 February for 2 March, so a day is one that comes back as it was. */
function isDay(value: string): boolean {
  const at = DAY.test(value) ? Date.parse(value) : Number.NaN;
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(value);
}

/**
 * Sums the period.
 * @throws BedrockError `config` when the ledger cannot be read.
 */
export async function reportUsage(
  { ledger, budgets }: Spending,
  period: Period,
  log: Logger,
): Promise<UsageReport> {
  const total = newSum();
  const groups: Record<Group, Map<string, Sum>> = {
    model: new Map(),
    day: new Map(),
    tool: new Map(),
    thread: new Map(),
    tag: new Map(),
  };
  const open: IntentRecord[] = [];
  const problems = { damaged: 0, torn: 0, repeats: 0 };
  for (const month of await monthsOf(ledger, period)) {
    const sums = await sumMonth(ledger, month, log);
    addMonth(sums, period, total, groups);
    open.push(...sums.open.filter(({ time }) => isWithin(time.slice(0, 10), period)));
    problems.damaged += sums.damaged;
    problems.repeats += sums.repeats;
    if (sums.tailBytes > 0) problems.torn += 1;
  }
  const now = ledger.now();
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
    damaged_lines: problems.damaged,
    torn_tails: problems.torn,
    repeats: problems.repeats,
    budgets: await budgets.status(),
  };
}

/** The months of the period that have a file. */
export async function monthsOf(ledger: Ledger, { since, until }: Period): Promise<string[]> {
  const months = await ledger.months();
  return months.filter((month) => month >= since.slice(0, 7) && month <= until.slice(0, 7));
}

export function isWithin(day: string, { since, until }: Period): boolean {
  return day >= since && day <= until;
}

function addMonth(
  { sums }: MonthSums,
  period: Period,
  total: Sum,
  groups: Readonly<Record<Group, Map<string, Sum>>>,
): void {
  for (const [date, day] of sums) {
    if (!isWithin(date, period)) continue;
    addSum(total, day.total);
    addSum(named(groups.day, date), day.total);
    for (const dimension of DIMENSIONS) addNames(groups[dimension], day.by[dimension]);
  }
}

function addNames(into: Map<string, Sum>, from: ReadonlyMap<string, Sum>): void {
  for (const [name, sum] of from) addSum(named(into, name), sum);
}

/** Its time is over, or its process is gone. Only for show: budgets count it either way. */
export function isDead(intent: IntentRecord, now: number): boolean {
  if (Date.parse(intent.expires) < now) return true;
  if (intent.host !== HOST || intent.pid === process.pid) return false;
  try {
    process.kill(intent.pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
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
    ...(unpriced === 0 ? {} : { unpriced }),
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
    ...(sum.failed === 0 ? {} : { failed: sum.failed }),
    ...(sum.unpriced === 0 ? {} : { unpriced: sum.unpriced }),
    ...(sum.estimated === 0 ? {} : { estimated: sum.estimated }),
    input_tokens: sum.input,
    output_tokens: sum.output,
    ...(sum.cacheRead === 0 ? {} : { cache_read_tokens: sum.cacheRead }),
    ...(sum.cacheWrite === 0 ? {} : { cache_write_tokens: sum.cacheWrite }),
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
