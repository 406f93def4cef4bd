/**
 * Prompts that make the sandbox misbehave like Bedrock does on a bad day. They are read from the last user text
 * (for embeddings and rerank: from the last text), or applied to any request by a `SandboxFault`.
 */
import { Refusal } from '../refusal.ts';
import { invalidToolSequence } from '../refusals/tools.ts';

interface MagicRow {
  readonly does: string;
  /** The number that may follow the name. */
  readonly argument?: { readonly name: string; readonly default: number };
  readonly refuse?: (argument: number) => Refusal;
}

const TOO_MANY_REQUESTS = 'Too many requests, please wait before trying again.';

export const throttled = (retryAfterSeconds?: number): Refusal =>
  new Refusal(
    429,
    'ThrottlingException',
    TOO_MANY_REQUESTS,
    retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
  );

const ROWS = {
  throttle: { does: 'always 429 ThrottlingException, too many requests', refuse: () => throttled() },
  'throttle-once': { does: '429 the first time this prompt is seen, then a normal answer' },
  'throttle-after': {
    does: '429 with `retry-after: N`, always',
    argument: { name: 'N', default: 1 },
    refuse: (seconds: number) => throttled(seconds),
  },
  'throttle-daily': {
    does: '429 because of the tokens-per-day quota',
    refuse: () =>
      new Refusal(429, 'ThrottlingException', 'Too many tokens per day, please wait before trying again.'),
  },
  overloaded: {
    does: '529 overloaded_error, which the AWS SDK does not retry',
    refuse: () => new Refusal(529, 'overloaded_error', 'Overloaded', { origin: 'plain' }),
  },
  'error-500': {
    does: '500 InternalServerException',
    refuse: () =>
      new Refusal(
        500,
        'InternalServerException',
        'The system encountered an unexpected error during processing. Try your request again.',
      ),
  },
  '503': {
    does: '503 ServiceUnavailableException',
    refuse: () =>
      new Refusal(
        503,
        'ServiceUnavailableException',
        'Service capacity limit has been reached. Please try again later.',
      ),
  },
  'model-error': {
    does: '424 ModelErrorException',
    refuse: () =>
      new Refusal(
        424,
        'ModelErrorException',
        'The system encountered an unexpected error during processing. Try your request again.',
        { extra: { originalStatusCode: 500, resourceName: 'sandbox' } },
      ),
  },
  'model-timeout': {
    does: '408 ModelTimeoutException',
    refuse: () =>
      new Refusal(
        408,
        'ModelTimeoutException',
        'Model has timed out in processing the request. Try your request again.',
      ),
  },
  'not-ready': {
    does: '429 ModelNotReadyException',
    refuse: () =>
      new Refusal(
        429,
        'ModelNotReadyException',
        'Model is not ready for inference. Wait and try your request again.',
      ),
  },
  'no-access': {
    does: '403 because the account has no access to the model',
    refuse: () =>
      new Refusal(
        403,
        'AccessDeniedException',
        "You don't have access to the model with the specified model ID.",
      ),
  },
  'not-allowed': {
    does: '400 "Operation not allowed", which AWS says to a whole account',
    refuse: () => new Refusal(400, 'ValidationException', 'Operation not allowed'),
  },
  legacy: {
    does: '404 because the model is legacy and was not used lately',
    refuse: () =>
      new Refusal(
        404,
        'ResourceNotFoundException',
        'Access denied. This Model is marked by provider as Legacy and you have not been actively using the model in the last 15 days. Please upgrade to an active model on Amazon Bedrock',
      ),
  },
  'data-retention': {
    does: '400 because the account has not set the data retention mode that the model needs',
    refuse: () =>
      new Refusal(
        400,
        'ValidationException',
        "data retention mode 'default' is not available for this model",
      ),
  },
  'too-long': {
    does: '400 because the input is too long for the model',
    refuse: () => new Refusal(400, 'ValidationException', 'Input is too long for requested model.'),
  },
  cut: { does: 'the connection is destroyed in the middle of the answer' },
  'no-stop': { does: 'the stream ends cleanly without its end marker' },
  'stream-error': { does: 'an exception frame in the middle of the stream (424 without streaming)' },
  'first-frame-error': {
    does: 'an exception frame as the first frame of the stream (400 without streaming)',
  },
  'bad-crc': { does: 'a frame with a wrong checksum in the middle of the stream' },
  slow: {
    does: 'one word every 500 ms for N seconds (without streaming: silence for N seconds, then the answer)',
    argument: { name: 'N', default: 6 },
  },
  hang: { does: 'the request is accepted and never answered' },
  stall: { does: 'some of the answer, then silence' },
  long: { does: 'an answer of N words', argument: { name: 'N', default: 1000 } },
  html: { does: 'an HTML page of a proxy with HTTP status N', argument: { name: 'N', default: 403 } },
  guardrail: { does: 'a guardrail intervenes' },
  refuse: { does: 'the answer is content_filtered' },
  'bad-json': { does: 'an answer that is not JSON, also where a JSON Schema asks for it' },
  'tool-sequence': {
    does: '424 because the model failed to write a tool call, as Nova does with a hyphen in the name',
    refuse: invalidToolSequence,
  },
  'channel-name': { does: 'the name in a tool call ends in `<|channel|>commentary`, as gpt-oss writes it' },
  'same-ids': { does: 'two tool calls with the same ID' },
  'no-ids': { does: 'a tool call with an empty ID' },
  'string-input': { does: 'a tool call whose input is a text that holds the JSON object' },
  'list-input': { does: 'a tool call whose input is a list' },
  'broken-input': { does: 'a tool call whose input is no JSON, at stop reason tool_use' },
  'cut-call': { does: 'a tool call that is cut at max_tokens' },
  'malformed-tool': { does: 'the model fails to write a well-formed tool call' },
} satisfies Record<string, MagicRow>;

export type MagicName = keyof typeof ROWS;

const TABLE: ReadonlyMap<string, MagicRow> = new Map(Object.entries(ROWS));
const isMagicName = (name: string): name is MagicName => TABLE.has(name);

/** The magic prompts for people: how to write each one and what it does. */
export const MAGIC_PROMPTS: readonly { readonly prompt: string; readonly does: string }[] = [
  ...TABLE.entries(),
].map(([name, row]) => ({
  prompt: row.argument ? `sandbox:${name} ${row.argument.name}` : `sandbox:${name}`,
  does: row.argument ? `${row.does} (default ${row.argument.default})` : row.does,
}));

export interface Magic {
  readonly name: MagicName;
  readonly argument: number;
}

/** The magic prompt that `text` contains, if any. Unknown names are ordinary text. */
export function findMagic(text: string): Magic | undefined {
  const match = /sandbox:([a-z0-9-]{1,20})(?: (\d{1,7}))?/.exec(text);
  const name = match?.[1];
  if (name === undefined || !isMagicName(name)) return undefined;
  const digits = match?.[2];
  return {
    name,
    argument: digits === undefined ? (TABLE.get(name)?.argument?.default ?? 0) : Number(digits),
  };
}

/** The refusal that this magic prompt stands for, if it is one. */
export const magicRefusal = (magic: Magic): Refusal | undefined =>
  TABLE.get(magic.name)?.refuse?.(magic.argument);
