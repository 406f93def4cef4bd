/** Live answers of the Bedrock control plane: which profiles and models this account has in a Region. */

import type {
  BedrockClient,
  FoundationModelSummary,
  InferenceProfileSummary,
  InferenceProfileType,
} from '@aws-sdk/client-bedrock';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { Logger } from '../../log.ts';
import type { ClientPool } from '../client-pool.ts';
import { toBedrockError } from '../errors/errors.ts';
import type { BedrockControl, LiveCatalog, LiveModel, LiveProfile } from '../types.ts';
import type { ControlSdk } from './control-sdk.ts';
import { createModelLookup } from './model-lookup.ts';
import { createSingleFlight, type SingleFlight } from './single-flight.ts';

export interface ControlOptions {
  /** How long an answer is fresh, ms; one hour by default. */
  readonly ttlMs?: number;
  /** The clock, ms since the epoch. */
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;
/** An answer with a missing half is requested again after this long, ms. */
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
  return {
    id,
    arn,
    name: summary.inferenceProfileName ?? id,
    type: summary.type === 'APPLICATION' ? 'APPLICATION' : 'SYSTEM_DEFINED',
    status: summary.status ?? 'UNKNOWN',
    modelIds: [...new Set(known.map((model) => model.id))],
    regions: [...new Set(known.map((model) => model.region))],
    ...defined({
      description: summary.description,
      createdAt: date(summary.createdAt),
      updatedAt: date(summary.updatedAt),
    }),
  };
}

/** One summary in our shape; undefined when it has no ID. */
export function readModel(summary: FoundationModelSummary): LiveModel | undefined {
  if (typeof summary.modelId !== 'string') return undefined;
  const lifecycle = summary.modelLifecycle;
  return {
    id: summary.modelId,
    inputModalities: texts(summary.inputModalities),
    outputModalities: texts(summary.outputModalities),
    inferenceTypes: texts(summary.inferenceTypesSupported),
    ...defined({
      name: summary.modelName,
      provider: summary.providerName,
      streaming: summary.responseStreamingSupported,
      lifecycle: lifecycle?.status,
      endOfLifeDate: date(lifecycle?.endOfLifeTime),
      legacyDate: date(lifecycle?.legacyTime),
    }),
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

interface Listing {
  readonly pool: ClientPool<BedrockClient>;
  readonly load: () => Promise<ControlSdk>;
  readonly now: () => number;
  readonly ttlMs: number;
  readonly log: Logger | undefined;
  /** The latest answer of each Region. */
  readonly cached: Map<string, LiveCatalog>;
  readonly flights: SingleFlight<LiveCatalog>;
}

/** The listing half of BedrockControl, and the door to the look-ups. */
export function createControl(
  pool: ClientPool<BedrockClient>,
  load: () => Promise<ControlSdk>,
  { now = Date.now, ttlMs = HOUR_MS, log }: ControlOptions & { readonly log?: Logger },
): BedrockControl {
  const cached = new Map<string, LiveCatalog>();
  const flights = createSingleFlight<LiveCatalog>('ListInferenceProfiles');
  const listing: Listing = { pool, load, now, ttlMs, log, cached, flights };
  const lookup = createModelLookup(pool, load, now);
  return {
    live: (region, { signal, fresh } = {}) => live(listing, region, signal, fresh === true),
    cached: (region) => cached.get(region),
    modelsBehind: (arnOrId, region, { signal } = {}) => lookup(arnOrId, region, signal),
    close: () => pool.close(),
  };
}

async function live(
  listing: Listing,
  region: string,
  signal: AbortSignal | undefined,
  fresh: boolean,
): Promise<LiveCatalog> {
  const { cached, flights, now, ttlMs, log } = listing;
  const fetchFor = (waiter: AbortSignal | undefined): Promise<LiveCatalog> =>
    flights.join(region, waiter, (own) => fetchCatalog(listing, region, own));
  const known = cached.get(region);
  if (known === undefined || fresh) return fetchFor(signal);
  const age = now() - known.fetchedAt;
  if (age < (known.errors.length > 0 ? RETRY_MS : ttlMs)) return known;
  // Stale: answer at once, refresh behind. Its failures are the `errors` of the next answer.
  fetchFor(undefined).catch((error: unknown) =>
    log?.warn('refresh of the live profiles failed', { region, error: String(error) }),
  );
  return known;
}

async function fetchCatalog(listing: Listing, region: string, signal: AbortSignal): Promise<LiveCatalog> {
  const [system, application, models] = await Promise.all([
    settle(profilesOfType(listing, region, 'SYSTEM_DEFINED', signal), 'ListInferenceProfiles'),
    settle(profilesOfType(listing, region, 'APPLICATION', signal), 'ListInferenceProfiles'),
    settle(listModels(listing, region, signal), 'ListFoundationModels'),
  ]);
  const results = [system, application, models];
  const cancelled = results.find((r) => r instanceof BedrockError && r.code === 'cancelled');
  if (cancelled instanceof BedrockError) throw cancelled;
  const profiles = [system, application].flatMap((list) => (list instanceof BedrockError ? [] : list));
  const errors = results.filter((r) => r instanceof BedrockError);
  const before = listing.cached.get(region);
  // What could not be listed now may still be known from before.
  const shownProfiles =
    system instanceof BedrockError && application instanceof BedrockError
      ? before?.profiles
      : [...new Map(profiles.map((profile) => [profile.arn, profile])).values()];
  const shownModels = models instanceof BedrockError ? before?.models : models;
  const catalog: LiveCatalog = {
    region,
    errors: withoutRepeats(errors),
    fetchedAt: listing.now(),
    ...defined({ profiles: shownProfiles, models: shownModels }),
  };
  listing.cached.set(region, catalog);
  return catalog;
}

async function profilesOfType(
  { pool, load, log }: Listing,
  region: string,
  typeEquals: InferenceProfileType,
  signal: AbortSignal,
): Promise<LiveProfile[]> {
  const { ListInferenceProfilesCommand } = await load();
  const found: LiveProfile[] = [];
  const seen = new Set<string>();
  let nextToken: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const input = { typeEquals, maxResults: 1000, ...defined({ nextToken }) };
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
  log?.warn('ListInferenceProfiles does not come to an end', { region, typeEquals, found: found.length });
  return found;
}

async function listModels(
  { pool, load }: Listing,
  region: string,
  signal: AbortSignal,
): Promise<LiveModel[]> {
  const { ListFoundationModelsCommand } = await load();
  const { value, guard } = await pool.call(
    { operation: 'ListFoundationModels', region },
    { signal, totalTimeoutMs: LIST_TIMEOUT_MS },
    (client, tie) => client.send(tie(new ListFoundationModelsCommand({}))),
  );
  guard.done();
  const summaries = Array.isArray(value.modelSummaries) ? value.modelSummaries : [];
  return summaries.map(readModel).filter((model) => model !== undefined);
}

/** Both profile lists usually fail for the same reason; once is enough. */
function withoutRepeats(errors: readonly BedrockError[]): readonly BedrockError[] {
  return [...new Map(errors.map((error) => [`${error.code} ${error.message}`, error])).values()];
}
