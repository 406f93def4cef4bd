/** What every native answer may carry, whatever the family: guardrail action, trace, meter, errors inside a 200. */
import { BedrockError, type ErrorCode } from '../../../bedrock-error.ts';
import { defined } from '../../../defined.ts';
import { countOf, isJsonObject, type JsonObject, type JsonValue, objectOf, textOf } from '../../../json.ts';
import type {
  ContentBlock,
  InferenceResult,
  ResponseFacts,
  StreamDecoder,
  StreamDelta,
  Usage,
} from '../../../messages/types.ts';
import { type NormalStop, stopReasonOf } from './stop-reasons.ts';
import { mergeUsage, metricsUsage } from './usage.ts';

const GUARDRAIL_ACTION = 'amazon-bedrock-guardrailAction';
const TRACE = 'amazon-bedrock-trace';
const METRICS = 'amazon-bedrock-invocationMetrics';

/** Anthropic's error types inside a stream; the rest is the model's failure. */
const ERROR_TYPES: ReadonlyMap<string, { readonly code: ErrorCode; readonly retryable: boolean }> = new Map([
  ['overloaded_error', { code: 'overloaded', retryable: true }],
  ['rate_limit_error', { code: 'throttled', retryable: true }],
  ['api_error', { code: 'service_error', retryable: true }],
  ['timeout_error', { code: 'model_timeout', retryable: true }],
  ['invalid_request_error', { code: 'rejected_request', retryable: false }],
]);

export interface AnswerStop {
  /** The provider's own word for the stop reason. */
  readonly raw: string | undefined;
  /** The text that matched a stop sequence. */
  readonly sequence?: string | undefined;
  readonly calledTool?: boolean;
}

/** The fields of an answer as its family's codec read them. */
export interface AnswerParts {
  readonly content: readonly ContentBlock[];
  readonly stop: AnswerStop;
  /** Counts of the body, not of the meter. */
  readonly usage?: Usage | undefined;
}

export function intervened(body: JsonObject): boolean {
  return body[GUARDRAIL_ACTION] === 'INTERVENED';
}

/**
 * A guardrail that intervened outranks the model's own reason, as Converse reports it; the model's word is kept.
 * Words for a plain end beside a tool call mean the tool call: Cohere has no word for it, and vLLM says `stop` after a
 * forced tool choice.
 */
function stopOf(stop: AnswerStop, guardrail: boolean): NormalStop {
  if (guardrail) {
    return { stopReason: 'guardrail_intervened', stopReasonRaw: stop.raw ?? 'INTERVENED' };
  }
  const normal = stopReasonOf(stop.raw);
  if (stop.calledTool !== true || normal.stopReason !== 'end_turn') return normal;
  return { stopReason: 'tool_use', stopReasonRaw: normal.stopReasonRaw ?? normal.stopReason };
}

/** The body as an object. Throws `model_error` (or what the provider's error type says) for an error inside a 200. */
export function answerBody(body: unknown): JsonObject {
  if (!isJsonObject(body)) {
    throw new BedrockError('model_error', {
      message: 'The model answered with something that is not a JSON object.',
      fix: 'Repeat the call. If it happens again, use api "converse" or another model.',
      retryable: true,
      accepted: true,
    });
  }
  const error = body['error'];
  const isError = body['type'] === 'error' || body['object'] === 'error';
  if (!isError && (error === undefined || error === null)) return body;
  const details = objectOf(error);
  const type = textOf(details?.['type']) ?? textOf(body['error_type']) ?? '';
  const words = textOf(details?.['message']) ?? textOf(error) ?? textOf(body['message']) ?? 'no reason given';
  const { code, retryable } = ERROR_TYPES.get(type) ?? { code: 'model_error', retryable: true };
  throw new BedrockError(code, {
    message: `The model failed while it was answering: ${words.slice(0, 500)}`,
    fix: retryable
      ? 'Repeat the call, later or with another model.'
      : 'Change the request as the message says.',
    retryable,
    accepted: true,
    awsMessage: words,
    ...(type === '' ? {} : { awsName: type }),
  });
}

export function noAnswer(form: string): BedrockError {
  return new BedrockError('incomplete', {
    message: `The answer has none of the fields that the ${form} format puts its answer in.`,
    fix: 'Repeat the call. If it happens again, use api "converse", or check that the model really speaks this format.',
    accepted: true,
  });
}

/** The neutral result: parts of the body, counts of body and headers, guardrail action and trace. */
export function finishAnswer(parts: AnswerParts, body: JsonObject, facts: ResponseFacts): InferenceResult {
  const stop = stopOf(parts.stop, intervened(body));
  return {
    content: parts.content,
    ...stop,
    usage: mergeUsage(parts.usage ?? {}, facts.usage),
    ...defined({
      stopSequence: parts.stop.sequence,
      latencyMs: facts.latencyMs,
      trace: body[TRACE],
    }),
  };
}

/** What a family's stream reader may tell while it reads one chunk. */
export interface StreamTail {
  /** Counts of the body so far, all of them. */
  count(usage: Usage): void;
  /** The end marker was read. Gives the `stop` delta once, nothing for a repeated marker. */
  stop(stop: AnswerStop): StreamDelta[];
  /** A trace that the family puts elsewhere than Bedrock's own key. */
  trace(value: JsonValue): void;
  /** Tells the counts known so far, so that a call cut later still knows its input. */
  announce(): StreamDelta[];
}

export interface StreamReader {
  chunk(chunk: JsonObject, tail: StreamTail): StreamDelta[];
  /** Gives back what is held when the stream ends. */
  flush?(): StreamDelta[];
}

/**
 * A family's reader with everything around it that all families share.
 * `stop` comes only from a real end marker. One exception is a fact of the service, not an invention: a blocked
 * answer (recorded for Titan) ends with a chunk that has `guardrailAction: INTERVENED` and no completion reason.
 * A guardrail action that arrives after the end marker gives a second `stop`, which replaces the first.
 */
export function nativeStream(reader: StreamReader): StreamDecoder {
  let counts: Usage = {};
  let meter: Usage = {};
  let trace: JsonValue | undefined;
  let latencyMs: number | undefined;
  let untold = false;
  let guardrail = false;
  let lastIntervened = false;
  let stopped: AnswerStop | undefined;

  const stopDelta = (stop: AnswerStop): StreamDelta => ({
    type: 'stop',
    ...stopOf(stop, guardrail),
    ...defined({ stopSequence: stop.sequence }),
  });
  const tail: StreamTail = {
    count(usage) {
      counts = usage;
      untold = true;
    },
    stop(stop) {
      if (stopped !== undefined) return [];
      stopped = stop;
      return [stopDelta(stop)];
    },
    trace(value) {
      trace = value;
      untold = true;
    },
    announce() {
      if (!untold) return [];
      untold = false;
      return [{ type: 'metadata', usage: mergeUsage(counts, meter), ...defined({ latencyMs, trace }) }];
    },
  };

  return {
    push(event) {
      const chunk = answerBody(event);
      lastIntervened = intervened(chunk);
      const late = lastIntervened && !guardrail ? stopped : undefined;
      guardrail ||= lastIntervened;
      const deltas = reader.chunk(chunk, tail);
      if (late !== undefined) deltas.push(stopDelta(late));
      if (chunk[TRACE] !== undefined) tail.trace(chunk[TRACE]);
      const metrics = objectOf(chunk[METRICS]);
      if (metrics !== undefined) {
        meter = metricsUsage(metrics);
        latencyMs = countOf(metrics['invocationLatency']);
        untold = true;
        deltas.push(...tail.announce());
      }
      return deltas;
    },
    end() {
      const deltas = reader.flush?.() ?? [];
      if (stopped === undefined && lastIntervened) deltas.push(...tail.stop({ raw: undefined }));
      deltas.push(...tail.announce());
      return deltas;
    },
  };
}
