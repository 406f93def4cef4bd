/** Options that Bedrock refuses of most models: left out, told and remembered, on both APIs. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { sentOf } from './comparing.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeEach(async () => {
  on = await bench();
});
afterEach(() => on.close());

const ask = (options: Record<string, unknown>) =>
  on.call(invokeModel, { model: 'haiku', prompt: 'Hi', options });
const costOf = ({ structured: { receipt } }: Awaited<ReturnType<typeof ask>>) =>
  JSON.stringify(receipt).match(/"cost_usd":"[^"]+"/)?.[0];

describe.each([
  ['optimized latency', { latency: 'optimized' }, 'options.latency was left out'],
  ['a beta', { anthropic_beta: ['mcp-servers-2025-12-04'] }, 'mcp-servers-2025-12-04'],
])('%s that the model refuses', (_name, options, told) => {
  it.each(['converse', 'native'])('is left out over %s, and at once from then on', async (api) => {
    const first = await ask({ api, ...options });
    expect(JSON.stringify(first.structured)).toContain(told);
    expect(sentOf(on)).toHaveLength(2);
    const second = await ask({ api, ...options });
    expect(JSON.stringify(second.structured)).toContain(told);
    expect(sentOf(on)).toHaveLength(3);
    // Paid is what was used.
    expect(costOf(second)).toBe(costOf(await ask({ api })));
  });
});

it('a latency that the model has is sent', async () => {
  await on.call(invokeModel, {
    model: 'us.amazon.nova-pro-v1:0',
    prompt: 'Hi',
    options: { latency: 'optimized' },
  });
  expect(sentOf(on).map(({ body }) => body)).toMatchObject([{ performanceConfig: { latency: 'optimized' } }]);
});
