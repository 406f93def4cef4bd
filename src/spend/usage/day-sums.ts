/** Sums of calls by day, model, tool, thread and tag, in a form that can be stored and added to. */
import type { JsonValue } from '../../json.ts';
import { fromUnits, isAmount, toUnits } from '../amount.ts';
import type { SettledRecord } from '../record.ts';

export const DIMENSIONS = ['model', 'tool', 'thread', 'tag'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** One sum. `usd` in units of 1e-24 USD. */
export interface Sum {
  calls: number;
  /** Calls that ended with an error, were cancelled or broke off. */
  failed: number;
  /** Calls whose cost is not known; they add nothing to `usd`. */
  unpriced: number;
  /** Calls whose usage is an estimate. */
  estimated: number;
  input: number;
  output: number;
  cacheRead: number;
  cacheWrite: number;
  usd: bigint;
}

export interface DaySums {
  readonly total: Sum;
  readonly by: Readonly<Record<Dimension, Map<string, Sum>>>;
}

/** Days (`2026-11-21`, UTC) in the order they were met. */
export type Sums = Map<string, DaySums>;

/** More names than this a day and dimension are summed under `OTHERS`, so that no caller can fill the memory. */
const MOST_NAMES = 2_000;
export const OTHERS = '(others)';

export function newSum(): Sum {
  return {
    calls: 0,
    failed: 0,
    unpriced: 0,
    estimated: 0,
    input: 0,
    output: 0,
    cacheRead: 0,
    cacheWrite: 0,
    usd: 0n,
  };
}

function newDay(): DaySums {
  return {
    total: newSum(),
    by: { model: new Map(), tool: new Map(), thread: new Map(), tag: new Map() },
  };
}

/** Adds a finished call to its day. A released reservation was never sent: it is no call. */
export function addCall(sums: Sums, record: SettledRecord): void {
  if (record.status === 'released') return;
  const date = record.started.slice(0, 10);
  let day = sums.get(date);
  if (day === undefined) {
    day = newDay();
    sums.set(date, day);
  }
  const usd = record.cost_usd === null ? undefined : toUnits(record.cost_usd);
  addTo(day.total, record, usd);
  addTo(named(day.by.model, record.model), record, usd);
  addTo(named(day.by.tool, record.tool), record, usd);
  if (record.thread !== undefined) addTo(named(day.by.thread, record.thread), record, usd);
  const { tags = [] } = record;
  for (const tag of tags.length < 2 ? tags : new Set(tags)) addTo(named(day.by.tag, tag), record, usd);
}

function addTo(sum: Sum, record: SettledRecord, usd: bigint | undefined): void {
  sum.calls += 1;
  if (record.status !== 'ok') sum.failed += 1;
  if (record.estimated === true) sum.estimated += 1;
  if (usd === undefined) sum.unpriced += 1;
  else sum.usd += usd;
  const { usage } = record;
  if (usage === undefined) return;
  sum.input += usage.input ?? 0;
  sum.output += usage.output ?? 0;
  sum.cacheRead += usage.cache_read ?? 0;
  sum.cacheWrite += usage.cache_write ?? 0;
}

/** The sum under a name, made when it is new. */
export function named(sums: Map<string, Sum>, name: string): Sum {
  const known = sums.get(name);
  if (known !== undefined) return known;
  if (sums.size >= MOST_NAMES && name !== OTHERS) return named(sums, OTHERS);
  const sum = newSum();
  sums.set(name, sum);
  return sum;
}

export function addSum(into: Sum, from: Sum): void {
  into.calls += from.calls;
  into.failed += from.failed;
  into.unpriced += from.unpriced;
  into.estimated += from.estimated;
  into.input += from.input;
  into.output += from.output;
  into.cacheRead += from.cacheRead;
  into.cacheWrite += from.cacheWrite;
  into.usd += from.usd;
}

/** Lists in place of objects: names come from callers, and `__proto__` is only a name. */
export function sumsToJson(sums: Sums): JsonValue {
  return [...sums].map(([date, day]) => [
    date,
    sumToJson(day.total),
    ...DIMENSIONS.map((dimension) =>
      [...day.by[dimension]].map(([name, sum]): JsonValue => [name, ...sumToJson(sum)]),
    ),
  ]);
}

function sumToJson(sum: Sum): [string, ...number[]] {
  const { usd, calls, failed, unpriced, estimated, input, output, cacheRead, cacheWrite } = sum;
  return [fromUnits(usd), calls, failed, unpriced, estimated, input, output, cacheRead, cacheWrite];
}

/** @returns undefined for anything but what `sumsToJson` gives. */
export function sumsFromJson(value: unknown): Sums | undefined {
  if (!Array.isArray(value)) return undefined;
  const sums: Sums = new Map();
  for (const row of value) {
    if (!Array.isArray(row)) return undefined;
    const [date, total, ...lists]: readonly unknown[] = row;
    const sum = sumFromJson(total);
    if (typeof date !== 'string' || sum === undefined) return undefined;
    const [model, tool, thread, tag] = lists.map(namesFromJson);
    if (model === undefined || tool === undefined || thread === undefined || tag === undefined)
      return undefined;
    sums.set(date, { total: sum, by: { model, tool, thread, tag } });
  }
  return sums;
}

function namesFromJson(value: unknown): Map<string, Sum> | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = new Map<string, Sum>();
  for (const row of value) {
    if (!Array.isArray(row)) return undefined;
    const [name, ...numbers]: readonly unknown[] = row;
    const sum = sumFromJson(numbers);
    if (typeof name !== 'string' || sum === undefined) return undefined;
    names.set(name, sum);
  }
  return names;
}

function sumFromJson(value: unknown): Sum | undefined {
  if (!Array.isArray(value)) return undefined;
  const [usd, ...counts]: readonly unknown[] = value;
  if (typeof usd !== 'string' || !isAmount(usd) || counts.length !== 8) return undefined;
  const numbers = counts.filter((count): count is number => typeof count === 'number');
  const [calls, failed, unpriced, estimated, input, output, cacheRead, cacheWrite] = numbers;
  if (calls === undefined || failed === undefined || unpriced === undefined || estimated === undefined)
    return undefined;
  if (input === undefined || output === undefined || cacheRead === undefined || cacheWrite === undefined)
    return undefined;
  return {
    calls,
    failed,
    unpriced,
    estimated,
    input,
    output,
    cacheRead,
    cacheWrite,
    usd: toUnits(usd),
  };
}
