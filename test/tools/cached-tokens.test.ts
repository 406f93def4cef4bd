/** Cached tokens that a model reports without having been asked to cache. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

describe('cached tokens of gpt-oss', () => {
  it('are told apart, and cost what input costs, as Bedrock meters them', async () => {
    const { structured } = await on.call(invokeModel, {
      model: 'gpt-oss-120b',
      api: 'native',
      options: { native_body: { messages: [{ role: 'user', content: 'word '.repeat(300) }] } },
    });
    const { usage, cost_usd }: { usage: Record<string, number>; cost_usd: string } = JSON.parse(
      JSON.stringify(structured['receipt']),
    );
    const { input_tokens = 0, output_tokens = 0, cache_read_tokens } = usage;
    expect(cache_read_tokens).toBe(64);
    expect(input_tokens + 64).toBe(375);
    expect(Number(cost_usd)).toBeCloseTo((375 * 0.15 + output_tokens * 0.6) / 1e6, 10);
  });
});
