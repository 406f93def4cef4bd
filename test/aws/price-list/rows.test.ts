import { beforeAll, describe, expect, it } from 'vitest';
import { idOfName, PRICED_IDS } from '../../../src/aws/price-list/names.ts';
import { type KnownModels, RegionRows } from '../../../src/aws/price-list/rows.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { isJsonObject } from '../../../src/json.ts';
import { claude, documentOf, type Sku, sku } from './documents.ts';

const CLAUDES = 'AmazonBedrockFoundationModels';
const NOVAS = 'AmazonBedrock';
const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA_PRO = 'amazon.nova-pro-v1:0';
const novaPro = { model: 'Nova Pro', provider: 'Amazon', inferenceType: 'Input tokens' };
const haiku = claude('Claude Haiku 4.5');

let known: KnownModels;
beforeAll(async () => {
  const { models } = await loadCatalog();
  const ids = new Set(models.map(({ id }) => id));
  known = {
    has: (id) => ids.has(id),
    hasUnit: (id, unit, detail) =>
      id === 'amazon.nova-canvas-v1:0' && unit === 'image' && detail === 'up to 1024 x 1024, standard',
  };
});

function read(code: string, skus: readonly Sku[]) {
  const collected = new RegionRows('us-east-1', known);
  const { products, terms } = JSON.parse(JSON.stringify(documentOf(code, skus)));
  collected.add(code, products, terms.OnDemand);
  return { rows: collected.rows(), report: collected.report };
}

describe('the names of the price list', () => {
  it('lead only to models of the catalogue', () => {
    expect([...PRICED_IDS].filter((id) => !known.has(id))).toEqual([]);
  });

  it.each([
    ['Claude Opus 4.6 (Amazon Bedrock Edition)', 'anthropic.claude-opus-4-6-v1'],
    ['R1', 'deepseek.r1-v1:0'],
    ['minimax m2', 'minimax.minimax-m2'],
    ['TitanEmbeddingsV2-Text-input', 'amazon.titan-embed-text-v2:0'],
    // A shortened name is no name: several models share it.
    ['Claude', undefined],
    ['Claude Opus', undefined],
    ['Mistral', undefined],
    ['constructor', undefined],
  ])('%s is %s', (name, id) => {
    expect(idOfName(name)).toBe(id);
  });
});

describe('rates', () => {
  it('are read from both kinds of list, per 1K and per 1M tokens', () => {
    expect(
      read(NOVAS, [
        sku('USE1-NovaPro-input-tokens', '1K tokens', '0.0008000000', novaPro),
        sku('USE1-NovaPro-output-tokens', '1M tokens', '3.2000000000', novaPro),
        sku('USE1-NovaPro-cache-read-input-token-count', '1K tokens', '0.0002000000', novaPro),
      ]).rows,
    ).toEqual([{ id: NOVA_PRO, geo: '', rates: { input: '0.8', output: '3.2', cacheRead: '0.2' } }]);
    expect(
      read(CLAUDES, [
        sku('USE1-MP:USE1_InputTokenCount-Units', 'Units', '1.1000000000', haiku),
        sku('USE1-MP:USE1_OutputTokenCount-Units', '1M tokens', '5.5000000000', haiku),
      ]).rows,
    ).toEqual([{ id: HAIKU, geo: '', rates: { input: '1.1', output: '5.5' } }]);
  });

  it('are told apart by way and geography, whatever the order of the rows', () => {
    const skus = [
      sku('USE1-MP:USE1_InputTokenCount_Global_Batch-Units', 'Units', '0.5', haiku),
      sku('USE1-MP:USE1_InputTokenCount_LatencyOptimized-Units', 'Units', '9', haiku),
      sku('USE1-MP:USE1_InputTokenCount_LCtx-Units', 'Units', '2.2', haiku),
      sku('USE1-MP:USE1_InputTokenCount_Global-Units', 'Units', '1', haiku),
      sku('USE1-MP:USE1_input_tokens_priority-Units', 'Units', '1.925', haiku),
      sku('USE1-MP:USE1_input_tokens_flex-Units', 'Units', '0.6', haiku),
      sku('USE1-MP:USE1_InputTokenCount_Batch-Units', 'Units', '0.55', haiku),
      sku('USE1-MP:USE1_CacheWrite1hInputTokenCount-Units', 'Units', '2.3', haiku),
      sku('USE1-MP:USE1_CacheWriteInputTokenCount-Units', 'Units', '1.375', haiku),
      sku('USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units', '1M TPM Hour', '0.066', haiku),
      sku('USE1-MP:USE1_InputTokenCount-Units', 'Units', '1.1', haiku),
    ];
    const regional = {
      id: HAIKU,
      geo: '',
      rates: { input: '1.1', cacheWrite5m: '1.375', cacheWrite1h: '2.3' },
      batch: { input: '0.55' },
      flex: { input: '0.6' },
      priority: { input: '1.925' },
      latency: { input: '9' },
      long: { input: '2.2' },
    };
    const global = { id: HAIKU, geo: 'global', rates: { input: '1' }, batch: { input: '0.5' } };
    for (const order of [skus, skus.toReversed()]) {
      const { rows, report } = read(CLAUDES, order);
      expect(rows).toEqual([regional, global]);
      expect(report.ignored).toEqual(new Map([['reserved capacity', 1]]));
      expect(report.rates).toBe(10);
    }
  });

  it('go by the model ID in the usage type before the name beside it', () => {
    const { rows } = read(NOVAS, [
      sku('USE1-moonshotai.kimi-k3-mantle-input-tokens-standard', '1K tokens', '0.0033', {
        model: 'Nova Pro',
      }),
      sku('USE1-deepseek.v3.2-input-tokens', '1K tokens', '0.00062'),
      sku('USE1-TitanEmbeddingV2-Text-input-tokens', '1K tokens', '0.00002'),
    ]);
    expect(rows.map(({ id, rates }) => [id, rates.input])).toEqual([
      ['amazon.titan-embed-text-v2:0', '0.02'],
      ['deepseek.v3.2', '0.62'],
      ['moonshotai.kimi-k3', '3.3'],
    ]);
  });

  it('take the spelling that the bill uses where there are two, in any order', () => {
    const sol = claude('OpenAI GPT-5.6 Sol');
    const skus = [
      sku('USE1-MP:USE1_cached_input_tokens_standard-Units', '1M tokens', '0.4', sol),
      sku('USE1-MP:USE1_cache_read_tokens_standard-Units', '1M tokens', '0.44', sol),
      sku('USE1-MP:USE1_cache_write_tokens_30m_standard-Units', '1M tokens', '7', sol),
      sku('USE1-MP:USE1_cache_write_tokens_5m_standard-Units', '1M tokens', '5.5', sol),
    ];
    for (const order of [skus, skus.toReversed()]) {
      const { rows, report } = read(CLAUDES, order);
      expect(rows[0]?.rates).toEqual({ cacheRead: '0.44', cacheWrite5m: '5.5' });
      expect(report.refused).toEqual([]);
    }
  });

  it('accept one price printed twice, and refuse two prices for one thing', () => {
    const twice = read(NOVAS, [
      sku('USE1-NovaPro-input-tokens', '1K tokens', '0.0008', novaPro),
      sku('USE1-NovaPro-input-token-count', '1M tokens', '0.80', novaPro),
      sku('USE1-NovaPro-output-tokens', '1K tokens', '0.0032', novaPro),
      sku('USE1-NovaPro-output-token-count', '1K tokens', '0.0033', novaPro),
      sku('USE1-NovaPro-text-output-tokens', '1K tokens', '0.0032', novaPro),
    ]);
    expect(twice.rows[0]?.rates).toEqual({ input: '0.8' });
    expect(twice.report.refused.map(({ usagetype }) => usagetype)).toEqual([
      'USE1-NovaPro-output-tokens',
      'USE1-NovaPro-output-token-count',
    ]);
  });

  it.each<[string, Sku, RegExp]>([
    [
      'an unknown unit',
      sku('USE1-NovaPro-input-tokens', 'TextUnit', '1', novaPro),
      /unknown unit "TextUnit"/,
    ],
    [
      '"Units" outside the marketplace',
      sku('USE1-NovaPro-input-tokens', 'Units', '1', novaPro),
      /unknown unit "Units"/,
    ],
    ['a call for nothing', sku('USE1-NovaPro-input-tokens', '1K tokens', '0.0000000000', novaPro), /costs 0/],
    ['no number', sku('USE1-NovaPro-input-tokens', '1K tokens', '1e-3', novaPro), /no price in USD/],
    ['a negative number', sku('USE1-NovaPro-input-tokens', '1K tokens', '-1', novaPro), /no price in USD/],
    [
      'another Region',
      sku('USW2-NovaPro-input-tokens', '1K tokens', '1', { ...novaPro, regionCode: 'us-west-2' }),
      /price of us-west-2/,
    ],
    [
      'control characters in a unit',
      sku('USE1-NovaPro-input-tokens', '\u001b[31m', '1', novaPro),
      /unknown unit "\?\[31m"/,
    ],
  ])('refuse %s, and say so', (_what, row, why) => {
    const { rows, report } = read(NOVAS, [row]);
    expect(rows).toEqual([]);
    expect(report.refused).toEqual([expect.objectContaining({ why: expect.stringMatching(why) })]);
  });

  it('may be 0 for a cache write', () => {
    const { rows } = read(NOVAS, [
      sku('USE1-Nova2.0Lite-cache-write-input-token-count', '1K tokens', '0.0', { model: 'Nova 2.0 Lite' }),
    ]);
    expect(rows[0]?.rates).toEqual({ cacheWrite5m: '0' });
  });

  it.each<[string, Sku, RegExp]>([
    [
      'models',
      sku('USE1-NovaMystery-input-tokens', '1K tokens', '1', { model: 'Nova Mystery' }),
      /this model/,
    ],
    ['IDs', sku('USE1-acme.model-9-mantle-input-tokens', '1K tokens', '1'), /this model/],
    ['usage types', sku('USE1-NovaPro-input-tokens-turbo', '1K tokens', '1', novaPro), /this usage type/],
    [
      'units',
      sku('USE1-NovaCanvas-T2I-2048-Premium', 'image', '0.08', { model: 'Nova Canvas' }),
      /no such unit/,
    ],
  ])('list unknown %s', (_what, row, why) => {
    const { rows, report } = read(NOVAS, [row]);
    expect(rows).toEqual([]);
    expect(report.unmapped).toEqual([expect.objectContaining({ why: expect.stringMatching(why) })]);
  });

  it('keep images beside tokens', () => {
    const { rows } = read(NOVAS, [
      sku('USE1-NovaCanvas-T2I-1024-Standard', 'image', '0.0450000000', { model: 'Nova Canvas' }),
      sku('USE1-NovaCanvas-I2I-1024-Standard', 'image', '0.5', { model: 'Nova Canvas' }),
    ]);
    expect(rows).toEqual([
      {
        id: 'amazon.nova-canvas-v1:0',
        geo: '',
        rates: {},
        units: [{ unit: 'image', quantity: 1, usd: '0.045', detail: 'up to 1024 x 1024, standard' }],
      },
    ]);
  });

  it('survive products and terms of any shape', () => {
    const collected = new RegionRows('us-east-1', known);
    const hostile: unknown = JSON.parse(
      '{"a":null,"b":1,"c":{"attributes":[]},"d":{"attributes":{"usagetype":7}},"__proto__":{"attributes":{"usagetype":"USE1-NovaPro-input-tokens","model":"Nova Pro"}},"constructor":{"attributes":{"usagetype":"USE1-NovaPro-input-tokens","model":"Nova Pro"}},"s":{"attributes":{"usagetype":"USE1-NovaPro-input-tokens","model":"Nova Pro"}}}',
    );
    const terms: unknown = JSON.parse(
      '{"s":{"t":{"priceDimensions":{"x":{"unit":"1K tokens","pricePerUnit":{"USD":"1"}},"y":{}}}}}',
    );
    if (!isJsonObject(hostile) || !isJsonObject(terms)) throw new Error('not objects');
    collected.add(NOVAS, hostile, terms);
    expect(collected.rows()).toEqual([]);
    expect(collected.report.refused.map(({ why }) => why)).toEqual([
      'has no on-demand price',
      'has no on-demand price',
      'has several price steps',
    ]);
  });
});
