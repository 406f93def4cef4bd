/** One document of the AWS Price List (a service code in a Region) -> rates per model. Pure. */
import { Big } from 'big.js';
import type { PriceUnit } from '../../catalog/prices/price-file.ts';
import type { TokenKind } from '../../catalog/prices/price-query.ts';
import type { FetchedRow } from '../../catalog/prices/price-refreshed.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { idOfName, idOfStem } from './names.ts';
import { readUsage, type TokenUsage, type UnitUsage, type Way } from './usage-types.ts';

/** What the catalogue knows; a price for anything else is listed, not used. */
export interface KnownModels {
  has(id: string): boolean;
  hasUnit(id: string, unit: string, detail: string | undefined): boolean;
}

export interface LeftOut {
  /** The model as AWS calls it. */
  readonly name: string;
  readonly usagetype: string;
  readonly why: string;
}

/** What became of the products of a document. Counts are products, save `rates`. */
export interface RowsReport {
  products: number;
  /** Rates taken. */
  rates: number;
  /** Known to be no price of a call -> how many. */
  readonly ignored: Map<string, number>;
  /** A price of a call that cannot be trusted: unknown unit, several prices for one thing ... */
  readonly refused: LeftOut[];
  /** A model or a usage type that no table names. */
  readonly unmapped: LeftOut[];
}

/** Marketplace rows say "Units" and mean a million tokens. */
export const MARKETPLACE_CODE = 'AmazonBedrockFoundationModels';
const TOKENS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ['1k tokens', 1_000],
  ['1k token', 1_000],
  ['1m tokens', 1_000_000],
  ['1m token', 1_000_000],
]);
const DECIMAL = /^\d{1,9}(?:\.\d{1,15})?$/;

interface Rate {
  readonly usd: string;
  readonly rank: number;
  readonly from: LeftOut;
}
type Cell = Rate & { conflict?: true };

/** Collects the documents of one Region. */
export class RegionRows {
  readonly report: RowsReport = { products: 0, rates: 0, ignored: new Map(), refused: [], unmapped: [] };
  readonly #region: string;
  readonly #known: KnownModels;
  /** `id geo way kind` -> rate. */
  readonly #cells = new Map<string, { id: string; usage: TokenUsage; cell: Cell }>();
  readonly #units = new Map<string, { id: string; unit: PriceUnit; cell: Cell }>();

  constructor(region: string, known: KnownModels) {
    this.#region = region;
    this.#known = known;
  }

  /** Takes in `products` and `terms.OnDemand` of one document; anything misshapen in them is refused by itself. */
  add(code: string, products: JsonObject, onDemand: JsonObject): void {
    for (const [sku, product] of Object.entries(products)) {
      this.report.products += 1;
      const attributes = isJsonObject(product) ? product['attributes'] : undefined;
      if (!isJsonObject(attributes)) continue;
      this.#take(code, attributes, Object.hasOwn(onDemand, sku) ? onDemand[sku] : undefined);
    }
  }

  #take(code: string, attributes: JsonObject, terms: JsonValue | undefined): void {
    const usagetype = textOf(attributes['usagetype']);
    const name = nameOf(attributes);
    const leftOut = (why: string): LeftOut => ({
      name: printable(name),
      usagetype: printable(usagetype),
      why,
    });
    const usage = readUsage(usagetype);
    if (usage.what === 'ignored') {
      this.report.ignored.set(usage.why, (this.report.ignored.get(usage.why) ?? 0) + 1);
      return;
    }
    if (usage.what === 'unknown') {
      this.report.unmapped.push(leftOut('no table knows this usage type'));
      return;
    }
    const id = this.#idOf(usage.stem, name);
    if (id === undefined) {
      this.report.unmapped.push(leftOut('no table knows this model'));
      return;
    }
    const regionCode = attributes['regionCode'];
    if (regionCode !== undefined && regionCode !== this.#region) {
      this.report.refused.push(leftOut(`is a price of ${printable(textOf(regionCode))}`));
      return;
    }
    const price = onlyPrice(terms);
    if (typeof price === 'string') {
      this.report.refused.push(leftOut(price));
      return;
    }
    if (usage.what === 'unit') this.#addUnit(id, usage, price, leftOut);
    else this.#addRate(code, id, usage, price, leftOut);
  }

  #idOf(stem: string, name: string): string | undefined {
    const bare = stem.endsWith('-mantle') ? stem.slice(0, -'-mantle'.length) : stem;
    // A model ID in the usage type is exact; the name beside it may be shared by several models.
    if (bare.includes('.') && this.#known.has(bare)) return bare;
    const id = idOfName(name) ?? idOfStem(stem);
    return id !== undefined && this.#known.has(id) ? id : undefined;
  }

  #addRate(
    code: string,
    id: string,
    usage: TokenUsage,
    price: Price,
    leftOut: (why: string) => LeftOut,
  ): void {
    const said = price.unit.toLowerCase();
    const tokens =
      TOKENS_PER_UNIT.get(said) ?? (code === MARKETPLACE_CODE && said === 'units' ? 1_000_000 : undefined);
    if (tokens === undefined) {
      this.report.refused.push(leftOut(`unknown unit "${printable(price.unit)}"`));
      return;
    }
    const usd = new Big(price.usd).times(1_000_000 / tokens).toFixed();
    // Cache writes of Nova 2 are free; a call that costs nothing is a preview or a mistake.
    if (usd === '0' && (usage.kind === 'input' || usage.kind === 'output')) {
      this.report.refused.push(leftOut('costs 0'));
      return;
    }
    const key = [id, usage.geo, usage.way, usage.kind].join(' ');
    const before = this.#cells.get(key)?.cell;
    const cell = this.#settle(before, { usd, rank: usage.rank, from: leftOut('') });
    this.#cells.set(key, { id, usage, cell });
  }

  #addUnit(id: string, usage: UnitUsage, price: Price, leftOut: (why: string) => LeftOut): void {
    const said = price.unit.toLowerCase();
    const { unit, quantity, detail } = usage;
    if (!usage.saidAs.includes(said)) {
      this.report.refused.push(leftOut(`unknown unit "${printable(price.unit)}"`));
      return;
    }
    if (!this.#known.hasUnit(id, unit, detail)) {
      this.report.unmapped.push(leftOut('the catalogue has no such unit for the model'));
      return;
    }
    const perUnit = TOKENS_PER_UNIT.get(said) ?? quantity;
    const usd = new Big(price.usd).times(quantity / perUnit).toFixed();
    const key = [id, unit, detail ?? ''].join(' ');
    const cell = this.#settle(this.#units.get(key)?.cell, { usd, rank: 1, from: leftOut('') });
    this.#units.set(key, {
      id,
      unit: { unit, quantity, usd, ...(detail === undefined ? {} : { detail }) },
      cell,
    });
  }

  /** Never the first row wins: the better spelling does, and two prices for one thing are both refused. */
  #settle(before: Cell | undefined, rate: Rate): Cell {
    if (before === undefined || rate.rank < before.rank) return rate;
    if (rate.rank > before.rank || rate.usd === before.usd) return before;
    const why = 'has several prices';
    if (before.conflict !== true) this.report.refused.push({ ...before.from, why });
    this.report.refused.push({ ...rate.from, why });
    return { ...before, conflict: true };
  }

  /** The rows of all documents added so far, by model and rate, sorted. */
  rows(): FetchedRow[] {
    const rows = new Map<
      string,
      { id: string; geo: '' | 'global'; ways: Map<Way, Map<TokenKind, string>> }
    >();
    for (const { id, usage, cell } of this.#cells.values()) {
      if (cell.conflict === true) continue;
      const key = `${id} ${usage.geo}`;
      const row = rows.get(key) ?? { id, geo: usage.geo, ways: new Map() };
      const rates = row.ways.get(usage.way) ?? new Map<TokenKind, string>();
      rates.set(usage.kind, cell.usd);
      row.ways.set(usage.way, rates);
      rows.set(key, row);
    }
    const units = new Map<string, PriceUnit[]>();
    for (const { id, unit, cell } of this.#units.values()) {
      if (cell.conflict === true) continue;
      units.set(id, [...(units.get(id) ?? []), unit]);
      const key = `${id} `;
      if (!rows.has(key)) rows.set(key, { id, geo: '', ways: new Map() });
    }
    const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
    const out = sorted.map(([, { id, geo, ways }]): FetchedRow => {
      const { standard = {}, ...others } = Object.fromEntries(
        [...ways].map(([way, rates]) => [way, Object.fromEntries(rates)]),
      );
      const own = geo === '' ? (units.get(id) ?? []) : [];
      return { id, geo, rates: standard, ...others, ...(own.length === 0 ? {} : { units: own }) };
    });
    this.report.rates = [...this.#cells.values(), ...this.#units.values()].filter(
      ({ cell }) => cell.conflict !== true,
    ).length;
    return out;
  }
}

interface Price {
  readonly unit: string;
  readonly usd: string;
}

/** The price of a product that has exactly one, else the reason. */
function onlyPrice(terms: JsonValue | undefined): Price | string {
  if (!isJsonObject(terms)) return 'has no on-demand price';
  const [term, ...otherTerms] = Object.values(terms);
  const dimensions = isJsonObject(term) ? term['priceDimensions'] : undefined;
  if (!isJsonObject(dimensions)) return 'has no on-demand price';
  const [dimension, ...others] = Object.values(dimensions);
  if (otherTerms.length > 0 || others.length > 0) return 'has several price steps';
  const perUnit = isJsonObject(dimension) ? dimension['pricePerUnit'] : undefined;
  const usd = isJsonObject(perUnit) ? perUnit['USD'] : undefined;
  if (typeof usd !== 'string' || !DECIMAL.test(usd)) return 'has no price in USD';
  return { unit: textOf(isJsonObject(dimension) ? dimension['unit'] : undefined).trim(), usd };
}

/** The name attribute of the model; older Titan rows have their own. */
function nameOf(attributes: JsonObject): string {
  for (const key of ['model', 'titanModel', 'servicename']) {
    const value = attributes[key];
    if (typeof value === 'string' && value.trim() !== '') return value;
  }
  return '';
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Foreign text that ends up in a terminal. */
function printable(text: string): string {
  return text.slice(0, 120).replace(/\p{Cc}/gu, '?');
}
