/** One failure of an AWS call, taken apart once so that the error table can match on plain fields. */
import { isJsonObject } from '../../json.ts';
import type { Redact } from '../../log.ts';
import { type HeaderBag, readRetryAfterMs } from '../response-headers.ts';
import type { AuthMode } from '../types.ts';

/** What the caller knows about the call that failed. */
export interface ErrorContext {
  /** The API operation, such as `Converse`. */
  readonly operation: string;
  readonly region?: string | undefined;
  readonly modelId?: string | undefined;
  readonly authMode?: AuthMode | undefined;
  /** Name of the credential source, such as `profile dev`; never a value. */
  readonly authSource?: string | undefined;
  readonly profile?: string | undefined;
  /** The endpoint override, when one is set. */
  readonly endpoint?: string | undefined;
  /** Request ID of the response whose stream broke: errors inside a stream carry none themselves. */
  readonly requestId?: string | undefined;
  /** HTTP status of the response head, when one arrived. */
  readonly httpStatus?: number | undefined;
  /** Headers of the response head, when one arrived. */
  readonly headers?: HeaderBag | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Blanks the secrets of this process in AWS's words. */
  readonly redact?: Redact | undefined;
}

export interface Failure extends ErrorContext {
  /** The exception name as AWS or Node gave it. */
  readonly awsName: string | undefined;
  /** The same in lower case, without a namespace. */
  readonly name: string;
  readonly status: number | undefined;
  /** AWS's own words, untouched. */
  readonly raw: string;
  /** The same for matching: lower case, one kind of apostrophe. */
  readonly text: string;
  /** The same for showing: redacted, one line, cut. */
  readonly words: string;
  /** Node's error code, such as `ECONNRESET`. */
  readonly socketCode: string | undefined;
  /** The body was not JSON, and looks like a page. */
  readonly page: boolean;
  /** An IAM denial's missing action and resource. */
  readonly action: string | undefined;
  readonly resource: string | undefined;
  readonly retryAfterMs: number | undefined;
}

const LONGEST_WORDS = 600;

/** Reads a property of a foreign value without trusting it. */
export function property(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function headerBag(value: unknown): HeaderBag | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const pairs = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs.map(([name, content]) => [name.toLowerCase(), content]));
}

/** Text for matching: lower case and ASCII apostrophes (the on-demand refusal carries U+2019). */
export function normalise(raw: string): string {
  return raw.toLowerCase().replace(/[\u2018\u2019\u02bc\u00b4`]/g, "'");
}

/** Text for showing: no control characters, one line, at most `bytes` bytes of UTF-8. */
export function shorten(raw: string, bytes: number): string {
  // Cut before cleaning too, so that a hostile megabyte costs nothing.
  const line = raw
    .slice(0, bytes * 4)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is removed
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e]+/g, ' ')
    .trim();
  const encoded = Buffer.from(line);
  if (encoded.length <= bytes) return line;
  // The cut may go through a character, which decoding then shows as U+FFFD.
  return `${encoded
    .subarray(0, bytes - 3)
    .toString()
    .replace(/\ufffd{1,3}$/, '')}…`;
}

/** Unmodelled exception frames carry raw JSON as their message; some services wrap the message in another one. */
function messageOf(error: unknown): string {
  const direct = text(property(error, 'message')) ?? text(property(error, 'Message')) ?? '';
  // The SDK adds a hint for developers to bodies that it could not parse.
  const message = direct.split('\n  Deserialization error:')[0] ?? '';
  if (message !== '' && message !== 'UnknownError' && message !== 'Unknown') return unwrap(message);
  const body =
    text(property(error, '$responseBodyText')) ?? text(property(property(error, '$response'), 'body'));
  return body === undefined ? message : unwrap(body);
}

function unwrap(message: string): string {
  if (!message.startsWith('{') || message.length > 100_000) return message;
  try {
    const parsed: unknown = JSON.parse(message);
    if (!isJsonObject(parsed)) return message;
    const inner = isJsonObject(parsed['error']) ? parsed['error'] : parsed;
    return text(inner['message']) ?? text(inner['Message']) ?? text(parsed['error']) ?? message;
  } catch {
    return message;
  }
}

/** Converse's sentence in front of what the model's own server says, which may be JSON (recorded with GPT-5.6). */
const FRAME = 'The model returned the following errors: ';

function unframed(raw: string): string {
  return raw.startsWith(`${FRAME}{`) ? `${FRAME}${unwrap(raw.slice(FRAME.length))}` : raw;
}

/** The deepest cause with a Node error code: the SDK, proxies and happy-eyeballs wrap it. */
function socketCodeOf(error: unknown): string | undefined {
  let at: unknown = error;
  for (let depth = 0; depth < 5 && at !== undefined && at !== null; depth += 1) {
    const code = text(property(at, 'code'));
    if (code !== undefined && /^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
    const list = property(at, 'errors');
    at = Array.isArray(list) ? list[0] : property(at, 'cause');
  }
  return undefined;
}

/** Takes an error apart. Never throws, whatever was thrown. */
export function readFailure(error: unknown, context: ErrorContext): Failure {
  const metadata = property(error, '$metadata');
  const response = property(error, '$response');
  const headers = headerBag(property(response, 'headers')) ?? context.headers ?? {};
  const status =
    property(metadata, 'httpStatusCode') ?? property(response, 'statusCode') ?? context.httpStatus;
  const raw = messageOf(error) || (typeof error === 'string' ? error : '');
  const awsName = text(property(error, 'name'));
  const original = text(property(error, 'originalMessage'));
  const read = unframed(raw);
  const shown = original === undefined || original === raw ? read : `${read} (${original})`;
  const redact = context.redact ?? ((unchanged: string) => unchanged);
  // A page may hide behind JSON.parse's message, so the body's own start decides.
  const body = text(property(error, '$responseBodyText')) ?? text(property(response, 'body')) ?? '';
  const type = headers['content-type'] ?? '';
  return {
    ...context,
    headers,
    awsName,
    name: (awsName ?? '').split('#').at(-1)?.split(':')[0]?.toLowerCase() ?? '',
    status: typeof status === 'number' ? status : undefined,
    raw,
    text: normalise(read.slice(0, 20_000)),
    words: shorten(redact(shown.slice(0, 8_000)), LONGEST_WORDS),
    socketCode: socketCodeOf(error),
    page: type.startsWith('text/html') || /^\s{0,100}</.test(body) || /^unexpected token '?</i.test(raw),
    action: /not authorized to perform:?\s{1,4}([a-z0-9-]{2,40}:[a-z0-9*]{2,80})/i.exec(
      raw.slice(0, 20_000),
    )?.[1],
    resource: /on resource:?\s{1,4}"?(arn:[^\s"]{4,400})/i.exec(raw.slice(0, 20_000))?.[1],
    requestId: text(property(metadata, 'requestId')) ?? headers['x-amzn-requestid'] ?? context.requestId,
    retryAfterMs: readRetryAfterMs(headers, Date.now()),
  };
}
