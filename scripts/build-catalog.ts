/**
 * Writes `src/catalog/data/{models,prices}.json` from the facts in `facts/` (`npm run catalog`; `--check` fails on a
 * difference). Deterministic: the same facts give the same bytes.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defined } from '../src/defined.ts';
import type { JsonObject, JsonValue } from '../src/json.ts';
import { type Facts, type ModelFacts, type PriceFacts, type RateFacts, readFacts } from './catalog-facts.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Capital = yes, small = no. */
const CAPABILITY_LETTERS = [
  ['tools', 'T'],
  ['system', 'Y'],
  ['images', 'I'],
  ['documents', 'D'],
  ['reasoning', 'R'],
  ['video', 'V'],
  ['audio', 'A'],
] as const;
const API_LETTERS = [
  ['converse', 'C'],
  ['converseStream', 'S'],
  ['invoke', 'I'],
] as const;

/** Lists of Regions, each stored once: rows hold indexes into `regions`, -1 stands for `*`. */
class RegionSets {
  readonly rows: number[][] = [];
  readonly #regions: readonly string[];
  readonly #seen = new Map<string, number>();

  constructor(regions: readonly string[]) {
    this.#regions = regions;
  }

  indexOf(names: readonly string[]): number {
    const row = [...new Set(names)].map((name) => this.#region(name)).sort((a, b) => a - b);
    const key = row.join(' ');
    const known = this.#seen.get(key);
    if (known !== undefined) return known;
    this.#seen.set(key, this.rows.length);
    return this.rows.push(row) - 1;
  }

  #region(name: string): number {
    const index = this.#regions.indexOf(name);
    if (index < 0 && name !== '*') throw new Error(`unknown Region ${name}`);
    return index;
  }
}

function modelsFile({ regions, models }: Facts): JsonObject {
  const sets = new RegionSets(regions.regions);
  return {
    asOf: regions.asOf,
    regions: regions.regions,
    geoPrefixes: regions.prefixes,
    models: models.map((model) => modelRow(model, sets)),
    regionSets: sets.rows,
  };
}

function modelRow(model: ModelFacts, sets: RegionSets): JsonObject {
  const { can, cannot, apis, onDemand, profiles = {}, embedding, names = [], ...facts } = model;
  const features = CAPABILITY_LETTERS.map(([name, letter]) =>
    flag(letter, can?.includes(name) === true ? true : cannot?.includes(name) === true ? false : undefined),
  ).join('');
  const calls = API_LETTERS.map(([name, letter]) => flag(letter, apis?.[name])).join('');
  const here = onDemand === undefined ? undefined : sets.indexOf(onDemand);
  const profileRows = Object.entries(profiles).map(
    ([geo, { from, to }]): JsonValue => [
      geo,
      from === undefined ? null : sets.indexOf(from),
      to === undefined ? null : sets.indexOf(to),
    ],
  );
  return defined({
    id: facts.id,
    name: facts.name,
    kind: facts.kind,
    context: facts.context,
    output: facts.output,
    features: features === '' ? undefined : features,
    apis: calls === '' ? undefined : calls,
    mantle: apis?.mantle,
    runtimeId: facts.runtimeId,
    status: facts.status,
    regional: facts.regional,
    legacyDate: facts.legacyDate,
    endOfLifeDate: facts.endOfLifeDate,
    onDemand: here,
    profiles: profileRows.length === 0 ? undefined : profileRows,
    embedding: embedding === undefined ? undefined : defined(embedding),
    names: names.length === 0 ? undefined : names,
  });
}

function flag(letter: string, value: boolean | undefined): string {
  return value === undefined ? '' : value ? letter : letter.toLowerCase();
}

function pricesFile({ regions: { asOf, priceAs }, prices }: Facts): JsonObject {
  const rows = [...prices.values()].flat();
  const regions = [...new Set(rows.flatMap((row) => row.regions))].filter((name) => name !== '*').sort();
  const sets = new RegionSets(regions);
  return {
    asOf,
    regions,
    priceAs,
    models: [...prices].map(
      ([id, groups]): JsonValue => [
        id,
        ...groups.map((group) => [
          group.rate === 'regional' ? '' : group.rate,
          sets.indexOf(group.regions),
          priceRow(group),
        ]),
      ],
    ),
    regionSets: sets.rows,
  };
}

function priceRow(price: PriceFacts): JsonObject {
  const { batch, long, tiers, units, note, asOf } = price;
  return defined({
    ...ratesRow(price),
    batch: batch === undefined ? undefined : ratesRow(batch),
    long: long?.map(({ above, ...rates }) => ({ above, ...ratesRow(rates) })),
    tiers:
      tiers === undefined
        ? undefined
        : Object.fromEntries(Object.entries(tiers).map(([tier, rates]) => [tier, ratesRow(rates)])),
    units: units?.map(
      ({ unit, usd, detail }): JsonValue => (detail === undefined ? [unit, usd] : [unit, usd, detail]),
    ),
    note,
    asOf,
  });
}

function ratesRow(rates: RateFacts): JsonObject {
  return defined({
    in: rates.input,
    out: rates.output,
    read: rates.cacheRead,
    write5m: rates.cacheWrite5m,
    write1h: rates.cacheWrite1h,
  });
}

/** One row a line, so that a refresh reads well in a diff. */
function textOf(content: JsonObject): string {
  const members = Object.entries(content).map(([key, value]) => {
    const isRows = Array.isArray(value) && typeof value[0] !== 'string';
    const text = isRows
      ? `[\n${value.map((row) => JSON.stringify(row)).join(',\n')}\n]`
      : JSON.stringify(value);
    return `${JSON.stringify(key)}:${text}`;
  });
  return `{\n${members.join(',\n')}\n}\n`;
}

/** The data files by path, as the facts say. */
export function buildCatalog(folder = `${root}facts`): ReadonlyMap<string, string> {
  const facts = readFacts(folder);
  return new Map([
    ['src/catalog/data/models.json', textOf(modelsFile(facts))],
    ['src/catalog/data/prices.json', textOf(pricesFile(facts))],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stale = [...buildCatalog()].filter(([file, text]) => readFileSync(`${root}${file}`, 'utf8') !== text);
  const isCheck = process.argv.includes('--check');
  if (!isCheck) for (const [file, text] of stale) writeFileSync(`${root}${file}`, text);
  process.stdout.write(
    `catalogue: ${stale.length === 0 ? 'up to date' : stale.map(([file]) => file).join(', ')}\n`,
  );
  if (isCheck && stale.length > 0) process.exitCode = 1;
}
