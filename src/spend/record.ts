/**
 * The records of every call, exactly as they stand in the ledger's files (`jq` reads them): an `intent` before the send, a
 * `settled` after it. Neither ever holds prompts, answers or credentials.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { BedrockError, ERROR_CODES, type ErrorCode } from '../bedrock-error.ts';
import type { BilledUsage } from '../catalog/prices/cost.ts';
import { defined } from '../defined.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { isAmount } from './amount.ts';

/** Every record starts with it, so that a record behind a torn one on the same line can be found. */
export const RECORD_START = '{"v":1,"type":"';

/** Which call it is. Both records of a call carry it, so that each line can be read alone. */
export interface CallFacts {
  readonly tool: string;
  /** Bare model ID: what prices and budgets go by. */
  readonly model: string;
  /** The identifier that was sent: profile ID, ARN, or the bare ID. */
  readonly model_id: string;
  readonly region: string;
  readonly api: string;
  readonly thread?: string;
  readonly tags?: readonly string[];
}

export interface IntentRecord extends CallFacts {
  readonly v: 1;
  readonly type: 'intent';
  readonly id: string;
  /** ISO, UTC. Day, month and budgets of a call go by it. */
  readonly time: string;
  /** Worst case; null = no price is known. */
  readonly reserved_usd: string | null;
  /** Worst case of input and output together; null = unknown. */
  readonly reserved_tokens: number | null;
  /** ISO. Whatever has no end by then has lost its process. */
  readonly expires: string;
  readonly pid: number;
  readonly host: string;
}

/** A call that is about to be sent. */
export interface PlannedSpend extends CallFacts {
  /** Own unique ID of the call; made when absent. */
  readonly id?: string;
  /** Plain decimal; null = no price is known. */
  readonly reservedUsd: string | null;
  /** Input and output together; null = unknown. */
  readonly reservedTokens: number | null;
  /** The call's time limit, ms: whatever has no end after it has lost its process. */
  readonly timeoutMs: number;
}

/** `ok`, `partial` (broke off after output), `released` (nothing was sent), or the code of the error. */
export type CallStatus = 'ok' | 'partial' | 'released' | ErrorCode;

/** Tokens by kind. `input` never contains cached ones; `cache_write` contains `cache_write_1h`. */
export interface RecordedUsage {
  readonly input?: number;
  readonly output?: number;
  readonly cache_read?: number;
  readonly cache_write?: number;
  readonly cache_write_1h?: number;
  readonly units?: readonly { readonly unit: string; readonly count: number; readonly detail?: string }[];
}

export interface SettledRecord extends CallFacts {
  readonly v: 1;
  readonly type: 'settled';
  readonly id: string;
  /** When it ended, ISO, UTC. */
  readonly time: string;
  /** The time of its intent. */
  readonly started: string;
  readonly status: CallStatus;
  readonly usage?: RecordedUsage;
  /** null = not known; `cost_reason` says why. */
  readonly cost_usd: string | null;
  readonly cost_reason?: string;
  readonly duration_ms: number;
  readonly request_id?: string;
  /** The usage was not reported by Bedrock but estimated here. */
  readonly estimated?: true;
  /** Requests sent, when more than one. */
  readonly attempts?: number;
  /** Its intent could not be written, so none is to be looked for. */
  readonly alone?: true;
}

export type LedgerRecord = IntentRecord | SettledRecord;

/** How a call ended, as its maker reports it. */
export interface CallOutcome {
  readonly status: CallStatus;
  readonly usage?: BilledUsage;
  /** Plain decimal as `costOf` gives it; null = not known. */
  readonly costUsd: string | null;
  readonly costReason?: string;
  readonly durationMs: number;
  readonly requestId?: string;
  readonly estimated?: boolean;
  readonly attempts?: number;
  /** Where the call ended up, when that is not what was reserved for (failover). */
  readonly sent?: Partial<Pick<CallFacts, 'model' | 'model_id' | 'region' | 'api'>>;
}

const LONGEST_NAME = 512;
const LONGEST_ID = 128;
const LONGEST_REASON = 300;
const MOST_TAGS = 20;

/** The first month, as file name part, of a record: settled ones stand beside their intent. */
export function monthOf(record: LedgerRecord): string {
  return (record.type === 'intent' ? record.time : record.started).slice(0, 7);
}

const HOST = hostname();

/** The intent of a call that starts now, by this process. */
export function intentRecord(spend: PlannedSpend, now: number): IntentRecord {
  const { id = randomUUID(), reservedUsd, reservedTokens, timeoutMs } = spend;
  return {
    v: 1,
    type: 'intent',
    id: id.slice(0, LONGEST_ID),
    time: new Date(now).toISOString(),
    ...callFacts(spend),
    reserved_usd: reservedUsd,
    reserved_tokens: reservedTokens === null ? null : Math.max(0, Math.ceil(reservedTokens)),
    expires: new Date(now + timeoutMs).toISOString(),
    pid: process.pid,
    host: HOST,
  };
}

export function settledRecord(intent: IntentRecord, outcome: CallOutcome, now: number): SettledRecord {
  const { sent = {}, usage } = outcome;
  const cost = outcome.costUsd !== null && isAmount(outcome.costUsd) ? outcome.costUsd : null;
  const reason = cost === null ? (outcome.costReason ?? 'the cost is not known') : outcome.costReason;
  const used = usage === undefined ? {} : recordedUsage(usage);
  return {
    v: 1,
    type: 'settled',
    id: intent.id,
    time: new Date(now).toISOString(),
    started: intent.time,
    ...callFacts({ ...intent, ...sent }),
    status: outcome.status,
    ...(Object.keys(used).length === 0 ? {} : { usage: used }),
    cost_usd: cost,
    ...defined({ cost_reason: reason?.slice(0, LONGEST_REASON) }),
    duration_ms: Math.max(0, Math.round(outcome.durationMs)) || 0,
    ...defined({ request_id: outcome.requestId?.slice(0, LONGEST_ID) }),
    ...(outcome.estimated === true ? { estimated: true } : {}),
    ...(outcome.attempts === undefined || outcome.attempts < 2 ? {} : { attempts: outcome.attempts }),
  };
}

/** The facts alone, cut to lengths that keep a record far below a disk block or two. */
function callFacts(facts: CallFacts): CallFacts {
  const { tool, model, model_id, region, api, thread, tags } = facts;
  return {
    tool: tool.slice(0, LONGEST_NAME),
    model: model.slice(0, LONGEST_NAME),
    model_id: model_id.slice(0, LONGEST_NAME),
    region: region.slice(0, LONGEST_NAME),
    api: api.slice(0, LONGEST_NAME),
    ...defined({ thread: thread?.slice(0, LONGEST_NAME) }),
    ...(tags === undefined || tags.length === 0
      ? {}
      : { tags: [...new Set(tags.slice(0, MOST_TAGS).map((tag) => tag.slice(0, LONGEST_ID)))] }),
  };
}

/** Counts that are no numbers are left out rather than written as nonsense. */
function recordedUsage(usage: BilledUsage): RecordedUsage {
  const pairs = Object.entries({
    input: usage.inputTokens,
    output: usage.outputTokens,
    cache_read: usage.cacheReadInputTokens,
    cache_write: usage.cacheWriteInputTokens,
    cache_write_1h: usage.cacheWrite1hInputTokens,
  }).filter(([, count]) => isCount(count));
  const units = (usage.units ?? []).filter(({ count }) => isCount(count));
  return { ...Object.fromEntries(pairs), ...(units.length === 0 ? {} : { units }) };
}

/** Tokens that a record accounts for; undefined when it names none. */
export function tokensOf(usage: RecordedUsage | undefined): number | undefined {
  if (usage === undefined) return undefined;
  const { input, output, cache_read, cache_write } = usage;
  if (input === undefined && output === undefined && cache_read === undefined && cache_write === undefined)
    return undefined;
  return (input ?? 0) + (output ?? 0) + (cache_read ?? 0) + (cache_write ?? 0);
}

/** Own check by hand: this runs a million times when a month is summed. */
export function isLedgerRecord(value: unknown): value is LedgerRecord {
  if (!isJsonObject(value)) return false;
  const { v, id, time, tool, model, model_id, region, api, thread, tags } = value;
  if (v !== 1 || !isText(id) || id === '' || id.length > LONGEST_ID || !isTime(time)) return false;
  if (!isText(tool) || !isText(model) || !isText(model_id) || !isText(region) || !isText(api)) return false;
  if (thread !== undefined && !isText(thread)) return false;
  if (tags !== undefined && !(Array.isArray(tags) && tags.every(isText))) return false;
  return value['type'] === 'intent' ? isIntent(value) : value['type'] === 'settled' && isSettled(value);
}

function isIntent({ reserved_usd, reserved_tokens, expires, pid, host }: JsonObject): boolean {
  return (
    isUsd(reserved_usd) &&
    (reserved_tokens === null || isCount(reserved_tokens)) &&
    isTime(expires) &&
    isCount(pid) &&
    isText(host)
  );
}

function isSettled({ started, status, cost_usd, duration_ms, usage }: JsonObject): boolean {
  return (
    isTime(started) &&
    isStatus(status) &&
    isUsd(cost_usd) &&
    isCount(duration_ms) &&
    (usage === undefined || isUsage(usage))
  );
}

function isUsage(value: unknown): boolean {
  if (!isJsonObject(value)) return false;
  for (const name in value) if (name !== 'units' && !isCount(value[name])) return false;
  const { units } = value;
  return (
    units === undefined ||
    (Array.isArray(units) &&
      units.every((each) => isJsonObject(each) && isText(each['unit']) && isCount(each['count'])))
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 2 * LONGEST_NAME;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function isUsd(value: unknown): boolean {
  return value === null || (typeof value === 'string' && isAmount(value));
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d\.\d{3}Z$/.test(value);
}

export function isStatus(value: unknown): value is CallStatus {
  return (
    value === 'ok' ||
    value === 'partial' ||
    value === 'released' ||
    (typeof value === 'string' && Object.hasOwn(ERROR_CODES, value))
  );
}

/** How a call ended of which nothing was sent. */
export const RELEASED: CallOutcome = { status: 'released', costUsd: '0', durationMs: 0 };

/** The status of a call that ended with this error. */
export function statusOf(error: unknown): CallStatus {
  if (!(error instanceof BedrockError)) return 'internal';
  return error.partialText === undefined || error.partialText === '' || error.code === 'cancelled'
    ? error.code
    : 'partial';
}
