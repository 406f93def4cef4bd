import * as z from 'zod';
import type { BudgetStatus } from '../spend/budget/status.ts';
import { readPeriod } from '../spend/usage/period.ts';
import { GROUPS, notesOf, type OpenCalls, reportUsage, type UsageRow } from '../spend/usage/report.ts';
import { defineTool } from './definition/define.ts';

const DEFAULT_ROWS = 20;
// No length limit: what is no day, such as a time, is refused with an example.
const day = z.string();

const input = z.strictObject({
  by: z.enum(GROUPS).optional().describe('Default model'),
  since: day.optional().describe('First day, UTC, YYYY-MM-DD. Default: start of the month'),
  until: day.optional().describe('Last day. Default today'),
  limit: z.int().min(1).max(500).optional().describe(`Rows, default ${DEFAULT_ROWS}`),
});

const row = z.object({
  name: z.string(),
  calls: z.int(),
  failed: z.int().optional(),
  unpriced: z.int().optional(),
  estimated: z.int().optional(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_tokens: z.int().optional(),
  cache_write_tokens: z.int().optional(),
  cost_usd: z.string(),
});
const openCalls = z.object({ calls: z.int(), reserved_usd: z.string(), unpriced: z.int().optional() });
const output = z.object({
  since: z.string(),
  until: z.string(),
  by: z.string(),
  total: row,
  rows: z.array(row),
  more_rows: z.int().optional(),
  in_flight: openCalls.optional(),
  open_spend: openCalls.optional(),
  budgets: z.array(z.record(z.string(), z.unknown())).optional(),
  notes: z.array(z.string()).optional(),
});

type Output = z.output<typeof output>;

export const getUsage = defineTool({
  name: 'get_usage',
  title: 'What was spent',
  description:
    'What calls through this server cost, by model, day, tool, thread or tag, and what budgets have left.',
  input,
  output,
  // It reads the ledger on this machine and asks nobody.
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async (args, { services }) => {
    const spending = await services.spending();
    const period = readPeriod(args, spending.store.now());
    const report = await reportUsage(spending, period);
    const by = args.by ?? 'model';
    const rows = report.groups[by];
    const shown = rows.slice(0, args.limit ?? DEFAULT_ROWS);
    const notes = notesOf(report);
    const structured: Output = {
      ...period,
      by,
      total: report.total,
      rows: shown,
      ...(rows.length > shown.length ? { more_rows: rows.length - shown.length } : {}),
      ...(report.in_flight.calls === 0 ? {} : { in_flight: report.in_flight }),
      ...(report.open.calls === 0 ? {} : { open_spend: report.open }),
      ...(report.budgets.length === 0 ? {} : { budgets: report.budgets.map((each) => ({ ...each })) }),
      ...(notes.length === 0 ? {} : { notes }),
    };
    return { structured, text: asText(structured, report.budgets) };
  },
});

/** The services carry the spending; asked for by shape. */
function asText(answer: Output, budgets: readonly BudgetStatus[]): string {
  const { since, until, by, total, rows, in_flight, open_spend } = answer;
  const lines = [
    `${since} to ${until} (UTC): ${sumsText(total)}`,
    ...rows.map((each) => `${each.name}: ${sumsText(each)}`),
  ];
  if (answer.more_rows !== undefined) lines.push(`... and ${answer.more_rows} more (raise limit), by ${by}`);
  if (in_flight !== undefined) lines.push(`In flight: ${held(in_flight)}`);
  if (open_spend !== undefined) lines.push(`Open spend: ${held(open_spend)}`);
  lines.push(...budgets.map(budgetLine), ...(answer.notes ?? []));
  return lines.join('\n');
}

function sumsText(sums: UsageRow | Output['total']): string {
  return `${sums.cost_usd} USD, ${sums.calls} calls, ${sums.input_tokens} tokens in, ${sums.output_tokens} out`;
}

function held({ calls, reserved_usd }: OpenCalls | NonNullable<Output['open_spend']>): string {
  return `${calls} calls, up to ${reserved_usd} USD`;
}

/** "Day budget: 0.4 of 5 USD left until ..." */
export function budgetLine(budget: BudgetStatus): string {
  const { scope, model, thread, usd, tokens, until, soft } = budget;
  const about = [
    model === undefined ? '' : ` for ${model}`,
    thread === undefined ? '' : ` in thread ${thread}`,
  ];
  const left = [
    ...(usd === undefined
      ? []
      : [usd.left === undefined ? `${usd.limit} USD` : `${usd.left} of ${usd.limit} USD left`]),
    ...(tokens === undefined
      ? []
      : [
          tokens.left === undefined
            ? `${tokens.limit} tokens`
            : `${tokens.left} of ${tokens.limit} tokens left`,
        ]),
  ];
  return `${soft === true ? 'Soft limit' : 'Budget'} per ${scope}${about.join('')}: ${left.join(', ')}${until === undefined ? '' : ` until ${until}`}`;
}
