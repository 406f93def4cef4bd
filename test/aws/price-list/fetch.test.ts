import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pricesFor, readCachedPrices, refreshPrices } from '../../../src/aws/price-list/cache.ts';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { loadPrices } from '../../../src/catalog/prices/price-book.ts';
import { type Answer, claude, documentOf, type PriceServer, servePrices, sku } from './documents.ts';

const TODAY = '2026-11-21';
const NOVA_LITE = 'amazon.nova-lite-v1:0';
const nova = documentOf('AmazonBedrock', [
  sku('USE1-NovaLite-input-tokens', '1K tokens', '0.0000700000', { model: 'Nova Lite' }),
  sku('USE1-NovaLite-output-tokens', '1K tokens', '0.0002800000', { model: 'Nova Lite' }),
  sku('USE1-NovaLite-input-tokens-turbo', '1K tokens', '9', { model: 'Nova Lite' }),
]);
const marketplace = documentOf('AmazonBedrockFoundationModels', [
  sku('USE1-MP:USE1_InputTokenCount_Global-Units', 'Units', '0.9000000000', claude('Claude Haiku 4.5')),
]);
const BOTH: Record<string, Answer> = {
  AmazonBedrock: { json: nova },
  AmazonBedrockFoundationModels: { json: marketplace },
};

let dataDir: string;
let server: PriceServer | undefined;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'prices-'));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(dataDir, { recursive: true, force: true });
});

async function refresh(
  answers: Record<string, Answer>,
  more: Partial<Parameters<typeof refreshPrices>[0]> = {},
) {
  await server?.close();
  server = await servePrices(answers);
  return refreshPrices({ dataDir, regions: ['us-east-1'], today: TODAY, baseUrl: server.url, ...more });
}

describe('a refresh', () => {
  it('asks every service code of the Region, and writes a dated file that only the owner can read', async () => {
    const { file, reports, prices } = await refresh(BOTH);
    expect(server?.asked).toEqual(
      ['AmazonBedrock', 'AmazonBedrockFoundationModels', 'AmazonBedrockService'].map(
        (code) => `/offers/v1.0/aws/${code}/current/us-east-1/index.json`,
      ),
    );
    expect(file).toBe(join(dataDir, 'prices', '2026-11-21.json'));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(dataDir, 'prices'))).toEqual(['2026-11-21.json']);
    expect(reports).toMatchObject([
      { region: 'us-east-1', rates: 3, products: 4, missing: ['AmazonBedrockService'] },
    ]);
    expect(reports[0]?.unmapped).toHaveLength(1);
    expect(await readCachedPrices(dataDir)).toEqual(prices);
    expect(prices.regions[0]).toMatchObject({ region: 'us-east-1', asOf: TODAY, published: '2026-11-18' });
  });

  it('gives prices that replace ours, with their day and source', async () => {
    const { prices } = await refresh(BOTH);
    const book = await loadPrices([], prices);
    expect(book.asOf).toBe(TODAY);
    expect(book.source).toContain('AWS Price List of us-east-1 (2026-11-21)');
    expect(book.find(NOVA_LITE, { region: 'us-east-1' })).toMatchObject({
      input: '0.07',
      output: '0.28',
      asOf: TODAY,
      source: 'price-list',
      basis: expect.stringContaining('AWS Price List'),
    });
    expect(book.find(NOVA_LITE, { region: 'eu-central-1' })).toMatchObject({
      input: '0.078',
      source: 'catalog',
    });
  });

  it('keeps Regions that were fetched before', async () => {
    await refresh(BOTH, { today: '2026-11-20' });
    const frankfurt = documentOf(
      'AmazonBedrock',
      [sku('EUC1-NovaLite-input-tokens', '1K tokens', '0.00009', { model: 'Nova Lite' })],
      'eu-central-1',
    );
    const { prices } = await refresh({ AmazonBedrock: { json: frankfurt } }, { regions: ['eu-central-1'] });
    expect(prices.regions.map(({ region, asOf }) => [region, asOf])).toEqual([
      ['eu-central-1', TODAY],
      ['us-east-1', '2026-11-20'],
    ]);
    expect(await readCachedPrices(dataDir)).toEqual(prices);
  });

  it.each<[string, Record<string, Answer>, Partial<Parameters<typeof refreshPrices>[0]>, string, RegExp]>([
    ['a Region without any list', {}, {}, 'not_bedrock', /no Bedrock prices/],
    ['an error of the service', { AmazonBedrock: { status: 500 } }, {}, 'service_error', /answered 500/],
    ['a portal', { AmazonBedrock: { status: 200, body: '<html>Log in</html>' } }, {}, 'not_bedrock', /proxy/],
    [
      'the list of another service',
      { AmazonBedrock: { json: marketplace } },
      {},
      'not_bedrock',
      /AmazonBedrock/,
    ],
    [
      'a list without prices',
      { AmazonBedrock: { json: { ...nova, terms: [] } } },
      {},
      'not_bedrock',
      /price list/,
    ],
    [
      'a redirect',
      { AmazonBedrock: { status: 302, location: 'http://127.0.0.1:1/' } },
      {},
      'network',
      /redirect/,
    ],
    [
      'a list that does not end',
      { AmazonBedrock: 'endless' },
      { maxBytes: 1_000_000 },
      'not_bedrock',
      /larger/,
    ],
    ['a silent server', { AmazonBedrock: 'hangs' }, { timeoutMs: 100 }, 'timeout', /in time/],
    ['a name that is no Region', BOTH, { regions: ['../../etc'] }, 'invalid_request', /no AWS Region/],
  ])('of %s fails whole and leaves no file', async (_what, answers, more, code, message) => {
    const refusal = await refresh(answers, more).catch((error: unknown) => error);
    if (!(refusal instanceof BedrockError)) throw new Error('it was accepted');
    expect(refusal.code).toBe(code);
    expect(`${refusal.message} ${refusal.fix}`).toMatch(message);
    expect(await readdir(dataDir)).toEqual([]);
  });

  it('can be cancelled', async () => {
    const stop = new AbortController();
    const pending = refresh({ AmazonBedrock: 'hangs' }, { signal: stop.signal });
    stop.abort();
    await expect(pending).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says so when nothing listens, or the data folder cannot be written', async () => {
    await expect(refresh(BOTH, { baseUrl: 'http://127.0.0.1:9' })).rejects.toMatchObject({ code: 'network' });
    await writeFile(join(dataDir, 'prices'), 'a file in the way');
    await expect(refresh(BOTH)).rejects.toMatchObject({ code: 'config' });
  });
});

describe('the cache', () => {
  it.each([
    ['cut off', '{"format":1,"regions":[{"region":"us-e'],
    ['of another format', '{"format":2,"regions":[]}'],
    ['with a price that is none', JSON.stringify(fileWith({ input: '1e9' }))],
    ['with a number for a price', JSON.stringify(fileWith({ input: 1 }))],
  ])('passes over a file %s and takes the one before', async (_what, damaged) => {
    const { prices } = await refresh(BOTH, { today: '2026-11-20' });
    await writeFile(join(dataDir, 'prices', '2026-11-21.json'), damaged);
    await writeFile(join(dataDir, 'prices', 'notes.json'), '{}');
    expect(await readCachedPrices(dataDir)).toEqual(prices);
  });

  it('is empty where there is none', async () => {
    expect(await readCachedPrices(join(dataDir, 'nowhere'))).toBeUndefined();
    await mkdir(join(dataDir, 'prices'));
    await chmod(join(dataDir, 'prices'), 0o700);
    expect(await readCachedPrices(dataDir)).toBeUndefined();
  });

  it('keeps ten files', async () => {
    for (let day = 10; day < 22; day += 1) await refresh(BOTH, { today: `2026-11-${day}` });
    const files = await readdir(join(dataDir, 'prices'));
    expect(files.sort().at(0)).toBe('2026-11-12.json');
    expect(files).toHaveLength(10);
    expect(JSON.parse(await readFile(join(dataDir, 'prices', files.at(-1) ?? ''), 'utf8'))).toHaveProperty(
      'format',
    );
  });
});

function fileWith(rates: unknown): unknown {
  const rows = [{ id: NOVA_LITE, geo: '', rates }];
  return { format: 1, regions: [{ region: 'us-east-1', asOf: TODAY, published: TODAY, rows }] };
}

describe('the configured use', () => {
  const options = (url: string, today = TODAY) => ({ dataDir, regions: ['us-east-1'], today, baseUrl: url });

  it('reads nothing for `catalog`, and only what is there for `cached`', async () => {
    await refresh(BOTH);
    const asked = server?.asked.length;
    const url = server?.url ?? '';
    expect(await pricesFor('catalog', options(url), fail)).toBeUndefined();
    expect((await pricesFor('cached', options(url, '2026-12-31'), fail))?.asOf).toBe(TODAY);
    expect(server?.asked.length).toBe(asked);
  });

  it('fetches once a day for `live`', async () => {
    server = await servePrices(BOTH);
    const { url } = server;
    expect((await pricesFor('live', options(url), fail))?.asOf).toBe(TODAY);
    expect((await pricesFor('live', options(url), fail))?.asOf).toBe(TODAY);
    expect(server.asked).toHaveLength(3);
    expect((await pricesFor('live', options(url, '2026-11-22'), fail))?.asOf).toBe('2026-11-22');
    expect(server.asked).toHaveLength(6);
  });

  it('goes on with what is there when the fetch fails, and tells', async () => {
    await refresh(BOTH);
    await server?.close();
    server = await servePrices({});
    const told: string[] = [];
    const prices = await pricesFor('live', options(server.url, '2026-11-22'), (message) =>
      told.push(message),
    );
    expect(prices?.asOf).toBe(TODAY);
    expect(told).toEqual([expect.stringContaining('not refreshed')]);
  });
});

function fail(message: string): never {
  throw new Error(message);
}
