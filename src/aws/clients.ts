/**
 * The two doors to AWS: Bedrock Runtime (answers) and Bedrock (what exists). The SDK is loaded inside the first call,
 * never when this module is loaded. Nothing here retries: each call is sent once (see client-pool.ts for the one
 * exception), and the retry layer above sees every refusal.
 */

import type { BedrockClient } from '@aws-sdk/client-bedrock';
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import type { JsonValue } from '../json.ts';
import type { Logger } from '../log.ts';
import { createClientPool, type Exchange } from './client-pool.ts';
import { type ControlOptions, createControl } from './control/live-catalog.ts';
import { planAuth } from './credentials.ts';
import { readResponseHeaders } from './response-headers.ts';
import { streamEvents } from './transport/event-stream.ts';
import type {
  AuthMode,
  AwsSettings,
  BedrockControl,
  BedrockRuntime,
  NativeCall,
  ResponseHeaders,
  StreamedAnswer,
  WholeAnswer,
} from './types.ts';

/** Keeps the module once it is there: even a repeated import() costs every call some tenths of a millisecond. */
function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () => {
    loaded ??= load();
    return loaded;
  };
}

const loadRuntime = once(() => import('@aws-sdk/client-bedrock-runtime'));
const loadControl = once(() => import('@aws-sdk/client-bedrock'));

/** Loads the runtime SDK ahead of the first call. For an idle moment after start-up; it touches no network. */
export async function warm(): Promise<void> {
  await Promise.all([loadRuntime(), import('@smithy/node-http-handler'), import('proxy-from-env')]);
}

/** How requests will be signed and with whose credentials, by name. Throws `invalid_credentials` (half a key pair). */
export function describeAuth(settings: AwsSettings): { readonly mode: AuthMode; readonly source: string } {
  const { mode, source } = planAuth(settings);
  return { mode, source };
}

function headersOf(exchange: Exchange<unknown>): ResponseHeaders {
  return readResponseHeaders(exchange.guard.head?.headers ?? {});
}

function notes(exchange: Exchange<unknown>): { warnings?: readonly string[] } {
  return exchange.warnings.length === 0 ? {} : { warnings: exchange.warnings };
}

function incomplete(exchange: Exchange<unknown>, what: string): BedrockError {
  const requestId = headersOf(exchange).requestId;
  return new BedrockError('incomplete', {
    message: `The answer is not complete: ${what}.`,
    fix: 'Call again; if it stays, something between here and Bedrock cuts answers (proxy, gateway).',
    accepted: true,
    ...defined({ requestId }),
  });
}

const DECODER = new TextDecoder();

function parseBody(exchange: Exchange<unknown>, bytes: unknown, what: string): JsonValue {
  // The SDK gives an object for an empty body.
  const text = bytes instanceof Uint8Array ? DECODER.decode(bytes) : '';
  if (text.trim() === '') throw incomplete(exchange, `the ${what} is empty`);
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    if (!/^\s{0,100}</.test(text))
      throw incomplete(exchange, `the JSON of the ${what} ends early or is damaged`);
    throw new BedrockError('not_bedrock', {
      message: 'Not Bedrock but a web page answered.',
      fix: 'A proxy, a captive portal or a gateway stands in between: check HTTPS_PROXY / NO_PROXY and the endpoint override.',
      ...(exchange.guard.head === undefined ? {} : { httpStatus: exchange.guard.head.status }),
    });
  }
}

/** The request of both commands that take a native body, in the SDK's names; members that are absent are not sent. */
function nativeInput(call: NativeCall) {
  const { requestMetadata } = call;
  const options: Record<string, unknown> = {
    guardrailIdentifier: call.guardrailIdentifier,
    guardrailVersion: call.guardrailVersion,
    trace: call.trace,
    performanceConfigLatency: call.performanceConfigLatency,
    serviceTier: call.serviceTier,
    ...(requestMetadata === undefined ? {} : { requestMetadata: JSON.stringify(requestMetadata) }),
  };
  return {
    ...options,
    contentType: 'application/json',
    accept: 'application/json',
    modelId: call.modelId,
    body: Buffer.from(JSON.stringify(call.body)),
  };
}

/** CountTokens' `input`: a native body may be given as bytes, as text or as JSON. */
function countInput(
  input: Readonly<Record<string, unknown>>,
): { converse: object } | { invokeModel: { body: Uint8Array } } {
  const { converse, invokeModel } = input;
  if (typeof converse === 'object' && converse !== null) return { converse };
  if (typeof invokeModel === 'object' && invokeModel !== null && 'body' in invokeModel) {
    const { body } = invokeModel;
    if (body instanceof Uint8Array) return { invokeModel: { body } };
    return { invokeModel: { body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) } };
  }
  throw new BedrockError('invalid_request', {
    message: 'CountTokens needs either a converse or an invokeModel input.',
    fix: 'Pass {converse: {messages, ...}} or {invokeModel: {body}}.',
    field: 'input',
  });
}

/** Reads a whole answer under the guard and ends it. */
async function whole<T>(exchange: Exchange<T>, read: (value: T) => unknown): Promise<WholeAnswer> {
  exchange.guard.done();
  return { output: read(exchange.value), headers: headersOf(exchange), ...notes(exchange) };
}

/** Passes the events on under the guard. */
function streamed<E>(
  exchange: Exchange<unknown>,
  source: AsyncIterable<E> | undefined,
  read: (event: E) => { readonly value: unknown } | undefined,
): StreamedAnswer {
  if (source === undefined) {
    exchange.guard.abandon();
    throw incomplete(exchange, 'the stream has no body');
  }
  const events = streamEvents(source, exchange.guard, exchange.toError, read);
  return { events, headers: headersOf(exchange), ...notes(exchange) };
}

function tokenCount(exchange: Exchange<unknown>, count: number | undefined): number {
  if (count === undefined || !Number.isSafeInteger(count) || count < 0)
    throw incomplete(exchange, 'it has no token count');
  return count;
}

/** One Bedrock Runtime for one identity. No I/O before the first call; every failure is a BedrockError. */
export function createBedrockRuntime(
  settings: AwsSettings,
  options: { readonly log?: Logger } = {},
): BedrockRuntime {
  const pool = createClientPool<BedrockRuntimeClient>(settings, {
    endpoint: settings.runtimeEndpoint,
    log: options.log,
    build: async (config, plugin) => {
      const client = new (await loadRuntime()).BedrockRuntimeClient(config);
      client.middlewareStack.use(plugin());
      return client;
    },
  });

  return {
    converse: async ({ region, modelId, input }, limits) => {
      const { ConverseCommand } = await loadRuntime();
      const exchange = await pool.call({ operation: 'Converse', region, modelId }, limits, (client, tie) =>
        client.send(tie(new ConverseCommand({ ...input, modelId }))),
      );
      return whole(exchange, (output) => {
        if (output.output === undefined) throw incomplete(exchange, 'it has no output');
        return output;
      });
    },
    converseStream: async ({ region, modelId, input }, limits) => {
      const { ConverseStreamCommand } = await loadRuntime();
      const subject = { operation: 'ConverseStream', region, modelId, streaming: true };
      const exchange = await pool.call(subject, limits, (client, tie) =>
        client.send(tie(new ConverseStreamCommand({ ...input, modelId }))),
      );
      return streamed(exchange, exchange.value.stream, (event) => ({ value: event }));
    },
    invoke: async (call, limits) => {
      const { InvokeModelCommand } = await loadRuntime();
      const { region, modelId } = call;
      const input = nativeInput(call);
      const exchange = await pool.call({ operation: 'InvokeModel', region, modelId }, limits, (client, tie) =>
        client.send(tie(new InvokeModelCommand(input))),
      );
      return whole(exchange, (output) => parseBody(exchange, output.body, 'answer'));
    },
    invokeStream: async (call, limits) => {
      const { InvokeModelWithResponseStreamCommand } = await loadRuntime();
      const { region, modelId } = call;
      const input = nativeInput(call);
      const subject = { operation: 'InvokeModelWithResponseStream', region, modelId, streaming: true };
      const exchange = await pool.call(subject, limits, (client, tie) =>
        client.send(tie(new InvokeModelWithResponseStreamCommand(input))),
      );
      return streamed(exchange, exchange.value.body, (event) =>
        event.chunk === undefined ? undefined : { value: parseBody(exchange, event.chunk.bytes, 'chunk') },
      );
    },
    countTokens: async ({ region, modelId, input }, limits) => {
      const { CountTokensCommand } = await loadRuntime();
      const tokens = countInput(input);
      const exchange = await pool.call({ operation: 'CountTokens', region, modelId }, limits, (client, tie) =>
        client.send(tie(new CountTokensCommand({ modelId, input: tokens }))),
      );
      exchange.guard.done();
      return tokenCount(exchange, exchange.value.inputTokens);
    },
    close: () => pool.close(),
  };
}

/** What exists in the account: live profiles and models, and what stands behind an ARN. */
export function createBedrockControl(
  settings: AwsSettings,
  options: { readonly log?: Logger } & ControlOptions = {},
): BedrockControl {
  const pool = createClientPool<BedrockClient>(settings, {
    endpoint: settings.controlEndpoint,
    log: options.log,
    build: async (config, plugin) => {
      const client = new (await loadControl()).BedrockClient(config);
      client.middlewareStack.use(plugin());
      return client;
    },
  });
  return createControl(pool, loadControl, options);
}
