import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { publishedSchema } from '../../src/tools/definition/published-schema.ts';
import { estimateCost } from '../../src/tools/estimate-cost.ts';
import { listModels } from '../../src/tools/list-models.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

interface Estimate {
  model: string;
  total_usd?: string;
  per_call_usd?: string;
  formula?: string;
  price_basis: string;
  tokens_from: string;
}
const isEstimate = (value: unknown): value is Estimate =>
  typeof value === 'object' && value !== null && 'price_basis' in value;
// Retired.
const ENDED = 'amazon.titan-image-generator-v2:0';
const estimates = async (args: Record<string, unknown>) => {
  const { structured } = await on.call(estimateCost, args);
  const list = structured['estimates'];
  if (!Array.isArray(list)) throw new Error('no estimates');
  return list.filter(isEstimate);
};

describe('estimate_cost', () => {
  it.each([
    // Haiku 4.5, Regional rate 1.1 / 5.5 USD per 1M: 1000 x 1.1 + 200 x 5.5 = 2200 millionths.
    ['claude-haiku-4-5', { input_tokens: 1000, output_tokens: 200 }, '0.0022'],
    [
      'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      { input_tokens: 1000, output_tokens: 200, calls: 1000 },
      '2.2',
    ],
    // Nova Lite 0.06 / 0.24 in us-east-1.
    ['nova-lite', { input_tokens: 1_000_000, output_tokens: 0 }, '0.06'],
    ['nova-lite', { input_tokens: 10, output_tokens: 1 }, '0.00000084'],
    // Half of the input from the cache at a tenth of the rate: 500 x 1.1 + 500 x 0.11.
    ['claude-haiku-4-5', { input_tokens: 1000, output_tokens: 0, cached_share: 0.5 }, '0.000605'],
    ['claude-haiku-4-5', { input_tokens: 1000, output_tokens: 200, batch: true }, '0.0011'],
    // gpt-oss-120b flex is half of 0.15 / 0.6.
    ['gpt-oss-120b', { input_tokens: 1_000_000, output_tokens: 1_000_000, service_tier: 'flex' }, '0.375'],
    ['amazon.titan-embed-text-v2:0', { input_tokens: 1_000_000 }, '0.02'],
    // Speech: 1000 x 0.33 + 777 x 2.75 = 2466.75 millionths.
    ['amazon.nova-2-sonic-v1:0', { input_tokens: 1000, output_tokens: 777 }, '0.00246675'],
  ])('%s %j costs %s USD', async (model, args, total) => {
    const [row] = await estimates({ models: [model], ...args });
    expect(row?.total_usd).toBe(total);
  });

  it('sorts cheapest first and puts unknown prices last, with the reason', async () => {
    const rows = await estimates({
      models: ['claude-sonnet-4-5', 'amazon.titan-tg1-large', 'nova-micro'],
      input_tokens: 1000,
    });
    expect(rows.map((row) => row.model)).toEqual([
      'nova-micro',
      'claude-sonnet-4-5',
      'amazon.titan-tg1-large',
    ]);
    expect(rows[2]).not.toHaveProperty('total_usd');
    expect(rows[2]?.price_basis).toMatch(/price/i);
  });

  it('counts a text exactly where Bedrock can, and says so', async () => {
    const [exact] = await estimates({ models: ['claude-haiku-4-5'], prompt: 'word '.repeat(100) });
    expect(exact?.tokens_from).toContain('CountTokens');
    const [guess] = await estimates({ models: ['nova-lite'], prompt: 'word '.repeat(100) });
    expect(guess?.tokens_from).toContain('estimated');
  });

  it('shows its formula, its source and its day', async () => {
    const { structured, text } = await on.call(estimateCost, {
      models: ['claude-haiku-4-5'],
      input_tokens: 1000,
      output_tokens: 200,
      cached_share: 0.5,
      cache_write_share: 0.25,
      calls: 100,
      calls_per_day: 10,
    });
    expect(structured).toMatchObject({
      region: 'us-east-1',
      calls: 100,
      prices_from: expect.stringContaining('built-in catalogue of 2026-11-20'),
      disclaimer: expect.stringContaining('Unofficial'),
    });
    // 250 x 1.1 + 500 x 0.11 + 250 x 1.375 + 200 x 5.5 = 275 + 55 + 343.75 + 1,100 = 1,773.75 millionths a call
    expect(structured['estimates']).toEqual([
      {
        model: 'claude-haiku-4-5',
        model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
        per_call_usd: '0.00177375',
        total_usd: '0.177375',
        per_month_usd: '0.532125',
        formula: '100 × (250 × 1.1 + 500 × 0.11 + 250 × 1.375 + 200 × 5.5) / 1,000,000',
        tokens_from: 'input_tokens as given',
        price_basis: 'Regional rate of us-east-1',
        price_source: 'catalog',
        prices_as_of: '2026-08-20',
      },
    ]);
    expect(text).toContain('0.532125 USD per 30 days');
  });

  it.each([
    // Three documents of searches: 2 USD per 1,000 queries.
    ['cohere.rerank-v3-5:0', { calls: 3 }, '0.006', '3 × 1 × 2 USD per 1,000 queries'],
    ['stability.sd3-5-large-v1:0', { region: 'us-west-2' }, '0.08', '1 × 0.08 USD per image'],
  ])('counts one unit a call for %s', async (model, args, total, formula) => {
    const [row] = await estimates({ models: [model], ...args });
    expect(row).toMatchObject({ total_usd: total, formula: expect.stringContaining(formula) });
  });

  it('does not choose between the prices of several image sizes, nor call them free', async () => {
    const [row] = await estimates({ models: ['amazon.nova-canvas-v1:0'] });
    expect(row).not.toHaveProperty('total_usd');
    expect(row).toMatchObject({
      unit_prices: expect.arrayContaining(['0.04 USD per image (up to 1024 x 1024, standard)']),
    });
  });

  it.each([
    [
      'twelvelabs.pegasus-1-2-v1:0',
      ['0.00049 USD per second of video input', '7.5 USD per 1M output tokens'],
      'per second of video input plus output tokens;',
    ],
    ['amazon.nova-reel-v1:1', ['0.08 USD per second of video (720p, 24 fps)'], 'per second of video;'],
  ])('says what %s is billed by, and shows every price', async (model, prices, billed) => {
    const [row] = await estimates({ models: [model], input_tokens: 1000, output_tokens: 100 });
    expect(row).not.toHaveProperty('total_usd');
    expect(row).toHaveProperty('unit_prices', prices);
    expect(row).toHaveProperty('notes', expect.arrayContaining([expect.stringContaining(billed)]));
    expect(JSON.stringify(row)).not.toContain('several prices');
  });

  it('names up to three models that can as much and cost less, for one model only', async () => {
    const call = { input_tokens: 1000, output_tokens: 200 };
    const one = await on.call(estimateCost, { models: ['claude-sonnet-4-5'], ...call });
    const cheaper = one.structured['cheapest_equivalents'];
    if (!Array.isArray(cheaper)) throw new Error('no equivalents');
    expect(cheaper.length).toBeGreaterThan(0);
    expect(cheaper.length).toBeLessThanOrEqual(3);
    const totals = cheaper.map(({ total_usd }) => Number(total_usd));
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    expect(Math.max(...totals)).toBeLessThan(0.0066);
    const catalog = await on.services.catalog();
    for (const { model } of cheaper) {
      const record = catalog.byAlias(model)?.model;
      expect(record?.features).toMatchObject({ tools: true, images: true, documents: true });
      expect(record?.contextWindow).toBeGreaterThanOrEqual(200_000);
      expect(record?.lifecycle.status).toBe('active');
    }
    expect(new Set(cheaper.map(({ model }) => model))).not.toContain('claude-sonnet-4-5');
    const two = await on.call(estimateCost, { models: ['claude-sonnet-4-5', 'nova-lite'], ...call });
    expect(two.structured).not.toHaveProperty('cheapest_equivalents');
  });

  it('keeps what a model reads of it under 1,020 bytes', () => {
    const { name, description, input, rare } = estimateCost;
    const published = JSON.stringify({
      name,
      description,
      inputSchema: publishedSchema(input, 'input', rare),
    });
    expect(Buffer.byteLength(published)).toBeLessThan(1_020);
  });

  it('counts a conversation with files: exactly where Bedrock can, by rule of thumb elsewhere', async () => {
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
    const messages = [
      {
        role: 'user',
        content: [{ text: 'What is this?' }, { image: { format: 'png', source: { bytes: png } } }],
      },
    ];
    const [exact] = await estimates({ models: ['claude-haiku-4-5'], messages, output_tokens: 0 });
    expect(exact?.tokens_from).toContain('CountTokens');
    const [guess] = await estimates({ models: ['nova-lite'], messages, output_tokens: 0 });
    expect(guess?.tokens_from).toContain('images');
    expect(Number(guess?.total_usd)).toBeGreaterThan(0.00005);
  });

  it('never calls a model', async () => {
    await estimates({ models: ['claude-haiku-4-5', 'nova-lite'], prompt: 'hello' });
    expect(
      on.sandbox.record.requests
        .map((request) => request.operation)
        .filter((operation) => operation !== 'CountTokens'),
    ).toEqual([]);
  });

  it('leaves the failure of one model in its row, and estimates the others', async () => {
    const { structured, text } = await on.call(estimateCost, {
      models: ['nope-1', 'amazon.titan-tg1-large', 'nova-lite'],
      input_tokens: 1000,
    });
    expect(structured['estimates']).toMatchObject([
      { model: 'nova-lite', total_usd: '0.0003' },
      { model: 'amazon.titan-tg1-large', price_basis: expect.any(String) },
      {
        model: 'nope-1',
        error: {
          code: 'unknown_model',
          message: 'No model is called "nope-1".',
          fix: expect.stringContaining('list_models'),
        },
      },
    ]);
    expect(text).toContain('nope-1: unknown_model: No model is called "nope-1". What to do: ');
    expect(estimateCost.output.safeParse(structured).success).toBe(true);
  });

  it.each([
    ['a retired model', ENDED, '0.008', 'end of life'],
    ['a model of another Region', 'stability.sd3-5-large-v1:0', '0.08', 'does not list'],
  ])(
    'says the same of %s before and after AWS was asked for its models',
    async (_what, model, total, note) => {
      const fresh = await bench();
      const args = { models: ['nova-lite', model], input_tokens: 1000 };
      const alone = { models: [model] };
      const before = await fresh.call(estimateCost, args);
      const aloneBefore = await fresh.call(estimateCost, alone);
      await fresh.call(listModels, {});
      expect(await fresh.call(estimateCost, args)).toEqual(before);
      expect(await fresh.call(estimateCost, alone)).toEqual(aloneBefore);
      expect(before.structured['estimates']).toMatchObject([
        { model: 'nova-lite' },
        { model, total_usd: total, notes: [expect.stringContaining(note)] },
      ]);
      await fresh.close();
    },
  );

  it('fails when no model can be estimated, naming each and the field of the first', async () => {
    await expect(on.call(estimateCost, { models: ['nope-1'] })).rejects.toMatchObject({
      code: 'unknown_model',
      message: 'No model is called "nope-1".',
      field: 'models[0]',
    });
    await expect(on.call(estimateCost, { models: ['nope-1', 'nope-2'] })).rejects.toMatchObject({
      code: 'unknown_model',
      message: expect.stringMatching(/None of the models.*nope-1: .*nope-2: /),
      fix: expect.stringMatching(/nope-1: .*nope-2: /),
      field: 'models[0]',
    });
  });

  it('takes a wrong conversation for no failure of one of the models', async () => {
    const args = { models: ['nova-lite', 'nope-1', ENDED], messages: [{ role: 'king', content: 'x' }] };
    await expect(on.call(estimateCost, args)).rejects.toMatchObject({ field: 'messages[0].role' });
  });

  it('calls an object in place of the list of models no list, and nothing else', async () => {
    await expect(on.call(estimateCost, { models: { a: 'claude-haiku-4-5' } })).rejects.toMatchObject({
      message: 'estimate_cost: models: must be a list, not an object.',
      field: 'models',
    });
  });

  it.each([
    ['both prompt and input_tokens', { prompt: 'a', input_tokens: 1 }, 'Both a text'],
    ['an unknown model', { models: ['no-such-model-at-all'] }, 'No model is called'],
    ['shares above 1', { cached_share: 0.7, cache_write_share: 0.4 }, 'more than 1'],
    ['a negative count', { input_tokens: -1 }, 'at least 0'],
    ['half a call', { calls: 0.5 }, 'calls'],
    ['no calls', { calls: 0 }, 'at least 1'],
  ])('refuses %s', async (_what, args, message) => {
    await expect(on.call(estimateCost, args)).rejects.toThrow(message);
  });
});
