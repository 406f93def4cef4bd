/**
 * Look-up of prices. All figures are decimal strings in USD; a price that nobody printed is unknown, never 0.
 *
 * AWS bills by the source Region of the call. A call through a `global.` profile has a Global rate, every other call
 * (in the Region itself or through a geo profile) the Regional one, which is 10 % higher for most newer models
 * (AWS price list, August 2026: 30 of the 31 models that have both).
 */

import type { UserPrice } from '../types.ts';
import { type PriceRow, type PricesFile, readPricesFile, rowKey } from './price-file.ts';
import { checkDecimals, withOwnPrice } from './price-negotiated.ts';
import type { PriceFound, PriceQuery, PriceUnknown } from './price-query.ts';
import { assumption, fillCaches, ratesFor } from './price-rates.ts';
import { type FetchedIndex, indexFetched, overlay, type RefreshedPrices } from './price-refreshed.ts';

/** An entry of the configuration that may carry negotiated rates. */
export interface PriceOverride {
  readonly alias?: string;
  readonly id?: string;
  readonly arn?: string;
  readonly price?: UserPrice;
}

export interface PriceBook {
  /** Day of the newest price facts, ISO. */
  readonly asOf: string;
  /** Where the prices come from, for people. */
  readonly source: string;
  /**
   * The price of a bare model ID. Order: negotiated rate; fetched from AWS for the Region; (ID, Region, Global or
   * Regional); (ID, any Region, geo); (ID, any Region); a Mantle-only ID is looked up as its runtime ID. Never throws.
   */
  find(modelId: string, query: PriceQuery): PriceFound | PriceUnknown;
}

let loaded: Promise<PricesFile> | undefined;

/**
 * The price book, our own file read once per process on first use.
 * @param overrides `models:` of the configuration; entries without a price are ignored.
 * @param refreshed prices fetched from AWS; each is used where it is not older than ours.
 * @throws BedrockError `config` when a price of theirs is not a decimal number.
 */
export async function loadPrices(
  overrides: readonly PriceOverride[] = [],
  refreshed?: RefreshedPrices,
): Promise<PriceBook> {
  loaded ??= loadFile();
  return bookOver(await loaded, overrides, refreshed);
}

async function loadFile(): Promise<PricesFile> {
  const { default: data }: { default: unknown } = await import('../data/prices.json', {
    with: { type: 'json' },
  });
  return readPricesFile(data);
}

/** Our own file and what was fetched from AWS. */
interface Listed {
  readonly file: PricesFile;
  readonly fetched: FetchedIndex;
}

function bookOver(
  file: PricesFile,
  overrides: readonly PriceOverride[],
  refreshed: RefreshedPrices | undefined,
): PriceBook {
  const own = new Map<string, UserPrice>();
  for (const { alias, id, arn, price } of overrides) {
    checkDecimals(price ?? {}, alias ?? id ?? arn ?? 'a model');
    for (const name of [alias, id, arn]) {
      if (price !== undefined && name !== undefined && !own.has(name)) {
        own.set(name, price);
      }
    }
  }
  const listed: Listed = { file, fetched: refreshed === undefined ? new Map() : indexFetched(refreshed) };
  return {
    asOf: refreshed === undefined || refreshed.asOf < file.asOf ? file.asOf : refreshed.asOf,
    source: sourceOf(file, refreshed),
    find(modelId, query) {
      const price = (query.calledAs === undefined ? undefined : own.get(query.calledAs)) ?? own.get(modelId);
      return price === undefined
        ? findListed(listed, modelId, query)
        : withOwnPrice(modelId, price, query, (asked) => findListed(listed, modelId, asked));
    },
  };
}

function sourceOf(file: PricesFile, refreshed: RefreshedPrices | undefined): string {
  const own = `built-in catalogue of ${file.asOf}`;
  if (refreshed === undefined) {
    return own;
  }
  const regions = refreshed.regions.map(({ region, asOf }) => `${region} (${asOf})`);
  return `AWS Price List of ${regions.join(', ')}; otherwise the ${own}`;
}

function findListed(listed: Listed, modelId: string, query: PriceQuery): PriceFound | PriceUnknown {
  const unknown = (reason: string): PriceUnknown => ({ known: false, modelId, reason });
  const { file, fetched } = listed;
  const runtimeId = file.priceAs.get(modelId) ?? modelId;
  const id = fetched.has(modelId) ? modelId : runtimeId;
  const rows = file.rows(id) ?? file.rows(runtimeId);
  if (rows === undefined && !fetched.has(id)) {
    return unknown(`No price of ${modelId} is in the price list of ${file.asOf}.`);
  }
  if (query.tier === 'reserved') {
    return unknown('Reserved capacity is billed by the hour, not by the token.');
  }
  const selected = selectRow(rows ?? new Map(), fetched.get(id) ?? new Map(), query);
  const { row } = selected;
  if (row === undefined) {
    return unknown(
      `No price of ${modelId} for ${query.region ?? 'this Region'} is in the price list of ${file.asOf}.`,
    );
  }
  const { rates, notes } = ratesFor(row, query);
  const filled = fillCaches(rates);
  const basis = [
    selected.basis,
    ...notes,
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
    source: selected.isFetched ? 'price-list' : 'catalog',
  };
}

interface Selected {
  readonly row: PriceRow | undefined;
  readonly basis: string;
  readonly isFetched: boolean;
}
type FetchedRows = NonNullable<ReturnType<FetchedIndex['get']>>;

/** Our own row for the place, with the fetched one over it when that is not older. */
function selectRow(rows: ReadonlyMap<string, PriceRow>, fetched: FetchedRows, query: PriceQuery): Selected {
  const { region } = query;
  const isGlobal = query.geo === 'global';
  const own = ownRow(rows, query);
  const fresh = region === undefined ? undefined : fetched.get(rowKey(region, isGlobal ? 'global' : ''));
  if (fresh !== undefined && (own.row === undefined || fresh.asOf >= own.row.asOf)) {
    const basis = `${isGlobal ? 'Global' : 'Regional'} rate of ${region} in the AWS Price List`;
    return { row: overlay(own.row, fresh.row, fresh.asOf), basis, isFetched: true };
  }
  return { ...own, isFetched: false };
}

function ownRow(
  rows: ReadonlyMap<string, PriceRow>,
  query: PriceQuery,
): { readonly row: PriceRow | undefined; readonly basis: string } {
  const { region } = query;
  const isGovCloud = region?.startsWith('us-gov-') === true;
  // GovCloud has rates of its own and no other geography.
  const geo = query.geo ?? (isGovCloud ? 'us-gov' : undefined);
  const isGlobal = geo === 'global';
  const general = rows.get(rowKey('*', ''));
  const ofGeo = geo === undefined ? undefined : rows.get(rowKey('*', geo));
  const exact = region === undefined ? undefined : rows.get(rowKey(region, isGlobal ? 'global' : ''));
  if (exact !== undefined) {
    const basis = `${isGlobal ? 'Global' : 'Regional'} rate of ${region}`;
    return { row: completed(exact, ofGeo, general), basis };
  }
  if (ofGeo !== undefined) {
    const basis = isGlobal ? 'Global rate' : `rate of ${geo} profiles`;
    return { row: completed(ofGeo, undefined, general), basis };
  }
  if (isGlobal) return { row: general, basis: 'general rate (no Global rate is known)' };
  return { row: general, basis: isGovCloud ? 'general rate (no GovCloud rate is known)' : 'general rate' };
}

/**
 * Units (images, seconds, searches) are printed once, for all Regions. So is a long-context rate at times: it is taken
 * over from a row with the same base price, because leaving it out would tell too low a price.
 */
function completed(row: PriceRow, ofGeo: PriceRow | undefined, general: PriceRow | undefined): PriceRow {
  const donor = [ofGeo, general].find(
    (each) =>
      each !== undefined && each.rates.input === row.rates.input && each.rates.output === row.rates.output,
  );
  return {
    ...row,
    units: row.units.length > 0 ? row.units : (general?.units ?? []),
    long: row.long.length > 0 ? row.long : (donor?.long ?? []),
  };
}
