/** What is decided before anything is sent: target, route and the prepared request. `dry_run` shows exactly this. */
import type { BedrockRuntime } from '../../aws/types.ts';
import type { Catalog } from '../../catalog/models/catalog.ts';
import type { ModelFeatures, ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import { APIS } from '../../messages/apis.ts';
import type { Api, CodecModel, InferenceRequest, NativeCodec, StreamDelta } from '../../messages/types.ts';
import { estimateTokens } from '../../spend/estimate/tokens.ts';
import { nativeCodecFor } from '../codecs/registry.ts';
import { adaptKept } from '../history/adapt-history.ts';
import { keptWay } from '../history/replay-target.ts';
import { type Limited, withFittingLimit } from '../prepare/default-max-tokens.ts';
import { type FormedOutput, formOutput } from '../prepare/output-mode.ts';
import { placeCachePoints } from '../prepare/place-cache-points.ts';
import { type Prepared, prepareRequest } from '../prepare/prepare-request.ts';
import { besideRawBody } from '../prepare/raw-body.ts';
import { withOneReasoning } from '../prepare/reasoning-conflict.ts';
import { type Resolution, type ResolutionDeps, resolveModel } from '../resolve/resolve-model.ts';
import type { Target } from '../resolve/target.ts';
import { mayUse } from '../route/request-features.ts';
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
  const record = deps.learned.apply(target.model);
  const codec = nativeCodecFor(record);
  const onlyNative = !mayUse('converse', { model: record, override: call.api, native: codec?.carries });
  const model: CodecModel = {
    id: record.id,
    family: record.family,
    features: onlyNative && codec !== undefined ? carriedFeatures(record.features, codec) : record.features,
    ...defined({ maxOutput: record.features.outputLimit ?? record.maxOutput }),
  };
  const attributed = deps.learned.reasoning.toldTo(model.id, wanted);
  const { request, warnings: notes } = withOneReasoning(attributed, model);
  const adapted = adaptKept(request, model, (asked) =>
    keptWay(asked, { record, model, codec, override: call.api }),
  );
  const formed = formOutput(adapted.request, model);
  const switched = placeCachePoints(formed.request, model);
  const wholeBecause =
    request.rawBody === undefined
      ? deps.learned.wholeBecause(target.modelId)
      : 'buffered:raw-body — the raw answer is returned whole';
  const kind = resolution.identifier.kind;
  const identifier =
    kind === 'prompt'
      ? ('prompt ARN' as const)
      : kind === 'prompt-router' || kind === 'default-prompt-router'
        ? ('prompt router' as const)
        : undefined;
  const route = selectRoute({
    request: switched.request,
    model: record,
    asked: resolution.asked,
    stream: stream && wholeBecause === undefined,
    ...(wholeBecause === undefined ? {} : { wholeBecause }),
    ...(call.api === undefined ? {} : { override: call.api }),
    ...(codec === undefined ? {} : { native: codec.carries }),
    ...(identifier === undefined ? {} : { converseOnlyIdentifier: identifier }),
  });
  const cached =
    APIS[route.api].form === 'provider' && codec !== undefined && codec.carries.cachePoints !== true
      ? placeCachePoints(formed.request, model, false)
      : switched;
  const limited = limit(cached.request, model, record, call.defaultMaxTokens);
  const prepared = prepareRequest(limited.request, model, route.api);
  return {
    resolution,
    target,
    route,
    prepared,
    model,
    ...(formed.output === undefined ? {} : { output: formed.output }),
    warnings: [
      ...resolution.warnings,
      ...besideRawBody(request),
      ...notes,
      ...adapted.warnings,
      ...formed.warnings,
      ...cached.warnings,
      ...limited.warnings,
      ...prepared.warnings,
    ],
  };
}

function limit(
  request: InferenceRequest,
  model: CodecModel,
  record: ModelRecord,
  usual: number | undefined,
): Limited {
  if (usual === undefined) return { request, warnings: [] };
  const { contextWindow: tokens } = record;
  const isOurs = request.rawBody === undefined && request.inferenceConfig?.maxTokens === undefined;
  const window =
    tokens === undefined || !isOurs ? undefined : { tokens, input: estimateTokens(request, record) };
  return withFittingLimit(request, model, usual, window);
}

/** On InvokeModel a model can only do what its native form carries: a shape is then asked for in the next best form. */
function carriedFeatures(features: ModelFeatures, { carries }: NativeCodec): ModelFeatures {
  return {
    ...features,
    ...(carries.outputSchema ? {} : { structuredOutput: false }),
    ...(carries.tools ? {} : { tools: false }),
  };
}
