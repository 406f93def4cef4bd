import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listModels } from '../../src/tools/list-models.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const search = async (args: Record<string, unknown>): Promise<Record<string, unknown>[]> => {
  const { structured } = await on.call(listModels, { limit: 200, ...args });
  return Array.isArray(structured['models']) ? structured['models'] : [];
};

describe('list_models', () => {
  it('shows what to call in the Region, with capabilities and price', async () => {
    const [haiku] = await search({ query: 'haiku 4.5' });
    expect(haiku).toMatchObject({
      alias: 'claude-haiku-4-5',
      use: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      capabilities: expect.arrayContaining(['tools', 'images', 'reasoning', 'caching']),
      apis: ['converse', 'native'],
      input_usd_per_1m: '1.1',
    });
  });

  it('leaves models past their end of life out, unless asked; they name their successor', async () => {
    expect(await search({ query: 'claude-3-5-haiku' })).toEqual([]);
    const [retired] = await search({ query: 'claude-3-5-haiku', include_retired: true });
    expect(retired).toMatchObject({
      status: expect.stringContaining('2026-06-19'),
      successor: expect.stringContaining('claude-haiku'),
    });
  });

  it('filters by capability, price and context', async () => {
    const found = await search({
      capability: ['tools', 'images'],
      max_input_usd_per_1m: 1,
      min_context_tokens: 100_000,
    });
    expect(found.length).toBeGreaterThan(0);
    for (const row of found) {
      expect(row['capabilities']).toEqual(expect.arrayContaining(['tools', 'images']));
      expect(Number(row['input_usd_per_1m'])).toBeLessThanOrEqual(1);
      expect(Number(row['context_tokens'])).toBeGreaterThanOrEqual(100_000);
    }
  });

  it('says of models that live elsewhere only that this server cannot call them', async () => {
    const [row] = await search({ query: 'gpt-5.4' });
    expect(row).toMatchObject({ apis: ['mantle only'] });
    expect(row).not.toHaveProperty('use');
  });

  it('finds embedding models by kind', async () => {
    const kinds = await search({ kind: 'embedding' });
    expect(kinds.map((row) => row['id'])).toContain('amazon.titan-embed-text-v2:0');
    expect((await search({})).map((row) => row['id'])).not.toContain('amazon.titan-embed-text-v2:0');
  });

  it('begins with active models, the newest first', async () => {
    const rows = await search({ query: 'claude', include_retired: true });
    const statuses = rows.map((row) => row['status'] === 'active');
    expect(statuses.indexOf(false)).toBe(statuses.lastIndexOf(true) + 1);
    const aliases = rows.map((row) => String(row['alias']));
    expect(aliases.indexOf('claude-sonnet-5-5')).toBeLessThan(aliases.indexOf('claude-sonnet-4-5'));
    expect(aliases.indexOf('claude-haiku-4-5')).toBeLessThan(aliases.indexOf('claude-3-haiku'));
  });

  it('says which providers there are when one is not known, and finds a provider by its models', async () => {
    const { structured } = await on.call(listModels, { provider: 'Claude' });
    expect(structured).toMatchObject({ total: 0, notes: [expect.stringMatching(/Anthropic/)] });
    expect((await search({ provider: 'mistralai' })).length).toBeGreaterThan(3);
    expect((await search({ provider: 'Meta' })).length).toBeGreaterThan(3);
  });

  it('works from the catalogue when there are no credentials, and says so', async () => {
    const offline = await bench({ accessKeyId: 'SANDBOXDENYLIST' });
    const { structured } = await offline.call(listModels, { query: 'nova' });
    expect(structured['source']).toMatch(/^catalogue of/);
    expect(String(structured['notes'])).toContain('catalogue');
    await offline.close();
  });
});
