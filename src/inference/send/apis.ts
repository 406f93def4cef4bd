/** How each API carries one request: its body, its two operations, and how its answers are read. A further API is a row. */
import type { BedrockRuntime, CallLimits, NativeCall, StreamedAnswer, WholeAnswer } from '../../aws/types.ts';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import type {
  Api,
  CodecModel,
  InferenceRequest,
  InferenceResult,
  NativeCodec,
  ResponseFacts,
  StreamDecoder,
} from '../../messages/types.ts';
import { converseStream, decodeConverse, encodeConverse } from '../codecs/converse/converse.ts';
import { converseTags } from '../codecs/converse/tagged-text.ts';
import { importedCodec } from '../codecs/imported.ts';

/** One prepared request on its way to one target. */
export interface Outgoing {
  readonly request: InferenceRequest;
  readonly model: CodecModel;
  readonly codec: NativeCodec | undefined;
}
export interface Destination {
  readonly region: string;
  readonly modelId: string;
}

export interface ApiCodec {
  /** The body as it is sent, which a dry run shows. */
  encode(out: Outgoing, stream: boolean): Readonly<Record<string, unknown>>;
  send(out: Outgoing, to: Destination, runtime: BedrockRuntime, limits: CallLimits): Promise<WholeAnswer>;
  stream(
    out: Outgoing,
    to: Destination,
    runtime: BedrockRuntime,
    limits: CallLimits,
  ): Promise<StreamedAnswer>;
  /** Throws BedrockError `incomplete` when there is no answer in the output. */
  decode(output: unknown, facts: ResponseFacts, out: Outgoing): InferenceResult;
  /** One instance per stream. */
  decoder(out: Outgoing): StreamDecoder;
}

const converse: ApiCodec = {
  encode: ({ request, model }) => encodeConverse(withStopPaths(request, model), model),
  send: (out, to, runtime, limits) => runtime.converse({ ...to, input: converse.encode(out, false) }, limits),
  stream: (out, to, runtime, limits) =>
    runtime.converseStream({ ...to, input: converse.encode(out, true) }, limits),
  decode: (output, facts, { codec }) => decodeConverse(output, facts, converseTags(codec)),
  decoder: ({ codec }) => converseStream(converseTags(codec)),
};

const native: ApiCodec = {
  encode: nativeBody,
  send: (out, to, runtime, limits) =>
    runtime.invoke({ ...to, body: nativeBody(out, false), ...nativeHeaders(out.request) }, limits),
  stream: (out, to, runtime, limits) =>
    runtime.invokeStream({ ...to, body: nativeBody(out, true), ...nativeHeaders(out.request) }, limits),
  decode: (output, facts, out) => {
    const body = asJson(output);
    const result = codecOf(out).decode(body, facts);
    return out.request.rawBody === undefined ? result : { ...result, rawResponse: body };
  },
  decoder: (out) => codecOf(out).stream(),
};

export const API_CODECS: Readonly<Record<Api, ApiCodec>> = { converse, native };

/** Claude tells which stop sequence it met when it is asked, whole and streamed under another path (recorded; vercel/ai#11363). */
const STOP_PATHS = ['/stop_sequence', '/delta/stop_sequence'];

/** Converse takes ten paths at most; a caller with paths of his own knows how to ask. */
function withStopPaths(request: InferenceRequest, model: CodecModel): InferenceRequest {
  const isRefused = model.features.refused?.includes('additionalModelResponseFieldPaths') === true;
  return asksForStop(request) && model.family === 'claude' && !isRefused
    ? { ...request, additionalModelResponseFieldPaths: STOP_PATHS }
    : request;
}

/** Is it this server that asks which stop sequence was met? */
export function asksForStop({
  inferenceConfig,
  additionalModelResponseFieldPaths: own,
}: InferenceRequest): boolean {
  return own === undefined && (inferenceConfig?.stopSequences ?? []).length > 0;
}

function nativeBody(out: Outgoing, stream: boolean): JsonObject {
  return out.request.rawBody ?? codecOf(out).encode(out.request, out.model, stream);
}

function codecOf({ codec, request, model }: Outgoing): NativeCodec {
  // A raw body may go to a model that has no codec: the answer's own keys then say how to read it.
  if (codec !== undefined) return codec;
  if (request.rawBody !== undefined) return importedCodec;
  throw new BedrockError('unsupported_feature', {
    message: `There is no native codec for ${model.id}.`,
    fix: 'Use api: auto or api: converse.',
    field: 'api',
  });
}

/** InvokeModel carries these beside the body; Converse inside it. */
function nativeHeaders(request: InferenceRequest): Partial<NativeCall> {
  const { guardrailConfig: guardrail, performanceConfig, serviceTier, requestMetadata } = request;
  return defined({
    guardrailIdentifier: guardrail?.guardrailIdentifier,
    guardrailVersion: guardrail?.guardrailVersion,
    trace: guardrail?.trace && TRACE[guardrail.trace],
    performanceConfigLatency: performanceConfig?.latency,
    serviceTier,
    requestMetadata,
  });
}

const TRACE = { enabled: 'ENABLED', disabled: 'DISABLED', enabled_full: 'ENABLED_FULL' } as const;

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
