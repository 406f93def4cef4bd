/** The days that a report is about. */
import { BedrockError } from '../../bedrock-error.ts';

/** Days in UTC, both included, such as `2026-11-21`. */
export interface Period {
  readonly since: string;
  readonly until: string;
}

const DAY = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

/**
 * The requested period; this month (UTC) when none was requested.
 * @throws BedrockError `invalid_request` for what is no day, or an end before its beginning.
 */
export function readPeriod(
  requested: { readonly since?: string | undefined; readonly until?: string | undefined },
  now: number,
): Period {
  const today = new Date(now).toISOString().slice(0, 10);
  for (const field of ['since', 'until'] as const) {
    const value = requested[field];
    if (value !== undefined && !isDay(value)) {
      throw new BedrockError('invalid_request', {
        message: `${field} is "${value.slice(0, 40)}", which is no day.`,
        fix: `Give a day such as ${today} (UTC).`,
        field,
      });
    }
  }
  const until = requested.until ?? today;
  const since = requested.since ?? `${until.slice(0, 7)}-01`;
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

/** @param time ISO, or the day alone. */
export function isWithin(time: string, { since, until }: Period): boolean {
  const day = time.slice(0, 10);
  return day >= since && day <= until;
}
