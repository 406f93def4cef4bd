/** From the name that was typed to an ordered plan of targets: alias, registry entry, ARN, policy, live listing. */
import type { BedrockControl, LiveCatalog } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';
import { lifecycleOn } from '../catalog/lifecycle.ts';
import { type ModelIdentifier, parseModelId } from '../catalog/model-id.ts';
import type { Catalog } from '../catalog/models.ts';
import type { ModelRecord } from '../catalog/types.ts';
import type { Learned } from './learned.ts';
import { planTargets, type TargetPlan, type TargetPolicy } from './target.ts';

export interface ModelPolicy extends TargetPolicy {
  /** Patterns with `*`; empty = all. Matched against what was typed, the alias, the bare ID and the profile ID. */
  readonly allowModels: readonly string[];
  readonly denyModels: readonly string[];
}

export interface ResolutionDeps {
  readonly catalog: Catalog;
  readonly control: BedrockControl;
  readonly policy: ModelPolicy;
  readonly learned: Learned;
  /** ISO date of today, for the lifecycle. */
  today(): string;
}

export interface Resolution extends TargetPlan {
  readonly asked: string;
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
  asked: string,
  region: string,
  deps: ResolutionDeps,
  options: ResolveOptions,
): Promise<Resolution> {
  const { identifier, model: named, arn } = follow(asked, deps.catalog);
  const at = identifier.region ?? region;
  const model = deps.learned.apply(await baseModel(identifier, named, at, deps, options));
  checkPolicy(asked, identifier, model, deps);
  const live = new Map<string, LiveCatalog | undefined>();
  if (needsListing(identifier)) {
    for (const each of new Set([at, ...deps.policy.allowRegions]))
      live.set(each, await listing(each, each === at, deps, options));
  }
  const lifecycle = lifecycleWarnings(model, live.get(at), deps);
  const learned = deps.learned.profileFor(model.id, at);
  const plan = planTargets({
    asked,
    identifier: arn === undefined ? identifier : { ...identifier, arn },
    model,
    region,
    live: (each) => live.get(each),
    geoPrefixes: (each) => deps.catalog.geoPrefixes(each),
    policy: deps.policy,
    ...(learned === undefined ? {} : { learned }),
  });
  return { ...plan, warnings: [...lifecycle, ...plan.warnings], asked, identifier, model, region };
}

/** Follows the caller's own registry and the aliases to an identifier and, where known offline, a record. */
function follow(
  asked: string,
  catalog: Catalog,
): { identifier: ModelIdentifier; model?: ModelRecord; arn?: string } {
  const typed = parseModelId(asked);
  const named = catalog.byAlias(typed.text);
  if (named !== undefined) {
    const identifier = parseModelId(named.send);
    return {
      identifier,
      ...(named.model === undefined ? {} : { model: named.model }),
      ...(named.arn === undefined ? {} : { arn: named.arn }),
    };
  }
  if (typed.kind !== 'name') return { identifier: typed };
  const near = catalog.suggest(typed.text, 3);
  throw new BedrockError('unknown_model', {
    message: `No model is called "${typed.text}".`,
    fix: `${near.length === 0 ? '' : `Did you mean ${near.join(', ')}? `}list_models and list_inference_profiles show what can be called.`,
    field: 'model',
  });
}

async function baseModel(
  identifier: ModelIdentifier,
  named: ModelRecord | undefined,
  region: string,
  deps: ResolutionDeps,
  options: ResolveOptions,
): Promise<ModelRecord> {
  if (named !== undefined) return named;
  if (identifier.modelId !== undefined) return deps.catalog.record(identifier.modelId);
  if (
    options.network !== 'none' &&
    identifier.kind !== 'sagemaker-endpoint' &&
    identifier.kind !== 'prompt'
  ) {
    const [first] = await behind(identifier, region, deps, options);
    if (first !== undefined) return deps.catalog.record(first);
  }
  // The family stays unknown: Converse has one form for all, so the call can still be made.
  return deps.catalog.record(identifier.arn ?? identifier.text);
}

async function behind(
  identifier: ModelIdentifier,
  region: string,
  deps: ResolutionDeps,
  options: ResolveOptions,
): Promise<readonly string[]> {
  try {
    return await deps.control.modelsBehind(
      identifier.arn ?? identifier.text,
      region,
      options.signal === undefined ? {} : { signal: options.signal },
    );
  } catch (error) {
    if (error instanceof BedrockError && error.code !== 'cancelled') return [];
    throw error;
  }
}

function needsListing(identifier: ModelIdentifier): boolean {
  return identifier.kind === 'foundation-model' || identifier.kind === 'inference-profile';
}

async function listing(
  region: string,
  awaited: boolean,
  deps: ResolutionDeps,
  options: ResolveOptions,
): Promise<LiveCatalog | undefined> {
  const cached = deps.control.cached(region);
  if (options.network === 'none' || (!awaited && options.network === 'cached')) return usable(cached);
  if (cached !== undefined && options.network === 'cached') {
    // Refreshes in the background when it has gone stale; the call does not wait for that.
    deps.control.live(region).catch(() => undefined);
    return usable(cached);
  }
  const asked = deps.control.live(region, {
    fresh: options.network === 'fresh',
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    return usable(await within(LISTING_PATIENCE_MS, asked));
  } catch (error) {
    if (error instanceof BedrockError && FATAL.has(error.code)) throw error;
    return undefined;
  }
}

/** What no later call can survive: the listing's own refusal is then the clearest answer. */
const FATAL: ReadonlySet<string> = new Set(['cancelled', 'no_credentials', 'missing_region']);

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

function lifecycleWarnings(
  model: ModelRecord,
  live: LiveCatalog | undefined,
  deps: ResolutionDeps,
): string[] {
  const { status, message } = lifecycleOn(model, deps.today());
  const row = live?.models?.find((candidate) => candidate.id === model.id);
  const goneByAws =
    live?.models !== undefined &&
    live.profiles !== undefined &&
    row === undefined &&
    !live.profiles.some((profile) => profile.modelIds.includes(model.id));
  if (status === 'end-of-life' && goneByAws) {
    throw new BedrockError('end_of_life', {
      message: message ?? `${model.id} has reached its end of life.`,
      fix:
        model.lifecycle.successor === undefined
          ? 'Choose another model: list_models shows the current ones.'
          : `Use ${deps.catalog.aliasOf(model.lifecycle.successor) ?? model.lifecycle.successor}.`,
      field: 'model',
    });
  }
  return message === undefined ? [] : [message];
}

function checkPolicy(
  asked: string,
  identifier: ModelIdentifier,
  model: ModelRecord,
  deps: ResolutionDeps,
): void {
  const { allowModels, denyModels } = deps.policy;
  const names = [
    asked,
    identifier.text,
    model.id,
    identifier.profileId,
    identifier.arn,
    deps.catalog.aliasOf(model.id),
  ].filter((name): name is string => name !== undefined);
  const hit = (patterns: readonly string[]) =>
    patterns.some((pattern) => names.some((name) => matches(pattern, name)));
  const denied = hit(denyModels);
  if (!denied && (allowModels.length === 0 || hit(allowModels))) return;
  throw new BedrockError('not_allowed', {
    message: denied
      ? `${asked} is on this server's list of models that may not be called.`
      : `${asked} is not on this server's list of allowed models.`,
    fix: denied
      ? 'Choose another model, or change BEDROCK_MCP_DENY_MODELS.'
      : `Allowed: ${allowModels.slice(0, 10).join(', ')}. The list is BEDROCK_MCP_ALLOW_MODELS.`,
    field: 'model',
  });
}

/** `*` stands for any characters; compared without regard to case, in linear time. */
export function matches(pattern: string, name: string): boolean {
  const parts = pattern.toLowerCase().split('*');
  const text = name.toLowerCase();
  const [head = '', ...rest] = parts;
  if (rest.length === 0) return text === head;
  if (!text.startsWith(head)) return false;
  let at = head.length;
  const tail = rest.pop() ?? '';
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - at >= tail.length && text.endsWith(tail);
}
