/**
 * Costs worked out by hand. Rates are USD per 1M tokens as AWS and the catalogue of 2026-11-20 print them; each case
 * shows its arithmetic in millionths of a dollar ("µ") unless it says otherwise.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { type BilledUsage, costOf } from '../../../src/catalog/prices/cost.ts';
import { loadPrices, type PriceBook, type PriceOverride } from '../../../src/catalog/prices/price-book.ts';
import type { PriceQuery } from '../../../src/catalog/prices/price-query.ts';

const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const HAIKU_5_5 = 'anthropic.claude-haiku-5-5';
const SONNET = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const OPUS = 'anthropic.claude-opus-5-5';
const SOL = 'openai.gpt-6.1-sol';
const GROK = 'xai.grok-4.7';
const GPT_OSS = 'openai.gpt-oss-120b-1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const NOVA_LITE = 'amazon.nova-lite-v1:0';
const NOVA_PRO = 'amazon.nova-pro-v1:0';
const NOVA_2_LITE = 'amazon.nova-2-lite-v1:0';
const MULTIMODAL = 'amazon.nova-2-multimodal-embeddings-v1:0';
const MARENGO = 'twelvelabs.marengo-embed-2-7-v1:0';

const tokens = (inputTokens: number, outputTokens = 0): BilledUsage => ({ inputTokens, outputTokens });
const unit = (name: string, count: number, detail?: string): BilledUsage => ({
  units: [{ unit: name, count, ...(detail === undefined ? {} : { detail }) }],
});
const US: PriceQuery = { region: 'us-east-1' };

type Case = [what: string, model: string, query: PriceQuery, usage: BilledUsage, usd: string];

const TOKENS: readonly Case[] = [
  // 1.1 x 1 + 5.5 x 1 = 6.6 µ
  ['one token each way', HAIKU, US, tokens(1, 1), '0.0000066'],
  // 1.1 x 1,234 + 5.5 x 567 = 1,357.4 + 3,118.5 = 4,475.9 µ
  ['Regional rate', HAIKU, US, tokens(1_234, 567), '0.0044759'],
  // 1 x 1,234 + 5 x 567 = 1,234 + 2,835 = 4,069 µ
  ['Global rate of the same call', HAIKU, { ...US, geo: 'global' }, tokens(1_234, 567), '0.004069'],
  // The geo profile costs the Regional rate: as the second case.
  ['geo profile', HAIKU, { ...US, geo: 'us' }, tokens(1_234, 567), '0.0044759'],
  // 0.06 x 7 + 0.24 x 3 = 0.42 + 0.72 = 1.14 µ
  ['Nova Lite in Virginia', NOVA_LITE, US, tokens(7, 3), '0.00000114'],
  // 0.078 x 7 + 0.312 x 3 = 0.546 + 0.936 = 1.482 µ
  ['Nova Lite in Frankfurt', NOVA_LITE, { region: 'eu-central-1' }, tokens(7, 3), '0.000001482'],
  // 0.072 x 7 + 0.288 x 3 = 0.504 + 0.864 = 1.368 µ
  ['Nova Lite in Tokyo', NOVA_LITE, { region: 'ap-northeast-1' }, tokens(7, 3), '0.000001368'],
  // 3.6 x 1,001 + 18 x 11 = 3,603.6 + 198 = 3,801.6 µ
  ['GovCloud', SONNET, { region: 'us-gov-west-1' }, tokens(1_001, 11), '0.0038016'],
  // 0.2 x 9 = 1.8 µ, ten times the commercial rate
  [
    'GovCloud embeddings',
    'amazon.titan-embed-text-v2:0',
    { region: 'us-gov-west-1' },
    tokens(9),
    '0.0000018',
  ],
  // 4.4 x 1,000,000 + 22 x 1,000,000 = 26.4 M µ
  ['a million each way', OPUS, { geo: 'us' }, tokens(1_000_000, 1_000_000), '26.4'],
  // 1 x 9,007,199,254,740,991: no float rounding
  [
    'more tokens than a float can count by',
    HAIKU,
    { geo: 'global' },
    tokens(9_007_199_254_740_991),
    '9007199254.740991',
  ],
];

const CACHES: readonly Case[] = [
  // 0.11 x 12,345 = 1,357.95 µ
  ['cache reads', HAIKU, US, { cacheReadInputTokens: 12_345 }, '0.00135795'],
  // 1.375 x 3,001 = 4,126.375 µ
  ['five-minute writes', HAIKU, US, { cacheWriteInputTokens: 3_001 }, '0.004126375'],
  // all 777 writes are one-hour ones: 2.2 x 777 = 1,709.4 µ
  ['one-hour writes', HAIKU, US, { cacheWriteInputTokens: 777, cacheWrite1hInputTokens: 777 }, '0.0017094'],
  // 3 x 1,000 + 15 x 500 + 0.3 x 10,000 + 3.75 x 2,000 + 6 x 1,000 = 3,000 + 7,500 + 3,000 + 7,500 + 6,000 = 27,000 µ
  [
    'all kinds at once',
    SONNET,
    { geo: 'global' },
    {
      inputTokens: 1_000,
      outputTokens: 500,
      cacheReadInputTokens: 10_000,
      cacheWriteInputTokens: 3_000,
      cacheWrite1hInputTokens: 1_000,
    },
    '0.027',
  ],
  // 0.22 x 100,000 + 5.5 x 10 = 22,000 + 55 = 22,055 µ
  [
    'a deep cache',
    OPUS,
    { geo: 'us' },
    { cacheReadInputTokens: 100_000, cacheWriteInputTokens: 10 },
    '0.022055',
  ],
  // Nobody printed a cache rate: input price, 0.72 x 100 = 72 µ
  ['an unknown cache rate at the input price', LLAMA, US, { cacheReadInputTokens: 100 }, '0.000072'],
  // Nova 2 writes its cache for nothing (printed as 0): 0.0825 x 400 + 0 x 999 = 33 µ
  ['free writes', NOVA_2_LITE, US, { cacheReadInputTokens: 400, cacheWriteInputTokens: 999 }, '0.000033'],
];

const WAYS: readonly Case[] = [
  // 0.55 x 1,000,001 + 2.75 x 3 = 550,000.55 + 8.25 = 550,008.8 µ
  ['batch', HAIKU, { ...US, batch: true }, tokens(1_000_001, 3), '0.5500088'],
  // 0.5 x 10 + 2.5 x 4 = 15 µ
  ['batch at the Global rate', HAIKU, { ...US, geo: 'global', batch: true }, tokens(10, 4), '0.000015'],
  // not half of 2 / 6, as printed: 1.5 x 10 + 4.5 x 10 = 60 µ
  [
    'an odd batch price',
    'mistral.mistral-large-2407-v1:0',
    { region: 'us-west-2', batch: true },
    tokens(10, 10),
    '0.00006',
  ],
  // 0.075 x 3 + 0.3 x 7 = 0.225 + 2.1 = 2.325 µ
  ['flex', GPT_OSS, { ...US, tier: 'flex' }, tokens(3, 7), '0.000002325'],
  // 0.2625 x 3 + 1.05 x 7 = 0.7875 + 7.35 = 8.1375 µ
  ['priority', GPT_OSS, { ...US, tier: 'priority' }, tokens(3, 7), '0.0000081375'],
  // 3.5 x 100 + 10.5 x 10 + 0.875 x 1,000 = 350 + 105 + 875 = 1,330 µ
  [
    'priority with its own cache rate, Global',
    GROK,
    { region: 'us-west-2', geo: 'global', tier: 'priority' },
    { inputTokens: 100, outputTokens: 10, cacheReadInputTokens: 1_000 },
    '0.00133',
  ],
  // priority of Claude was never printed: 1.75 x (1.1 x 1,000 + 5.5 x 100) = 1.75 x 1,650 = 2,887.5 µ
  ['priority at 1.75 times', HAIKU, { ...US, tier: 'priority' }, tokens(1_000, 100), '0.0028875'],
  // 1 x 50 + 4 x 6 = 74 µ, also in a Region whose own row names no such rate
  ['latency optimized', NOVA_PRO, { region: 'us-east-2', latency: 'optimized' }, tokens(50, 6), '0.000074'],
];

const LONG: readonly Case[] = [
  // exactly 200,000 is still short: 3.3 x 200,000 = 660,000 µ
  ['200,000 tokens', SONNET, { ...US, inputTokens: 200_000 }, tokens(200_000), '0.66'],
  // one more doubles the whole request: 6.6 x 200,001 + 24.75 x 1,000 = 1,320,006.6 + 24,750 = 1,344,756.6 µ
  ['200,001 tokens', SONNET, { ...US, inputTokens: 200_001 }, tokens(200_001, 1_000), '1.3447566'],
  // cached tokens count for the threshold: 6.6 x 1 + 0.66 x 250,000 + 13.2 x 10 = 6.6 + 165,000 + 132 = 165,138.6 µ
  [
    'a long cached prompt',
    SONNET,
    { ...US, inputTokens: 250_011 },
    { inputTokens: 1, cacheReadInputTokens: 250_000, cacheWriteInputTokens: 10, cacheWrite1hInputTokens: 10 },
    '0.1651386',
  ],
  // GovCloud: 7.2 x 300,000 + 27 x 100 = 2,160,000 + 2,700 µ
  [
    'long context in GovCloud',
    SONNET,
    { region: 'us-gov-west-1', inputTokens: 300_000 },
    tokens(300_000, 100),
    '2.1627',
  ],
  // 4.4 x 272,001 + 16.5 x 10 = 1,196,804.4 + 165 = 1,196,969.4 µ
  ['above 272,000 on GPT-6.1', SOL, { geo: 'us', inputTokens: 272_001 }, tokens(272_001, 10), '1.1969694'],
  // 2 x 272,000 + 10 x 10 = 544,100 µ
  ['272,000 on GPT-6.1, Global', SOL, { geo: 'global', inputTokens: 272_000 }, tokens(272_000, 10), '0.5441'],
  // 0.5 x 100,001 + 2.5 x 2 = 50,000.5 + 5 = 50,005.5 µ
  [
    'above 100,000 on Haiku 5.5',
    HAIKU_5_5,
    { geo: 'global', inputTokens: 100_001 },
    tokens(100_001, 2),
    '0.0500055',
  ],
  // batch above the threshold has no price of its own: 6.6 x 200,001 = 1,320,006.6 µ
  [
    'long batch at the on-demand price',
    SONNET,
    { ...US, batch: true, inputTokens: 200_001 },
    tokens(200_001),
    '1.3200066',
  ],
];

const UNITS: readonly Case[] = [
  // 0.02 x 512 = 10.24 µ
  ['text embeddings', 'amazon.titan-embed-text-v2:0', US, tokens(512), '0.00001024'],
  // 0.12 x 33 = 3.96 µ
  ['Cohere embeddings', 'cohere.embed-v4:0', US, tokens(33), '0.00000396'],
  // 0.8 x 10 µ + 3 x 0.00006 USD = 0.000008 + 0.00018 USD
  [
    'an embedding of text and three images',
    'amazon.titan-embed-image-v1',
    US,
    { inputTokens: 10, units: [{ unit: 'image', count: 3 }] },
    '0.000188',
  ],
  // 0.04 USD + 2 x 0.08 USD
  [
    'images of two sizes',
    'amazon.nova-canvas-v1:0',
    US,
    {
      units: [
        { unit: 'image', count: 1, detail: 'up to 1024 x 1024, standard' },
        { unit: 'image', count: 2, detail: 'up to 2048 x 2048, premium' },
      ],
    },
    '0.2',
  ],
  // 2 x 0.08 USD
  ['Stable Diffusion', 'stability.sd3-5-large-v1:0', { region: 'us-west-2' }, unit('image', 2), '0.16'],
  // 2 USD / 1,000 x 7
  ['searches of Rerank', 'cohere.rerank-v3-5:0', US, unit('queries', 7), '0.014'],
  // 1 USD / 1,000 x 1
  ['one search of Amazon Rerank', 'amazon.rerank-v1:0', { region: 'us-west-2' }, unit('queries', 1), '0.001'],
  // 0.75 USD x 5
  [
    'seconds of video',
    'luma.ray-v2:0',
    { region: 'us-west-2' },
    unit('second of video', 5, '540p, 24 fps'),
    '3.75',
  ],
  // 0.00007 USD x 4
  ['text requests', MARENGO, US, unit('text request', 4), '0.00028'],
  // 0.0007 x 10 + 0.00014 x 60 + 0.00007 x 1 USD = 0.007 + 0.0084 + 0.00007
  [
    'seconds, sound and a request together',
    MARENGO,
    US,
    {
      units: [
        { unit: 'second of video', count: 10 },
        { unit: 'second of audio', count: 60 },
        { unit: 'text request', count: 1 },
      ],
    },
    '0.01547',
  ],
  // on demand 0.0006 x 2 USD, batch 0.00048 x 2 USD
  ['document images', MULTIMODAL, US, unit('document image', 2), '0.0012'],
  ['document images in a batch', MULTIMODAL, US, unit('document image', 2, 'batch'), '0.00096'],
  // 3.4 x 1,000 + 13.6 x 500 = 3,400 + 6,800 µ speech, 0.06 x 10 µ text
  [
    'speech and text',
    'amazon.nova-sonic-v1:0',
    US,
    {
      inputTokens: 10,
      units: [
        { unit: 'speech input tokens', count: 1_000 },
        { unit: 'speech output tokens', count: 500 },
      ],
    },
    '0.0102006',
  ],
];

describe.each([
  ['tokens', TOKENS],
  ['caches', CACHES],
  ['ways of calling', WAYS],
  ['long context', LONG],
  ['units and embeddings', UNITS],
])('the cost of %s, to the last decimal', (_group, cases) => {
  let book: PriceBook;
  beforeAll(async () => {
    book = await loadPrices();
  });

  it.each(cases)('is exact for %s', (_what, model, query, usage, usd) => {
    expect(costOf(usage, book.find(model, query)).usd).toBe(usd);
  });
});

describe('the cost at negotiated rates', () => {
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr';
  const OWN: readonly PriceOverride[] = [
    { alias: 'prod', arn: ARN, price: { input: '0.9', output: '4.5' } },
    { id: SONNET, price: { input: '2.5', output: '12.5', cacheRead: '0.25' } },
    { id: 'zai.glm-4.6', price: { input: '0.2' } },
  ];
  it.each<Case>([
    // 0.9 x 1,000 + 4.5 x 100 = 1,350 µ; the cache read stays listed: 0.11 x 1,000 = 110 µ
    [
      'by ARN, the rest as listed',
      HAIKU,
      { ...US, calledAs: ARN },
      { inputTokens: 1_000, outputTokens: 100, cacheReadInputTokens: 1_000 },
      '0.00146',
    ],
    // 0.9 x 1,000 = 900 µ
    ['by alias', HAIKU, { ...US, calledAs: 'prod' }, tokens(1_000), '0.0009'],
    // under its own name the model costs what is listed: 1.1 x 1,000 = 1,100 µ
    ['not under another name', HAIKU, US, tokens(1_000), '0.0011'],
    // 0.25 x 8 = 2 µ
    ['of a cache', SONNET, US, { cacheReadInputTokens: 8 }, '0.000002'],
    // beyond 200,000 the list doubles input and takes 1.5 times output: 2.5 x 2 x 200,001 + 12.5 x 1.5 x 2 = 1,000,042.5 µ
    [
      'in long context, raised as the list raises',
      SONNET,
      { ...US, inputTokens: 200_001 },
      tokens(200_001, 2),
      '1.0000425',
    ],
    // 1.75 x (2.5 x 100) = 437.5 µ
    ['at priority', SONNET, { ...US, tier: 'priority' }, tokens(100), '0.0004375'],
    // a batch does not lower it: 2.5 x 100 = 250 µ
    ['in a batch', SONNET, { ...US, batch: true }, tokens(100), '0.00025'],
    // a model that no list prices: 0.2 x 5 = 1 µ
    ['of an unlisted model', 'zai.glm-4.6', US, tokens(5), '0.000001'],
  ])('is exact %s', async (_what, model, query, usage, usd) => {
    const book = await loadPrices(OWN);
    expect(costOf(usage, book.find(model, query)).usd).toBe(usd);
  });
});

describe('what is not known costs null, never 0, and says why', () => {
  it.each<[string, string, PriceQuery, BilledUsage, RegExp]>([
    ['a model without a price', 'zai.glm-4.6', US, tokens(5), /No price of zai\.glm-4\.6/],
    ['reserved capacity', HAIKU, { ...US, tier: 'reserved' }, tokens(5), /by the hour/],
    ['output that nobody priced', NOVA_PRO, { region: 'ap-southeast-5' }, tokens(5, 5), /output tokens/],
    ['tokens of an image model', 'stability.sd3-5-large-v1:0', US, tokens(5), /input tokens/],
    ['images of a text model', HAIKU, US, unit('image', 1), /per image/],
    ['a size that has several prices', 'amazon.nova-canvas-v1:0', US, unit('image', 1), /per image/],
    ['a size that has none', 'amazon.nova-canvas-v1:0', US, unit('image', 1, '8K'), /per image/],
    [
      'units beside tokens',
      HAIKU,
      US,
      { inputTokens: 5, units: [{ unit: '__proto__', count: 1 }] },
      /__proto__/,
    ],
  ])('%s', async (_what, model, query, usage, why) => {
    const cost = costOf(usage, (await loadPrices()).find(model, query));
    expect(cost.usd).toBeNull();
    expect(cost.notes.join(' ')).toMatch(why);
  });
});
