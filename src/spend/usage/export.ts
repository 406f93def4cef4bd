/** The single calls of a period, one row each, for spreadsheets and scripts. */
import { defined } from '../../defined.ts';
import type { IntentRecord, SettledRecord } from '../record.ts';
import type { SpendStore } from '../store.ts';
import type { Period } from './period.ts';
import { isDead } from './report.ts';

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
 * @throws BedrockError `config` when the store cannot be read.
 */
export async function exportCalls(store: SpendStore, period: Period, target: ExportTarget): Promise<void> {
  const now = store.now();
  await store.records(period, {
    settled(record, intent) {
      if (record.status !== 'released') target.call(settledCall(record, intent));
    },
    open: (intent) => target.call(openCall(intent, now)),
    pause: async () => target.pause?.(),
  });
}

function factsOf(record: IntentRecord | SettledRecord) {
  const { tool, model, model_id, region, api } = record;
  return { tool, model, model_id, region, api };
}

function labelsOf({ thread, tags }: IntentRecord | SettledRecord): Pick<ExportedCall, 'thread' | 'tags'> {
  return defined({ thread, tags: tags?.join(' ') });
}

function settledCall(record: SettledRecord, intent: IntentRecord | undefined): ExportedCall {
  const { usage = {}, request_id, estimated, attempts, cost_reason } = record;
  return {
    time: record.started,
    call_id: record.id,
    status: record.status,
    ...factsOf(record),
    ...defined({
      input_tokens: usage.input,
      output_tokens: usage.output,
      cache_read_tokens: usage.cache_read,
      cache_write_tokens: usage.cache_write,
      cache_write_1h_tokens: usage.cache_write_1h,
      units: usage.units?.map(({ count, unit }) => `${count} ${unit}`).join(', '),
      cost_usd: record.cost_usd ?? undefined,
      cost_reason,
      reserved_usd: intent?.reserved_usd ?? undefined,
    }),
    duration_ms: record.duration_ms,
    ...defined({ request_id }),
    ...labelsOf(record),
    ...defined({ estimated, attempts }),
  };
}

function openCall(intent: IntentRecord, now: number): ExportedCall {
  return {
    time: intent.time,
    call_id: intent.id,
    status: isDead(intent, now) ? 'open' : 'in_flight',
    ...factsOf(intent),
    ...defined({ reserved_usd: intent.reserved_usd ?? undefined }),
    ...labelsOf(intent),
  };
}
