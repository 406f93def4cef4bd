/** `bedrock-mcp usage`: what was spent, as tables and bars, or every call as CSV or JSON Lines. */

import { once } from 'node:events';
import { Big } from 'big.js';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { Spending } from '../../spend/spending.ts';
import { COLUMNS, exportCalls } from '../../spend/usage/export.ts';
import { type Period, readPeriod } from '../../spend/usage/period.ts';
import {
  GROUPS,
  type Group,
  notesOf,
  reportUsage,
  type UsageReport,
  type UsageRow,
} from '../../spend/usage/report.ts';
import { budgetLine } from '../../tools/get-usage.ts';
import type { Invocation } from '../command.ts';
import { csvLine } from './usage-csv.ts';
import { bars, type Column, printable, table } from './usage-table.ts';

export interface UsageOptions {
  /** First and last day, UTC, `2026-11-21`. */
  readonly since?: string;
  readonly until?: string;
  /** Show only this table. */
  readonly by?: Group;
  readonly format: 'tables' | 'csv' | 'jsonl';
}

/** @throws BedrockError `config` for what these flags cannot be. */
export function usageOptions(values: Readonly<Record<string, unknown>>): UsageOptions {
  const { since, until, by, csv, jsonl } = values;
  if (csv === true && jsonl === true) {
    throw new BedrockError('config', {
      message: 'Both --csv and --jsonl were given.',
      fix: 'Give one of the two.',
    });
  }
  const group = GROUPS.find((each) => each === by);
  if (by !== undefined && group === undefined) {
    throw new BedrockError('config', {
      message: `--by is "${String(by).slice(0, 40)}".`,
      fix: `Allowed: ${GROUPS.join(', ')}.`,
    });
  }
  return {
    ...(typeof since === 'string' ? { since } : {}),
    ...(typeof until === 'string' ? { until } : {}),
    ...defined({ by: group }),
    format: csv === true ? 'csv' : jsonl === true ? 'jsonl' : 'tables',
  };
}

/** Runs the command on stdout. @throws BedrockError. */
export async function usage({ flags, open }: Invocation): Promise<number> {
  const options = usageOptions(flags);
  const app = await open();
  const spending = await (await app.services()).spending();
  await showUsage(spending, options, {
    write: (text) => process.stdout.write(text),
    drained: () => once(process.stdout, 'drain'),
  });
  return 0;
}

export interface Output {
  /** False when the reader is slow: `drained` then says when to go on. */
  write(text: string): boolean;
  drained(): Promise<unknown>;
}

export async function showUsage(spending: Spending, options: UsageOptions, out: Output): Promise<void> {
  const period = readPeriod(options, spending.store.now());
  if (options.format !== 'tables') return exportTo(out, spending, period, options.format);
  const report = await reportUsage(spending, period);
  out.write(`${tables(report, options.by).join('\n')}\n`);
}

async function exportTo(
  out: Output,
  { store }: Spending,
  period: Period,
  format: 'csv' | 'jsonl',
): Promise<void> {
  let full = false;
  const put = (line: string) => {
    if (!out.write(`${line}\n`)) full = true;
  };
  if (format === 'csv') put(csvLine(COLUMNS));
  await exportCalls(store, period, {
    call: (call) =>
      put(format === 'csv' ? csvLine(COLUMNS.map((column) => call[column])) : JSON.stringify(call)),
    pause: async () => {
      if (!full) return;
      full = false;
      await out.drained();
    },
  });
}

const MOST_ROWS = 30;
const HEADINGS: Readonly<Record<Group, string>> = {
  model: 'Model',
  day: 'Day (UTC)',
  tool: 'Tool',
  thread: 'Thread',
  tag: 'Tag',
};
/** The order in which people ask. */
const SHOWN: readonly Group[] = ['day', 'model', 'tool', 'thread', 'tag'];
const CHARTED: readonly Group[] = ['day', 'model'];

function tables(report: UsageReport, only: Group | undefined): string[] {
  const { since, until, total, in_flight, open, open_calls, budgets } = report;
  const lines = [`Spent from ${since} to ${until} (UTC): ${total.cost_usd} USD in ${total.calls} calls`];
  for (const group of only === undefined ? SHOWN : [only])
    lines.push(...groupTable(group, report.groups[group]));
  if (in_flight.calls > 0)
    lines.push('', `In flight: ${in_flight.calls} calls, up to ${in_flight.reserved_usd} USD`);
  if (open.calls > 0) {
    lines.push('', `Open spend: ${open.calls} calls without an end, up to ${open.reserved_usd} USD`);
    for (const { time, id, model_id, reserved_usd } of open_calls)
      lines.push(printable(`  ${time}  ${id}  ${model_id}  ${reserved_usd ?? '?'} USD`));
  }
  if (budgets.length > 0) lines.push('', ...budgets.map((each) => printable(budgetLine(each))));
  const notes = notesOf(report);
  if (notes.length > 0) lines.push('', ...notes.map((note) => `Note: ${note}`));
  return lines;
}

function groupTable(group: Group, rows: readonly UsageRow[]): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, MOST_ROWS);
  return [
    '',
    ...table(columns(HEADINGS[group]), shown),
    ...(rows.length > MOST_ROWS ? [`... and ${rows.length - MOST_ROWS} more`] : []),
    ...(CHARTED.includes(group) ? ['', ...bars(shown.map(bar))] : []),
  ];
}

function columns(heading: string): Column<UsageRow>[] {
  const count = (title: string, value: (row: UsageRow) => number | undefined): Column<UsageRow> => ({
    title,
    value: (row) => value(row)?.toLocaleString('en-US') ?? '',
    right: true,
  });
  return [
    { title: heading, value: ({ name }) => name },
    count('Calls', ({ calls }) => calls),
    count('Failed', ({ failed }) => failed),
    count('Tokens in', ({ input_tokens }) => input_tokens),
    count('Tokens out', ({ output_tokens }) => output_tokens),
    count('Cache read', ({ cache_read_tokens }) => cache_read_tokens),
    count('Cache write', ({ cache_write_tokens }) => cache_write_tokens),
    count('No price', ({ unpriced }) => unpriced),
    { title: 'USD', value: ({ cost_usd }) => money(cost_usd), right: true },
  ];
}

function bar(row: UsageRow) {
  return { label: row.name, value: Number(row.cost_usd), text: money(row.cost_usd) };
}

/** Six decimals are enough for the eye; the exports have them all. */
function money(usd: string): string {
  return new Big(usd).toFixed(6);
}
