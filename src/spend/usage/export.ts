/** The single calls of a period, one row each, for spreadsheets and scripts. */
import type { Ledger } from '../ledger/ledger.ts';
import { newPairState, pair } from '../ledger/pairs.ts';
import type { IntentRecord, SettledRecord } from '../ledger/record.ts';
import { isDead, isWithin, monthsOf, type Period } from './report.ts';

/** One call. Absent = not known, or not used. */
export interface ExportedCall {
  readonly time: string;
  readonly call_id: string;
  /** The status of the ledger; `open` = without an end, `in_flight` = being answered. */
  readonly status: string;
  readonly tool: string;
  readonly model: string;
  readonly model_id: string;
  readonly region: string;
  readonly api: string;
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_tokens?: number;
  readonly cache_write_tokens?: number;
  readonly cache_write_1h_tokens?: number;
  /** Images, queries, seconds: `2 image`. */
  readonly units?: string;
  readonly cost_usd?: string;
  readonly cost_reason?: string;
  /** Worst case that was reserved before the call. */
  readonly reserved_usd?: string;
  readonly duration_ms?: number;
  readonly request_id?: string;
  readonly thread?: string;
  readonly tags?: string;
  readonly estimated?: true;
  readonly attempts?: number;
}

export const COLUMNS: readonly (keyof ExportedCall)[] = [
  'time',
  'call_id',
  'status',
  'tool',
  'model',
  'model_id',
  'region',
  'api',
  'input_tokens',
  'output_tokens',
  'cache_read_tokens',
  'cache_write_tokens',
  'cache_write_1h_tokens',
  'units',
  'cost_usd',
  'cost_reason',
  'reserved_usd',
  'duration_ms',
  'request_id',
  'thread',
  'tags',
  'estimated',
  'attempts',
];

export interface ExportTarget {
  call(call: ExportedCall): void;
  /** Awaited now and then, so that a slow reader can keep up. */
  pause?(): Promise<void>;
}

/**
 * Gives every call of the period once, in the order in which they ended; those without an end last.
 * Calls that were refused or withdrawn before they were sent are left out.
 * @throws BedrockError `config` when the ledger cannot be read.
 */
export async function exportCalls(ledger: Ledger, period: Period, target: ExportTarget): Promise<void> {
  const now = ledger.now();
  for (const month of await monthsOf(ledger, period)) {
    const state = newPairState();
    const pairs = {
      intent: () => undefined,
      settled(record: SettledRecord, intent: IntentRecord | undefined) {
        if (record.status !== 'released' && isWithin(record.started.slice(0, 10), period))
          target.call(settledCall(record, intent));
      },
    };
    await ledger.scan(
      month,
      { offset: 0, lines: 0 },
      {
        record: (record) => pair(state, record, pairs),
        damage: () => {
          state.damaged += 1;
        },
        ...(target.pause === undefined ? {} : { pause: target.pause }),
      },
    );
    for (const intent of state.open.values())
      if (isWithin(intent.time.slice(0, 10), period)) target.call(openCall(intent, now));
    await target.pause?.();
  }
}

function factsOf(record: IntentRecord | SettledRecord) {
  const { tool, model, model_id, region, api } = record;
  return { tool, model, model_id, region, api };
}

function labelsOf({ thread, tags }: IntentRecord | SettledRecord): Pick<ExportedCall, 'thread' | 'tags'> {
  return {
    ...(thread === undefined ? {} : { thread }),
    ...(tags === undefined ? {} : { tags: tags.join(' ') }),
  };
}

function settledCall(record: SettledRecord, intent: IntentRecord | undefined): ExportedCall {
  const { usage = {}, request_id, estimated, attempts } = record;
  const reserved = intent?.reserved_usd ?? undefined;
  const counts = {
    input_tokens: usage.input,
    output_tokens: usage.output,
    cache_read_tokens: usage.cache_read,
    cache_write_tokens: usage.cache_write,
    cache_write_1h_tokens: usage.cache_write_1h,
  };
  return {
    time: record.started,
    call_id: record.id,
    status: record.status,
    ...factsOf(record),
    ...present(counts),
    ...(usage.units === undefined
      ? {}
      : { units: usage.units.map(({ count, unit }) => `${count} ${unit}`).join(', ') }),
    ...(record.cost_usd === null ? {} : { cost_usd: record.cost_usd }),
    ...(record.cost_reason === undefined ? {} : { cost_reason: record.cost_reason }),
    ...(reserved === undefined ? {} : { reserved_usd: reserved }),
    duration_ms: record.duration_ms,
    ...(request_id === undefined ? {} : { request_id }),
    ...labelsOf(record),
    ...(estimated === undefined ? {} : { estimated }),
    ...(attempts === undefined ? {} : { attempts }),
  };
}

function openCall(intent: IntentRecord, now: number): ExportedCall {
  return {
    time: intent.time,
    call_id: intent.id,
    status: isDead(intent, now) ? 'open' : 'in_flight',
    ...factsOf(intent),
    ...(intent.reserved_usd === null ? {} : { reserved_usd: intent.reserved_usd }),
    ...labelsOf(intent),
  };
}

function present(counts: Readonly<Record<string, number | undefined>>): Record<string, number> {
  const out: Record<string, number> = {};
  for (const [name, count] of Object.entries(counts)) if (count !== undefined) out[name] = count;
  return out;
}
