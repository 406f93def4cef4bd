/** What is decided before anything is sent: target, route and the prepared request. `dry_run` shows exactly this. */
import type { BedrockRuntime } from '../../aws/types.ts';
import type { Catalog } from '../../catalog/models/catalog.ts';
import type { ModelFeatures, ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import { APIS } from '../../messages/apis.ts';
import type { Api, CodecModel, InferenceRequest, NativeCodec, StreamDelta } from '../../messages/types.ts';
import { estimateTokens } from '../../spend/estimate/tokens.ts';
import { nativeCodecFor } from '../codecs/registry.ts';
import { adaptHistory } from '../history/adapt-history.ts';
import { replayTarget } from '../history/replay-target.ts';
import { type Limited, withFittingLimit } from '../prepare/default-max-tokens.ts';
import { type FormedOutput, formOutput } from '../prepare/output-mode.ts';
import { placeCachePoints } from '../prepare/place-cache-points.ts';
import { type Prepared, prepareRequest } from '../prepare/prepare-request.ts';
import { besideRawBody } from '../prepare/raw-body.ts';
import { withOneReasoning } from '../prepare/reasoning-conflict.ts';
import { type Resolution, type ResolutionDeps, resolveModel } from '../resolve/resolve-model.ts';
import type { Target } from '../resolve/target.ts';
import { mayUse, type RouteInput } from '../route/request-features.ts';
import { type Route, selectRoute } from '../route/route.ts';
import type { TargetHealth } from './target-health.ts';

export interface InferenceDeps extends ResolutionDeps {
  readonly catalog: Catalog;
  readonly runtime: BedrockRuntime;
  readonly health: TargetHealth;
  /** Extra attempts per target. */
  readonly maxRetries: number;
  /** Other models, tried in order when the asked one is throttled or unavailable. */
  readonly fallbackModels: readonly string[];
}

export interface InferenceCall {
  readonly asked: string;
  readonly request: InferenceRequest;
  readonly region: string;
  readonly api?: 'auto' | Api;
  /**
   * Tokens asked for when the request names no limit, beside those to think with: an absent limit reserves the model's
   * whole maximum from the quota.
   */
  readonly defaultMaxTokens?: number;
  /** false = no other model may take over. */
  readonly fallbacks?: false;
  /** false = one whole answer. */
  readonly stream?: boolean;
  /** ms, over all attempts. */
  readonly timeoutMs: number;
  /** When that time is over, on the clock of `performance.now()`; counted from the first send when absent. */
  readonly deadline?: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  onDelta?(delta: StreamDelta): void;
}

/** Everything that is decided before the send; `dry_run` shows it. */
export interface PlannedCall {
  readonly resolution: Resolution;
  readonly target: Target;
  readonly route: Route;
  readonly prepared: Prepared;
  readonly model: CodecModel;
  /** How the answer's shape was asked for. */
  readonly output?: FormedOutput;
  readonly warnings: readonly string[];
}

/**
 * Decides target, route and the prepared request without sending anything.
 * @throws BedrockError from resolution, the route table or the request rules.
 */
export async function planInference(
  call: InferenceCall,
  deps: InferenceDeps,
  network: 'none' | 'cached' = 'cached',
): Promise<PlannedCall> {
  const resolution = await resolveModel(call.asked, call.region, deps, { network, signal: call.signal });
  return planFor(resolution, resolution.targets[0], call, deps);
}

/**
 * Plans the call for one of the resolved targets. Pure but for what this process has learned.
 * @throws BedrockError `unsupported_feature`, `unsupported_model`, `invalid_request`.
 */
export function planFor(
  resolution: Resolution,
  target: Target,
  call: InferenceCall,
  deps: InferenceDeps,
  wanted = call.request,
  stream = call.stream ?? true,
): PlannedCall {
  const facts = factsOf(target, call, deps);
  const { model } = facts;
  const given = deps.learned.reasoning.toldTo(model.id, wanted);
  const shaped = inOrder(SHAPING, { request: given, warnings: besideRawBody(given) }, facts);
  const route = selectRoute({
    request: placeCachePoints(shaped.request, model).request,
    model: facts.record,
    requested: resolution.requested,
    ...streaming(wanted, target, stream, deps),
    ...defined({
      override: call.api,
      native: facts.codec?.carries,
      converseOnlyIdentifier: converseOnlyIdentifier(resolution.identifier),
    }),
  });
  const fitted = inOrder(fittingTo(route.api), shaped, facts);
  const prepared = prepareRequest(fitted.request, model, route.api);
  return {
    resolution,
    target,
    route,
    prepared,
    model,
    ...defined({ output: fitted.output }),
    warnings: [...resolution.warnings, ...fitted.warnings, ...prepared.warnings],
  };
}

/** What the steps know about the target. */
interface TargetFacts {
  readonly record: ModelRecord;
  readonly model: CodecModel;
  readonly codec: NativeCodec | undefined;
  readonly override: InferenceCall['api'];
  readonly defaultMaxTokens: number | undefined;
}

/** The request as the steps so far leave it, and what they told. */
interface Draft {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
  readonly output?: FormedOutput;
}
type Step = (request: InferenceRequest, facts: TargetFacts) => Draft;

function inOrder(steps: readonly Step[], draft: Draft, facts: TargetFacts): Draft {
  let now = draft;
  for (const step of steps) {
    const next = step(now.request, facts);
    now = { ...now, ...next, warnings: [...now.warnings, ...next.warnings] };
  }
  return now;
}

/** Before the route is chosen, because the route table looks at what they leave. */
const SHAPING: readonly Step[] = [
  // First, so that all others see one wish about thinking.
  (request, { model }) => withOneReasoning(request, model),
  // Tools of a thread that the model cannot be given must be gone before a form of the output is chosen beside them.
  (request, { record, model, codec, override }) =>
    adaptHistory(request, model, (asked) => replayTarget(asked, { record, model, codec, override })),
  // A forced tool or a schema is what the route has to carry.
  (request, { model }) => formOutput(request, model),
];

/** Once the API is known: what its form has no place for. */
const fittingTo = (api: Api): readonly Step[] => [
  // Behind everything that the steps before added.
  (request, { model, codec }) =>
    placeCachePoints(
      request,
      model,
      APIS[api].form === 'common' || codec === undefined || codec.carries.cachePoints === true,
    ),
  // Last, because the estimate counts all that is sent.
  limit,
];

function factsOf(target: Target, call: InferenceCall, { learned }: InferenceDeps): TargetFacts {
  const record = learned.apply(target.model);
  const { id, family, features, maxOutput } = record;
  const codec = nativeCodecFor(record);
  const native = mayUse('converse', { model: record, override: call.api }) ? undefined : codec;
  const model = { id, family, features: carriedFeatures(features, native), ...defined({ maxOutput }) };
  return { record, model, codec, override: call.api, defaultMaxTokens: call.defaultMaxTokens };
}

/** Whether to stream, and why not where something other than the caller decides. */
function streaming(
  { rawBody }: InferenceRequest,
  target: Target,
  wanted: boolean,
  { learned }: InferenceDeps,
): Pick<RouteInput, 'stream' | 'wholeBecause'> {
  const wholeBecause =
    rawBody === undefined
      ? learned.wholeBecause(target.modelId)
      : 'buffered:raw-body — the raw answer is returned whole';
  return { stream: wanted && wholeBecause === undefined, ...defined({ wholeBecause }) };
}

function converseOnlyIdentifier({ kind }: Resolution['identifier']): RouteInput['converseOnlyIdentifier'] {
  if (kind === 'prompt') return 'prompt ARN';
  return kind === 'prompt-router' || kind === 'default-prompt-router' ? 'prompt router' : undefined;
}

function limit(request: InferenceRequest, { model, record, defaultMaxTokens: usual }: TargetFacts): Limited {
  if (usual === undefined) return { request, warnings: [] };
  const { contextWindow: tokens } = record;
  const isOurs = request.rawBody === undefined && request.inferenceConfig?.maxTokens === undefined;
  const window =
    tokens === undefined || !isOurs ? undefined : { tokens, input: estimateTokens(request, record) };
  return withFittingLimit(request, model, usual, window);
}

/** On InvokeModel a model can only do what its native form carries: a shape is then asked for in the next best form. */
function carriedFeatures(features: ModelFeatures, native: NativeCodec | undefined): ModelFeatures {
  if (native === undefined) return features;
  return {
    ...features,
    ...(native.carries.outputSchema ? {} : { structuredOutput: false }),
    ...(native.carries.tools ? {} : { tools: false }),
  };
}
