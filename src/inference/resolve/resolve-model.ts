/** From the name that was typed to an ordered plan of targets: alias, registry entry, ARN, policy, live listing. */

import type { BedrockControl, LiveCatalog } from '../../aws/types.ts';
import { BedrockError } from '../../bedrock-error.ts';
import type { Catalog } from '../../catalog/models/catalog.ts';
import { lifecycleOn } from '../../catalog/models/lifecycle.ts';
import { type ModelIdentifier, parseModelId } from '../../catalog/models/model-id.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import type { Learned } from './learned-capabilities.ts';
import { planTargets } from './plan-targets.ts';
import { isOnList, type ModelLists, nearNames, successorFor } from './proposals.ts';
import type { Target, TargetPlan, TargetPolicy } from './target.ts';

export interface ModelPolicy extends TargetPolicy, ModelLists {}

export interface ResolutionDeps {
  readonly catalog: Catalog;
  readonly control: BedrockControl;
  readonly policy: ModelPolicy;
  readonly learned: Learned;
  /** ISO date of today, for the lifecycle. */
  today(): string;
}

export interface Resolution extends TargetPlan {
  readonly requested: string;
  readonly identifier: ModelIdentifier;
  readonly model: ModelRecord;
  readonly region: string;
}

/** How long a first call waits for the account's own listing before it goes by the catalogue, ms. */
const LISTING_PATIENCE_MS = 2_500;

export interface ResolveOptions {
  readonly signal?: AbortSignal;
  /** `none` for dry runs: only what is cached or in the catalogue. `fresh` asks AWS again. */
  readonly network: 'none' | 'cached' | 'fresh';
}

/**
 * Resolves a name for a Region.
 * @throws BedrockError `unknown_model` with the nearest names, `not_allowed`, `not_in_region`, `end_of_life`.
 */
export async function resolveModel(
  requested: string,
  region: string,
  deps: ResolutionDeps,
  options: ResolveOptions,
): Promise<Resolution> {
  const followed = follow(requested, deps);
  const at = followed.identifier.region ?? region;
  const base = await baseModel(followed, at, deps, options);
  const { identifier, model: known, notes } = onRuntime(followed.identifier, base, deps.catalog);
  const model = deps.learned.apply(known);
  const live = new Map<string, LiveCatalog | undefined>();
  if (identifier.kind === 'foundation-model' || identifier.kind === 'inference-profile') {
    for (const each of new Set([at, ...deps.policy.allowRegions]))
      live.set(each, await listing(each, each === at, deps, options));
  } else {
    live.set(at, usable(deps.control.cached(at)));
  }
  const lifecycle = checkLifecycle(model, at, live, deps);
  const plan = withLifecycle(lifecycle, () =>
    planTargets({
      requested,
      identifier,
      model,
      region,
      live: (each) => live.get(each),
      geoPrefixes: (each) => deps.catalog.geoPrefixes(each),
      policy: deps.policy,
      refused: deps.learned.isRefused,
    }),
  );
  const targets = permitted(requested, identifier, model, plan.targets, deps);
  return {
    ...plan,
    targets,
    warnings: [...notes, ...lifecycle, ...plan.warnings],
    requested,
    identifier,
    model,
    region,
  };
}

/** A model that AWS does not list here is often one that has ended: the refusal then says both. */
function withLifecycle<T>(lifecycle: readonly string[], plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof BedrockError) || lifecycle.length === 0) throw error;
    throw error.with({ message: `${error.message} ${lifecycle.join(' ')}` });
  }
}

interface Followed {
  readonly identifier: ModelIdentifier;
  /** Absent when the name alone does not tell. */
  readonly model?: ModelRecord;
}

/** Follows the caller's own registry and the aliases to an identifier and, where known offline, a record. */
function follow(requested: string, deps: ResolutionDeps): Followed {
  const { catalog } = deps;
  const typed = parseModelId(requested);
  const named = catalog.byAlias(typed);
  if (named !== undefined) {
    const { suffix, region } = typed;
    const identifier = { ...parseModelId(named.send), ...defined({ region }) };
    return {
      identifier: suffix === undefined ? identifier : { ...identifier, suffix, text: typed.text },
      ...(named.model === undefined ? {} : { model: named.model }),
    };
  }
  if (typed.kind !== 'name') return { identifier: typed };
  throw new BedrockError('unknown_model', {
    message: `No model is called "${typed.text.slice(0, 120)}".`,
    fix: `${nearNames(typed.text, deps)}list_models and list_inference_profiles show what can be called.`,
    field: 'model',
  });
}

async function baseModel(
  { identifier, model }: Followed,
  region: string,
  deps: ResolutionDeps,
  options: ResolveOptions,
): Promise<ModelRecord> {
  if (model !== undefined) return model;
  if (identifier.modelId !== undefined) return deps.catalog.record(identifier.modelId);
  const [first] = await behind(identifier, region, deps, options);
  // Otherwise the family stays unknown: Converse has one form for all, so the call can still be made.
  return deps.catalog.record(first ?? identifier.invokeId);
}

/** Bare model IDs behind an ARN: from a listing that is at hand, else asked of AWS; empty when nobody says. */
async function behind(
  { kind, arn, resourceId, invokeId }: ModelIdentifier,
  region: string,
  deps: ResolutionDeps,
  { network, signal }: ResolveOptions,
): Promise<readonly string[]> {
  const listed = deps.control
    .cached(region)
    ?.profiles?.find((profile) => profile.arn === arn || profile.id === resourceId);
  if (listed !== undefined && listed.modelIds.length > 0) return listed.modelIds;
  if (network === 'none' || kind === 'sagemaker-endpoint' || kind === 'prompt') return [];
  try {
    return await deps.control.modelsBehind(invokeId, region, signal === undefined ? {} : { signal });
  } catch (error) {
    if (error instanceof BedrockError && error.code !== 'cancelled') return [];
    throw error;
  }
}

/** Some models have another ID on bedrock-mantle than on the runtime endpoint: the latter's is the one to call. */
function onRuntime(
  identifier: ModelIdentifier,
  model: ModelRecord,
  catalog: Catalog,
): { identifier: ModelIdentifier; model: ModelRecord; notes: readonly string[] } {
  const { runtimeId } = model;
  if (runtimeId === undefined) return { identifier, model, notes: [] };
  const region = identifier.region === undefined ? {} : { region: identifier.region };
  return {
    identifier: { ...parseModelId(runtimeId), ...region },
    model: catalog.record(runtimeId),
    notes: [`${model.id} is the model's ID on bedrock-mantle; here it is called as ${runtimeId}.`],
  };
}

async function listing(
  region: string,
  awaited: boolean,
  deps: ResolutionDeps,
  { network, signal }: ResolveOptions,
): Promise<LiveCatalog | undefined> {
  const { control } = deps;
  const cached = control.cached(region);
  if (network === 'none' || (!awaited && network === 'cached')) return usable(cached);
  if (cached !== undefined && network === 'cached') {
    // Refreshes in the background when it has gone stale; the call does not wait for that.
    control.live(region).catch(() => undefined);
    return usable(cached);
  }
  const listed = control.live(region, {
    fresh: network === 'fresh',
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return usable(await within(LISTING_PATIENCE_MS, listed));
  } catch (error) {
    if (error instanceof BedrockError && error.code !== 'cancelled') return undefined;
    throw error;
  }
}

function usable(live: LiveCatalog | undefined): LiveCatalog | undefined {
  return live?.profiles === undefined && live?.models === undefined ? undefined : live;
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

const ENDED: ReadonlySet<string> = new Set(['end-of-life', 'unlisted']);

/** The lifecycle as warnings. Refuses only when AWS's own listing agrees that the model is gone. */
function checkLifecycle(
  model: ModelRecord,
  region: string,
  live: ReadonlyMap<string, LiveCatalog | undefined>,
  deps: ResolutionDeps,
): string[] {
  const today = deps.today();
  const { message } = lifecycleOn(model, today, region);
  if (message === undefined) return [];
  const { status, endOfLifeDate } = model.lifecycle;
  const retired = ENDED.has(status) || (endOfLifeDate ?? '9') <= today;
  // Of an allowed Region that nobody listed the catalogue is believed: a few Regions keep what the others retired.
  const goneFrom = (each: string) => {
    const listed = live.get(each);
    if (listed !== undefined || each === region) return lacks(listed, model.id);
    return ENDED.has(lifecycleOn(model, today, each).status);
  };
  if (retired && [...live.keys()].every(goneFrom)) {
    const successor = successorFor(model, deps);
    throw new BedrockError('end_of_life', {
      message: `${message} AWS no longer lists it in ${region}.`,
      fix:
        successor === undefined
          ? 'Choose another model: list_models shows the current ones.'
          : `Use ${successor}.`,
      field: 'model',
    });
  }
  return [message];
}

/** True when AWS listed everything and the model was not there; ListFoundationModels alone leaves callable ones out. */
function lacks(live: LiveCatalog | undefined, modelId: string): boolean {
  return (
    live?.models !== undefined &&
    live.profiles !== undefined &&
    !live.models.some((row) => row.id === modelId) &&
    !live.profiles.some((profile) => profile.modelIds.includes(modelId))
  );
}

/** The targets that the operator's lists let be called. An entry may name the model, any alias of it, or one identifier. */
function permitted(
  requested: string,
  identifier: ModelIdentifier,
  model: ModelRecord,
  targets: TargetPlan['targets'],
  deps: ResolutionDeps,
): TargetPlan['targets'] {
  const { allowModels, denyModels } = deps.policy;
  if (allowModels.length === 0 && denyModels.length === 0) return targets;
  const names = [
    requested,
    identifier.text,
    model.id,
    identifier.profileId,
    identifier.arn,
    deps.catalog.aliasOf(model.id),
  ].filter((name): name is string => name !== undefined);
  const hits = (entries: readonly string[], target: Target) =>
    isOnList(entries, [...names, target.modelId], model.id, deps.catalog);
  const undenied = targets.filter((target) => !hits(denyModels, target));
  const [first, ...rest] =
    allowModels.length === 0 ? undenied : undenied.filter((target) => hits(allowModels, target));
  if (first !== undefined) return [first, ...rest];
  throw new BedrockError('not_allowed', {
    message:
      undenied.length === 0
        ? `${requested} is on this server's list of models that may not be called.`
        : `${requested} is not on this server's list of allowed models.`,
    fix:
      undenied.length === 0
        ? 'Choose another model, or change BEDROCK_MCP_DENY_MODELS.'
        : `Allowed: ${allowModels.slice(0, 10).join(', ')}. The list is BEDROCK_MCP_ALLOW_MODELS.`,
    field: 'model',
  });
}
