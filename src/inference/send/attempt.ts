/** One request to one target: encode, send, decode. No retry, no repair, no choice: those belong to run.ts. */
import type { BedrockRuntime, CallLimits, ResponseHeaders } from '../../aws/types.ts';
import { BedrockError } from '../../bedrock-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type {
  CodecModel,
  InferenceRequest,
  InferenceResult,
  NativeCodec,
  ResponseFacts,
  StreamDecoder,
  StreamDelta,
  Usage,
} from '../../messages/types.ts';
import { toWireJson } from '../../messages/wire-json.ts';
import { assembler } from '../codecs/assemble-stream.ts';
import { converseStream, decodeConverse, encodeConverse } from '../codecs/converse/converse.ts';
import { converseTags } from '../codecs/converse/tagged-text.ts';
import { importedCodec } from '../codecs/imported.ts';
import { nativeCodecFor } from '../codecs/registry.ts';
import type { Prepared } from '../prepare/prepare-request.ts';
import type { Target } from '../resolve/target.ts';
import type { Route } from '../route/route.ts';
import type { PlannedCall } from './plan-call.ts';
import { deltaRestorer, restoreInputs, restoreResult } from './restore-names.ts';
import { cutAtStop, stopWatch } from './stop-watch.ts';

export interface AttemptInput {
  readonly target: Target;
  readonly route: Pick<Route, 'api' | 'stream'>;
  readonly prepared: Prepared;
  readonly model: CodecModel;
  readonly codec: NativeCodec | undefined;
  /** The answer is the input of a forced tool: what there is of it is the partial text. */
  readonly answersInTool?: boolean;
  readonly limits: CallLimits;
  /** The model has begun to answer. `notes` is what happened on the way, such as credentials that were read again. */
  onAnswer(notes: readonly string[]): void;
  /** Every delta, tool names and IDs already restored. */
  onDelta(delta: StreamDelta): void;
}

/**
 * Sends the request once.
 * @returns the decoded answer.
 * @throws BedrockError. After output was produced it carries `produced`, and `partialText` of what was for the caller; `incomplete` when the end marker is missing.
 */
export async function attempt(input: AttemptInput, runtime: BedrockRuntime): Promise<InferenceResult> {
  const result = await (input.route.stream ? streamed(input, runtime) : whole(input, runtime));
  return withStopSequence(result, input.prepared);
}

/** Claude tells which stop sequence it met when it is asked, whole and streamed under another path (recorded; vercel/ai#11363). */
const STOP_PATHS = ['/stop_sequence', '/delta/stop_sequence'];

/** Converse takes ten paths at most; a caller with paths of his own knows how to ask. */
function withStopPaths(request: InferenceRequest, model: CodecModel): InferenceRequest {
  return asksForStop(request) && model.family === 'claude'
    ? { ...request, additionalModelResponseFieldPaths: STOP_PATHS }
    : request;
}

function asksForStop({ inferenceConfig, additionalModelResponseFieldPaths: own }: InferenceRequest): boolean {
  return own === undefined && (inferenceConfig?.stopSequences ?? []).length > 0;
}

/** Most families only say that a stop sequence was met. Where one was sent, it was that one. */
function withStopSequence(result: InferenceResult, { request }: Prepared): InferenceResult {
  if (!asksForStop(request)) return result;
  // Nobody but this server asked for them.
  const { additionalModelResponseFields: _, ...rest } = result;
  const [only, ...others] = request.inferenceConfig?.stopSequences ?? [];
  const isUntold = rest.stopReason === 'stop_sequence' && rest.stopSequence === undefined;
  return isUntold && only !== undefined && others.length === 0 ? { ...rest, stopSequence: only } : rest;
}

async function whole(input: AttemptInput, runtime: BedrockRuntime): Promise<InferenceResult> {
  const { target, prepared, model, limits } = input;
  const at = { region: target.region, modelId: target.modelId };
  if (input.route.api === 'converse') {
    const answer = await runtime.converse(
      { ...at, input: encodeConverse(withStopPaths(prepared.request, model), model) },
      limits,
    );
    input.onAnswer(answer.warnings ?? []);
    const decoded = decodeConverse(answer.output, factsOf(answer.headers), converseTags(input.codec));
    return restoreResult(cutAtStop(decoded, prepared.request.stopHere), prepared);
  }
  const codec = codecFor(input);
  const body = prepared.request.rawBody ?? codec.encode(prepared.request, model, false);
  const answer = await runtime.invoke({ ...at, body, ...nativeHeaders(prepared) }, limits);
  input.onAnswer(answer.warnings ?? []);
  const output = asJson(answer.output);
  const decoded = cutAtStop(codec.decode(output, factsOf(answer.headers)), prepared.request.stopHere);
  const result = restoreResult(decoded, prepared);
  return prepared.request.rawBody === undefined ? result : { ...result, rawResponse: output };
}

async function streamed(input: AttemptInput, runtime: BedrockRuntime): Promise<InferenceResult> {
  const { target, prepared, model, limits } = input;
  const at = { region: target.region, modelId: target.modelId };
  let decoder: StreamDecoder;
  let answer: Awaited<ReturnType<BedrockRuntime['converseStream']>>;
  if (input.route.api === 'converse') {
    decoder = converseStream(converseTags(input.codec));
    answer = await runtime.converseStream(
      { ...at, input: encodeConverse(withStopPaths(prepared.request, model), model) },
      limits,
    );
  } else {
    const codec = codecFor(input);
    decoder = codec.stream();
    answer = await runtime.invokeStream(
      { ...at, body: codec.encode(prepared.request, model, true), ...nativeHeaders(prepared) },
      limits,
    );
  }
  const assembled = assembler();
  const watch = stopWatch(prepared.request.stopHere);
  const restore = deltaRestorer(prepared);
  const give = (deltas: readonly StreamDelta[]) => {
    for (const restored of deltas.flatMap(restore)) {
      assembled.push(restored);
      input.onDelta(restored);
    }
  };
  const take = (deltas: readonly StreamDelta[]) => give(deltas.flatMap(watch.push));
  try {
    let begun = false;
    for await (const event of answer.events) {
      // Bedrock answers 200 and then refuses in the first frame, so the headers prove nothing yet.
      if (!begun) input.onAnswer(answer.warnings ?? []);
      begun = true;
      take(decoder.push(event));
      // Leaving closes the connection: what nobody will read need not be written, or paid for.
      if (watch.met() !== undefined) break;
    }
    if (watch.met() !== undefined) {
      const leftEarly = { produced: assembled.written() + watch.hidden() };
      return { ...restoreInputs(assembled.result(factsOf(answer.headers)), prepared), leftEarly };
    }
    take(decoder.end());
    give(watch.end());
    return restoreInputs(assembled.result(factsOf(answer.headers)), prepared);
  } catch (error) {
    give(watch.end());
    const produced = assembled.written();
    if (!(error instanceof BedrockError) || produced === '') throw error;
    const partialText = input.answersInTool === true ? assembled.toolInput() : assembled.text();
    throw error.with({ produced, ...(partialText === '' ? {} : { partialText }) });
  }
}

function codecFor(input: AttemptInput): NativeCodec {
  // A raw body may go to a model that has no codec: the answer's own keys then say how to read it.
  if (input.codec !== undefined) return input.codec;
  if (input.prepared.request.rawBody !== undefined) return importedCodec;
  throw new BedrockError('unsupported_feature', {
    message: `There is no native codec for ${input.target.modelId}.`,
    fix: 'Use api: auto or api: converse.',
    field: 'api',
  });
}

/** InvokeModel carries these beside the body; Converse inside it. */
function nativeHeaders(prepared: Prepared): Partial<Parameters<BedrockRuntime['invoke']>[0]> {
  const { guardrailConfig, performanceConfig, serviceTier, requestMetadata } = prepared.request;
  return {
    ...(guardrailConfig === undefined
      ? {}
      : {
          guardrailIdentifier: guardrailConfig.guardrailIdentifier,
          guardrailVersion: guardrailConfig.guardrailVersion,
          ...(guardrailConfig.trace === undefined ? {} : { trace: TRACE[guardrailConfig.trace] }),
        }),
    ...(performanceConfig === undefined ? {} : { performanceConfigLatency: performanceConfig.latency }),
    ...(serviceTier === undefined ? {} : { serviceTier }),
    ...(requestMetadata === undefined ? {} : { requestMetadata }),
  };
}

const TRACE = { enabled: 'ENABLED', disabled: 'DISABLED', enabled_full: 'ENABLED_FULL' } as const;

/** The encoded request as it would be sent, bytes shortened to their size, for dry runs. */
export function previewRequest(planned: PlannedCall): JsonValue {
  const { prepared, model, route } = planned;
  if (route.api === 'converse') return preview(encodeConverse(withStopPaths(prepared.request, model), model));
  const codec = nativeCodecFor(model);
  return preview(prepared.request.rawBody ?? codec?.encode(prepared.request, model, route.stream) ?? {});
}

function preview(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (Array.isArray(value)) return value.map(preview);
  if (typeof value === 'string' && value.length > PREVIEW_CHARACTERS)
    return `${value.slice(0, PREVIEW_CHARACTERS)}… <${value.length} characters>`;
  if (typeof value !== 'object' || value === null) return toWireJson(value);
  const shown: JsonObject = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) shown[key] = preview(member);
  return shown;
}

const PREVIEW_CHARACTERS = 500;

/** Header counts in the neutral usage shape. */
export function factsOf(headers: ResponseHeaders): ResponseFacts {
  const usage: Usage = {
    ...(headers.inputTokens === undefined ? {} : { inputTokens: headers.inputTokens }),
    ...(headers.outputTokens === undefined ? {} : { outputTokens: headers.outputTokens }),
    ...(headers.cacheReadInputTokens === undefined
      ? {}
      : { cacheReadInputTokens: headers.cacheReadInputTokens }),
    ...(headers.cacheWriteInputTokens === undefined
      ? {}
      : { cacheWriteInputTokens: headers.cacheWriteInputTokens }),
  };
  return {
    ...(Object.keys(usage).length === 0 ? {} : { usage }),
    ...(headers.latencyMs === undefined ? {} : { latencyMs: headers.latencyMs }),
    ...(headers.requestId === undefined ? {} : { requestId: headers.requestId }),
  };
}

function asJson(output: unknown): JsonValue {
  if (isJsonObject(output)) return output satisfies JsonObject;
  if (
    typeof output === 'string' ||
    typeof output === 'number' ||
    typeof output === 'boolean' ||
    output === null
  )
    return output;
  if (Array.isArray(output)) return output.map(asJson);
  throw new BedrockError('incomplete', {
    message: 'Bedrock answered with a body that is not JSON.',
    fix: 'Try again; if it stays so, check that the endpoint is really Bedrock.',
  });
}
