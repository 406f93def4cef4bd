import { beforeAll, describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { type BilledUsage, costOf } from '../../../src/catalog/prices/cost.ts';
import { loadPrices, type PriceBook } from '../../../src/catalog/prices/price-book.ts';
import type { PriceFound, PriceQuery } from '../../../src/catalog/prices/price-query.ts';

let prices: PriceBook;
beforeAll(async () => {
  prices = await loadPrices();
});

const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

function found(modelId: string, query: PriceQuery, book = prices): PriceFound {
  const price = book.find(modelId, query);
  if (!price.known) {
    throw new Error(price.reason);
  }
  return price;
}

describe('look-up', () => {
  it.each<[string, string, PriceQuery, string, string]>([
    ['Regional in the Region', HAIKU, { region: 'us-east-1' }, '1.1', '5.5'],
    ['Regional through a geo profile', HAIKU, { region: 'us-east-1', geo: 'us' }, '1.1', '5.5'],
    ['Global', HAIKU, { region: 'eu-west-1', geo: 'global' }, '1', '5'],
    ['Global without a Region', SONNET, { geo: 'global' }, '3', '15'],
    ['a Region of its own', 'amazon.nova-lite-v1:0', { region: 'eu-central-1', geo: 'eu' }, '0.078', '0.312'],
    [
      'a Region whose rate is not printed',
      'amazon.nova-lite-v1:0',
      { region: 'us-isob-east-1', geo: 'ca' },
      '0.064',
      '0.256',
    ],
    ['GovCloud', SONNET, { region: 'us-gov-west-1' }, '3.6', '18'],
    ['GovCloud by geo row only', 'anthropic.claude-opus-5', { region: 'us-gov-west-1' }, '6', '30'],
    ['an ID that only Mantle knows', 'openai.gpt-oss-120b', { region: 'us-east-1' }, '0.15', '0.6'],
    ['flex', 'openai.gpt-oss-120b-1:0', { region: 'us-east-1', tier: 'flex' }, '0.075', '0.3'],
    ['priority', 'openai.gpt-oss-120b-1:0', { region: 'us-east-1', tier: 'priority' }, '0.2625', '1.05'],
    ['priority that nobody printed', HAIKU, { region: 'us-east-1', tier: 'priority' }, '1.925', '9.625'],
    ['flex that nobody printed', HAIKU, { region: 'us-east-1', tier: 'flex' }, '1.1', '5.5'],
    ['batch', HAIKU, { region: 'us-east-1', batch: true }, '0.55', '2.75'],
    [
      'batch that nobody printed',
      'anthropic.claude-haiku-5-5',
      { region: 'us-east-1', batch: true },
      '0.11',
      '0.55',
    ],
    ['just within the short context', SONNET, { region: 'us-east-1', inputTokens: 200_000 }, '3.3', '16.5'],
    ['beyond it', SONNET, { region: 'us-east-1', inputTokens: 200_001 }, '6.6', '24.75'],
    [
      'beyond it, Haiku 5.5',
      'anthropic.claude-haiku-5-5',
      { geo: 'global', inputTokens: 100_001 },
      '0.5',
      '2.5',
    ],
    ['latency optimized', 'amazon.nova-pro-v1:0', { latency: 'optimized' }, '1', '4'],
  ])('finds both prices: %s', (_what, modelId, query, input, output) => {
    expect(found(modelId, query)).toMatchObject({ input, output });
  });

  it('says which row was used, how old it is and what was assumed', () => {
    expect(found(HAIKU, { region: 'us-east-1', geo: 'us' })).toMatchObject({
      modelId: HAIKU,
      asOf: '2026-08-20',
      basis: 'Regional rate of us-east-1',
      assumed: [],
      source: 'catalog',
      cacheRead: '0.11',
      cacheWrite5m: '1.375',
      cacheWrite1h: '2.2',
    });
    const llama = found('meta.llama3-3-70b-instruct-v1:0', { region: 'us-west-2', geo: 'us' });
    expect(llama).toMatchObject({
      cacheRead: '0.72',
      assumed: ['cacheRead', 'cacheWrite5m', 'cacheWrite1h'],
    });
    expect(llama.basis).toContain('cache price unknown: input price used');
    expect(found('anthropic.claude-haiku-5-5', { geo: 'global' }).basis).toContain(
      'cache write (1 h) price unknown',
    );
    expect(found('openai.gpt-oss-120b', {}).basis).toContain('priced as openai.gpt-oss-120b-1:0');
    expect(found(HAIKU, { tier: 'priority' }).basis).toContain('1.75 times');
    expect(found('amazon.titan-embed-text-v2:0', {}).basis).not.toContain('cache');
  });

  it.each([
    ['no-such.model', {}],
    ['__proto__', {}],
    ['', {}],
    ['amazon.titan-tg1-large', { region: 'us-east-1' }],
    ['zai.glm-4.6', {}],
    [HAIKU, { tier: 'reserved' as const }],
  ])('does not know %s %o, and says why', (modelId, query) => {
    const price = prices.find(modelId, query);
    expect(price).toMatchObject({ known: false, modelId });
    expect(price.known ? '' : price.reason).not.toBe('');
  });

  it('has a price, or a reason, for every model of the catalogue in every Region and geo', async () => {
    const catalog = await loadCatalog();
    for (const { id } of catalog.models) {
      for (const region of catalog.regions) {
        for (const geo of [undefined, 'us', 'global']) {
          const price = prices.find(id, { region, ...(geo === undefined ? {} : { geo }) });
          expect(price.known ? price.basis : price.reason).not.toBe('');
          expect(price.known ? price.input : undefined).not.toBe('0');
        }
      }
    }
  });
});

describe('cost, worked out by hand', () => {
  const MILLION = 1_000_000;
  it.each<[string, string, PriceQuery, BilledUsage, string]>([
    [
      '1 in, 1 out on Haiku 4.5',
      HAIKU,
      { region: 'us-east-1' },
      { inputTokens: 1, outputTokens: 1 },
      '0.0000066',
    ],
    [
      '1,234 in, 567 out',
      HAIKU,
      { region: 'us-east-1' },
      { inputTokens: 1_234, outputTokens: 567 },
      '0.0044759',
    ],
    [
      'every kind of cache on Sonnet 4.5 Global',
      SONNET,
      { geo: 'global' },
      {
        inputTokens: 1_000,
        outputTokens: 500,
        cacheReadInputTokens: 10_000,
        cacheWriteInputTokens: 3_000,
        cacheWrite1hInputTokens: 1_000,
      },
      // 0.003 + 0.0075 + 0.003 + 2,000 x 3.75/M + 1,000 x 6/M
      '0.027',
    ],
    [
      'long context on Sonnet 4.5',
      SONNET,
      { region: 'us-east-1', inputTokens: 250_000 },
      { inputTokens: 250_000, outputTokens: 1_000 },
      '1.67475',
    ],
    [
      'batch',
      HAIKU,
      { region: 'us-east-1', batch: true },
      { inputTokens: MILLION, outputTokens: MILLION },
      '3.3',
    ],
    [
      'flex',
      'openai.gpt-oss-120b-1:0',
      { region: 'us-east-1', tier: 'flex' },
      { inputTokens: 3, outputTokens: 7 },
      '0.000002325',
    ],
    [
      'Nova Lite in Frankfurt',
      'amazon.nova-lite-v1:0',
      { region: 'eu-central-1' },
      { inputTokens: 7, outputTokens: 3 },
      '0.000001482',
    ],
    [
      'Llama cache reads at the input price',
      'meta.llama3-3-70b-instruct-v1:0',
      {},
      { cacheReadInputTokens: 100 },
      '0.000072',
    ],
    ['GovCloud', SONNET, { region: 'us-gov-west-1' }, { inputTokens: 100, outputTokens: 10 }, '0.00054'],
    [
      'embeddings',
      'amazon.titan-embed-text-v2:0',
      { region: 'us-east-1' },
      { inputTokens: 512 },
      '0.00001024',
    ],
    ['rerank queries', 'cohere.rerank-v3-5:0', {}, { units: [{ unit: 'queries', count: 3 }] }, '0.006'],
    ['two images', 'stability.sd3-5-large-v1:0', {}, { units: [{ unit: 'image', count: 2 }] }, '0.16'],
    [
      'an image of one quality',
      'amazon.nova-canvas-v1:0',
      {},
      { units: [{ unit: 'image', detail: 'up to 1024 x 1024, premium', count: 1 }] },
      '0.06',
    ],
    [
      'a very large call',
      HAIKU,
      { geo: 'global' },
      { inputTokens: 9_007_199_254_740_991 },
      '9007199254.740991',
    ],
    ['nothing', HAIKU, {}, {}, '0'],
    ['zero tokens', HAIKU, {}, { inputTokens: 0, outputTokens: 0 }, '0'],
  ])('is exact for %s', (_what, modelId, query, usage, usd) => {
    expect(costOf(usage, found(modelId, query)).usd).toBe(usd);
  });

  it('lists the parts', () => {
    const cost = costOf(
      { inputTokens: 10, outputTokens: 2, cacheWriteInputTokens: 5 },
      found(HAIKU, { geo: 'global' }),
    );
    expect(cost).toEqual({
      usd: '0.00002625',
      parts: [
        { kind: 'input', count: 10, usd: '0.00001' },
        { kind: 'output', count: 2, usd: '0.00001' },
        { kind: 'cacheWrite5m', count: 5, usd: '0.00000625' },
      ],
      notes: [],
    });
  });

  it('says what it assumed', () => {
    const cost = costOf({ cacheReadInputTokens: 1 }, found('meta.llama3-3-70b-instruct-v1:0', {}));
    expect(cost.notes).toEqual(['The price of cache reads is unknown; the input price is used.']);
  });

  it('is unknown, never 0, when a part that was used has no price', () => {
    expect(costOf({ inputTokens: 5 }, prices.find('zai.glm-4.6', {}))).toMatchObject({
      usd: null,
      parts: [{ kind: 'input', count: 5, usd: null }],
      notes: [expect.stringContaining('zai.glm-4.6')],
    });
    // Malaysia's list has an input price for Nova Pro only.
    const partial = found('amazon.nova-pro-v1:0', { region: 'ap-southeast-5' });
    expect(costOf({ inputTokens: 5 }, partial).usd).toBe('0.0000048');
    expect(costOf({ inputTokens: 5, outputTokens: 5 }, partial)).toMatchObject({ usd: null });
    expect(
      costOf({ units: [{ unit: 'image', count: 1 }] }, found('amazon.nova-canvas-v1:0', {})),
    ).toMatchObject({ usd: null });
    expect(costOf({ inputTokens: 5 }, found('stability.sd3-5-large-v1:0', {}))).toMatchObject({ usd: null });
    expect(costOf({}, prices.find('zai.glm-4.6', {})).usd).toBe('0');
  });

  it('leaves out counts that are no counts, and says so', () => {
    const cost = costOf(
      { inputTokens: Number.NaN, outputTokens: -5, cacheReadInputTokens: Infinity },
      found(HAIKU, {}),
    );
    expect(cost.usd).toBe('0');
    expect(cost.notes).toHaveLength(3);
  });
});

describe('negotiated rates', () => {
  it('replace the listed ones by ID, alias or ARN; the rest stays listed', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr';
    const book = await loadPrices([
      { alias: 'prod', arn, price: { input: '0.5', output: '2' } },
      { id: 'zai.glm-4.6', price: { input: '0.2', output: '0.4' } },
      { id: 'amazon.nova-lite-v1:0' },
    ]);
    expect(found(HAIKU, { region: 'us-east-1', calledAs: arn }, book)).toMatchObject({
      input: '0.5',
      output: '2',
      cacheRead: '0.11',
      source: 'user',
    });
    expect(found(HAIKU, { calledAs: 'prod' }, book).input).toBe('0.5');
    expect(found(HAIKU, {}, book).source).toBe('catalog');
    expect(found('zai.glm-4.6', {}, book)).toMatchObject({ input: '0.2', cacheRead: '0.2', source: 'user' });
    expect(found('amazon.nova-lite-v1:0', {}, book).source).toBe('catalog');
  });

  it.each(['abc', '-1', '1e3', '', '0x10', 'NaN', '1,5'])(
    'are refused when they are no decimals: %j',
    async (input) => {
      const refusal = await loadPrices([{ id: HAIKU, price: { input } }]).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(BedrockError);
      expect(refusal).toMatchObject({ code: 'config', field: 'models' });
    },
  );
});
