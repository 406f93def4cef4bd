/**
 * Derives `src/catalog/data/{models,prices}.json` from a folder of facts (models.json, prices.json, aliases.json,
 * regions.json). Deterministic: the same facts give the same bytes.
 *
 *     npx tsx scripts/build-catalog.ts <folder>
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/json.ts';
import { aliasesFor } from './catalog-aliases.ts';
import { pricesFile } from './catalog-prices.ts';
import { booleanOf, compact, list, numberOf, objects, RegionSets, textOf } from './catalog-shapes.ts';

const folder = process.argv[2];
if (folder === undefined) {
  throw new Error(
    'usage: npx tsx scripts/build-catalog.ts <folder with models.json prices.json aliases.json regions.json>',
  );
}
const read = (name: string): JsonValue => JSON.parse(readFileSync(join(folder, name), 'utf8'));

const models = objects(read('models.json')).sort((a, b) => (textOf(a.id) < textOf(b.id) ? -1 : 1));
const prices = objects(read('prices.json'));
const aliases = read('aliases.json');
const regions = read('regions.json');
/** The newest day that any fact speaks of; the facts' README dates the whole set with the day it was gathered. */
const AS_OF = '2026-11-20';
/** Statuses as the facts print them -> ours; `active` is left out of the file. */
const STATUS: Readonly<Record<string, string>> = {
  ACTIVE: 'active',
  PREVIEW: 'active',
  LEGACY: 'legacy',
  EOL: 'end-of-life',
  EOL_IN_SOME_REGIONS: 'end-of-life',
  UNLISTED: 'unlisted',
};
/** Widest last: the order in which profiles are preferred in a Region, country before continent. */
const CONTINENTS = ['us', 'eu', 'apac', 'global'];
/** Lengths of vectors where the facts lack them or give them in another order than the default first (model cards). */
const EMBEDDINGS: Readonly<
  Record<string, { dimensions: number[]; defaultDimensions: number; maxTokens?: number }>
> = {
  'amazon.titan-embed-image-v1': { dimensions: [256, 384, 1024], defaultDimensions: 1024, maxTokens: 128 },
  'amazon.titan-embed-text-v2:0': { dimensions: [256, 512, 1024], defaultDimensions: 1024, maxTokens: 8192 },
  'cohere.embed-v4:0': { dimensions: [256, 512, 1024, 1536], defaultDimensions: 1536, maxTokens: 128000 },
  'amazon.nova-2-multimodal-embeddings-v1:0': {
    dimensions: [256, 384, 1024, 3072],
    defaultDimensions: 3072,
    maxTokens: 8172,
  },
  'twelvelabs.marengo-embed-3-0-v1:0': { dimensions: [512], defaultDimensions: 512 },
};

const knownRegions = regionNames(regions);
const sets = new RegionSets(knownRegions);
const runtimeIds = new Set(
  models
    .filter((model) => Array.isArray(model.endpoints) && model.endpoints.includes('bedrock-runtime'))
    .map((model): JsonValue => textOf(model.id)),
);
const names = aliasesFor(models, aliases);

write('models.json', {
  asOf: AS_OF,
  regions: knownRegions,
  geoPrefixes: geoPrefixes(regions),
  models: models.map(modelRow),
  regionSets: sets.rows,
});
write('prices.json', pricesFile(AS_OF, models, prices));

function modelRow(model: JsonObject): JsonObject {
  const id = textOf(model.id);
  const lifecycle = isJsonObject(model.lifecycle) ? model.lifecycle : {};
  const effective = textOf(lifecycle.effective_today);
  const endpoints = model.endpoints === null ? undefined : list(model.endpoints);
  return compact({
    id,
    name: model.name,
    kind: model.kind === 'text' ? null : model.kind,
    context: model.context_window,
    output: model.max_output,
    features: featureFlags(model),
    apis: apiFlags(model),
    mantle: endpoints?.includes('bedrock-mantle') ?? null,
    runtimeId: runtimeIds.has(model.price_as ?? null) ? model.price_as : null,
    status: STATUS[effective] === 'active' ? null : (STATUS[effective] ?? 'unknown'),
    regional: effective === 'EOL_IN_SOME_REGIONS' ? true : null,
    legacyDate: lifecycle.legacy_date,
    endOfLifeDate: lifecycle.eol_date,
    onDemand:
      model.on_demand_regions === null ? null : sets.indexOf(list(model.on_demand_regions).map(regionOf)),
    profiles: objects(model.inference_profiles).map(profileRow),
    embedding: embeddingRow(id, model),
    names: names.get(id) ?? [],
  });
}

/** The facts print GovCloud Regions of on-demand lists without their first letters. */
function regionOf(value: JsonValue): string {
  return textOf(value).replace(/^ov-/, 'us-gov-');
}

/** [geo, set of source Regions | null, set of destination Regions | null]; destinations of global profiles are `*`. */
function profileRow(profile: JsonObject): JsonValue[] {
  const sources =
    profile.source_regions === null ? null : sets.indexOf(list(profile.source_regions).map(textOf));
  const destinations = profile.destination_regions;
  const geo = textOf(profile.geo);
  if (geo === 'global') {
    return [geo, sources, sets.indexOf(['*'])];
  }
  if (!isJsonObject(destinations)) {
    return [geo, sources, null];
  }
  return [geo, sources, sets.indexOf(Object.values(destinations).flatMap((each) => list(each).map(textOf)))];
}

/**
 * What single models are said to do: capital = yes, small = no. T tools, Y system, I images, D documents, R reasons at
 * all; V video and A audio only when the listed modalities name them. Streaming tool use is not taken over: the source
 * marks whole providers.
 */
function featureFlags(model: JsonObject): string | null {
  const inputs = model.modalities_in === null ? [] : list(model.modalities_in).map(textOf);
  const flags = [
    flag('T', booleanOf(model.tool_use)),
    flag('Y', booleanOf(model.system_prompt)),
    flag('I', booleanOf(model.vision) ?? (inputs.includes('IMAGE') ? true : undefined)),
    flag('D', booleanOf(model.documents)),
    flag('R', booleanOf(model.reasoning)),
    inputs.includes('VIDEO') ? 'V' : '',
    inputs.includes('AUDIO') || inputs.includes('SPEECH') ? 'A' : '',
  ].join('');
  return flags === '' ? null : flags;
}

/** C Converse, S ConverseStream, I InvokeModel; capital = yes, small = no. */
function apiFlags(model: JsonObject): string | null {
  const flags = [
    flag('C', booleanOf(model.converse)),
    flag('S', booleanOf(model.converse_stream)),
    flag('I', booleanOf(model.invoke)),
  ].join('');
  return flags === '' ? null : flags;
}

function flag(letter: string, value: boolean | undefined): string {
  return value === undefined ? '' : value ? letter : letter.toLowerCase();
}

function embeddingRow(id: string, model: JsonObject): JsonValue {
  const own = Object.hasOwn(EMBEDDINGS, id) ? EMBEDDINGS[id] : undefined;
  if (own !== undefined) {
    return compact({ ...own, maxTokens: own.maxTokens ?? null });
  }
  if (!isJsonObject(model.embedding) || model.embedding.dimensions === null) {
    return null;
  }
  const dimensions = list(model.embedding.dimensions)
    .map(numberOf)
    .sort((a, b) => a - b);
  return compact({
    dimensions,
    defaultDimensions: dimensions.at(-1) ?? 0,
    maxTokens: model.embedding.max_tokens ?? null,
  });
}

function regionNames(source: JsonValue): string[] {
  const partitions =
    isJsonObject(source) && isJsonObject(source.sdk_bedrock_endpoints) ? source.sdk_bedrock_endpoints : {};
  return Object.values(partitions)
    .flatMap((each) => list(each).map(textOf))
    .sort();
}

/** Source Region -> its profile prefixes, country before continent, global last. */
function geoPrefixes(source: JsonValue): JsonObject {
  const offered =
    isJsonObject(source) && isJsonObject(source.geo_prefixes_by_source_region)
      ? source.geo_prefixes_by_source_region
      : {};
  const rows = Object.entries(offered).map(([region, counts]): [string, string[]] => {
    const geos = isJsonObject(counts) ? Object.keys(counts).sort() : [];
    return [region, geos.sort((a, b) => CONTINENTS.indexOf(a) - CONTINENTS.indexOf(b))];
  });
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One row a line, so that a refresh reads well in a diff. */
function write(name: string, content: JsonObject): void {
  const members = Object.entries(content).map(([key, value]) => {
    const lines = Array.isArray(value)
      ? `[\n${value.map((row) => JSON.stringify(row)).join(',\n')}\n]`
      : JSON.stringify(value);
    return `${JSON.stringify(key)}:${typeof value === 'object' && Array.isArray(value) && typeof value[0] === 'string' ? JSON.stringify(value) : lines}`;
  });
  const path = fileURLToPath(new URL(`../src/catalog/data/${name}`, import.meta.url));
  writeFileSync(path, `{\n${members.join(',\n')}\n}\n`);
}
