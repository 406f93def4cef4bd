/** What is asked for when the caller set no limit on the answer, with the facts of the real catalogue. */
import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { encodeConverse } from '../../../src/inference/codecs/converse/converse.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import { withDefaultLimit } from '../../../src/inference/prepare/default-max-tokens.ts';
import { prepareRequest } from '../../../src/inference/prepare/prepare-request.ts';
import { isJsonObject, type JsonObject } from '../../../src/json.ts';
import type { Api, CodecModel, InferenceRequest, ReasoningEffort } from '../../../src/messages/types.ts';
import { asking, deepFreeze, modelOf } from '../sample-model.ts';

const USUAL = 8_192;
const catalog = await loadCatalog();
function real(name: string): CodecModel {
  const model = catalog.byAlias(name)?.model;
  if (model === undefined) throw new Error(name);
  return model;
}
const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** The limit, the thinking budget and the warnings with which the request goes out. */
function sent(request: InferenceRequest, model: CodecModel, api: Api) {
  const limited = withDefaultLimit(deepFreeze(request), model, USUAL);
  const prepared = prepareRequest(limited, model, api);
  const { warnings } = prepared;
  if (api === 'native') {
    const body = nativeCodecFor(model)?.encode(prepared.request, model, false) ?? {};
    const limit = body['max_tokens'] ?? objectOf(body['inferenceConfig'])['maxTokens'];
    return { limit, budget: objectOf(body['thinking'])['budget_tokens'], warnings };
  }
  const body = encodeConverse(prepared.request, model);
  const thinking = objectOf(objectOf(body['additionalModelRequestFields'])['thinking']);
  return {
    limit: objectOf(body['inferenceConfig'])['maxTokens'],
    budget: thinking['budget_tokens'],
    warnings,
  };
}

describe.each(['converse', 'native'] as const)('without a limit of the caller, on %s', (api) => {
  it.each<[model: string, effort: ReasoningEffort, limit: number, budget: number | undefined]>([
    ['claude-sonnet-4-5', 'off', 8_192, undefined],
    ['claude-sonnet-4-5', 'low', 10_240, 2_048],
    ['claude-sonnet-4-5', 'medium', 16_384, 8_192],
    ['claude-sonnet-4-5', 'high', 24_576, 16_384],
    ['claude-sonnet-4-5', 'max', 40_192, 32_000],
    ['claude-opus-4-1', 'high', 24_576, 16_384],
    // It writes 32,000 tokens at most: the budget gives way, so that the answer has room.
    ['claude-opus-4-1', 'max', 32_000, 23_808],
    ['claude-sonnet-4-6', 'max', 8_192, undefined],
    ['claude-opus-5', 'high', 8_192, undefined],
    ['nova-2-lite', 'medium', 8_192, undefined],
  ])('%s at %s asks for the answer and for the thinking beside it', (name, effort, limit, budget) => {
    const request = asking({ reasoning: { effort } });
    expect(sent(request, real(name), api)).toEqual({ limit, budget, warnings: [] });
  });

  it.each([
    ['high', {}],
    ['max', {}],
    ['medium', { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }],
  ] as const)('Nova 2 at %s with %j is asked for no limit, which it would refuse', (effort, fields) => {
    const request = asking({ reasoning: { effort }, additionalModelRequestFields: fields });
    const { limit, warnings } = sent(request, real('nova-2-lite'), api);
    expect(limit).toBeUndefined();
    expect(warnings.join()).not.toContain('max_tokens');
  });

  it.each([
    ['claude-haiku-4-5', 16_000, 24_192],
    ['claude-opus-4-1', 30_000, 32_000],
    ['claude-opus-4-6', 100_000, 108_192],
  ])("leaves room beside the caller's own thinking: %s with %i", (name, budget_tokens, limit) => {
    const request = asking({
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens } },
    });
    expect(sent(request, real(name), api)).toEqual({ limit, budget: budget_tokens, warnings: [] });
  });

  it('takes the own budget of a caller who also gives an effort', () => {
    const request = asking({
      reasoning: { effort: 'low' },
      additionalModelRequestFields: { thinking: { budget_tokens: 20_000 } },
    });
    const expected = { limit: 28_192, budget: 20_000, warnings: [] };
    expect(sent(request, real('claude-sonnet-4-5'), api)).toEqual(expected);
  });
});

describe('withDefaultLimit', () => {
  it('knows the other name of the thinking field', () => {
    const request = asking({
      additionalModelRequestFields: { reasoning_config: { type: 'enabled', budget_tokens: 2_000 } },
    });
    expect(withDefaultLimit(request, real('claude-haiku-4-5'), USUAL).inferenceConfig?.maxTokens).toBe(
      10_192,
    );
  });

  it.each([
    { type: 'disabled', budget_tokens: 2_000 },
    { type: 'enabled', budget_tokens: 'many' },
    { type: 'enabled', budget_tokens: -3 },
    { type: 'adaptive' },
    'yes',
  ])('takes no budget from %j', (thinking) => {
    const request = asking({ additionalModelRequestFields: { thinking } });
    expect(withDefaultLimit(request, real('claude-haiku-4-5'), USUAL).inferenceConfig?.maxTokens).toBe(USUAL);
  });

  it('stays below what a model writes at most, and keeps half of that for the answer', () => {
    const small = { ...modelOf('claude', { reasoning: 'claude-budget' }), maxOutput: 6_000 };
    expect(withDefaultLimit(asking(), small, USUAL).inferenceConfig).toEqual({ maxTokens: 6_000 });
    expect(withDefaultLimit(asking({ reasoning: { effort: 'max' } }), small, USUAL)).toMatchObject({
      inferenceConfig: { maxTokens: 6_000 },
      reasoning: { budgetTokens: 3_000 },
    });
  });

  it.each<[string, Partial<InferenceRequest>]>([
    ['a limit of its own', { inferenceConfig: { maxTokens: 9 }, reasoning: { effort: 'max' } }],
    ["the provider's own body", { rawBody: { prompt: 'x' } }],
  ])('leaves a request with %s alone', (_what, more) => {
    const request = asking(more);
    expect(withDefaultLimit(request, real('claude-sonnet-4-5'), USUAL)).toBe(request);
  });
});

describe('with a limit of the caller', () => {
  it.each([
    [1_500, 2_524, 1_024],
    [2_000, 3_024, 1_024],
    [2_048, 2_048, 1_024],
    [30_000, 30_000, 15_000],
    [40_000, 40_000, 32_000],
  ])('%i tokens, Claude at max effort is sent %i, of which it thinks %i', (maxTokens, limit, budget) => {
    const request = asking({ inferenceConfig: { maxTokens }, reasoning: { effort: 'max' } });
    const found = sent(request, real('claude-opus-4-1'), 'converse');
    expect(found).toMatchObject({ limit, budget });
    expect(found.warnings).toHaveLength(budget === 32_000 ? 0 : 1);
  });
});
