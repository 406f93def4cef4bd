import { afterEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import { lifecycleOn } from '../../src/catalog/models/lifecycle.ts';
import { callableNames, WELL_KNOWN } from '../../src/resources/completions.ts';
import { type Bench, bench } from '../tools/with-sandbox.ts';

const open: Bench[] = [];
const namesWith = async (config: Record<string, unknown> = {}, region = 'us-east-1') => {
  const on = await bench({ config });
  open.push(on);
  return callableNames({ ...on.services, region: async () => region });
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

const catalog = await loadCatalog();
const IMPORTED = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefabcdef';

describe('the names of callable models', () => {
  it('are of text models that Converse or InvokeModel serves and that have not ended', async () => {
    const names = await namesWith();
    expect(names.length).toBeGreaterThan(100);
    const today = new Date().toISOString();
    for (const name of names) {
      const { apis, kind, ...model } = catalog.byAlias(name)?.model ?? catalog.record(name);
      expect.soft(kind, name).toBe('text');
      expect.soft(apis.converse !== false || apis.invoke !== false, name).toBe(true);
      const { status } = lifecycleOn({ apis, kind, ...model }, today, 'us-east-1');
      expect.soft(['active', 'legacy'], name).toContain(status);
    }
  });

  it.each([
    ['a rerank model', 'amazon-rerank'],
    ['an embedding model', 'nova-embed'],
    ['a speech model', 'nova-2-sonic'],
    ['a model of bedrock-mantle alone', 'gpt-5.4'],
    ['the ID that a model has on bedrock-mantle', 'anthropic.claude-haiku-4-5'],
    ['a model past its end of life', 'nova-premier'],
    ['a model that AWS does not list', 'titan-text-express'],
    ['a model that needs a video', 'pegasus-1.2'],
  ])('leave out %s', async (_what, name) => {
    expect(await namesWith()).not.toContain(name);
  });

  it('leave out what the Region does not offer, and what the operator does not allow', async () => {
    expect(await namesWith({})).toContain('llama3-70b');
    expect(await namesWith({}, 'eu-central-1')).not.toContain('llama3-70b');
    const allowed = await namesWith({ allow_models: ['nova-*'], deny_models: ['nova-pro'] });
    expect(allowed).toContain('nova-lite');
    for (const name of ['nova-pro', 'claude-haiku-4-5', 'amazon.nova-pro-v1:0'])
      expect(allowed).not.toContain(name);
  });

  it('begin with the default model, the own ones and the well-known ones; IDs are last', async () => {
    const names = await namesWith({
      default_model: 'nova-micro',
      models: [{ alias: 'house-model', arn: IMPORTED, base: 'meta.llama3-3-70b-instruct-v1:0' }],
    });
    const known = WELL_KNOWN.filter((name) => name !== 'nova-micro');
    expect(names.slice(0, known.length + 2)).toEqual(['nova-micro', 'house-model', ...known]);
    expect(new Set(names).size).toBe(names.length);
    const firstId = names.findIndex((name) => name.includes('.') && catalog.get(name) !== undefined);
    expect(names.slice(firstId).every((name) => catalog.get(name)?.id === name)).toBe(true);
    expect(names.indexOf('claude-opus-4-1')).toBeGreaterThan(names.indexOf('palmyra-x5'));
    expect(names.indexOf('claude-opus-4-1')).toBeLessThan(firstId);
  });

  it('are well known only while they are current', () => {
    for (const name of WELL_KNOWN) {
      const model = catalog.byAlias(name)?.model;
      expect(model === undefined ? name : lifecycleOn(model, catalog.asOf).status).toBe('active');
    }
  });
});
