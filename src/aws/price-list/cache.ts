/** Fetched prices on disk: `prices/<date>.json` in the data folder, the newest one counts. */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BedrockError } from '../../bedrock-error.ts';
import { loadCatalog } from '../../catalog/models/catalog.ts';
import { loadPrices } from '../../catalog/prices/price-book.ts';
import {
  type FetchedRegion,
  type RefreshedPrices,
  readRefreshedPrices,
  writeRefreshedPrices,
} from '../../catalog/prices/price-refreshed.ts';
import { type FetchedPrices, fetchPriceList, type PriceListOptions } from './fetch.ts';
import type { KnownModels } from './rows.ts';

/** `catalog`: never read fetched prices. `cached`: use them when they are there. `live`: fetch once a day. */
export type PricesMode = 'catalog' | 'cached' | 'live';

export interface RefreshOptions extends Omit<PriceListOptions, 'known'> {
  readonly dataDir: string;
}
export interface Refreshed extends FetchedPrices {
  /** The file that was written. */
  readonly file: string;
}

const FILE = /^\d{4}-\d{2}-\d{2}\.json$/;
/** Files kept for those who want to see what changed. */
const FILES_KEPT = 10;
const MAX_FILE_BYTES = 32 * 1024 * 1024;

/**
 * Fetches the prices of some Regions and keeps them beside those of other Regions fetched before.
 * @throws BedrockError as `fetchPriceList`; `config` when the data folder cannot be written.
 */
export async function refreshPrices(options: RefreshOptions): Promise<Refreshed> {
  const fetched = await fetchPriceList({ ...options, known: await knownModels() });
  const before = await readCachedPrices(options.dataDir);
  const fresh = new Set(fetched.prices.regions.map(({ region }) => region));
  const kept: FetchedRegion[] = (before?.regions ?? []).filter(({ region }) => !fresh.has(region));
  const regions = [...kept, ...fetched.prices.regions].sort((a, b) => (a.region < b.region ? -1 : 1));
  const prices = { asOf: options.today, regions };
  return { prices, reports: fetched.reports, file: await write(options.dataDir, options.today, prices) };
}

/** The newest readable file; undefined when there is none. A damaged file is passed over. */
export async function readCachedPrices(dataDir: string): Promise<RefreshedPrices | undefined> {
  for (const name of (await priceFiles(dataDir)).reverse()) {
    const prices = await readFileOf(join(dataDir, 'prices', name));
    if (prices !== undefined) return prices;
  }
  return undefined;
}

/**
 * Fetched prices as the configuration wants them. A failed fetch never stands in the way of a call: it is told and what
 * is there is used.
 * @param warn takes one sentence for the log.
 */
export async function pricesFor(
  mode: PricesMode,
  options: RefreshOptions,
  warn: (message: string) => void,
): Promise<RefreshedPrices | undefined> {
  if (mode === 'catalog') return undefined;
  const cached = await readCachedPrices(options.dataDir);
  if (mode === 'cached') return cached;
  const isToday = (wanted: string) =>
    cached?.regions.some(({ region, asOf }) => region === wanted && asOf >= options.today) === true;
  const stale = options.regions.filter((region) => !isToday(region));
  if (stale.length === 0) return cached;
  try {
    return (await refreshPrices({ ...options, regions: stale })).prices;
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
    warn(`Prices were not refreshed: ${error.message}`);
    return cached;
  }
}

/** What the built-in catalogue knows, for the mapping. */
async function knownModels(): Promise<KnownModels> {
  const [catalog, prices] = await Promise.all([loadCatalog(), loadPrices()]);
  const ids = new Set(catalog.models.map(({ id }) => id));
  return {
    has: (id) => ids.has(id),
    hasUnit(id, unit, detail) {
      const price = prices.find(id, {});
      return price.known && price.units.some((each) => each.unit === unit && each.detail === detail);
    },
  };
}

async function priceFiles(dataDir: string): Promise<string[]> {
  // No folder, no fetched prices.
  const names = await readdir(join(dataDir, 'prices')).catch(() => []);
  return names.filter((name) => FILE.test(name)).sort();
}

async function readFileOf(path: string): Promise<RefreshedPrices | undefined> {
  try {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      if (size > MAX_FILE_BYTES) return undefined;
      return readRefreshedPrices(JSON.parse(await readFile(handle, 'utf8')));
    } finally {
      await handle.close();
    }
  } catch {
    // Unreadable or cut off: an older file, or the built-in prices, serve as well.
    return undefined;
  }
}

/** A reader sees the old file or the new one, never a part: written aside, then renamed. */
async function write(dataDir: string, today: string, prices: RefreshedPrices): Promise<string> {
  const folder = join(dataDir, 'prices');
  const file = join(folder, `${today}.json`);
  const aside = join(folder, `.${today}.${process.pid}.${randomBytes(4).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const handle = await open(aside, 'wx', 0o600);
    try {
      await handle.writeFile(writeRefreshedPrices(prices));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (cause) {
    // It may not even have been made; the first failure is the one to tell.
    await rm(aside, { force: true }).catch(() => {});
    throw new BedrockError('config', {
      message: `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
      fix: 'Set BEDROCK_MCP_DATA_DIR to a folder that this user may write to.',
      cause,
    });
  }
  const old = (await priceFiles(dataDir)).slice(0, -FILES_KEPT);
  await Promise.all(old.map((name) => rm(join(folder, name), { force: true })));
  return file;
}
