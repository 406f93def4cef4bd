/**
 * A line of the ledger -> its record. A month of a million lines must be read in seconds, so the form that this ledger
 * writes is matched by one regular expression for each type, linear and three times as fast as JSON.parse with a check
 * behind it. Every other form of the same record is read the slow way; both give the same.
 */
import {
  type IntentRecord,
  isLedgerRecord,
  isStatus,
  type LedgerRecord,
  type RecordedUsage,
  type SettledRecord,
} from '../record.ts';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

// Characters that stand for themselves in a JSON string.
const PLAIN = '[^"\\\\\\x00-\\x1f]*';
const TEXT = `"(${PLAIN})"`;
const TIME = '"(\\d{4}-[01]\\d-[0-3]\\dT[0-2]\\d:[0-5]\\d:[0-6]\\d\\.\\d{3}Z)"';
const COUNT = '(\\d{1,15})';
const USD = '(null|"\\d{1,15}(?:\\.\\d{1,24})?")';
const FACTS =
  `"tool":${TEXT},"model":${TEXT},"model_id":${TEXT},"region":${TEXT},"api":${TEXT}` +
  `(?:,"thread":${TEXT})?(?:,"tags":\\["(${PLAIN}(?:","${PLAIN})*)"\\])?`;
const USAGE =
  `,"usage":\\{(?:"input":${COUNT})?(?:,?"output":${COUNT})?(?:,?"cache_read":${COUNT})?` +
  `(?:,?"cache_write":${COUNT})?(?:,?"cache_write_1h":${COUNT})?\\}`;
const INTENT = new RegExp(
  `^\\{"v":1,"type":"intent","id":${TEXT},"time":${TIME},${FACTS},"reserved_usd":${USD},` +
    `"reserved_tokens":(null|\\d{1,15}),"expires":${TIME},"pid":${COUNT},"host":${TEXT}\\}$`,
);
const SETTLED = new RegExp(
  `^\\{"v":1,"type":"settled","id":${TEXT},"time":${TIME},"started":${TIME},${FACTS},"status":${TEXT}` +
    `(${USAGE})?,"cost_usd":${USD}(?:,"cost_reason":${TEXT})?,"duration_ms":${COUNT}` +
    `(?:,"request_id":${TEXT})?(,"estimated":true)?(?:,"attempts":${COUNT})?\\}$`,
);
/** Where the types differ: `{"v":1,"type":"i`. */
const TYPE_AT = 15;
const LETTER_I = 105;
/** Longer lines may hold names that are too long. */
const LONGEST_USUAL = 1_000;

/** @returns what is wrong with the line when it is no record. */
export function readLine(text: string): LedgerRecord | 'not JSON' | 'no record of this ledger' {
  const usual = text.length > LONGEST_USUAL ? undefined : readUsual(text);
  if (usual !== undefined) return usual;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not JSON';
  }
  return isLedgerRecord(value) ? value : 'no record of this ledger';
}

function readUsual(text: string): LedgerRecord | undefined {
  return text.charCodeAt(TYPE_AT) === LETTER_I ? readIntent(text) : readSettled(text);
}

function readIntent(text: string): IntentRecord | undefined {
  const match = INTENT.exec(text);
  if (match === null) return undefined;
  const [, id = '', time = '', tool = '', model = '', modelId = '', region = '', api = ''] = match;
  if (id === '' || id.length > 128) return undefined;
  const tokens = match[11] ?? 'null';
  const record: Writable<IntentRecord> = {
    v: 1,
    type: 'intent',
    id,
    time,
    tool,
    model,
    model_id: modelId,
    region,
    api,
    reserved_usd: unquoted(match[10]),
    reserved_tokens: tokens === 'null' ? null : Number(tokens),
    expires: match[12] ?? '',
    pid: Number(match[13]),
    host: match[14] ?? '',
  };
  if (match[8] !== undefined) record.thread = match[8];
  if (match[9] !== undefined) record.tags = match[9].split('","');
  return record;
}

function readSettled(text: string): SettledRecord | undefined {
  const match = SETTLED.exec(text);
  if (match === null) return undefined;
  const [, id = '', time = '', started = '', tool = '', model = '', modelId = '', region = '', api = ''] =
    match;
  const status = match[11];
  if (id === '' || id.length > 128 || !isStatus(status)) return undefined;
  const record: Writable<SettledRecord> = {
    v: 1,
    type: 'settled',
    id,
    time,
    started,
    tool,
    model,
    model_id: modelId,
    region,
    api,
    status,
    cost_usd: unquoted(match[18]),
    duration_ms: Number(match[20]),
  };
  if (match[9] !== undefined) record.thread = match[9];
  if (match[10] !== undefined) record.tags = match[10].split('","');
  if (match[12] !== undefined) record.usage = usageOf(match);
  if (match[19] !== undefined) record.cost_reason = match[19];
  if (match[21] !== undefined) record.request_id = match[21];
  if (match[22] !== undefined) record.estimated = true;
  if (match[23] !== undefined) record.attempts = Number(match[23]);
  return record;
}

function usageOf(match: RegExpExecArray): RecordedUsage {
  const usage: Writable<RecordedUsage> = {};
  if (match[13] !== undefined) usage.input = Number(match[13]);
  if (match[14] !== undefined) usage.output = Number(match[14]);
  if (match[15] !== undefined) usage.cache_read = Number(match[15]);
  if (match[16] !== undefined) usage.cache_write = Number(match[16]);
  if (match[17] !== undefined) usage.cache_write_1h = Number(match[17]);
  return usage;
}

function unquoted(usd: string | undefined): string | null {
  return usd === undefined || usd === 'null' ? null : usd.slice(1, -1);
}
