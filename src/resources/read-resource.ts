/** What can be read without calling a tool: the models and profiles, and completions for their names. Knows nothing of the protocol. */

import { BedrockError } from '../bedrock-error.ts';
import type { CallContext } from '../calls/call-context.ts';
import { askAws } from '../calls/live-listing.ts';
import type { Services } from '../calls/services.ts';
import type { Catalog } from '../catalog/models/catalog.ts';
import { lifecycleOn } from '../catalog/models/lifecycle.ts';
import { parseModelId } from '../catalog/models/model-id.ts';
import { profilesOfferedIn } from '../catalog/models/offered.ts';
import { toWireJson } from '../messages/wire-json.ts';
import { readUsageResource } from '../spend/usage/resource.ts';
import { describeThread } from '../threads/thread.ts';
import { callableNames } from './completions.ts';

type ReadContext = Pick<CallContext, 'services' | 'signal'>;

const MAX_COMPLETIONS = 100;
const MAX_URI = 2_200;

/**
 * The JSON text of a resource.
 * @returns undefined when there is no such resource.
 * @throws BedrockError when it cannot be read now.
 */
export async function readResource(uri: string, context: ReadContext): Promise<string | undefined> {
  if (uri.length > MAX_URI || !uri.startsWith('bedrock://')) return undefined;
  const [, , room, ...rest] = uri.split('/');
  const tail = decoded(rest.join('/'));
  if (tail === undefined) return undefined;
  if (room === 'models') return tail === '' ? models(context) : model(tail, context);
  if (room === 'profiles') return profiles(tail === '' ? await context.services.region() : tail, context);
  if (room === 'threads') return tail === '' ? threads(context) : thread(tail, context);
  if (room === 'usage' && tail === '') return readUsageResource(await context.services.spending());
  return undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

async function models({ services }: ReadContext): Promise<string> {
  const catalog = await services.catalog();
  const rows = catalog.models.map((each) => ({
    alias: catalog.aliasOf(each.id),
    id: each.id,
    kind: each.kind,
    provider: each.provider,
    status: lifecycleOn(each, services.today()).status,
  }));
  return JSON.stringify({ as_of: catalog.asOf, models: rows });
}

async function model(name: string, { services }: ReadContext): Promise<string | undefined> {
  const catalog = await services.catalog();
  const found = find(name, catalog);
  if (found === undefined) return undefined;
  const prices = await services.prices();
  const region = await services.region().catch((error: unknown) => {
    if (error instanceof BedrockError) return undefined;
    throw error;
  });
  const price = prices.find(found.id, region === undefined ? {} : { region });
  const lifecycle = lifecycleOn(found, services.today());
  return JSON.stringify({
    as_of: catalog.asOf,
    alias: catalog.aliasOf(found.id),
    ...asObject(toWireJson(found)),
    lifecycle_today: lifecycle,
    price_usd_per_1m: toWireJson(price),
  });
}

function find(name: string, catalog: Catalog) {
  const byName = catalog.byAlias(name)?.model;
  if (byName !== undefined) return byName;
  try {
    const { modelId } = parseModelId(name);
    return modelId === undefined ? undefined : catalog.get(modelId);
  } catch (error) {
    if (error instanceof BedrockError) return undefined;
    throw error;
  }
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}

async function profiles(region: string, context: ReadContext): Promise<string | undefined> {
  const { services } = context;
  const catalog = await services.catalog();
  if (!catalog.regions.includes(region)) return undefined;
  const { live, problem } = await askAws(region, context);
  if (live?.profiles !== undefined)
    return JSON.stringify({ source: 'live', region, profiles: live.profiles });
  const offered = profilesOfferedIn(region, catalog).map(({ profile }) => ({
    id: profile.id,
    regions: profile.destinationRegions,
  }));
  return JSON.stringify({
    source: `catalogue of ${catalog.asOf}`,
    region,
    ...(problem === undefined ? {} : { because: problem.message }),
    profiles: offered,
  });
}

async function threads({ services }: ReadContext): Promise<string> {
  return JSON.stringify(await services.threads().list());
}

async function thread(id: string, { services }: ReadContext): Promise<string | undefined> {
  try {
    return JSON.stringify(describeThread(await services.threads().read(id)));
  } catch (error) {
    if (error instanceof BedrockError && error.code === 'unknown_thread') return undefined;
    throw error;
  }
}

export interface Completion {
  readonly values: string[];
  readonly total: number;
}

/**
 * Values that start with, or contain, what was typed: for `{id}`, `{region}` and `{thread_id}` of resources, and for the
 * arguments `model` and `models` of prompts, which only name what can be called.
 */
export async function complete(
  argument: string,
  typed: string,
  { services, signal }: ReadContext,
): Promise<Completion> {
  if (argument === 'models') return completeLast(typed, { services, signal });
  const all = await valuesOf(argument, services);
  const text = typed.toLowerCase();
  const starting = all.filter((value) => value.toLowerCase().startsWith(text));
  const containing = all.filter((value) => !starting.includes(value) && value.toLowerCase().includes(text));
  const values = [...starting, ...containing];
  return { values: values.slice(0, MAX_COMPLETIONS), total: values.length };
}

/** A list separated by commas: the last name is completed, those before it stay. */
async function completeLast(typed: string, context: ReadContext): Promise<Completion> {
  const before = typed.slice(0, typed.lastIndexOf(',') + 1);
  const { values, total } = await complete('model', typed.slice(before.length).trim(), context);
  return { values: values.map((value) => `${before}${value}`), total };
}

async function valuesOf(argument: string, services: Services): Promise<readonly string[]> {
  if (argument === 'thread_id') return (await services.threads().list()).threads.map(({ id }) => id);
  if (argument === 'region') return (await services.catalog()).regions;
  if (argument === 'id') return readable(await services.catalog(), services.today());
  return argument === 'model' ? callableNames(services) : [];
}

/** Models whose facts may be read: short names of those that live today first, then IDs. */
function readable(catalog: Catalog, today: string): string[] {
  const living = catalog.models.filter((each) => lifecycleOn(each, today).status === 'active');
  const aliases = living.flatMap((each) => catalog.aliasOf(each.id) ?? []).sort();
  return [...new Set([...aliases, ...living.map((each) => each.id).sort()])];
}
