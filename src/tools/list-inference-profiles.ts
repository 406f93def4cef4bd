import * as z from 'zod';
import { checkKnownRegion, checkRegion } from '../aws/regions.ts';
import type { LiveCatalog } from '../aws/types.ts';
import type { BedrockError } from '../bedrock-error.ts';
import { askAws, catalogueNote, servedBy } from '../calls/live-listing.ts';
import type { Catalog } from '../catalog/models/catalog.ts';
import { lifecycleOn } from '../catalog/models/lifecycle.ts';
import { profilesOfferedIn } from '../catalog/models/offered.ts';
import { isOfProvider, providerHint } from '../catalog/models/search.ts';
import type { PriceBook } from '../catalog/prices/price-book.ts';
import type { ModelRecord } from '../catalog/types.ts';
import { defined } from '../defined.ts';
import { defineTool, rareOptions } from './definition/define.ts';
import { cursorAt, readCursor } from './input/paging.ts';

const input = z.strictObject({
  query: z.string().max(200).optional().describe('Words in name or ID'),
  provider: z.string().max(64).optional(),
  geo: z.string().max(16).optional(),
  type: z.enum(['system', 'application']).optional(),
  capability: z.enum(['tools', 'images', 'documents', 'reasoning', 'embedding']).optional(),
  region: z.string().max(30).optional().describe('AWS Region'),
  limit: z.int().min(1).max(200).optional(),
  cursor: z.string().max(200).optional(),
  options: rareOptions(
    'provider, type (system, application), capability (tools, images, documents, reasoning, embedding), limit, cursor',
    { geo: { type: 'string' } },
  ),
});

const row = z.object({
  id: z.string(),
  alias: z.string().optional(),
  name: z.string().optional(),
  type: z.string().optional(),
  model_id: z.string().optional(),
  regions: z.array(z.string()).optional(),
  status: z.string(),
  context_tokens: z.int().optional(),
  input_usd_per_1m: z.string().optional(),
  output_usd_per_1m: z.string().optional(),
});
const output = z.object({
  source: z.string(),
  region: z.string(),
  total: z.int(),
  profiles: z.array(row),
  next_cursor: z.string().optional(),
  notes: z.array(z.string()).optional(),
});

type Input = z.output<typeof input>;
type Row = z.output<typeof row>;

/** One profile before filters and prices. */
interface Profile {
  readonly id: string;
  readonly sendId: string;
  readonly name?: string;
  readonly type: 'system' | 'application';
  readonly geo?: string;
  readonly model?: ModelRecord;
  readonly regions?: readonly string[];
  readonly status: string;
}

export const listInferenceProfiles = defineTool({
  name: 'list_inference_profiles',
  title: 'List inference profiles',
  description: 'Inference profiles callable in a Region, with price and status. Free.',
  input,
  output,
  sets: ['core'],
  rare: ['provider', 'geo', 'type', 'capability', 'limit', 'cursor'],
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: async (args, context) => {
    const { services } = context;
    const region = args.region === undefined ? await services.region() : checkRegion(args.region.trim());
    const catalog = await services.catalog();
    const { live, problem } = await askAws(region, context);
    const all = live?.profiles === undefined ? fromCatalogue(catalog, region) : fromLive(live, catalog);
    if (live?.profiles === undefined) checkKnownRegion(region, catalog.regions);
    const found = all.filter((profile) => matches(profile, args, catalog));
    found.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    const start = readCursor(args.cursor);
    const limit = args.limit ?? 50;
    const page = found.slice(start, start + limit);
    const prices = await services.prices();
    const models = all.flatMap(({ model }) => model ?? []);
    const hint = args.provider === undefined ? undefined : providerHint(args.provider, models);
    const notes = [...notesFor(live, problem, catalog, all.length), ...(hint === undefined ? [] : [hint])];
    const structured = {
      source: live?.profiles === undefined ? `catalogue of ${catalog.asOf}` : 'live',
      region,
      total: found.length,
      profiles: page.map((profile) => toRow(profile, region, catalog, prices, services.today())),
      ...(start + limit < found.length ? { next_cursor: cursorAt(start + limit) } : {}),
      ...(notes.length === 0 ? {} : { notes }),
    };
    return { structured, text: asText(structured.profiles, structured) };
  },
});

function fromLive(live: LiveCatalog, catalog: Catalog): Profile[] {
  return (live.profiles ?? []).map((profile) => {
    const [modelId] = profile.modelIds;
    const isSystem = profile.type === 'SYSTEM_DEFINED';
    const geo = isSystem ? profile.id.split('.')[0] : undefined;
    return {
      id: profile.id,
      sendId: isSystem ? profile.id : profile.arn,
      name: profile.name,
      type: isSystem ? 'system' : 'application',
      status: profile.status,
      regions: profile.regions,
      ...defined({ geo }),
      ...(modelId === undefined ? {} : { model: catalog.record(modelId) }),
    };
  });
}

function fromCatalogue(catalog: Catalog, region: string): Profile[] {
  return profilesOfferedIn(region, catalog).map(({ profile, model }) => ({
    id: profile.id,
    sendId: profile.id,
    type: 'system',
    geo: profile.geo,
    model,
    status: 'LISTED',
    ...defined({ name: model.name, regions: profile.destinationRegions }),
  }));
}

function matches(profile: Profile, args: Input, catalog: Catalog): boolean {
  const { model } = profile;
  if (args.type !== undefined && args.type !== profile.type) return false;
  if (args.geo !== undefined && args.geo.toLowerCase() !== profile.geo) return false;
  if (args.provider !== undefined && (model === undefined || !isOfProvider(model, args.provider)))
    return false;
  if (args.capability !== undefined && !can(model, args.capability)) return false;
  const words = (args.query ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const text = [
    profile.id,
    profile.name,
    model?.name,
    model === undefined ? undefined : catalog.aliasOf(model.id),
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function can(model: ModelRecord | undefined, capability: NonNullable<Input['capability']>): boolean {
  if (model === undefined) return false;
  if (capability === 'embedding') return model.kind === 'embedding';
  if (capability === 'reasoning')
    return model.features.reasoning !== undefined && model.features.reasoning !== 'none';
  return model.features[capability] === true;
}

function toRow(profile: Profile, region: string, catalog: Catalog, prices: PriceBook, today: string): Row {
  const { model } = profile;
  const alias = model === undefined ? undefined : catalog.aliasOf(model.id);
  const price =
    model === undefined
      ? undefined
      : prices.find(model.id, {
          region,
          calledAs: profile.sendId,
          ...defined({ geo: profile.geo }),
        });
  const lifecycle = model === undefined ? undefined : lifecycleOn(model, today);
  const status =
    lifecycle?.message === undefined ? profile.status : `${profile.status}; ${lifecycle.message}`;
  return {
    id: profile.sendId,
    ...defined({ alias, name: profile.name }),
    ...(profile.type === 'application' ? { type: 'application' } : {}),
    ...(model === undefined ? {} : { model_id: model.id }),
    ...(profile.regions === undefined ? {} : { regions: servedBy(profile.regions) }),
    status,
    ...(model?.contextWindow === undefined ? {} : { context_tokens: model.contextWindow }),
    ...(price?.known && price.input !== undefined ? { input_usd_per_1m: price.input } : {}),
    ...(price?.known && price.output !== undefined ? { output_usd_per_1m: price.output } : {}),
  };
}

function notesFor(
  live: LiveCatalog | undefined,
  problem: BedrockError | undefined,
  catalog: Catalog,
  count: number,
): string[] {
  const notes: string[] = [];
  if (live?.profiles === undefined) {
    notes.push(catalogueNote(catalog.asOf, problem));
  } else if (count === 0) notes.push('AWS lists no profile in this Region.');
  return notes;
}

function asText(
  rows: readonly Row[],
  answer: { source: string; region: string; total: number; next_cursor?: string; notes?: string[] },
): string {
  const lines = rows.map(
    (each) =>
      `${each.id}${each.alias === undefined ? '' : ` (${each.alias})`}: ${each.regions?.join(', ') ?? 'Regions not recorded'}; ${each.status}${each.input_usd_per_1m === undefined ? '' : `; ${each.input_usd_per_1m} in, ${each.output_usd_per_1m ?? '-'} out USD per 1M tokens`}`,
  );
  const more = answer.next_cursor === undefined ? '' : `\nMore with cursor: ${answer.next_cursor}`;
  return (
    [
      `${answer.total} inference profiles in ${answer.region} (${answer.source})`,
      ...(answer.notes ?? []),
      ...lines,
    ].join('\n') + more
  );
}
