/** Live answers of the Bedrock control plane: which profiles and models this account has in a Region. */

import type {
  BedrockClient,
  FoundationModelSummary,
  InferenceProfileSummary,
  InferenceProfileType,
} from '@aws-sdk/client-bedrock';
import { BedrockError } from '../../bedrock-error.ts';
import type { Logger } from '../../log.ts';
import type { ClientPool } from '../client-pool.ts';
import { toBedrockError } from '../errors/errors.ts';
import type { BedrockControl, LiveCatalog, LiveModel, LiveProfile } from '../types.ts';
import type { ControlSdk } from './control-sdk.ts';
import { createModelLookup } from './model-lookup.ts';
import { createSingleFlight } from './single-flight.ts';

export interface ControlOptions {
  /** How long an answer is fresh, ms; one hour by default. */
  readonly ttlMs?: number;
  /** The clock, ms since the epoch. */
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;
/** An answer with a missing half is asked for again after this long, ms. */
const RETRY_MS = 60_000;
const MOST_PAGES = 20;
/** Longest time for one request, ms: a listing decorates answers, it must not hold them up. */
const LIST_TIMEOUT_MS = 30_000;

function texts(list: unknown): string[] {
  return Array.isArray(list) ? list.filter((item): item is string => typeof item === 'string') : [];
}

function date(value: Date | undefined): string | undefined {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;
}

/** Bare model ID and Region of a foundation-model ARN; global profiles list one without a Region. */
function readModelArn(arn: unknown): { readonly id: string; readonly region: string } | undefined {
  if (typeof arn !== 'string') return undefined;
  const at = arn.indexOf(':foundation-model/');
  if (at < 0) return undefined;
  const id = arn.slice(at + ':foundation-model/'.length);
  return id === '' ? undefined : { id, region: arn.split(':')[3] || '*' };
}

/** One summary in our shape; undefined when the parts that make it useful are missing. */
export function readProfile(summary: InferenceProfileSummary): LiveProfile | undefined {
  const { inferenceProfileId: id, inferenceProfileArn: arn } = summary;
  if (typeof id !== 'string' || typeof arn !== 'string') return undefined;
  const models = Array.isArray(summary.models) ? summary.models.map((m) => readModelArn(m?.modelArn)) : [];
  const known = models.filter((model) => model !== undefined);
  const createdAt = date(summary.createdAt);
  const updatedAt = date(summary.updatedAt);
  return {
    id,
    arn,
    name: summary.inferenceProfileName ?? id,
    type: summary.type === 'APPLICATION' ? 'APPLICATION' : 'SYSTEM_DEFINED',
    status: summary.status ?? 'UNKNOWN',
    modelIds: [...new Set(known.map((model) => model.id))],
    regions: [...new Set(known.map((model) => model.region))],
    ...(summary.description === undefined ? {} : { description: summary.description }),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  };
}

/** One summary in our shape; undefined when it has no ID. */
export function readModel(summary: FoundationModelSummary): LiveModel | undefined {
  if (typeof summary.modelId !== 'string') return undefined;
  const lifecycle = summary.modelLifecycle;
  const endOfLifeDate = date(lifecycle?.endOfLifeTime);
  const legacyDate = date(lifecycle?.legacyTime);
  return {
    id: summary.modelId,
    inputModalities: texts(summary.inputModalities),
    outputModalities: texts(summary.outputModalities),
    inferenceTypes: texts(summary.inferenceTypesSupported),
    ...(summary.modelName === undefined ? {} : { name: summary.modelName }),
    ...(summary.providerName === undefined ? {} : { provider: summary.providerName }),
    ...(summary.responseStreamingSupported === undefined
      ? {}
      : { streaming: summary.responseStreamingSupported }),
    ...(lifecycle?.status === undefined ? {} : { lifecycle: lifecycle.status }),
    ...(endOfLifeDate === undefined ? {} : { endOfLifeDate }),
    ...(legacyDate === undefined ? {} : { legacyDate }),
  };
}

/** Either the value or why there is none. */
async function settle<T>(work: Promise<T>, operation: string): Promise<T | BedrockError> {
  try {
    return await work;
  } catch (error) {
    return toBedrockError(error, { operation });
  }
}

/** The listing half of BedrockControl, and the door to the look-ups. */
export function createControl(
  pool: ClientPool<BedrockClient>,
  load: () => Promise<ControlSdk>,
  options: ControlOptions & { readonly log?: Logger },
): BedrockControl {
  const now = options.now ?? Date.now;
  const ttlMs = options.ttlMs ?? HOUR_MS;
  const kept = new Map<string, LiveCatalog>();
  const flights = createSingleFlight<LiveCatalog>('ListInferenceProfiles');
  const lookup = createModelLookup(pool, load, now);

  const profilesOfType = async (
    region: string,
    typeEquals: InferenceProfileType,
    signal: AbortSignal,
  ): Promise<LiveProfile[]> => {
    const { ListInferenceProfilesCommand } = await load();
    const found: LiveProfile[] = [];
    const seen = new Set<string>();
    let nextToken: string | undefined;
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const input = { typeEquals, maxResults: 1000, ...(nextToken === undefined ? {} : { nextToken }) };
      const { value, guard } = await pool.call(
        { operation: 'ListInferenceProfiles', region },
        { signal, totalTimeoutMs: LIST_TIMEOUT_MS },
        (client, tie) => client.send(tie(new ListInferenceProfilesCommand(input))),
      );
      guard.done();
      const summaries = Array.isArray(value.inferenceProfileSummaries) ? value.inferenceProfileSummaries : [];
      found.push(...summaries.map(readProfile).filter((profile) => profile !== undefined));
      nextToken = value.nextToken;
      if (nextToken === undefined || nextToken === '') return found;
      if (seen.has(nextToken)) break;
      seen.add(nextToken);
    }
    options.log?.warn('ListInferenceProfiles does not come to an end', {
      region,
      typeEquals,
      found: found.length,
    });
    return found;
  };

  const listModels = async (region: string, signal: AbortSignal): Promise<LiveModel[]> => {
    const { ListFoundationModelsCommand } = await load();
    const { value, guard } = await pool.call(
      { operation: 'ListFoundationModels', region },
      { signal, totalTimeoutMs: LIST_TIMEOUT_MS },
      (client, tie) => client.send(tie(new ListFoundationModelsCommand({}))),
    );
    guard.done();
    const summaries = Array.isArray(value.modelSummaries) ? value.modelSummaries : [];
    return summaries.map(readModel).filter((model) => model !== undefined);
  };

  const fetchCatalog = async (region: string, signal: AbortSignal): Promise<LiveCatalog> => {
    const [system, application, models] = await Promise.all([
      settle(profilesOfType(region, 'SYSTEM_DEFINED', signal), 'ListInferenceProfiles'),
      settle(profilesOfType(region, 'APPLICATION', signal), 'ListInferenceProfiles'),
      settle(listModels(region, signal), 'ListFoundationModels'),
    ]);
    const results = [system, application, models];
    const cancelled = results.find((r) => r instanceof BedrockError && r.code === 'cancelled');
    if (cancelled instanceof BedrockError) throw cancelled;
    const profiles = [system, application].flatMap((list) => (list instanceof BedrockError ? [] : list));
    const errors = results.filter((r) => r instanceof BedrockError);
    const before = kept.get(region);
    // What could not be listed now may still be known from before.
    const shownProfiles =
      system instanceof BedrockError && application instanceof BedrockError
        ? before?.profiles
        : [...new Map(profiles.map((profile) => [profile.arn, profile])).values()];
    const shownModels = models instanceof BedrockError ? before?.models : models;
    const catalog: LiveCatalog = {
      region,
      errors: withoutRepeats(errors),
      fetchedAt: now(),
      ...(shownProfiles === undefined ? {} : { profiles: shownProfiles }),
      ...(shownModels === undefined ? {} : { models: shownModels }),
    };
    kept.set(region, catalog);
    return catalog;
  };

  return {
    live: async (region, { signal, fresh } = {}) => {
      const known = kept.get(region);
      const fetchNow = (): Promise<LiveCatalog> =>
        flights.join(region, signal, (own) => fetchCatalog(region, own));
      if (known === undefined || fresh === true) return fetchNow();
      const age = now() - known.fetchedAt;
      if (age < (known.errors.length > 0 ? RETRY_MS : ttlMs)) return known;
      // Stale: answer at once, refresh behind. Its failures are kept as the `errors` of the next answer.
      flights
        .join(region, undefined, (own) => fetchCatalog(region, own))
        .catch((error: unknown) =>
          options.log?.warn('refresh of the live profiles failed', { region, error: String(error) }),
        );
      return known;
    },
    cached: (region) => kept.get(region),
    modelsBehind: (arnOrId, region, { signal } = {}) => lookup(arnOrId, region, signal),
    close: () => pool.close(),
  };
}

/** Both profile lists usually fail for the same reason; once is enough. */
function withoutRepeats(errors: readonly BedrockError[]): readonly BedrockError[] {
  return [...new Map(errors.map((error) => [`${error.code} ${error.message}`, error])).values()];
}
