/** The model operations: from a parsed body to a reply, still without any I/O. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { answerTurn, stableId } from '../answers/answer.ts';
import { imageBody } from '../answers/images.ts';
import { type Answer, inputTokens, lastUserText, type Turn } from '../answers/turn.ts';
import type { NativeContext } from '../codecs/codec.ts';
import {
  converseAnswer,
  converseEvents,
  latencyOf,
  readConverse,
  type StreamEvent,
} from '../codecs/converse.ts';
import { embedBody, lastTextOf } from '../codecs/embeddings.ts';
import { nativeCodec } from '../codecs/families.ts';
import { objectOf, own, textOf } from '../json-read.ts';
import type { ResolvedModel } from '../models/model-directory.ts';
import { invalid, Refusal } from '../refusal.ts';
import { checkLatency } from '../refusals/rare-options.ts';
import { checkServiceTier } from '../refusals/service-tier.ts';
import type { Operation, TokenUsage } from '../types.ts';
import type { Magic } from './magic.ts';

export type Reply = ReplyBase &
  (
    | { readonly kind: 'json'; readonly body: JsonObject }
    | { readonly kind: 'stream'; readonly events: Iterable<StreamEvent> }
  );

interface ReplyBase {
  readonly headers: Readonly<Record<string, string>>;
  readonly usage?: TokenUsage;
}

export interface Invocation {
  readonly operation: Operation;
  readonly modelId: string;
  readonly resolved: ResolvedModel;
  /** Parsed, or undefined when it was not JSON. */
  readonly body: JsonValue | undefined;
  /** Turns the text that may carry a magic prompt into one; may throw its refusal. */
  readonly magicOf: (text: string) => Magic | undefined;
  readonly cache: Set<string>;
  /** Headers of InvokeModel. */
  readonly serviceTier: string | undefined;
  readonly latency: string;
  readonly region: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const STREAM_TYPE = { 'content-type': 'application/vnd.amazon.eventstream' };

function bodyObject({ body, operation }: Invocation): JsonObject {
  if (isJsonObject(body)) return body;
  if (operation.startsWith('Invoke')) {
    throw invalid('Malformed input request, please reformat your input and try again.');
  }
  throw new Refusal(400, 'SerializationException', 'The request body is not a JSON object.', {
    origin: 'coral',
  });
}

const usageOf = ({ usage }: Answer): { usage: TokenUsage } => ({ usage });

function converse(call: Invocation, streaming: boolean): Reply {
  const model = call.resolved.record;
  const body = bodyObject(call);
  checkServiceTier(model, textOf(objectOf(own(body, 'serviceTier'))['type']));
  const latency = textOf(objectOf(own(body, 'performanceConfig'))['latency']);
  checkLatency(call.modelId, model, call.region, latency);
  const turn = readConverse(body, model, streaming);
  const answer = answerTurn(turn, model, call.magicOf(lastUserText(turn)), call.cache);
  return streaming
    ? {
        kind: 'stream',
        headers: STREAM_TYPE,
        events: converseEvents(answer, body, model),
        ...usageOf(answer),
      }
    : { kind: 'json', headers: JSON_TYPE, body: converseAnswer(answer, body, model), ...usageOf(answer) };
}

/** Native answers carry their token counts in headers; only caching models add the cache counts (recorded). */
function tokenHeaders(answer: Answer, model: ModelRecord): Record<string, string> {
  const { usage } = answer;
  const cache = model.features.caching
    ? {
        'x-amzn-bedrock-cache-read-input-token-count': String(usage.cacheReadTokens),
        'x-amzn-bedrock-cache-write-input-token-count': String(usage.cacheWriteTokens),
      }
    : {};
  return {
    ...JSON_TYPE,
    ...cache,
    'x-amzn-bedrock-input-token-count': String(usage.inputTokens),
    'x-amzn-bedrock-output-token-count': String(usage.outputTokens),
    'x-amzn-bedrock-invocation-latency': String(latencyOf(answer)),
  };
}

function* nativeEvents(answer: Answer, context: NativeContext, extra: JsonObject): Generator<StreamEvent> {
  const { usage } = answer;
  const metrics = {
    inputTokenCount: usage.inputTokens,
    outputTokenCount: usage.outputTokens,
    invocationLatency: latencyOf(answer),
    firstByteLatency: 100,
    ...(context.model.family === 'nova' || usage.cacheReadTokens + usage.cacheWriteTokens > 0
      ? {
          cacheReadInputTokenCount: usage.cacheReadTokens,
          cacheWriteInputTokenCount: usage.cacheWriteTokens,
        }
      : {}),
  };
  const frame = (payload: JsonObject): JsonObject => ({
    bytes: Buffer.from(JSON.stringify(payload)).toString('base64'),
  });
  let held: (StreamEvent & { readonly native: JsonObject }) | undefined;
  for (const { payload, delta, end } of nativeCodec(context.model.family).chunks(answer, context)) {
    if (held) yield held;
    held = {
      type: 'chunk',
      native: payload,
      payload: frame(payload),
      delta: delta ?? false,
      end: end ?? false,
    };
  }
  if (!held) return;
  const last = { ...held.native, ...extra, 'amazon-bedrock-invocationMetrics': metrics };
  yield { ...held, payload: frame(last) };
}

function nativeText(call: Invocation, body: JsonObject, streaming: boolean): Reply {
  const model = call.resolved.record;
  const codec = nativeCodec(model.family);
  const id = stableId(JSON.stringify(body), 24);
  const context: NativeContext = { model, modelId: call.modelId, body, streaming, id };
  const turn = codec.read(context);
  const magic = call.magicOf(lastUserText(turn));
  const answer = answerTurn(turn, model, magic, call.cache);
  const extra: JsonObject =
    magic?.name === 'guardrail'
      ? {
          'amazon-bedrock-guardrailAction': 'INTERVENED',
          'amazon-bedrock-trace': { guardrail: { actionReason: 'Guardrail blocked.' } },
        }
      : {};
  if (streaming) {
    const headers = { ...STREAM_TYPE, 'x-amzn-bedrock-content-type': 'application/json' };
    return { kind: 'stream', headers, events: nativeEvents(answer, context, extra), ...usageOf(answer) };
  }
  const whole = { ...codec.whole(answer, context), ...extra };
  return { kind: 'json', headers: tokenHeaders(answer, model), body: whole, ...usageOf(answer) };
}

function invoke(call: Invocation, streaming: boolean): Reply {
  const model = call.resolved.record;
  const { kind, apis } = model;
  const supported = streaming ? (apis.invokeStream ?? apis.invoke) : apis.invoke;
  if (supported === false || (streaming && kind !== 'text')) {
    throw invalid(
      streaming
        ? 'The model is unsupported for streaming.'
        : "This action doesn't support the model that you provided. Try again with a supported model.",
    );
  }
  checkServiceTier(model, call.serviceTier);
  checkLatency(call.modelId, model, call.region, call.latency);
  const body = bodyObject(call);
  if (kind === 'text') return nativeText(call, body, streaming);
  if (kind !== 'embedding' && kind !== 'rerank' && kind !== 'image') {
    throw invalid(
      "This action doesn't support the model that you provided. Try again with a supported model.",
    );
  }
  call.magicOf(lastTextOf(body));
  if (kind === 'image') {
    const headers = { ...JSON_TYPE, 'x-amzn-bedrock-invocation-latency': '100' };
    return { kind: 'json', headers, body: imageBody(body, model) };
  }
  const embedded = embedBody(body, model);
  const counted = embedded.inputTokens;
  const usage = {
    inputTokens: counted ?? 0,
    outputTokens: 0,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    cacheWrite1hTokens: 0,
  };
  const count = counted === undefined ? {} : { 'x-amzn-bedrock-input-token-count': String(counted) };
  const headers = { ...JSON_TYPE, ...count, 'x-amzn-bedrock-invocation-latency': '100' };
  return { kind: 'json', headers, body: embedded.body, usage };
}

function parseBase64Json(text: string): JsonValue | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

/** CountTokens takes bare IDs of a few models; with a profile ID it refuses in the same words (recorded). */
function countTokensOf(call: Invocation): Reply {
  const { record: model, bare } = call.resolved;
  const known = model.features.countTokens ?? model.family === 'claude';
  if (!bare || !known) throw invalid("The provided model doesn't support counting tokens.");
  const input = objectOf(bodyObject(call)['input']);
  const converseInput = own(input, 'converse');
  const native = own(input, 'invokeModel');
  let turn: Turn;
  if (converseInput !== undefined) turn = readConverse(objectOf(converseInput), model, false);
  else if (native !== undefined) {
    const body = objectOf(parseBase64Json(textOf(objectOf(native)['body'])));
    const context = { model, modelId: call.modelId, body, streaming: false, id: '' };
    turn = nativeCodec(model.family).read(context);
  } else throw invalid('The input field must contain exactly one of converse and invokeModel.');
  call.magicOf(lastUserText(turn));
  return { kind: 'json', headers: JSON_TYPE, body: { inputTokens: inputTokens(turn) } };
}

/** The reply to a model operation; throws the refusal that Bedrock gives. */
export function runInvocation(call: Invocation): Reply {
  switch (call.operation) {
    case 'Converse':
      return converse(call, false);
    case 'ConverseStream':
      return converse(call, true);
    case 'InvokeModel':
      return invoke(call, false);
    case 'InvokeModelWithResponseStream':
      return invoke(call, true);
    default:
      return countTokensOf(call);
  }
}
