import { Big } from 'big.js';
import * as z from 'zod';
import { checkKnownRegion, checkRegion } from '../aws/regions.ts';
import { BedrockError } from '../bedrock-error.ts';
import { regionOrCommon } from '../calls/call-region.ts';
import { askAws, catalogueNote, type Listing } from '../calls/live-listing.ts';
import type { Services } from '../calls/services.ts';
import type { Catalog } from '../catalog/models/catalog.ts';
import { lifecycleOn } from '../catalog/models/lifecycle.ts';
import { byUse, isOfProvider, type Listed, providerHint } from '../catalog/models/search.ts';
import type { LifecycleStatus, ModelFeatures, ModelRecord } from '../catalog/types.ts';
import { defined } from '../defined.ts';
import { resolveModel } from '../inference/resolve/resolve-model.ts';
import type { InferenceDeps } from '../inference/send/plan-call.ts';
import { API_NAMES, APIS } from '../messages/apis.ts';
import { defineTool } from './definition/define.ts';
import { cursorAt, readCursor } from './input/paging.ts';

const CAPABILITIES = [
  'tools',
  'images',
  'documents',
  'video',
  'audio',
  'reasoning',
  'caching',
  'structuredOutput',
] as const;

const input = z.strictObject({
  query: z.string().max(200).optional().describe('Words in name, ID or alias'),
  provider: z.string().max(64).optional().describe('Such as anthropic'),
  kind: z
    .enum(['text', 'embedding', 'rerank', 'image', 'video', 'speech'])
    .optional()
    .describe('Default text'),
  capability: z.array(z.enum(CAPABILITIES)).max(8).optional().describe('All of these'),
  max_input_usd_per_1m: z.number().positive().optional().describe('Price limit'),
  min_context_tokens: z.int().min(1).max(100_000_000).optional().describe('Context needed'),
  include_retired: z.boolean().optional().describe('Also past end of life'),
  region: z.string().max(30).optional().describe('AWS Region'),
  limit: z.int().min(1).max(200).optional().describe('Default 30'),
  cursor: z.string().max(200).optional().describe('next_cursor of the last page'),
});

const row = z.object({
  alias: z.string().optional(),
  id: z.string(),
  use: z.string().optional(),
  name: z.string().optional(),
  provider: z.string(),
  status: z.string(),
  successor: z.string().optional(),
  capabilities: z.array(z.string()),
  apis: z.array(z.string()),
  context_tokens: z.int().optional(),
  max_output_tokens: z.int().optional(),
  input_usd_per_1m: z.string().optional(),
  output_usd_per_1m: z.string().optional(),
});
const output = z.object({
  source: z.string(),
  region: z.string(),
  total: z.int(),
  models: z.array(row),
  next_cursor: z.string().optional(),
  notes: z.array(z.string()).optional(),
});

type Input = z.output<typeof input>;
type Row = z.output<typeof row>;

export const listModels = defineTool({
  name: 'list_models',
  title: 'List models',
  description:
    'Search Bedrock models by capability, price, context and provider; shows the ID to use in a Region, lifecycle and successor. Free.',
  input,
  output,
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: async (args, context) => {
    const { services, signal } = context;
    const region =
      args.region === undefined ? await regionOrCommon(services) : checkRegion(args.region.trim());
    const catalog = await services.catalog();
    const listing = await askAws(region, context);
    if (listing.live?.models === undefined) checkKnownRegion(region, catalog.regions);
    const deps = await services.inference();
    const models = everyModel(catalog, listing);
    const listed: (Listed & { readonly row: Row })[] = [];
    for (const model of models) {
      const row = await toRow(model, region, { services, deps, catalog, signal });
      const { status } = lifecycleOn(model, services.today(), region);
      if (matches(model, row, args, status))
        listed.push({ model, status, row, ...defined({ alias: row.alias }) });
    }
    const found = listed.sort(byUse).map(({ row }) => row);
    const start = readCursor(args.cursor);
    const limit = args.limit ?? 30;
    const isLive = listing.live?.models !== undefined;
    const hint = args.provider === undefined ? undefined : providerHint(args.provider, models);
    const notes = [
      ...(isLive ? [] : [catalogueNote(catalog.asOf, listing.problem)]),
      ...(hint === undefined ? [] : [hint]),
    ];
    const structured = {
      source: isLive ? 'live and catalogue' : `catalogue of ${catalog.asOf}`,
      region,
      total: found.length,
      models: found.slice(start, start + limit),
      ...(start + limit < found.length ? { next_cursor: cursorAt(start + limit) } : {}),
      ...(notes.length === 0 ? {} : { notes }),
    };
    return { structured, text: asText(structured) };
  },
});

/** Ours, and what AWS lists that we have not heard of yet. */
function everyModel(catalog: Catalog, listing: Listing): readonly ModelRecord[] {
  // A mantle ID that stands beside a runtime ID of the same model would only show it twice.
  const known = new Map(
    catalog.models.filter((model) => model.runtimeId === undefined).map((model) => [model.id, model]),
  );
  for (const each of listing.live?.models ?? []) {
    if (!known.has(each.id) && catalog.get(each.id) === undefined && !isVariant(each.id))
      known.set(each.id, catalog.record(each.id));
  }
  return [...known.values()];
}

/** `…:0:200k`: provisioned variants of a model, which cannot be called on demand. */
function isVariant(id: string): boolean {
  return /:\d+:\w+$/.test(id);
}

interface RowContext {
  readonly services: Services;
  readonly deps: InferenceDeps;
  readonly catalog: Catalog;
  readonly signal: AbortSignal;
}

async function toRow(
  model: ModelRecord,
  region: string,
  { services, deps, catalog, signal }: RowContext,
): Promise<Row> {
  const target = await resolveModel(model.id, region, deps, { network: 'none', signal }).then(
    (resolution) => (resolution.targets[0].via === 'as given' ? undefined : resolution.targets[0]),
    (error: unknown) => {
      if (error instanceof BedrockError && error.code !== 'cancelled') return undefined;
      throw error;
    },
  );
  const price = (await services.prices()).find(model.id, {
    region,
    ...(target?.geo === undefined ? {} : { geo: target.geo }),
  });
  const alias = catalog.aliasOf(model.id);
  const lifecycle = lifecycleOn(model, services.today(), region);
  const { successor } = model.lifecycle;
  const served = API_NAMES.filter((api) => model.apis[APIS[api].served] === true);
  return {
    ...defined({ alias }),
    id: model.id,
    ...(target === undefined ? {} : { use: target.modelId }),
    ...defined({ name: model.name }),
    provider: model.provider,
    status: lifecycle.message ?? lifecycle.status,
    ...(successor === undefined || lifecycle.status === 'active'
      ? {}
      : { successor: catalog.aliasOf(successor) ?? successor }),
    capabilities: capabilitiesOf(model.features),
    apis: served.length === 0 && model.apis.mantle === true ? ['mantle only'] : served,
    ...defined({ context_tokens: model.contextWindow, max_output_tokens: model.maxOutput }),
    ...(price.known && price.input !== undefined ? { input_usd_per_1m: price.input } : {}),
    ...(price.known && price.output !== undefined ? { output_usd_per_1m: price.output } : {}),
  };
}

function capabilitiesOf(features: ModelFeatures): string[] {
  return CAPABILITIES.filter((name) => {
    if (name === 'reasoning') return features.reasoning !== undefined && features.reasoning !== 'none';
    if (name === 'caching') return features.caching !== undefined && features.caching !== false;
    return features[name] === true;
  });
}

function costsAtMost({ input_usd_per_1m: price }: Row, most: number): boolean {
  return price !== undefined && new Big(price).lte(most);
}

const RETIRED: ReadonlySet<LifecycleStatus> = new Set<LifecycleStatus>(['end-of-life', 'unlisted']);

function matches(model: ModelRecord, shown: Row, args: Input, status: LifecycleStatus): boolean {
  if (model.kind !== (args.kind ?? 'text')) return false;
  if (args.include_retired !== true && RETIRED.has(status)) return false;
  if (args.provider !== undefined && !isOfProvider(model, args.provider)) return false;
  if (args.capability?.some((name) => !shown.capabilities.includes(name)) === true) return false;
  if (args.min_context_tokens !== undefined && (model.contextWindow ?? 0) < args.min_context_tokens)
    return false;
  if (args.max_input_usd_per_1m !== undefined && !costsAtMost(shown, args.max_input_usd_per_1m)) return false;
  const text = `${model.id} ${model.name ?? ''} ${shown.alias ?? ''}`.toLowerCase();
  return (args.query ?? '')
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function asText(answer: {
  source: string;
  region: string;
  total: number;
  models: readonly Row[];
  next_cursor?: string;
  notes?: readonly string[];
}): string {
  const lines = answer.models.map((each) => {
    const price =
      each.input_usd_per_1m === undefined
        ? ''
        : `; ${each.input_usd_per_1m} in, ${each.output_usd_per_1m ?? '-'} out USD per 1M tokens`;
    return `${each.alias ?? each.id} (${each.use ?? `${each.id}, not callable here`}): ${each.status}; ${each.capabilities.join(', ') || 'text only'}${price}`;
  });
  const more = answer.next_cursor === undefined ? [] : [`More with cursor: ${answer.next_cursor}`];
  return [
    `${answer.total} models in ${answer.region} (${answer.source})`,
    ...(answer.notes ?? []),
    ...lines,
    ...more,
  ].join('\n');
}
