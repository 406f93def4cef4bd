/** The resource `bedrock://usage`: this month, everything that `get_usage` can show at once. */
import type { Spending } from '../spending.ts';
import { readPeriod } from './period.ts';
import { GROUPS, notesOf, reportUsage } from './report.ts';

const MOST_ROWS = 100;

/** The JSON text of the resource. @throws BedrockError `config` when the store cannot be read. */
export async function readUsageResource(spending: Spending): Promise<string> {
  const report = await reportUsage(spending, readPeriod({}, spending.store.now()));
  const { since, until, total, groups, in_flight, open, budgets } = report;
  const tables = GROUPS.map((group) => [`by_${group}`, groups[group].slice(0, MOST_ROWS)] as const);
  return JSON.stringify({
    since,
    until,
    total,
    ...Object.fromEntries(tables.filter(([, rows]) => rows.length > 0)),
    ...(in_flight.calls === 0 ? {} : { in_flight }),
    ...(open.calls === 0 ? {} : { open_spend: open }),
    ...(budgets.length === 0 ? {} : { budgets }),
    notes: notesOf(report),
  });
}
