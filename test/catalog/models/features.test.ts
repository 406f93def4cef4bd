import { beforeAll, describe, expect, it } from 'vitest';
import { type Catalog, loadCatalog } from '../../../src/catalog/models/catalog.ts';
import {
  API_RULES,
  apisByRule,
  FEATURE_RULES,
  featuresByRule,
} from '../../../src/catalog/models/features.ts';
import type { ModelFeatures, ModelRecord } from '../../../src/catalog/types.ts';

let catalog: Catalog;
beforeAll(async () => {
  catalog = await loadCatalog();
});

/** C Converse, S ConverseStream, I InvokeModel, R InvokeModelWithResponseStream; `-` no, `?` unknown. */
function served({ apis }: ModelRecord): string {
  const letter = (value: boolean | undefined, yes: string): string =>
    value === undefined ? '?' : value ? yes : '-';
  return [
    letter(apis.converse, 'C'),
    letter(apis.converseStream, 'S'),
    letter(apis.invoke, 'I'),
    letter(apis.invokeStream, 'R'),
  ].join('');
}

describe('which APIs serve a model (AWS "API compatibility", autumn 2026)', () => {
  it.each([
    ['ai21.jamba-1-5-mini-v1:0', 'CSIR'],
    ['amazon.nova-micro-v1:0', 'CSIR'],
    ['amazon.nova-2-lite-v1:0', 'CSIR'],
    ['amazon.nova-2-sonic-v1:0', '----'],
    ['amazon.nova-canvas-v1:0', '--I-'],
    ['amazon.nova-reel-v1:1', '----'],
    ['amazon.nova-2-multimodal-embeddings-v1:0', '--I-'],
    ['amazon.titan-embed-text-v2:0', '--I-'],
    ['amazon.titan-image-generator-v2:0', '--I-'],
    ['amazon.titan-text-express-v1', 'CSIR'],
    ['amazon.rerank-v1:0', '--I-'],
    ['anthropic.claude-v2:1', 'CSIR'],
    ['anthropic.claude-3-haiku-20240307-v1:0', 'CSIR'],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 'CSIR'],
    ['anthropic.claude-sonnet-5-5', 'CSIR'],
    ['anthropic.claude-haiku-5-5', 'CSIR'],
    ['anthropic.claude-fable-5-1', 'CSIR'],
    ['anthropic.claude-mythos-5', '----'],
    ['anthropic.claude-mythos-preview', '----'],
    ['anthropic.claude-haiku-4-5', '----'],
    ['cohere.command-r-plus-v1:0', 'CSIR'],
    ['cohere.embed-v4:0', '--I-'],
    ['cohere.rerank-v3-5:0', '--I-'],
    ['deepseek.r1-v1:0', 'CSIR'],
    ['deepseek.v3-v1:0', 'CSIR'],
    ['deepseek.v3.2', 'CSIR'],
    ['deepseek.v3.1', '----'],
    ['google.gemma-3-27b-it', 'CSIR'],
    ['google.gemma-4-31b', '----'],
    ['luma.ray-v2:0', '----'],
    ['meta.llama3-1-70b-instruct-v1:0', 'CSIR'],
    ['meta.llama3-1-405b-instruct-v1:0', 'CS--'],
    ['meta.llama4-scout-17b-instruct-v1:0', 'CSIR'],
    ['minimax.minimax-m2.5', 'CSIR'],
    ['mistral.mistral-7b-instruct-v0:2', 'CSIR'],
    ['mistral.mistral-large-3-675b-instruct', 'CSIR'],
    ['moonshot.kimi-k2-thinking', 'CSIR'],
    ['moonshotai.kimi-k2-thinking', '----'],
    ['moonshotai.kimi-k3', 'CSIR'],
    ['nvidia.nemotron-super-3-120b', 'CSIR'],
    ['openai.gpt-oss-120b-1:0', 'CSIR'],
    ['openai.gpt-oss-safeguard-20b', 'CSIR'],
    ['openai.gpt-oss-120b', '----'],
    ['openai.gpt-5.4', '----'],
    ['openai.gpt-5.5', '----'],
    ['openai.gpt-5.6-cyber', '----'],
    ['openai.gpt-5.6-sol', 'CS--'],
    ['openai.gpt-6-astra', 'CS--'],
    ['openai.gpt-6.1-sol', 'CSI-'],
    ['qwen.qwen3-coder-next', 'CSIR'],
    ['qwen.qwen3-32b', '----'],
    ['stability.stable-image-core-v1:1', '--I-'],
    ['twelvelabs.pegasus-1-2-v1:0', '--IR'],
    ['twelvelabs.marengo-embed-3-0-v1:0', '--I-'],
    ['twelvelabs.marengo-embed-2-7-v1:0', '----'],
    ['writer.palmyra-x5-v1:0', 'CSIR'],
    ['xai.grok-4.3', '----'],
    ['xai.grok-4.6', 'CSI-'],
    ['zai.glm-4.6', '----'],
    ['zai.glm-4.7-flash', 'CSIR'],
    ['zai.glm-5', 'CSIR'],
    ['zai.glm-5.3', 'CS??'],
  ])('are told for %s: %s', (id, expected) => {
    const record = catalog.get(id);
    expect(record && served(record)).toBe(expected);
  });

  it('knows for every model whether Converse serves it', () => {
    expect(catalog.models.filter(({ apis }) => apis.converse === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('marks what only the Mantle endpoint serves', () => {
    const mantleOnly = catalog.models.filter(({ apis }) => apis.mantle && !apis.converse && !apis.invoke);
    expect(mantleOnly.map(({ id }) => id)).toContain('anthropic.claude-mythos-5');
    expect(catalog.get('anthropic.claude-opus-4-8')?.apis.mantle).toBe(true);
    expect(catalog.get('amazon.nova-lite-v1:0')?.apis.mantle).toBe(false);
  });

  it('says nothing about a provider that it does not know', () => {
    expect(apisByRule('newco.thinker-1')).toEqual({});
    expect(featuresByRule('newco.thinker-1')).toEqual({});
    expect(featuresByRule('')).toEqual({});
    expect(featuresByRule('__proto__')).toEqual({});
  });
});

describe('what a model can do', () => {
  const choices = ['auto', 'any', 'tool'] as const;
  const cases: readonly (readonly [id: string, expected: ModelFeatures])[] = [
    [
      'anthropic.claude-v2:1',
      { tools: false, images: false, system: true, documents: true, reasoning: 'none' },
    ],
    [
      'anthropic.claude-3-haiku-20240307-v1:0',
      { tools: true, streamingTools: true, images: true, caching: false },
    ],
    ['anthropic.claude-3-5-haiku-20241022-v1:0', { images: false, documents: true, countTokens: true }],
    [
      'anthropic.claude-3-7-sonnet-20250219-v1:0',
      { reasoning: 'claude-budget', sampling: 'all', prefill: true },
    ],
    [
      'anthropic.claude-sonnet-4-20250514-v1:0',
      {
        reasoning: 'claude-budget',
        sampling: 'all',
        structuredOutput: false,
        countTokens: true,
        prefill: true,
      },
    ],
    [
      'anthropic.claude-opus-4-1-20250805-v1:0',
      { sampling: 'temperature-or-top-p', structuredOutput: false },
    ],
    [
      'anthropic.claude-haiku-4-5-20251001-v1:0',
      {
        toolChoice: choices,
        reasoning: 'claude-budget',
        sampling: 'temperature-or-top-p',
        structuredOutput: true,
        prefill: true,
        userFirst: false,
        countTokens: true,
        caching: { minimumTokens: 4_096, ttl: ['5m', '1h'], fields: ['system', 'messages', 'tools'] },
        toolResultStatus: true,
        toolResultMedia: ['image', 'document'],
        video: false,
      },
    ],
    ['anthropic.claude-sonnet-4-6', { reasoning: 'claude-adaptive', prefill: false, structuredOutput: true }],
    ['anthropic.claude-opus-4-6-v1', { sampling: 'temperature-or-top-p', prefill: false }],
    [
      'anthropic.claude-opus-4-8',
      {
        reasoning: 'claude-adaptive-hidden',
        forcedToolWhileThinking: true,
        sampling: 'none',
        structuredOutput: false,
      },
    ],
    [
      'anthropic.claude-sonnet-5-5',
      {
        reasoning: 'claude-adaptive-only',
        sampling: 'none',
        structuredOutput: true,
        toolChoice: ['auto'],
        countTokens: false,
        prefill: false,
      },
    ],
    ['anthropic.claude-opus-5-5', { reasoning: 'claude-adaptive-only', prefill: false }],
    ['anthropic.claude-opus-5', { reasoning: 'claude-adaptive-on', prefill: false }],
    ['anthropic.claude-opus-5-5', { structuredOutput: true, toolChoice: ['auto'] }],
    ['anthropic.claude-opus-5', { structuredOutput: true, toolChoice: choices }],
    ['anthropic.claude-sonnet-5', { structuredOutput: true, strictTools: false, toolChoice: choices }],
    [
      'anthropic.claude-haiku-5-5',
      { reasoning: 'claude-adaptive-on', prefill: false, tools: true, images: true },
    ],
    [
      'anthropic.claude-fable-5-1',
      { reasoning: 'claude-adaptive-only', toolChoice: ['auto'], sampling: 'none' },
    ],
    [
      'amazon.nova-micro-v1:0',
      { tools: true, streamingTools: true, images: false, documents: false, video: false },
    ],
    [
      'amazon.nova-lite-v1:0',
      {
        images: true,
        documents: true,
        video: true,
        reasoning: 'none',
        userFirst: true,
        countTokens: false,
        caching: { minimumTokens: 1_000, ttl: [], fields: ['system', 'messages'] },
        toolResultStatus: true,
      },
    ],
    ['amazon.nova-2-lite-v1:0', { reasoning: 'nova', toolChoice: choices, video: true }],
    ['amazon.titan-text-express-v1', { system: false, tools: false, documents: true }],
    ['amazon.titan-text-premier-v1:0', { system: false, documents: false }],
    ['meta.llama3-70b-instruct-v1:0', { tools: false, documents: true, images: false }],
    ['meta.llama3-1-8b-instruct-v1:0', { tools: true, streamingTools: false, toolResultAlone: true }],
    ['meta.llama3-2-3b-instruct-v1:0', { tools: false, images: false }],
    ['meta.llama3-2-11b-instruct-v1:0', { tools: true, streamingTools: false, images: true }],
    ['meta.llama3-3-70b-instruct-v1:0', { tools: true, streamingTools: false, toolChoice: ['auto'] }],
    ['meta.llama4-maverick-17b-instruct-v1:0', { tools: true, streamingTools: false, images: true }],
    ['mistral.mistral-7b-instruct-v0:2', { system: false, tools: false, toolUseId: 'nine-alphanumerics' }],
    ['mistral.mistral-large-2402-v1:0', { tools: true, streamingTools: false, toolChoice: ['auto', 'any'] }],
    ['mistral.mistral-small-2402-v1:0', { tools: true, documents: false, system: true }],
    ['mistral.pixtral-large-2502-v1:0', { images: true, streamingTools: false }],
    ['mistral.devstral-2-123b', { images: false, tools: true, structuredOutput: true }],
    ['mistral.voxtral-small-24b-2507', { audio: true, images: false, toolResultMedia: ['document'] }],
    ['cohere.command-r-v1:0', { tools: true, streamingTools: true, toolChoice: ['auto'], documents: true }],
    ['cohere.command-light-text-v14', { tools: false, system: false, documents: false }],
    ['ai21.jamba-1-5-large-v1:0', { tools: true, streamingTools: true, documents: true, images: false }],
    ['ai21.jamba-instruct-v1:0', { tools: false, documents: false, system: true }],
    ['deepseek.r1-v1:0', { tools: false, reasoning: 'always', documents: true, system: true }],
    ['deepseek.v3-v1:0', { tools: true, toolChoice: ['auto', 'any'], reasoning: 'deepseek' }],
    ['deepseek.v3.2', { toolChoice: choices }],
    ['openai.gpt-oss-20b-1:0', { tools: true, images: false, documents: false, reasoning: 'effort' }],
    ['openai.gpt-5.6-sol', { tools: true, images: true, reasoning: 'gpt', caching: false, sampling: 'none' }],
    ['openai.gpt-6-luna', { reasoning: 'gpt', sampling: 'none' }],
    ['openai.gpt-6-astra', { reasoning: 'gpt-always', sampling: 'none' }],
    ['openai.gpt-6.1-sol', { reasoning: 'gpt-always', sampling: 'none' }],
    ['moonshotai.kimi-k2.5', { reasoning: 'reasoning-config-high' }],
    ['zai.glm-4.7-flash', { reasoning: 'reasoning-config-high' }],
    ['deepseek.v3.2', { reasoning: 'deepseek-effort' }],
    ['deepseek.v3-v1:0', { reasoning: 'deepseek' }],
    [
      'qwen.qwen3-32b-v1:0',
      { reasoning: 'reasoning-config', tools: true, images: false, userFirst: false, toolResultMedia: [] },
    ],
    ['qwen.qwen3-vl-235b-a22b', { images: true, reasoning: 'none' }],
    ['moonshot.kimi-k2-thinking', { images: false, reasoning: 'always', toolChoice: ['auto', 'any'] }],
    ['moonshotai.kimi-k2.5', { images: true, userFirst: false }],
    ['minimax.minimax-m2', { tools: true, reasoning: 'always', images: false, structuredOutput: true }],
    ['zai.glm-5', { tools: true, userFirst: false, images: false }],
    ['google.gemma-3-27b-it', { tools: false, images: true, structuredOutput: true }],
    ['nvidia.nemotron-nano-12b-v2', { images: true, tools: true, structuredOutput: true }],
    [
      'writer.palmyra-x5-v1:0',
      { tools: true, streamingTools: false, toolResultAlone: true, toolResultStatus: false },
    ],
    ['twelvelabs.pegasus-1-2-v1:0', { video: true, tools: false }],
  ];

  it.each(cases)('is known of %s', (id, expected) => {
    expect(catalog.get(id)?.features).toMatchObject(expected);
  });

  it.each([
    ['mistral.ministral-3-8b-instruct', 'streamingTools'],
    ['minimax.minimax-m2', 'streamingTools'],
    ['zai.glm-5', 'toolChoice'],
    ['openai.gpt-5.6-sol', 'toolChoice'],
    ['anthropic.claude-opus-4-8', 'countTokens'],
    ['anthropic.claude-opus-4-7', 'forcedToolWhileThinking'],
    ['anthropic.claude-haiku-5-5', 'sampling'],
    ['openai.gpt-5.6-sol', 'documents'],
    ['meta.llama3-3-70b-instruct-v1:0', 'structuredOutput'],
  ] as const)('leaves open for %s: %s', (id, member) => {
    expect(catalog.get(id)?.features).not.toHaveProperty(member);
  });

  it('gives the cache minimum of AWS to every Claude that has one', () => {
    const minimum = (id: string): number | undefined => {
      const caching = catalog.get(id)?.features.caching;
      return caching === false ? undefined : caching?.minimumTokens;
    };
    expect(minimum('anthropic.claude-opus-5-5')).toBe(512);
    expect(minimum('anthropic.claude-opus-5')).toBe(512);
    expect(minimum('anthropic.claude-fable-5')).toBe(512);
    expect(minimum('anthropic.claude-sonnet-5')).toBe(1_024);
    expect(minimum('anthropic.claude-sonnet-4-5-20250929-v1:0')).toBe(1_024);
    expect(minimum('anthropic.claude-opus-4-8')).toBe(1_024);
    expect(minimum('anthropic.claude-opus-4-7')).toBe(4_096);
    expect(minimum('anthropic.claude-opus-4-6-v1')).toBe(4_096);
  });

  it('has no row that no model needs', () => {
    const ids = catalog.models.map(({ id }) => id);
    const idle = [...FEATURE_RULES, ...API_RULES].filter(([pattern]) => !ids.some((id) => pattern.test(id)));
    expect(idle.map(([pattern]) => pattern.source)).toEqual([]);
  });
});

it.each<[string, ModelFeatures]>([
  ['openai.gpt-6.2-astra', { reasoning: 'gpt-always', sampling: 'none', stopSequences: false }],
  ['openai.gpt-oss-120b-1:0', { stopSequences: false }],
  ['qwen.qwen3-32b-v1:0', { stopSequences: false }],
])('the rules know %s, whether or not the catalogue holds it', (id, expected) => {
  expect(featuresByRule(id)).toMatchObject(expected);
});
