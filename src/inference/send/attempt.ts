/** One request to one target: encode, send, decode. No retry, no repair, no choice: those belong to run.ts. */
import type { BedrockRuntime, CallLimits, ResponseHeaders } from '../../aws/types.ts';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import type {
  CodecModel,
  InferenceResult,
  NativeCodec,
  ResponseFacts,
  StreamDelta,
  Usage,
} from '../../messages/types.ts';
import { toWireJson } from '../../messages/wire-json.ts';
import { assembler } from '../codecs/assemble-stream.ts';
import { nativeCodecFor } from '../codecs/registry.ts';
import type { Prepared } from '../prepare/prepare-request.ts';
import type { Target } from '../resolve/target.ts';
import type { Route } from '../route/route.ts';
import { API_CODECS, asksForStop, type Destination, type Outgoing } from './apis.ts';
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
  const { api, out, to } = placed(input);
  const answer = await api.send(out, to, runtime, input.limits);
  input.onAnswer(answer.warnings ?? []);
  const decoded = api.decode(answer.output, factsOf(answer.headers), out);
  return restoreResult(cutAtStop(decoded, out.request.stopHere), input.prepared);
}

function placed({ route, prepared, model, codec, target }: AttemptInput) {
  const to: Destination = { region: target.region, modelId: target.modelId };
  const out: Outgoing = { request: prepared.request, model, codec };
  return { api: API_CODECS[route.api], out, to };
}

async function streamed(input: AttemptInput, runtime: BedrockRuntime): Promise<InferenceResult> {
  const { prepared } = input;
  const { api, out, to } = placed(input);
  const decoder = api.decoder(out);
  const answer = await api.stream(out, to, runtime, input.limits);
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

/** The encoded request as it would be sent, bytes shortened to their size, for dry runs. */
export function previewRequest(planned: PlannedCall): JsonValue {
  const { prepared, model, route } = planned;
  const out = { request: prepared.request, model, codec: nativeCodecFor(model) };
  return preview(API_CODECS[route.api].encode(out, route.stream));
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
  const { inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens } = headers;
  const { latencyMs, requestId } = headers;
  const usage: Usage = defined({ inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens });
  return defined({ usage: Object.keys(usage).length === 0 ? undefined : usage, latencyMs, requestId });
}
