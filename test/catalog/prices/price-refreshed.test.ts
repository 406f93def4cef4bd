import { describe, expect, it } from 'vitest';
import { loadPrices, type PriceOverride } from '../../../src/catalog/prices/price-book.ts';
import type { PriceFound, PriceQuery } from '../../../src/catalog/prices/price-query.ts';
import {
  type FetchedRow,
  readRefreshedPrices,
  writeRefreshedPrices,
} from '../../../src/catalog/prices/price-refreshed.ts';

const NOVA_LITE = 'amazon.nova-lite-v1:0';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const US: PriceQuery = { region: 'us-east-1' };

async function priceOf(
  row: FetchedRow,
  query: PriceQuery = US,
  { asOf = '2026-11-21', own = [] }: { asOf?: string; own?: readonly PriceOverride[] } = {},
  modelId = row.id,
): Promise<PriceFound> {
  const regions = [{ region: 'us-east-1', asOf, published: asOf, rows: [row] }];
  const price = (await loadPrices(own, { asOf, regions })).find(modelId, query);
  if (!price.known) throw new Error(price.reason);
  return price;
}

describe('fetched prices over our own', () => {
  // Ours, us-east-1: 0.06 / 0.24, cache read 0.015, batch 0.03 / 0.12.
  it.each<[string, FetchedRow, PriceQuery, Record<string, unknown>]>([
    [
      'unchanged base: the other rates of ours stay',
      { id: NOVA_LITE, geo: '', rates: { input: '0.06', output: '0.24' } },
      US,
      { input: '0.06', cacheRead: '0.015', source: 'price-list', asOf: '2026-11-21' },
    ],
    [
      'changed base: a cache rate of ours would be stale',
      { id: NOVA_LITE, geo: '', rates: { input: '0.05', output: '0.2' } },
      US,
      {
        input: '0.05',
        output: '0.2',
        cacheRead: '0.05',
        assumed: ['cacheRead', 'cacheWrite5m', 'cacheWrite1h'],
      },
    ],
    [
      'changed base: nor is our batch rate used',
      { id: NOVA_LITE, geo: '', rates: { input: '0.05', output: '0.2' } },
      { ...US, batch: true },
      { input: '0.05', basis: expect.stringContaining('batch price unknown') },
    ],
    [
      'a fetched batch rate',
      {
        id: NOVA_LITE,
        geo: '',
        rates: { input: '0.05', output: '0.2' },
        batch: { input: '0.02', output: '0.1' },
      },
      { ...US, batch: true },
      { input: '0.02', output: '0.1' },
    ],
    [
      'a fetched tier',
      {
        id: NOVA_LITE,
        geo: '',
        rates: { input: '0.06', output: '0.24' },
        priority: { input: '0.1', output: '0.4' },
      },
      { ...US, tier: 'priority' },
      { input: '0.1', output: '0.4' },
    ],
    [
      'a fetched latency-optimized rate',
      {
        id: NOVA_LITE,
        geo: '',
        rates: { input: '0.06', output: '0.24' },
        latency: { input: '0.2', output: '0.8' },
      },
      { ...US, latency: 'optimized' },
      { input: '0.2', output: '0.8' },
    ],
    [
      'a fetched long-context rate behind our threshold',
      { id: SONNET, geo: '', rates: { input: '3.3', output: '16.5' }, long: { input: '7', output: '25' } },
      { ...US, inputTokens: 200_001 },
      { input: '7', output: '25', cacheRead: '0.66' },
    ],
    [
      'a long-context rate without a threshold is not used',
      { id: NOVA_LITE, geo: '', rates: { input: '0.06' }, long: { input: '9' } },
      { ...US, inputTokens: 900_000 },
      { input: '0.06' },
    ],
    [
      'another Region stays ours',
      { id: NOVA_LITE, geo: '', rates: { input: '9' } },
      { region: 'eu-central-1' },
      { input: '0.078', source: 'catalog' },
    ],
    [
      'the Global rate does not touch the Regional one',
      { id: SONNET, geo: 'global', rates: { input: '2.9', output: '14' } },
      US,
      { input: '3.3', source: 'catalog' },
    ],
    [
      'the Global rate of a call through a global profile',
      { id: SONNET, geo: 'global', rates: { input: '2.9', output: '14' } },
      { ...US, geo: 'global' },
      { input: '2.9', output: '14', basis: expect.stringMatching(/^Global rate of us-east-1/) },
    ],
    [
      'a geo profile takes the Regional rate',
      { id: SONNET, geo: '', rates: { input: '3.4', output: '17' } },
      { ...US, geo: 'us' },
      { input: '3.4' },
    ],
    [
      'a model that we have no price for',
      { id: 'zai.glm-4.6', geo: '', rates: { input: '0.6', output: '2.2' } },
      US,
      { input: '0.6', output: '2.2', cacheRead: '0.6' },
    ],
  ])('%s', async (_what, row, query, expected) => {
    expect(await priceOf(row, query)).toMatchObject(expected);
  });

  it('do not replace a newer one of ours', async () => {
    const row: FetchedRow = { id: NOVA_LITE, geo: '', rates: { input: '9' } };
    expect(await priceOf(row, US, { asOf: '2026-08-19' })).toMatchObject({
      input: '0.06',
      source: 'catalog',
    });
    expect(await priceOf(row, US, { asOf: '2026-08-20' })).toMatchObject({
      input: '9',
      source: 'price-list',
    });
  });

  it('give way to negotiated rates', async () => {
    const row: FetchedRow = { id: NOVA_LITE, geo: '', rates: { input: '0.05', output: '0.2' } };
    expect(await priceOf(row, US, { own: [{ id: NOVA_LITE, price: { input: '0.01' } }] })).toMatchObject({
      input: '0.01',
      output: '0.2',
      source: 'user',
    });
  });

  it('price an ID of the Mantle endpoint by its own row, else by that of the runtime', async () => {
    const runtime: FetchedRow = {
      id: 'openai.gpt-oss-120b-1:0',
      geo: '',
      rates: { input: '0.2', output: '0.7' },
    };
    const mantle: FetchedRow = { id: 'openai.gpt-oss-120b', geo: '', rates: { input: '0.3', output: '0.8' } };
    expect((await priceOf(runtime, US, {}, 'openai.gpt-oss-120b')).input).toBe('0.2');
    expect((await priceOf(mantle)).input).toBe('0.3');
    expect((await priceOf(mantle, US, {}, 'openai.gpt-oss-120b-1:0')).input).toBe('0.15');
  });

  it('replace the price of one image size and leave the others', async () => {
    const unit = { unit: 'image', quantity: 1, usd: '0.05', detail: 'up to 1024 x 1024, standard' };
    const { units } = await priceOf({ id: 'amazon.nova-canvas-v1:0', geo: '', rates: {}, units: [unit] });
    expect(units.map(({ usd }) => usd).sort()).toEqual(['0.05', '0.06', '0.06', '0.08']);
  });
});

describe('the file of fetched prices', () => {
  const rows: readonly FetchedRow[] = [
    {
      id: NOVA_LITE,
      geo: '',
      rates: { input: '1', cacheWrite1h: '0' },
      batch: { input: '2' },
      long: { output: '3' },
      units: [{ unit: 'image', quantity: 1, usd: '4', detail: 'x' }],
    },
    { id: NOVA_LITE, geo: 'global', rates: {} },
  ];
  const prices = {
    asOf: '2026-11-21',
    regions: [{ region: 'us-east-1', asOf: '2026-11-21', published: '2026-11-18', rows }],
  };

  it('comes back as it was written', () => {
    expect(readRefreshedPrices(JSON.parse(writeRefreshedPrices(prices)))).toEqual(prices);
  });

  const region = (more: object) => ({
    format: 1,
    regions: [{ region: 'r', asOf: '2026-11-21', published: '2026-11-21', rows: [], ...more }],
  });
  const row = (more: object) => region({ rows: [{ id: 'a', geo: '', rates: {}, ...more }] });
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['another format', { format: 0, regions: [] }],
    ['no Region', { format: 1, regions: [] }],
    ['a Region that is none', { format: 1, regions: ['us-east-1'] }],
    ['a Region without a day', region({ asOf: 'today' })],
    ['rows that are none', region({ rows: {} })],
    ['a row of another geography', row({ geo: 'us' })],
    ['rates that are none', row({ rates: [] })],
    ['a rate with an exponent', row({ rates: { input: '1e3' } })],
    ['a rate of a tier that is none', row({ flex: '1' })],
    ['units that are none', row({ units: {} })],
    ['a unit of nothing', row({ units: [{ unit: 'image', quantity: 0, usd: '1' }] })],
  ])('is not read when it holds %s', (_what, data) => {
    expect(readRefreshedPrices(data)).toBeUndefined();
  });
});
