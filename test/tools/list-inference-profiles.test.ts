import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listInferenceProfiles } from '../../src/tools/list-inference-profiles.ts';
import { type Bench, bench } from './with-sandbox.ts';

const rows = (structured: Record<string, unknown>): Record<string, unknown>[] =>
  Array.isArray(structured['profiles']) ? structured['profiles'] : [];

describe('list_inference_profiles with credentials', () => {
  let on: Bench;
  beforeAll(async () => {
    on = await bench();
  });
  afterAll(() => on.close());

  it('shows the live list with alias, Regions, status and price', async () => {
    const { structured } = await on.call(listInferenceProfiles, { query: 'haiku 4.5', geo: 'us' });
    expect(structured['source']).toBe('live');
    expect(rows(structured)).toEqual([
      expect.objectContaining({
        id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
        alias: 'claude-haiku-4-5',
        model_id: 'anthropic.claude-haiku-4-5-20251001-v1:0',
        regions: expect.arrayContaining(['us-east-1', 'us-west-2']),
        status: expect.stringContaining('ACTIVE'),
        input_usd_per_1m: '1.1',
        output_usd_per_1m: '5.5',
      }),
    ]);
  });

  it('shows application profiles by ARN, which is what must be sent', async () => {
    const { structured } = await on.call(listInferenceProfiles, { type: 'application' });
    expect(rows(structured)).toEqual([
      expect.objectContaining({
        id: expect.stringMatching(/^arn:aws:bedrock:.*:application-inference-profile\//),
        type: 'application',
      }),
    ]);
  });

  it('pages by cursor without losing or repeating a row', async () => {
    const whole = await on.call(listInferenceProfiles, { limit: 200 });
    const seen: unknown[] = [];
    let cursor: unknown;
    do {
      const { structured } = await on.call(listInferenceProfiles, {
        limit: 7,
        ...(typeof cursor === 'string' ? { cursor } : {}),
      });
      seen.push(...rows(structured).map((row) => row['id']));
      cursor = structured['next_cursor'];
    } while (cursor !== undefined);
    expect(seen).toEqual(rows(whole.structured).map((row) => row['id']));
    expect(new Set(seen).size).toBe(whole.structured['total']);
  });

  it.each([
    ['geo', { geo: 'global' }, (row: Record<string, unknown>) => String(row['id']).startsWith('global.')],
    [
      'provider',
      { provider: 'amazon' },
      (row: Record<string, unknown>) => String(row['model_id']).startsWith('amazon.'),
    ],
    ['words', { query: 'nova lite' }, (row: Record<string, unknown>) => /nova.*lite/.test(String(row['id']))],
  ])('filters by %s', async (_what, args, holds) => {
    const { structured } = await on.call(listInferenceProfiles, args);
    expect(rows(structured).length).toBeGreaterThan(0);
    expect(rows(structured).filter((row) => !holds(row))).toEqual([]);
  });

  it('refuses a made-up cursor', async () => {
    await expect(on.call(listInferenceProfiles, { cursor: 'abc' })).rejects.toThrow('cursor');
  });
});

describe('list_inference_profiles when listing is denied', () => {
  it('shows the dated catalogue and says why', async () => {
    const on = await bench({ accessKeyId: 'SANDBOXDENYLIST' });
    const { structured } = await on.call(listInferenceProfiles, {
      query: 'nova-lite',
      geo: 'eu',
      region: 'eu-central-1',
    });
    expect(structured['source']).toMatch(/^catalogue of \d{4}-\d{2}-\d{2}$/);
    expect(rows(structured)).toEqual([expect.objectContaining({ id: 'eu.amazon.nova-lite-v1:0' })]);
    expect(String(structured['notes'])).toContain('bedrock:ListInferenceProfiles');
    await on.close();
  });
});
