/**
 * Prices fetched from the AWS Price List, as the dated cache file holds them, and how they are laid over our own:
 * a newer rate wins, and an older one stays only beside a base price that has not changed.
 */
import { defined } from '../../defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { DECIMAL, type PriceRow, type PriceUnit, type Rates, rowKey } from './price-file.ts';

/** Raised when the file's shape changes; files of another format are ignored. */
export const REFRESHED_FORMAT = 1;

/** One model in one Region at one rate, as fetched. Decimal strings, USD per 1M tokens. */
export interface FetchedRow {
  readonly id: string;
  /** Empty for the Regional rate, `global` for the Global one. */
  readonly geo: '' | 'global';
  readonly rates: Rates;
  readonly batch?: Rates;
  readonly flex?: Rates;
  readonly priority?: Rates;
  readonly latency?: Rates;
  /** Rates beyond the long-context threshold, which the price list does not name. */
  readonly long?: Rates;
  readonly units?: readonly PriceUnit[];
}
export interface FetchedRegion {
  readonly region: string;
  /** Day on which it was fetched, ISO. */
  readonly asOf: string;
  /** Day on which AWS published the newest of its lists, ISO. */
  readonly published: string;
  readonly rows: readonly FetchedRow[];
}
export interface RefreshedPrices {
  /** Newest `asOf` of its Regions. */
  readonly asOf: string;
  readonly regions: readonly FetchedRegion[];
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;
const RATE_KINDS = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const;
const WAYS = ['batch', 'flex', 'priority', 'latency', 'long'] as const;

/**
 * Reads a cache file.
 * @returns undefined for anything that this version did not write: a damaged price must not be used.
 */
export function readRefreshedPrices(data: unknown): RefreshedPrices | undefined {
  if (!isJsonObject(data) || data['format'] !== REFRESHED_FORMAT || !Array.isArray(data['regions'])) {
    return undefined;
  }
  const regions: FetchedRegion[] = [];
  for (const each of data['regions']) {
    const region = readRegion(each);
    if (region === undefined) {
      return undefined;
    }
    regions.push(region);
  }
  const [asOf] = regions
    .map((region) => region.asOf)
    .sort()
    .reverse();
  return asOf === undefined ? undefined : { asOf, regions };
}

/** What `readRefreshedPrices` reads. */
export function writeRefreshedPrices({ regions }: RefreshedPrices): string {
  return `${JSON.stringify({ format: REFRESHED_FORMAT, regions })}\n`;
}

function readRegion(value: JsonValue): FetchedRegion | undefined {
  if (!isJsonObject(value) || !Array.isArray(value['rows'])) {
    return undefined;
  }
  const { region, asOf, published } = value;
  if (typeof region !== 'string' || !isDay(asOf) || !isDay(published)) {
    return undefined;
  }
  const rows: FetchedRow[] = [];
  for (const each of value['rows']) {
    const row = readRow(each);
    if (row === undefined) {
      return undefined;
    }
    rows.push(row);
  }
  return { region, asOf, published, rows };
}

function readRow(value: JsonValue): FetchedRow | undefined {
  if (!isJsonObject(value)) {
    return undefined;
  }
  const { id, geo } = value;
  const rates = readRates(value['rates']);
  if (typeof id !== 'string' || (geo !== '' && geo !== 'global') || rates === undefined) {
    return undefined;
  }
  const ways: { [W in (typeof WAYS)[number]]?: Rates } = {};
  for (const way of WAYS) {
    if (value[way] !== undefined) {
      const read = readRates(value[way]);
      if (read === undefined) {
        return undefined;
      }
      ways[way] = read;
    }
  }
  const units = value['units'] === undefined ? [] : readUnits(value['units']);
  return units === undefined
    ? undefined
    : { id, geo, rates, ...ways, ...(units.length === 0 ? {} : { units }) };
}

function readRates(value: JsonValue | undefined): Rates | undefined {
  if (!isJsonObject(value)) {
    return undefined;
  }
  const rates: { -readonly [K in keyof Rates]: Rates[K] } = {};
  for (const kind of RATE_KINDS) {
    const rate = value[kind];
    if (rate === undefined) {
      continue;
    }
    if (typeof rate !== 'string' || !DECIMAL.test(rate)) {
      return undefined;
    }
    rates[kind] = rate;
  }
  return rates;
}

function readUnits(value: JsonValue): readonly PriceUnit[] | undefined {
  if (!Array.isArray(value)) {
    return undefined;
  }
  const units: PriceUnit[] = [];
  for (const each of value) {
    const unit = isJsonObject(each) ? readUnit(each) : undefined;
    if (unit === undefined) {
      return undefined;
    }
    units.push(unit);
  }
  return units;
}

function readUnit({ unit, quantity, usd, detail }: JsonObject): PriceUnit | undefined {
  if (typeof unit !== 'string' || typeof quantity !== 'number' || !(quantity > 0)) {
    return undefined;
  }
  if (typeof usd !== 'string' || !DECIMAL.test(usd) || (detail !== undefined && typeof detail !== 'string')) {
    return undefined;
  }
  return { unit, quantity, usd, ...defined({ detail }) };
}

function isDay(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && DAY.test(value);
}

/** Fetched rows by model ID and `rowKey`, with the day they were fetched. */
export type FetchedIndex = ReadonlyMap<
  string,
  ReadonlyMap<string, { readonly asOf: string; readonly row: FetchedRow }>
>;

export function indexFetched(prices: RefreshedPrices): FetchedIndex {
  const index = new Map<string, Map<string, { asOf: string; row: FetchedRow }>>();
  for (const { region, asOf, rows } of prices.regions) {
    for (const row of rows) {
      const own = index.get(row.id) ?? new Map<string, { asOf: string; row: FetchedRow }>();
      own.set(rowKey(region, row.geo), { asOf, row });
      index.set(row.id, own);
    }
  }
  return index;
}

/**
 * Our row with the fetched one laid over it. Rates that were not fetched stay only when the base price is the same as
 * before: beside a changed one they would be stale, and an unknown price is better than a wrong one.
 */
export function overlay(own: PriceRow | undefined, fetched: FetchedRow, asOf: string): PriceRow {
  const base = own !== undefined && isSameBase(own.rates, fetched.rates) ? own : undefined;
  const [tier, ...others] = own?.long ?? [];
  // The list has the rates but not the threshold: that is known from our own row, if it names exactly one.
  const long =
    fetched.long !== undefined && tier !== undefined && others.length === 0
      ? [{ above: tier.above, rates: { ...(base === undefined ? {} : tier.rates), ...fetched.long } }]
      : (base?.long ?? []);
  const batch = merged(base?.batch, fetched.batch);
  const tiers = new Map(base?.tiers ?? []);
  for (const name of ['flex', 'priority'] as const) {
    const rates = merged(base?.tiers.get(name), fetched[name]);
    if (rates !== undefined) {
      tiers.set(name, rates);
    }
  }
  return {
    rates: { ...base?.rates, ...fetched.rates },
    ...defined({ batch }),
    long,
    tiers,
    units: unitsOver(own?.units ?? [], fetched, base !== undefined),
    ...defined({ note: base?.note }),
    asOf,
  };
}

function isSameBase(own: Rates, fetched: Rates): boolean {
  return (['input', 'output'] as const).every(
    (kind) => fetched[kind] === undefined || fetched[kind] === own[kind],
  );
}

function merged(own: Rates | undefined, fetched: Rates | undefined): Rates | undefined {
  return own === undefined ? fetched : { ...own, ...fetched };
}

/** The unit of a latency-optimized rate; `price-book.ts` looks for it. */
export const OPTIMIZED_UNITS = {
  input: 'input tokens, latency optimized',
  output: 'output tokens, latency optimized',
} as const;

function unitsOver(
  own: readonly PriceUnit[],
  fetched: FetchedRow,
  isBaseKept: boolean,
): readonly PriceUnit[] {
  const { latency = {}, units = [] } = fetched;
  const optimized = (['input', 'output'] as const).flatMap((kind): PriceUnit[] =>
    latency[kind] === undefined
      ? []
      : [{ unit: OPTIMIZED_UNITS[kind], quantity: 1_000_000, usd: latency[kind] }],
  );
  const fresh = [...units, ...optimized];
  const isFresh = (each: PriceUnit) =>
    fresh.some(({ unit, detail }) => unit === each.unit && detail === each.detail);
  const stays = own.filter((each) => !isFresh(each) && (isBaseKept || !each.unit.includes('optimized')));
  return [...stays, ...fresh];
}
