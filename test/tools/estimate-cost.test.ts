import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateCost } from '../../src/tools/estimate-cost.ts';
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

  it('never calls a model', async () => {
    await estimates({ models: ['claude-haiku-4-5', 'nova-lite'], prompt: 'hello' });
    expect(
      on.sandbox.record.requests
        .map((request) => request.operation)
        .filter((operation) => operation !== 'CountTokens'),
    ).toEqual([]);
  });

  it.each([
    ['both prompt and input_tokens', { prompt: 'a', input_tokens: 1 }, 'Both'],
    ['an unknown model', { models: ['no-such-model-at-all'] }, 'No model is called'],
  ])('refuses %s', async (_what, args, message) => {
    await expect(on.call(estimateCost, args)).rejects.toThrow(message);
  });
});
