import { beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, DEFAULT_MODEL_ALIAS, loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { lifecycleOn } from '../../../src/catalog/models/lifecycle.ts';
import { parseModelId } from '../../../src/catalog/models/model-id.ts';
import { SEED_NAMES } from '../../inference/seed-names.ts';

const TODAY = '2026-11-21';
let catalog: Catalog;
beforeAll(async () => {
  catalog = await loadCatalog();
});

/** Every identifier that the five documents contain that the product was asked from. */
const ASKED_IDS = SEED_NAMES.filter((name) => name.includes('.'));

/** Their aliases and model names, and what they stand for. */
const ASKED_NAMES: readonly (readonly [name: string, id: string])[] = [
  ['claude-opus-4-1', 'anthropic.claude-opus-4-1-20250805-v1:0'],
  ['claude-sonnet-4-5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['gpt-oss-20b', 'openai.gpt-oss-20b-1:0'],
  ['gpt-oss-120b', 'openai.gpt-oss-120b-1:0'],
  ['Claude Sonnet 4.5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ['Claude Haiku 4.5', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
  ['Claude Opus 4.1', 'anthropic.claude-opus-4-1-20250805-v1:0'],
  ['Claude Opus 4', 'anthropic.claude-opus-4-20250514-v1:0'],
  ['Claude Sonnet 4', 'anthropic.claude-sonnet-4-20250514-v1:0'],
  ['Claude 3.7 Sonnet', 'anthropic.claude-3-7-sonnet-20250219-v1:0'],
  ['Claude 3.5 Sonnet v2', 'anthropic.claude-3-5-sonnet-20241022-v2:0'],
  ['Claude 3.5 Sonnet v1', 'anthropic.claude-3-5-sonnet-20240620-v1:0'],
  ['Claude 3.5 Haiku', 'anthropic.claude-3-5-haiku-20241022-v1:0'],
  ['Claude 3 Opus', 'anthropic.claude-3-opus-20240229-v1:0'],
  ['Claude 3 Sonnet', 'anthropic.claude-3-sonnet-20240229-v1:0'],
  ['Claude 3 Haiku', 'anthropic.claude-3-haiku-20240307-v1:0'],
  ['Claude 2.1', 'anthropic.claude-v2:1'],
  ['Claude 2', 'anthropic.claude-v2'],
  ['Llama 4 Scout 17B', 'meta.llama4-scout-17b-instruct-v1:0'],
  ['Llama 4 Maverick 17B', 'meta.llama4-maverick-17b-instruct-v1:0'],
  ['Llama 3.3 70B', 'meta.llama3-3-70b-instruct-v1:0'],
  ['Llama 3.2 90B', 'meta.llama3-2-90b-instruct-v1:0'],
  ['Llama 3.2 1B Instruct', 'meta.llama3-2-1b-instruct-v1:0'],
  ['Llama 3.1 8B', 'meta.llama3-1-8b-instruct-v1:0'],
  ['Llama 3 70B', 'meta.llama3-70b-instruct-v1:0'],
  ['Llama 3 8B Instruct', 'meta.llama3-8b-instruct-v1:0'],
  ['Jamba 1.5 Large', 'ai21.jamba-1-5-large-v1:0'],
  ['Jamba 1.5 Mini', 'ai21.jamba-1-5-mini-v1:0'],
  ['Jamba-Instruct', 'ai21.jamba-instruct-v1:0'],
  ['Titan Text G1 - Express', 'amazon.titan-text-express-v1'],
  ['Titan Text G1 - Lite', 'amazon.titan-text-lite-v1'],
  ['Titan Text G1 - Premier', 'amazon.titan-text-premier-v1:0'],
  ['Titan Premier', 'amazon.titan-text-premier-v1:0'],
  ['Titan Text Large', 'amazon.titan-tg1-large'],
  ['Amazon Titan Embeddings V2', 'amazon.titan-embed-text-v2:0'],
  ['Command Light', 'cohere.command-light-text-v14'],
  ['Command', 'cohere.command-text-v14'],
  ['Command R+', 'cohere.command-r-plus-v1:0'],
  ['Command R', 'cohere.command-r-v1:0'],
  ['Mistral 7B Instruct', 'mistral.mistral-7b-instruct-v0:2'],
  ['Mixtral 8x7B Instruct', 'mistral.mixtral-8x7b-instruct-v0:1'],
  ['DeepSeek-R1', 'deepseek.r1-v1:0'],
  ['Nova Micro', 'amazon.nova-micro-v1:0'],
  ['Nova Premier', 'amazon.nova-premier-v1:0'],
];

describe('names', () => {
  it.each(ASKED_IDS)('knows %s', (id) => {
    const { modelId } = parseModelId(id);
    expect(modelId).toBeDefined();
    expect(catalog.get(modelId ?? '')?.id).toBe(modelId);
  });

  it.each(ASKED_NAMES)('knows %s as %s', (name, id) => {
    expect(catalog.byAlias(name)).toMatchObject({ send: id, model: { id } });
  });

  it.each([
    ['nova-lite', 'amazon.nova-lite-v1:0'],
    ['NOVA_LITE', 'amazon.nova-lite-v1:0'],
    ['sonnet-4-5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['claude-4.5-sonnet', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['claude-3-5-sonnet-20241022', 'anthropic.claude-3-5-sonnet-20241022-v2:0'],
    ['claude-haiku-4-5-20251001-v1:0', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['claude-opus-4-6', 'anthropic.claude-opus-4-6-v1'],
    ['llama-3.1-70b-instruct', 'meta.llama3-1-70b-instruct-v1:0'],
    ['cohere-embed-v3', 'cohere.embed-english-v3'],
    ['rerank-3.5', 'cohere.rerank-v3-5:0'],
    ['titan-embed', 'amazon.titan-embed-text-v2:0'],
    ['deepseek-v3.2', 'deepseek.v3.2'],
    ['qwen3-32b', 'qwen.qwen3-32b-v1:0'],
    ['glm 5', 'zai.glm-5'],
    ['gpt 6.1 sol', 'openai.gpt-6.1-sol'],
    ['bedrock/claude-sonnet-4.6[1m]', 'anthropic.claude-sonnet-4-6'],
    ['nova-pro:300k', 'amazon.nova-pro-v1:0'],
  ])('follows %s to %s', (name, id) => {
    expect(catalog.byAlias(name)?.send).toBe(id);
  });

  // As OpenRouter, Vercel's gateway, LiteLLM, models.dev, Hugging Face, Vertex AI and people write them (seen 2026-11).
  it.each([
    ['anthropic/claude-sonnet-4.5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['openrouter/anthropic/claude-sonnet-4.5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['us.anthropic/claude-sonnet-4-5', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['us.anthropic.claude-sonnet-4-5', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['anthropic.claude-sonnet-4-5', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['vertex_ai/claude-haiku-4-5@20251001', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['claude-3-7-sonnet-latest', 'anthropic.claude-3-7-sonnet-20250219-v1:0'],
    ['amazon nova pro', 'amazon.nova-pro-v1:0'],
    ['Amazon Nova Pro', 'amazon.nova-pro-v1:0'],
    ['amazon/nova-pro-v1', 'amazon.nova-pro-v1:0'],
    ['bedrock/us-east-1/nova-lite', 'amazon.nova-lite-v1:0'],
    ['meta/llama-3.3-70b-instruct', 'meta.llama3-3-70b-instruct-v1:0'],
    ['meta-llama/Llama-3.3-70B-Instruct', 'meta.llama3-3-70b-instruct-v1:0'],
    ['Meta Llama 3.3 70B Instruct', 'meta.llama3-3-70b-instruct-v1:0'],
    ['deepseek/deepseek-chat-v3.1', 'deepseek.v3-v1:0'],
    ['qwen/qwen3-32b', 'qwen.qwen3-32b-v1:0'],
    ['openai/gpt-oss-120b', 'openai.gpt-oss-120b-1:0'],
    ['google/gemma-3-27b-it', 'google.gemma-3-27b-it'],
    ['z-ai/glm-4.6', 'zai.glm-4.6'],
    ['cohere/command-r-plus', 'cohere.command-r-plus-v1:0'],
  ])('follows the name of another catalogue, %s, to %s', (name, id) => {
    expect(catalog.byAlias(name)?.send).toBe(id);
  });

  it.each([
    'openai/claude-sonnet-4.5',
    'amazon/nova-pro-v2',
    'jp.amazon/nova-premier',
    'anthropic.claude-sonnet-4-5-20990101-v1:0',
    'anthropic/claude-3.7-sonnet:thinking',
  ])('takes no other model for %s', (name) => {
    expect(catalog.byAlias(name)).toBeUndefined();
  });

  it.each([
    ['anthropic/claude-sonet-4.5', 'claude-sonnet-4-5'],
    ['cluade-sonnet-4.5', 'claude-sonnet-4-5'],
    ['openrouter/amazon/nova-por', 'nova-pro'],
    ['us.anthropic.claude-haiku-4-5x', 'claude-haiku-4-5'],
  ])('offers the nearest first for %s: %s', (name, nearest) => {
    expect(catalog.suggest(name)[0]).toBe(nearest);
  });

  it.each([
    '',
    ' ',
    '__proto__',
    'constructor',
    'toString',
    'claude',
    'no-such-model',
    'nova-lite;',
    'новa',
    '!!!r1',
  ])('knows nothing called %j', (name) => {
    expect(catalog.byAlias(name)).toBeUndefined();
  });

  it('knows nothing by an endless name', () => {
    expect(catalog.byAlias('nova-lite '.repeat(1_000))).toBeUndefined();
  });

  it('shows one short name per model that leads back to it', () => {
    for (const model of catalog.models) {
      const alias = catalog.aliasOf(model.id);
      if (model.runtimeId === undefined && alias !== undefined) {
        expect(catalog.byAlias(alias)?.send).toBe(model.id);
      }
    }
    expect(catalog.aliasOf('anthropic.claude-haiku-4-5-20251001-v1:0')).toBe('claude-haiku-4-5');
    expect(catalog.aliasOf('amazon.nova-lite-v1:0')).toBe('nova-lite');
    expect(catalog.aliasOf('__proto__')).toBeUndefined();
    const nameless = catalog.models.filter((model) => catalog.aliasOf(model.id) === undefined);
    expect(nameless.filter((model) => model.apis.mantle !== true).map((model) => model.id)).toEqual([]);
  });

  it('defaults to a small Claude that is active and offered in every geography', () => {
    const model = catalog.byAlias(DEFAULT_MODEL_ALIAS)?.model;
    expect(model).toMatchObject({ family: 'claude', apis: { converse: true, invoke: true } });
    expect(model && lifecycleOn(model, TODAY).status).toBe('active');
    expect(model?.profiles.map((profile) => profile.geo)).toEqual(
      expect.arrayContaining(['us', 'eu', 'jp', 'au', 'global']),
    );
  });

  it.each([
    ['claude-sonet-4-5', 'claude-sonnet-4-5'],
    ['nova-lit', 'nova-lite'],
    ['anthropic.claude-haiku-4-5-20251002-v1:0', 'claude-haiku-4-5'],
    ['gpt5.6 soll', 'gpt-5.6-sol'],
    ['titan-embedding', 'titan-embed-v2'],
  ])('suggests for %s first %s', (typed, expected) => {
    const near = catalog.suggest(typed);
    expect(near).toHaveLength(3);
    expect(near[0]).toBe(expected);
    expect(near.every((name) => catalog.byAlias(name) !== undefined)).toBe(true);
  });

  it('suggests living models before retired ones', () => {
    for (const name of [...catalog.suggest('claude'), ...catalog.suggest('claude-2.5')]) {
      const model = catalog.byAlias(name)?.model;
      expect(model && lifecycleOn(model, TODAY).status, name).toBe('active');
    }
  });

  it('suggests as many as asked, of any text', () => {
    expect(catalog.suggest('', 2)).toHaveLength(2);
    expect(catalog.suggest('\u0000'.repeat(3_000), 1)).toHaveLength(1);
    expect(catalog.suggest('nova', 0)).toEqual([]);
  });
});

describe('records', () => {
  it('finds a model whose version part was left out or added', () => {
    expect(catalog.get('amazon.nova-lite-v1')?.id).toBe('amazon.nova-lite-v1:0');
    expect(catalog.get('cohere.embed-english-v3:0')?.id).toBe('cohere.embed-english-v3');
    expect(catalog.get('amazon.titan-embed-text-v1:2')?.id).toBe('amazon.titan-embed-text-v1');
    expect(catalog.get('anthropic.claude-v2')?.id).toBe('anthropic.claude-v2');
    expect(catalog.get('anthropic.claude-v2:0')?.id).toBe('anthropic.claude-v2');
    // Two revisions exist, so none is meant.
    expect(catalog.get('stability.stable-image-core-v1')).toBeUndefined();
  });

  it('makes a record from an unknown ID by its family, and leaves open what nobody knows', () => {
    expect(catalog.record('anthropic.claude-sonnet-9')).toMatchObject({
      source: 'inferred',
      provider: 'Anthropic',
      family: 'claude',
      kind: 'text',
      features: { tools: true, reasoning: 'claude-adaptive-on' },
      lifecycle: { status: 'unknown' },
    });
    const unknown = catalog.record('newco.thinker-1');
    expect(unknown).toMatchObject({ family: 'unknown', apis: {}, features: {}, profiles: [] });
    expect(unknown.onDemandRegions).toBeUndefined();
    for (const junk of [
      '',
      '__proto__',
      'constructor',
      'arn:aws:bedrock:us-east-1:123456789012:imported-model/abc',
      '\0',
    ]) {
      expect(catalog.record(junk)).toMatchObject({ id: junk, source: 'inferred' });
      expect(catalog.get(junk)).toBeUndefined();
      expect(catalog.profile(junk)).toBeUndefined();
      expect(catalog.geoPrefixes(junk)).toEqual([]);
      expect(catalog.userModel(junk)).toBeUndefined();
    }
  });

  it('knows a profile, where it can be called from and where it may be served', () => {
    const found = catalog.profile('eu.anthropic.claude-haiku-4-5-20251001-v1:0');
    expect(found?.model.id).toBe('anthropic.claude-haiku-4-5-20251001-v1:0');
    expect(found?.profile.sourceRegions).toContain('eu-central-1');
    expect(found?.profile.destinationRegions).not.toContain('us-east-1');
    expect(
      catalog.profile('global.anthropic.claude-haiku-4-5-20251001-v1:0')?.profile.destinationRegions,
    ).toEqual(['*']);
    expect(catalog.profile('us.anthropic.claude-haiku-5-5')?.profile.sourceRegions).toBeUndefined();
    expect(catalog.profile('sa.anthropic.claude-haiku-4-5-20251001-v1:0')).toBeUndefined();
  });

  it('says where the bare ID can be called on demand', () => {
    expect(catalog.get('anthropic.claude-haiku-4-5-20251001-v1:0')?.onDemandRegions).toEqual([]);
    expect(catalog.get('amazon.nova-lite-v1:0')?.onDemandRegions).toContain('us-east-1');
    expect(catalog.get('amazon.nova-lite-v1:0')?.onDemandRegions).toContain('us-gov-west-1');
    expect(catalog.get('anthropic.claude-haiku-5-5')?.onDemandRegions).toBeUndefined();
    const regions = new Set(catalog.regions);
    for (const model of catalog.models) {
      expect(model.onDemandRegions?.filter((region) => !regions.has(region)) ?? []).toEqual([]);
    }
  });

  it('offers country profiles before continental ones and global ones last', () => {
    expect(catalog.geoPrefixes('us-east-1')).toEqual(['us', 'global']);
    expect(catalog.geoPrefixes('ap-northeast-1')).toEqual(['jp', 'apac', 'global']);
    expect(catalog.geoPrefixes('ca-central-1')).toEqual(['ca', 'us', 'global']);
    expect(catalog.geoPrefixes('sa-east-1')).toEqual(['global']);
    expect(catalog.geoPrefixes('il-central-1')).toEqual(['eu', 'global']);
    expect(catalog.geoPrefixes('us-gov-west-1')).toEqual(['us-gov']);
    expect(catalog.geoPrefixes('eusc-de-east-1')).toEqual([]);
  });

  it('points Mantle-only IDs at the ID that the runtime serves', () => {
    expect(catalog.get('openai.gpt-oss-120b')).toMatchObject({
      runtimeId: 'openai.gpt-oss-120b-1:0',
      apis: { converse: false, invoke: false, mantle: true },
    });
    expect(catalog.get('openai.gpt-5.4-2026-03-05')?.runtimeId).toBeUndefined();
    for (const { runtimeId } of catalog.models) {
      if (runtimeId !== undefined) {
        expect(catalog.get(runtimeId)?.apis.converse).toBe(true);
      }
    }
  });

  it('gives embedding models their vector lengths', () => {
    expect(catalog.get('amazon.titan-embed-text-v2:0')?.embedding).toEqual({
      dimensions: [256, 512, 1024],
      defaultDimensions: 1024,
      maxTokens: 8192,
    });
    expect(catalog.get('cohere.embed-v4:0')?.embedding?.defaultDimensions).toBe(1536);
    expect(catalog.get('amazon.nova-2-multimodal-embeddings-v1:0')?.embedding?.defaultDimensions).toBe(3072);
    const embedders = catalog.models.filter((model) => model.kind === 'embedding');
    expect(embedders.filter((model) => model.embedding === undefined)).toEqual([]);
  });

  it('carries the day of its facts', () => {
    expect(catalog.asOf).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(catalog.models.length).toBeGreaterThan(180);
  });
});

describe('entries of the configuration', () => {
  const ARN = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/1arbu5hu2sjr';
  const BASE = 'anthropic.claude-haiku-4-5-20251001-v1:0';

  it('come before our own names, the lowest priority number first', async () => {
    const own = await loadCatalog([
      { alias: 'nova-lite', id: 'eu.amazon.nova-lite-v1:0' },
      { alias: 'Prod', id: 'amazon.nova-pro-v1:0', priority: 5 },
      { alias: 'prod', arn: ARN, base: 'claude-haiku-4-5', priority: 1 },
    ]);
    expect(own.byAlias('nova-lite')).toMatchObject({
      send: 'eu.amazon.nova-lite-v1:0',
      model: { id: 'amazon.nova-lite-v1:0' },
    });
    expect(own.byAlias('PROD')).toMatchObject({ name: 'prod', send: ARN, arn: ARN, model: { id: BASE } });
    expect(own.userModel(ARN)?.alias).toBe('prod');
    expect(own.suggest('prodd', 1)).toEqual(['prod']);
    expect((await loadCatalog()).byAlias('nova-lite')?.send).toBe('amazon.nova-lite-v1:0');
  });

  it('lay their facts over a model, or over the resource they name only', async () => {
    const own = await loadCatalog([
      { id: 'deepseek.r1-v1:0', features: { tools: true } },
      { alias: 'tuned', id: BASE, arn: ARN, base: BASE, features: { images: false } },
    ]);
    expect(own.get('deepseek.r1-v1:0')).toMatchObject({
      source: 'user',
      features: { tools: true, system: true },
    });
    expect(own.byAlias('tuned')?.model?.features.images).toBe(false);
    expect(own.get(BASE)?.features.images).toBe(true);
    expect(catalog.get('deepseek.r1-v1:0')?.features.tools).toBe(false);
  });

  it('may describe a model that the catalogue has never heard of', async () => {
    const own = await loadCatalog([{ alias: 'x', id: 'newco.thinker-1', apis: { converse: true } }]);
    expect(own.byAlias('x')).toMatchObject({
      send: 'newco.thinker-1',
      model: { apis: { converse: true }, source: 'user' },
    });
    expect(own.record('newco.thinker-1').apis.converse).toBe(true);
  });

  it('may have hostile names', async () => {
    const own = await loadCatalog([
      { alias: '__proto__', id: 'amazon.nova-lite-v1:0' },
      { alias: 'a b\u0000', arn: 'arn:nonsense' },
      {},
    ]);
    expect(own.byAlias('__proto__')?.send).toBe('amazon.nova-lite-v1:0');
    expect(own.byAlias('a b\u0000')).toMatchObject({ send: 'arn:nonsense' });
    expect(own.byAlias('a b\u0000')?.model).toBeUndefined();
    expect(own.byAlias('toString')).toBeUndefined();
  });
});
