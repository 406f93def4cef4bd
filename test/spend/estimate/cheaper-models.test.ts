import { beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { loadPrices, type PriceBook } from '../../../src/catalog/prices/price-book.ts';
import { cheaperModels, type Place } from '../../../src/spend/estimate/cheaper-models.ts';

let catalog: Catalog;
let prices: PriceBook;
beforeAll(async () => {
  [catalog, prices] = await Promise.all([loadCatalog(), loadPrices()]);
});

const REGION = 'us-east-1';
const everywhere = async (modelId: string): Promise<Place> => ({ modelId, region: REGION });
const ask = (id: string, usd: string, place: (modelId: string) => Promise<Place | undefined> = everywhere) =>
  cheaperModels(catalog.record(id), { inputTokens: 1_000, outputTokens: 100 }, usd, 50, {
    catalog,
    prices,
    place,
    today: '2026-11-21',
    region: REGION,
    query: {},
  });

describe('models that can as much for less', () => {
  it.each([
    'qwen.qwen3-coder-next',
    'anthropic.claude-opus-5-5',
    'anthropic.claude-haiku-4-5-20251001-v1:0',
    'meta.llama3-3-70b-instruct-v1:0',
    'amazon.nova-micro-v1:0',
  ])('lack nothing that %s has, in room and capabilities', async (id) => {
    const model = catalog.record(id);
    const found = await ask(id, '1000');
    expect(found.length).toBeGreaterThan(0);
    for (const { modelId } of found) {
      const other = catalog.record(modelId);
      expect(other.contextWindow ?? 0, modelId).toBeGreaterThanOrEqual(model.contextWindow ?? 0);
      expect(other.maxOutput ?? Infinity, modelId).toBeGreaterThanOrEqual(100);
      for (const flag of ['tools', 'images', 'documents', 'system', 'video'] as const)
        if (model.features[flag] === true) expect(other.features[flag], `${modelId} ${flag}`).toBe(true);
    }
  });

  it('are none when nothing costs less', async () => {
    expect(await ask('amazon.nova-micro-v1:0', '0')).toEqual([]);
  });

  it('are only those that can be called from here', async () => {
    const found = await ask('anthropic.claude-opus-5-5', '1000', async (modelId) =>
      modelId.startsWith('anthropic.claude-sonnet-5')
        ? { modelId: `us.${modelId}`, region: REGION, geo: 'us' }
        : undefined,
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found.every(({ modelId }) => modelId.startsWith('us.anthropic.claude-sonnet-5'))).toBe(true);
    // At the Regional rate: 2.2 x 1,000 + 11 x 100 = 3,300 millionths
    expect(found.find(({ modelId }) => modelId === 'us.anthropic.claude-sonnet-5-5')?.usd).toBe('0.0033');
  });

  it('keep the length of a vector, and are not looked for among image models', async () => {
    const embeddings = await ask('cohere.embed-english-v3', '1000');
    for (const { modelId } of embeddings)
      expect(catalog.record(modelId).embedding?.dimensions, modelId).toContain(1024);
    expect(await ask('stability.stable-image-ultra-v1:1', '1000')).toEqual([]);
  });
});
