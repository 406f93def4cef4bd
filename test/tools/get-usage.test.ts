import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Spending } from '../../src/spend/spending.ts';
import { publishedSchema } from '../../src/tools/definition/published-schema.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { type Fixture, fixture, outcome, request } from '../spend/ledger-fixture.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Fixture;
let tools: Bench;
let spending: Spending;
beforeEach(async () => {
  on = await fixture();
  tools = await bench();
  spending = on.spending({ budget_usd_per_day: 0.1 });
  for (const [model, costUsd] of [
    ['nova-lite', '0.002'],
    ['claude', '0.03'],
    ['nova-lite', '0.004'],
  ] as const) {
    const reservation = await spending.budgets.reserve(
      request({ model, model_id: `us.${model}`, thread: 'chat', tags: ['team'] }),
    );
    await reservation.settle(outcome({ costUsd }));
  }
});
afterEach(async () => {
  await tools.close();
  await on.close();
});

const call = (args: Record<string, unknown>) => {
  const services = { ...tools.services, spending: async () => spending };
  return getUsage.call(args, { services, signal: new AbortController().signal });
};

describe('get_usage', () => {
  it('shows the month by model, costliest first, and what the budgets have left', async () => {
    const { structured, text } = await call({});
    expect(structured).toEqual({
      since: '2026-11-01',
      until: '2026-11-21',
      by: 'model',
      total: { name: 'total', calls: 3, input_tokens: 300, output_tokens: 60, cost_usd: '0.036' },
      rows: [
        { name: 'claude', calls: 1, input_tokens: 100, output_tokens: 20, cost_usd: '0.03' },
        { name: 'nova-lite', calls: 2, input_tokens: 200, output_tokens: 40, cost_usd: '0.006' },
      ],
      budgets: [
        {
          scope: 'day',
          setting: 'BEDROCK_MCP_BUDGET_USD_PER_DAY',
          usd: { limit: '0.1', spent: '0.036', left: '0.064' },
          until: '2026-11-22T00:00:00.000Z',
        },
      ],
    });
    expect(text).toBe(
      [
        '2026-11-01 to 2026-11-21 (UTC): 0.036 USD, 3 calls, 300 tokens in, 60 out',
        'claude: 0.03 USD, 1 calls, 100 tokens in, 20 out',
        'nova-lite: 0.006 USD, 2 calls, 200 tokens in, 40 out',
        'Budget per day: 0.064 of 0.1 USD left until 2026-11-22T00:00:00.000Z',
      ].join('\n'),
    );
  });

  it.each([
    ['day', ['2026-11-21']],
    ['tool', ['invoke_model']],
    ['thread', ['chat']],
    ['tag', ['team']],
  ])('groups by %s', async (by, names) => {
    const { structured } = await call({ by });
    expect(
      z
        .array(z.object({ name: z.string() }))
        .parse(structured['rows'])
        .map(({ name }) => name),
    ).toEqual(names);
  });

  it('shows at most limit rows and how many more there are', async () => {
    const { structured, text } = await call({ limit: 1 });
    expect(structured).toMatchObject({ rows: [{ name: 'claude' }], more_rows: 1 });
    expect(text).toContain('1 more');
  });

  it('shows open spend and torn lines', async () => {
    await spending.budgets.reserve(request({ timeoutMs: 1 }));
    await on.append('torn\n');
    on.at('2026-11-21T12:01:00.000Z');
    const { structured, text } = await call({});
    expect(structured).toMatchObject({
      open_spend: { calls: 1, reserved_usd: '0.01' },
      notes: [expect.stringContaining('open spend'), '1 lines of the ledger cannot be read.'],
    });
    expect(text).toContain('Open spend: 1 calls, up to 0.01 USD');
  });

  it.each([
    [{ since: 'now' }, 'no day'],
    [{ since: '2026-11-01T00:00:00.000Z' }, 'since is "2026-11-01T00:00:00.000Z", which is no day'],
    [{ since: '2026-02-30', until: '2026-02-31' }, 'since is "2026-02-30", which is no day'],
    [{ since: '2026-12-01' }, 'after until'],
    [{ by: 'person' }, 'by'],
    [{ month: 11 }, 'unknown argument'],
  ])('refuses %j', async (args, words) => {
    await expect(call(args)).rejects.toThrow(words);
  });

  it('costs a model few bytes to see', () => {
    const { name, description, input, rare } = getUsage;
    const seen = JSON.stringify({ name, description, inputSchema: publishedSchema(input, 'input', rare) });
    expect(Buffer.byteLength(seen)).toBeLessThan(600);
  });

  it('its answer is what it promises', async () => {
    const { structured } = await call({});
    expect(getUsage.output.safeParse(structured).success).toBe(true);
  });
});
