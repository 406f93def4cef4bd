import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { familyOf, kindOf, providerOf } from '../../../src/catalog/models/families.ts';
import { type ModelIdentifier, parseModelId } from '../../../src/catalog/models/model-id.ts';
import { ROWS } from '../../recorded/corpus.ts';

const HAIKU = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const BEDROCK = 'arn:aws:bedrock:us-east-1:123456789012';

const FORMS: readonly (readonly [input: string, expected: Partial<ModelIdentifier>])[] = [
  [HAIKU, { kind: 'foundation-model', modelId: HAIKU, invokeId: HAIKU }],
  ['  zai.glm-5\n', { kind: 'foundation-model', text: 'zai.glm-5', modelId: 'zai.glm-5' }],
  ['deepseek.v3.2', { kind: 'foundation-model', modelId: 'deepseek.v3.2' }],
  ['openai.gpt-oss-120b-1:0', { kind: 'foundation-model', modelId: 'openai.gpt-oss-120b-1:0' }],
  ['anthropic.claude-v2:1', { kind: 'foundation-model', modelId: 'anthropic.claude-v2:1' }],
  ['Amazon.Nova-Lite-v1:0', { kind: 'foundation-model', modelId: 'amazon.nova-lite-v1:0' }],
  [
    `us.${HAIKU}`,
    {
      kind: 'inference-profile',
      geo: 'us',
      modelId: HAIKU,
      profileId: `us.${HAIKU}`,
      invokeId: `us.${HAIKU}`,
    },
  ],
  [
    'us-gov.openai.gpt-oss-20b-1:0',
    { kind: 'inference-profile', geo: 'us-gov', modelId: 'openai.gpt-oss-20b-1:0' },
  ],
  ['global.xai.grok-4.7', { kind: 'inference-profile', geo: 'global', modelId: 'xai.grok-4.7' }],
  [
    'mars.amazon.nova-lite-v1:0',
    { kind: 'inference-profile', geo: 'mars', modelId: 'amazon.nova-lite-v1:0' },
  ],
  ['us.newco.thinker-1', { kind: 'inference-profile', geo: 'us', modelId: 'newco.thinker-1' }],
  ['newco.thinker-1', { kind: 'foundation-model', modelId: 'newco.thinker-1' }],
  [
    'amazon.nova-pro-v1:0:300k',
    {
      kind: 'foundation-model',
      modelId: 'amazon.nova-pro-v1:0',
      suffix: '300k',
      invokeId: 'amazon.nova-pro-v1:0:300k',
    },
  ],
  ['cohere.embed-english-v3:0:512', { modelId: 'cohere.embed-english-v3:0', suffix: '512' }],
  ['amazon.titan-embed-image-v1:mm', { modelId: 'amazon.titan-embed-image-v1', suffix: 'mm' }],
  [
    'us.anthropic.claude-sonnet-4-6[1m]',
    { kind: 'inference-profile', suffix: '1m', invokeId: 'us.anthropic.claude-sonnet-4-6' },
  ],
  ['sonnet-4.6[1M]', { kind: 'name', suffix: '1m', invokeId: 'sonnet-4.6' }],
  ['nova-lite:300k', { kind: 'name', suffix: '300k' }],
  [`bedrock:${HAIKU}`, { kind: 'foundation-model', invokeId: HAIKU }],
  [
    'bedrock/converse/us.amazon.nova-lite-v1:0',
    { kind: 'inference-profile', invokeId: 'us.amazon.nova-lite-v1:0' },
  ],
  ['claude-sonnet-4.5', { kind: 'name', invokeId: 'claude-sonnet-4.5' }],
  ['Claude Sonnet 4.5', { kind: 'name' }],
  ['gpt-5.6-sol', { kind: 'name' }],
  ['qwen3.5', { kind: 'name' }],
  ['does-not-exist', { kind: 'name' }],
  ['__proto__', { kind: 'name' }],
  ['us.', { kind: 'name' }],
  ['anthropic.', { kind: 'name' }],
  ['1arbu5hu2sjr', { kind: 'application-inference-profile', resourceId: '1arbu5hu2sjr' }],
  [
    `arn:aws:bedrock:::foundation-model/${HAIKU}`,
    { kind: 'foundation-model', modelId: HAIKU, partition: 'aws', resourceId: HAIKU },
  ],
  [
    'arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-pro-v1:0:300k',
    { partition: 'aws-us-gov', region: 'us-gov-west-1', modelId: 'amazon.nova-pro-v1:0', suffix: '300k' },
  ],
  ['arn:aws-eusc:bedrock:eusc-de-east-1::foundation-model/amazon.nova-lite-v1:0', { partition: 'aws-eusc' }],
  [
    `${BEDROCK}:inference-profile/eu.amazon.nova-lite-v1:0`,
    {
      kind: 'inference-profile',
      region: 'us-east-1',
      account: '123456789012',
      geo: 'eu',
      modelId: 'amazon.nova-lite-v1:0',
      profileId: 'eu.amazon.nova-lite-v1:0',
    },
  ],
  [`${BEDROCK}:inference-profile/1arbu5hu2sjr`, { kind: 'inference-profile', profileId: '1arbu5hu2sjr' }],
  [
    `${BEDROCK}:application-inference-profile/1arbu5hu2sjr`,
    { kind: 'application-inference-profile', resourceId: '1arbu5hu2sjr' },
  ],
  [`${BEDROCK}:provisioned-model/abcdefghij12`, { kind: 'provisioned-model', resourceId: 'abcdefghij12' }],
  [`${BEDROCK}:custom-model-deployment/abcdefghij12`, { kind: 'custom-model-deployment' }],
  [
    `${BEDROCK}:custom-model/amazon.nova-lite-v1:0:300k/abcdefghij12`,
    { kind: 'custom-model', modelId: 'amazon.nova-lite-v1:0', suffix: '300k', resourceId: 'abcdefghij12' },
  ],
  [`${BEDROCK}:imported-model/abcdefghij12`, { kind: 'imported-model' }],
  [`${BEDROCK}:prompt-router/abcdefghij12`, { kind: 'prompt-router' }],
  [`${BEDROCK}:default-prompt-router/anthropic.claude:1`, { kind: 'default-prompt-router' }],
  [`${BEDROCK}:prompt/ABCDEFGHIJ:2`, { kind: 'prompt', resourceId: 'ABCDEFGHIJ:2' }],
  ['arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint', { kind: 'sagemaker-endpoint' }],
];

describe('parseModelId', () => {
  it.each(FORMS)('reads %s', (input, expected) => {
    expect(parseModelId(input)).toMatchObject(expected);
  });

  it('leaves the model open where only AWS can tell it', () => {
    for (const kind of [
      'application-inference-profile',
      'provisioned-model',
      'imported-model',
      'prompt-router',
    ]) {
      expect(parseModelId(`${BEDROCK}:${kind}/abcdefghij12`).modelId).toBeUndefined();
    }
    expect(parseModelId('claude-haiku-4-5').modelId).toBeUndefined();
  });

  it.each([
    ['nothing', ''],
    ['white space', ' \t\n'],
    ['more than 2048 characters', 'a'.repeat(2049)],
    ['a NUL', 'amazon.nova\0'],
    ['a line break inside', 'nova\nlite'],
    ['a zero-width space', 'nova\u200blite'],
    ['a bidirectional override', 'nova\u202elite'],
    ['half a surrogate pair', 'nova\ud800'],
    ['only a client prefix', 'bedrock:'],
    ['only a marker', '[1m]'],
    ['a bare arn prefix', 'arn:'],
    ['an ARN without resource', 'arn:aws:bedrock:us-east-1::'],
    ['an ARN without ID', 'arn:aws:bedrock:us-east-1::foundation-model/'],
    ['an ARN of a guardrail', `${BEDROCK}:guardrail/abc`],
    ['an ARN of another service', 'arn:aws:s3:::bucket/key'],
    [
      'a placeholder account',
      'arn:aws:bedrock:us-east-1:{account-id}:inference-profile/us.amazon.nova-lite-v1:0',
    ],
    ['a foreign partition', 'arn:gcp:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0'],
    ['a path that climbs', `${BEDROCK}:provisioned-model/../../secrets`],
  ])('refuses %s with invalid_request, naming model', (_what, input) => {
    const refusal = refusalOf(input);
    expect(refusal).toBeInstanceOf(BedrockError);
    expect(refusal).toMatchObject({ code: 'invalid_request', field: 'model' });
    expect(refusal.message.length).toBeLessThan(400);
  });

  it('gives every ID of the catalogue, bare and behind every prefix, back as it was', async () => {
    const { models } = await loadCatalog();
    for (const model of models) {
      expect(parseModelId(model.id)).toMatchObject({ kind: 'foundation-model', modelId: model.id });
      expect(parseModelId(`arn:aws:bedrock:eu-west-1::foundation-model/${model.id}`)).toMatchObject({
        modelId: model.id,
      });
      for (const { id, geo } of model.profiles) {
        expect(parseModelId(id)).toMatchObject({ kind: 'inference-profile', geo, modelId: model.id });
        expect(parseModelId(`${BEDROCK}:inference-profile/${id}`)).toMatchObject({ geo, modelId: model.id });
      }
    }
  });

  it('reads every identifier of the recorded answers', () => {
    const bodies = ROWS.map(({ bytes }) => bytes.toString('latin1'));
    const arns = bodies.flatMap(
      (body) =>
        body.match(/arn:aws:bedrock:[^"\s]+?:?(?:inference-profile|foundation-model)\/[a-zA-Z0-9.:_-]+/g) ??
        [],
    );
    const ids = ROWS.flatMap((row) => (typeof row.model_id === 'string' ? [row.model_id] : []));
    expect(arns).not.toEqual([]);
    for (const id of [...arns, ...ids]) {
      expect(() => parseModelId(id), id).not.toThrow();
    }
    const names = ids.filter((id) => parseModelId(id).kind === 'name');
    expect([...new Set(names)]).toEqual(['does-not-exist']);
  });

  it('answers hostile text of the greatest length at once', () => {
    const hostile = ['a.', '-', ':', '[', 'us.', 'arn:', ':1k', '/', '0:', 'bedrock/'].flatMap((piece) => [
      piece.repeat(Math.floor(2048 / piece.length)),
      `${piece.repeat(Math.floor(2040 / piece.length))}!`,
    ]);
    // A pattern that backtracks would run into the time limit of the test here.
    for (const input of hostile) {
      try {
        parseModelId(input);
      } catch (error) {
        expect(error).toBeInstanceOf(BedrockError);
      }
    }
  });

  it('throws nothing but BedrockError on random text', () => {
    let seed = 42;
    const next = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed % below;
    };
    const pieces = [
      'anthropic',
      'us',
      '.',
      ':',
      '/',
      'arn:aws:bedrock:',
      '::',
      'foundation-model/',
      '[1m]',
      ' ',
      '%',
      'é',
      '0',
      '-v1:0',
      '{}',
      '\u0001',
    ];
    for (let round = 0; round < 3_000; round++) {
      const input = Array.from({ length: next(8) }, () => pieces[next(pieces.length)]).join('');
      try {
        expect(parseModelId(input).text).toBe(input.trim());
      } catch (error) {
        expect(error).toBeInstanceOf(BedrockError);
      }
    }
  });
});

describe('families', () => {
  it.each([
    ['anthropic.claude-v2:1', 'claude-legacy', 'text'],
    ['anthropic.claude-instant-v1', 'claude-legacy', 'text'],
    ['anthropic.claude-sonnet-5-5', 'claude', 'text'],
    ['amazon.nova-2-lite-v1:0', 'nova', 'text'],
    ['amazon.nova-2-sonic-v1:0', 'nova-sonic', 'speech'],
    ['amazon.nova-canvas-v1:0', 'nova-canvas', 'image'],
    ['amazon.nova-reel-v1:1', 'nova-reel', 'video'],
    ['amazon.nova-2-multimodal-embeddings-v1:0', 'nova-embed', 'embedding'],
    ['amazon.titan-embed-image-v1', 'titan-embed-image', 'embedding'],
    ['amazon.titan-embed-text-v2:0', 'titan-embed', 'embedding'],
    ['amazon.titan-tg1-large', 'titan-text', 'text'],
    ['amazon.titan-image-generator-v2:0', 'titan-image', 'image'],
    ['amazon.rerank-v1:0', 'amazon-rerank', 'rerank'],
    ['meta.llama2-13b-chat-v1', 'llama2', 'text'],
    ['meta.llama3-3-70b-instruct-v1:0', 'llama3', 'text'],
    ['meta.llama4-scout-17b-instruct-v1:0', 'llama4', 'text'],
    ['mistral.mistral-large-2402-v1:0', 'mistral', 'text'],
    ['mistral.mistral-large-2407-v1:0', 'mistral-chat', 'text'],
    ['mistral.ministral-3-8b-instruct', 'mistral-chat', 'text'],
    ['cohere.command-r-v1:0', 'command-r', 'text'],
    ['cohere.command-text-v14', 'command', 'text'],
    ['cohere.embed-v4:0', 'cohere-embed', 'embedding'],
    ['ai21.j2-mid-v1', 'jurassic-2', 'text'],
    ['deepseek.r1-v1:0', 'deepseek-r1', 'text'],
    ['deepseek.v3.2', 'deepseek', 'text'],
    ['openai.gpt-oss-safeguard-20b', 'gpt-oss', 'text'],
    ['openai.gpt-6.1-sol', 'gpt', 'text'],
    ['moonshot.kimi-k2-thinking', 'kimi', 'text'],
    ['moonshotai.kimi-k3', 'kimi', 'text'],
    ['twelvelabs.pegasus-1-2-v1:0', 'pegasus', 'text'],
    ['twelvelabs.marengo-embed-3-0-v1:0', 'marengo', 'embedding'],
    ['stability.sd3-5-large-v1:0', 'stability', 'image'],
    ['luma.ray-v2:0', 'luma', 'video'],
    ['newco.text-embed-1', 'unknown', 'embedding'],
    ['newco.thinker-1', 'unknown', 'text'],
  ])('%s is %s and makes %s', (id, family, kind) => {
    expect(familyOf(id)).toBe(family);
    expect(kindOf(id)).toBe(kind);
  });

  it('knows the family of every model of the catalogue, and the same kind as its data', async () => {
    const { models } = await loadCatalog();
    expect(models.filter((model) => model.family === 'unknown').map((model) => model.id)).toEqual([]);
    expect(models.filter((model) => model.kind !== kindOf(model.id)).map((model) => model.id)).toEqual([]);
  });

  it('names the provider as Bedrock prints it, and a new one by its first segment', () => {
    expect(providerOf('anthropic.claude-sonnet-5')).toBe('Anthropic');
    expect(providerOf('newco.thinker-1')).toBe('newco');
    expect(providerOf('__proto__')).toBe('__proto__');
  });
});

function refusalOf(input: string): Error {
  try {
    parseModelId(input);
  } catch (error) {
    if (error instanceof Error) {
      return error;
    }
  }
  throw new Error(`accepted: ${JSON.stringify(input)}`);
}
