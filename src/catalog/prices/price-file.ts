/** Reads `data/prices.json`: per model, groups of Regions that share one price. */
import { defined } from '../../defined.ts';
import { broken, listAt, objectAt, regionAt, textAt, texts } from '../data-file.ts';

/** Decimal strings, USD per 1M tokens. */
export interface Rates {
  readonly input?: string;
  readonly output?: string;
  readonly cacheRead?: string;
  readonly cacheWrite5m?: string;
  readonly cacheWrite1h?: string;
}
/** A price per something other than tokens. */
export interface PriceUnit {
  /** `image`, `queries`, `second of video`, `text request` … */
  readonly unit: string;
  /** How many units the price is for: 1000 of `queries`, 1 of `image`. */
  readonly quantity: number;
  /** Decimal string, USD. */
  readonly usd: string;
  /** What the price is limited to: `up to 1024 x 1024, standard`, `batch`, `latency optimized`. */
  readonly detail?: string;
}
export interface PriceRow {
  readonly rates: Rates;
  readonly batch?: Rates;
  /** Rates of requests with more input tokens than `above`, ascending. */
  readonly long: readonly { readonly above: number; readonly rates: Rates }[];
  readonly tiers: ReadonlyMap<string, Rates>;
  readonly units: readonly PriceUnit[];
  readonly note?: string;
  /** Day on which the source printed the price. */
  readonly asOf: string;
}
export interface PricesFile {
  readonly asOf: string;
  /** Mantle-only ID -> the runtime ID that carries its price. */
  readonly priceAs: ReadonlyMap<string, string>;
  /**
   * `rowKey(region, geo)` (geo empty for the Regional rate) -> row, of one model; undefined for a model without price.
   * Read on first use: a process asks for few of the models.
   */
  rows(modelId: string): ReadonlyMap<string, PriceRow> | undefined;
}

/** What a price looks like: no sign, no exponent. */
export const DECIMAL = /^\d{1,12}(?:\.\d{1,18})?$/;
const QUANTITY = /^(1000|1M) (.+)$/;

export function rowKey(region: string, geo: string): string {
  return `${region} ${geo}`;
}

/** @throws BedrockError `internal` when the data is not what the build script writes. */
export function readPricesFile(data: unknown): PricesFile {
  const file = objectAt(data, 'prices.json');
  const regions = texts(file['regions'], 'regions');
  const sets = listAt(file['regionSets'], 'regionSets').map((set) =>
    listAt(set, 'regionSets').map((index) => regionAt(regions, index)),
  );
  const groups = new Map(
    listAt(file['models'], 'models').map((entry) => {
      const [id, ...rest] = listAt(entry, 'a price');
      return [textAt(id, 'a price id'), rest];
    }),
  );
  const read = new Map<string, ReadonlyMap<string, PriceRow>>();
  const priceAs = Object.entries(objectAt(file['priceAs'], 'priceAs'));
  return {
    asOf: textAt(file['asOf'], 'asOf'),
    priceAs: new Map(priceAs.map(([id, as]) => [id, textAt(as, 'priceAs')])),
    rows(modelId) {
      const own = groups.get(modelId);
      const rows = own === undefined ? undefined : (read.get(modelId) ?? readRows(own, sets));
      if (rows !== undefined) {
        read.set(modelId, rows);
      }
      return rows;
    },
  };
}

function readRows(
  groups: readonly unknown[],
  sets: readonly (readonly string[])[],
): ReadonlyMap<string, PriceRow> {
  const rows = new Map<string, PriceRow>();
  for (const group of groups) {
    const [geo, set, price] = listAt(group, 'a price group');
    const row = readRow(price);
    for (const region of (typeof set === 'number' ? sets[set] : undefined) ?? broken('a Region set')) {
      rows.set(rowKey(region, textAt(geo, 'a price geo')), row);
    }
  }
  return rows;
}

function readRow(value: unknown): PriceRow {
  const row = objectAt(value, 'a price');
  const long = row['long'] === undefined ? [] : listAt(row['long'], 'a long-context price');
  const tiers = row['tiers'] === undefined ? {} : objectAt(row['tiers'], 'a tier price');
  const units = row['units'] === undefined ? [] : listAt(row['units'], 'a unit price');
  return {
    rates: readRates(row),
    ...defined({ batch: row['batch'] === undefined ? undefined : readRates(row['batch']) }),
    long: long.map(readLong).sort((a, b) => a.above - b.above),
    tiers: new Map(Object.entries(tiers).map(([tier, rates]) => [tier, readRates(rates)])),
    units: units.map(readUnit),
    ...defined({ note: row['note'] === undefined ? undefined : textAt(row['note'], 'a price note') }),
    asOf: textAt(row['asOf'], 'the date of a price'),
  };
}

function readLong(value: unknown): { above: number; rates: Rates } {
  const above = objectAt(value, 'a long-context price')['above'];
  return {
    above: typeof above === 'number' ? above : broken('a long-context price'),
    rates: readRates(value),
  };
}

function readRates(value: unknown): Rates {
  const row = objectAt(value, 'a price');
  return defined({
    input: decimal(row['in']),
    output: decimal(row['out']),
    cacheRead: decimal(row['read']),
    cacheWrite5m: decimal(row['write5m']),
    cacheWrite1h: decimal(row['write1h']),
  });
}

function readUnit(value: unknown): PriceUnit {
  const [per, usd, detail] = listAt(value, 'a unit price');
  const text = textAt(per, 'a unit');
  const [, quantity, unit] = QUANTITY.exec(text) ?? [];
  return {
    unit: unit ?? text,
    quantity: quantity === undefined ? 1 : quantity === '1M' ? 1_000_000 : 1_000,
    usd: decimal(usd) ?? broken('a unit price'),
    ...defined({ detail: detail === undefined ? undefined : textAt(detail, 'a unit detail') }),
  };
}

function decimal(value: unknown): string | undefined {
  if (value === undefined) {
    return undefined;
  }
  return typeof value === 'string' && DECIMAL.test(value) ? value : broken('a price');
}
