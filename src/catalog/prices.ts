/**
 * Look-up of prices. All figures are decimal strings in USD; a price that nobody printed is unknown, never 0.
 *
 * AWS bills by the source Region of the call. A call through a `global.` profile has a Global rate, every other call
 * (in the Region itself or through a geo profile) the Regional one, which is 10 % higher for most newer models
 * (AWS price list, August 2026: 30 of the 31 models that have both).
 */
import { Big } from 'big.js';
import { BedrockError } from '../bedrock-error.ts';
import { member } from './data-file.ts';
import {
  DECIMAL,
  type PriceRow,
  type PricesFile,
  type PriceUnit,
  type Rates,
  readPricesFile,
  rowKey,
} from './price-file.ts';
import type { UserPrice } from './types.ts';

export type ServiceTier = 'default' | 'flex' | 'priority' | 'reserved';

export interface PriceQuery {
  /** Source Region: the one whose endpoint is called. */
  readonly region?: string;
  /** Prefix of the profile that is called; absent for a call in the Region itself. */
  readonly geo?: string;
  readonly tier?: ServiceTier;
  readonly batch?: boolean;
  /** `performanceConfig.latency`. */
  readonly latency?: 'standard' | 'optimized';
  /** All input tokens, cached ones included: decides the long-context rate. */
  readonly inputTokens?: number;
  /** Alias, ID or ARN that the caller used, for negotiated rates that hang on it. */
  readonly calledAs?: string;
}

export type TokenKind = 'input' | 'output' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h';

/** Rates in USD per 1M tokens. A cache rate that nobody printed holds the input rate and is named in `assumed`. */
export interface PriceFound extends Rates {
  readonly known: true;
  /** The ID whose row was used. */
  readonly modelId: string;
  /** Prices of images, queries, seconds; empty for pure token models. */
  readonly units: readonly PriceUnit[];
  readonly assumed: readonly TokenKind[];
  /** Day on which the source printed the price; absent for the user's own prices. */
  readonly asOf?: string;
  /** Which row was used and what was assumed, for people. */
  readonly basis: string;
  readonly source: 'catalog' | 'user';
}
export interface PriceUnknown {
  readonly known: false;
  readonly modelId: string;
  readonly reason: string;
}

/** An entry of the configuration that may carry negotiated rates. */
export interface PriceOverride {
  readonly alias?: string;
  readonly id?: string;
  readonly arn?: string;
  readonly price?: UserPrice;
}

export interface PriceBook {
  /** Day of the price facts, ISO. */
  readonly asOf: string;
  /**
   * The price of a bare model ID. Order: negotiated rate; (ID, Region, Global or Regional); (ID, any Region, geo);
   * (ID, any Region); a Mantle-only ID is looked up as its runtime ID. Never throws.
   */
  find(modelId: string, query: PriceQuery): PriceFound | PriceUnknown;
}

const KINDS: readonly TokenKind[] = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'];
const CACHE_KINDS: readonly TokenKind[] = ['cacheRead', 'cacheWrite5m', 'cacheWrite1h'];
/** Priority costs 1.75 times the default tier wherever AWS prints both. */
const PRIORITY_FACTOR = '1.75';

let loaded: Promise<PricesFile> | undefined;

/**
 * The price book, read once per process on first use.
 * @param overrides `models:` of the configuration; entries without a price are ignored.
 * @throws BedrockError `config` when a price of theirs is not a decimal number.
 */
export async function loadPrices(overrides: readonly PriceOverride[] = []): Promise<PriceBook> {
  loaded ??= loadFile();
  return bookOver(await loaded, overrides);
}

async function loadFile(): Promise<PricesFile> {
  const { default: data }: { default: unknown } = await import('./data/prices.json', {
    with: { type: 'json' },
  });
  return readPricesFile(data);
}

function bookOver(file: PricesFile, overrides: readonly PriceOverride[]): PriceBook {
  const own = new Map<string, UserPrice>();
  for (const { alias, id, arn, price } of overrides) {
    checkDecimals(price ?? {}, alias ?? id ?? arn ?? 'a model');
    for (const name of [alias, id, arn]) {
      if (price !== undefined && name !== undefined && !own.has(name)) {
        own.set(name, price);
      }
    }
  }
  return {
    asOf: file.asOf,
    find(modelId, query) {
      const found = findInFile(file, modelId, query);
      const price = (query.calledAs === undefined ? undefined : own.get(query.calledAs)) ?? own.get(modelId);
      return price === undefined ? found : withOwnPrice(modelId, price, found);
    },
  };
}

function checkDecimals(price: UserPrice, name: string): void {
  for (const kind of KINDS) {
    const rate = price[kind];
    if (rate !== undefined && !DECIMAL.test(rate)) {
      throw new BedrockError('config', {
        message: `The ${kind} price of ${name} is "${rate.slice(0, 40)}", which is not a decimal number.`,
        fix: 'Write prices as decimal strings in USD per 1M tokens, such as "0.25".',
        field: 'models',
      });
    }
  }
}

/** The user's rates; what they leave out comes from the catalogue. */
function withOwnPrice(
  modelId: string,
  price: UserPrice,
  found: PriceFound | PriceUnknown,
): PriceFound | PriceUnknown {
  const listed: Rates = found.known ? found : {};
  const rates: { [K in TokenKind]?: string } = {};
  for (const kind of KINDS) {
    const rate = price[kind] ?? (found.known && found.assumed.includes(kind) ? undefined : listed[kind]);
    if (rate !== undefined) {
      rates[kind] = rate;
    }
  }
  const filled = fillCaches(rates);
  return {
    known: true,
    modelId,
    ...filled.rates,
    units: found.known ? found.units : [],
    assumed: filled.assumed,
    basis: `your own price from the configuration${assumption(filled)}`,
    source: 'user',
  };
}

function findInFile(file: PricesFile, modelId: string, query: PriceQuery): PriceFound | PriceUnknown {
  const unknown = (reason: string): PriceUnknown => ({ known: false, modelId, reason });
  const id = file.priceAs.get(modelId) ?? modelId;
  const rows = file.rows(id);
  if (rows === undefined) {
    return unknown(`No price of ${modelId} is in the price list of ${file.asOf}.`);
  }
  if (query.tier === 'reserved') {
    return unknown('Reserved capacity is billed by the hour, not by the token.');
  }
  const { row, basis: place } = selectRow(rows, query);
  if (row === undefined) {
    return unknown(
      `No price of ${modelId} for ${query.region ?? 'this Region'} is in the price list of ${file.asOf}.`,
    );
  }
  const { rates, said } = ratesFor(row, query);
  const filled = fillCaches(rates);
  const basis = [
    place,
    ...said,
    ...(id === modelId ? [] : [`priced as ${id}`]),
    ...(row.note ? [row.note] : []),
  ];
  return {
    known: true,
    modelId: id,
    ...filled.rates,
    units: row.units,
    assumed: filled.assumed,
    asOf: row.asOf,
    basis: `${basis.join(', ')}${assumption(filled)}`,
    source: 'catalog',
  };
}

function selectRow(
  rows: ReadonlyMap<string, PriceRow>,
  query: PriceQuery,
): { readonly row: PriceRow | undefined; readonly basis: string } {
  const { region } = query;
  // GovCloud has rates of its own and no other geography.
  const geo = query.geo ?? (region?.startsWith('us-gov-') ? 'us-gov' : undefined);
  const rate = geo === 'global' ? 'Global rate' : 'Regional rate';
  if (region !== undefined) {
    const exact = rows.get(rowKey(region, geo === 'global' ? 'global' : ''));
    if (exact !== undefined) {
      return { row: exact, basis: `${rate} of ${region}` };
    }
  }
  const ofGeo = geo === undefined ? undefined : rows.get(rowKey('*', geo));
  if (ofGeo !== undefined) {
    return { row: ofGeo, basis: geo === 'global' ? 'Global rate' : `rate of ${geo} profiles` };
  }
  const wanted = geo === 'global' ? ' (no Global rate is known)' : '';
  return { row: rows.get(rowKey('*', '')), basis: `general rate${wanted}` };
}

/** The rates that apply to one way of calling, and what was said about them. */
function ratesFor(
  row: PriceRow,
  query: PriceQuery,
): { readonly rates: Rates; readonly said: readonly string[] } {
  const said: string[] = [];
  const long = row.long.filter((tier) => (query.inputTokens ?? 0) > tier.above).at(-1);
  let rates = row.rates;
  if (long !== undefined) {
    rates = long.rates;
    said.push(`rate above ${long.above} input tokens`);
  }
  if (query.batch === true) {
    if (row.batch !== undefined && long === undefined) {
      // Batch has no prompt caching (AWS "Prompt caching"), so only input and output have a rate.
      return { rates: row.batch, said: [...said, 'batch'] };
    }
    said.push('batch price unknown: on-demand price used');
  }
  if (query.latency === 'optimized') {
    const optimized = optimizedRates(row.units);
    said.push(
      optimized === undefined ? 'latency-optimized price unknown: standard price used' : 'latency optimized',
    );
    rates = optimized ?? rates;
  }
  if (query.tier === 'flex' || query.tier === 'priority') {
    const tier = long === undefined ? row.tiers.get(query.tier) : undefined;
    if (tier !== undefined) {
      return { rates: tier, said: [...said, `${query.tier} tier`] };
    }
    if (query.tier === 'priority') {
      said.push('priority price unknown: 1.75 times the default used');
      rates = multiplied(rates, PRIORITY_FACTOR);
    } else {
      said.push('flex price unknown: default price used');
    }
  }
  return { rates, said };
}

function optimizedRates(units: readonly PriceUnit[]): Rates | undefined {
  const find = (unit: string) =>
    units.find((each) => each.unit.startsWith(unit) && each.unit.includes('optimized'));
  const input = find('input tokens')?.usd;
  const output = find('output tokens')?.usd;
  return input === undefined || output === undefined ? undefined : { input, output };
}

function multiplied(rates: Rates, factor: string): Rates {
  const result: { [K in TokenKind]?: string } = {};
  for (const kind of KINDS) {
    const rate = rates[kind];
    if (rate !== undefined) {
      result[kind] = new Big(rate).times(factor).toFixed();
    }
  }
  return result;
}

interface Filled {
  readonly rates: Rates;
  readonly assumed: readonly TokenKind[];
}

/** A cache rate that is not printed is taken to be the input rate. */
function fillCaches(rates: Rates): Filled {
  const { input } = rates;
  if (input === undefined) {
    return { rates, assumed: [] };
  }
  const assumed = CACHE_KINDS.filter((kind) => rates[kind] === undefined);
  const filled = {
    input,
    ...member('output', rates.output),
    cacheRead: rates.cacheRead ?? input,
    cacheWrite5m: rates.cacheWrite5m ?? input,
    cacheWrite1h: rates.cacheWrite1h ?? input,
  };
  return { rates: filled, assumed };
}

/** Said only of models that write text: the others have no cache to pay for. */
function assumption({ rates, assumed }: Filled): string {
  if (assumed.length === 0 || rates.output === undefined) {
    return '';
  }
  const names: Readonly<Record<TokenKind, string>> = {
    input: 'input',
    output: 'output',
    cacheRead: 'cache read',
    cacheWrite5m: 'cache write (5 m)',
    cacheWrite1h: 'cache write (1 h)',
  };
  return assumed.length === CACHE_KINDS.length
    ? '; cache price unknown: input price used'
    : `; ${assumed.map((kind) => names[kind]).join(' and ')} price unknown: input price used`;
}
