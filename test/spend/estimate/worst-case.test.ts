import { describe, expect, it } from 'vitest';
import type { InferenceRequest } from '../../../src/messages/types.ts';
import { estimateTokens } from '../../../src/spend/estimate/tokens.ts';
import { mostInput, mostTextInput, mostUsed, outputLimit } from '../../../src/spend/estimate/worst-case.ts';

const MODEL = { id: 'amazon.nova-lite-v1:0', family: 'nova' } as const;
const asking = (more: Partial<InferenceRequest>): InferenceRequest => ({
  messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
  ...more,
});

describe('the longest answer', () => {
  it.each([
    ['what the request says', { inferenceConfig: { maxTokens: 100 } }, 100],
    ["the model's own limit when nothing is said", {}, 5_000],
    [
      "a larger limit in the caller's own fields",
      {
        inferenceConfig: { maxTokens: 100 },
        additionalModelRequestFields: { max_tokens: 64_000 },
      },
      64_000,
    ],
    [
      'not a smaller one, as long as nobody knows which of the two counts',
      { inferenceConfig: { maxTokens: 100 }, additionalModelRequestFields: { max_tokens: 10 } },
      100,
    ],
    [
      'one in the place where Nova has it',
      { additionalModelRequestFields: { inferenceConfig: { maxTokens: 9_000 } } },
      9_000,
    ],
    ['one in a raw body', { rawBody: { max_gen_len: 512 } }, 512],
    ['one in a raw body of Titan', { rawBody: { textGenerationConfig: { maxTokenCount: 700 } } }, 700],
    ['one in a raw body of Pegasus', { rawBody: { maxOutputTokens: 100 } }, 100],
    ['as often as answers are asked for', { rawBody: { max_tokens: 100, n: 4 } }, 400],
    ['nothing that is no number of tokens', { rawBody: { max_tokens: '9000', n: -1 } }, 5_000],
  ] satisfies [string, Partial<InferenceRequest>, number][])('is %s', (_what, more, tokens) => {
    expect(outputLimit(asking(more), 5_000)).toBe(tokens);
  });

  it('is 8,192 tokens where nobody says anything', () => {
    expect(outputLimit(asking({}))).toBe(8_192);
  });
});

describe('the input', () => {
  it('is half as much again as estimated, and never next to nothing', () => {
    expect(mostInput(1_000)).toBe(1_564);
    expect(mostTextInput(['Hello', 'Hello'])).toBe(67);
    expect(mostUsed(asking({}), MODEL).inputTokens).toBe(mostInput(estimateTokens(asking({}), MODEL)));
  });

  it("counts a response schema and the caller's own fields, which the model reads too", () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const plain = estimateTokens(asking({}), MODEL);
    expect(estimateTokens(asking({ outputSchema: { name: 'answer', schema } }), MODEL)).toBeGreaterThan(
      plain + 10,
    );
    const additionalModelRequestFields = { system: 'You are a very long-winded bot.' };
    expect(estimateTokens(asking({ additionalModelRequestFields }), MODEL)).toBeGreaterThan(plain + 5);
  });

  it.each([
    ['no cache point', {}, undefined],
    ['a cache point', { system: [{ text: 'a' }, { cachePoint: { type: 'default' } }] }, '5m'],
    [
      'one that lives for an hour among others',
      {
        system: [{ cachePoint: { type: 'default' } }],
        messages: [{ role: 'user', content: [{ cachePoint: { type: 'default', ttl: '1h' } }] }],
      },
      '1h',
    ],
    [
      'one in a raw body',
      { rawBody: { system: [{ cache_control: { type: 'ephemeral', ttl: '1h' } }] } },
      '1h',
    ],
  ] satisfies [string, Partial<InferenceRequest>, string | undefined][])(
    'with %s may be written to a cache',
    (_what, more, cacheWrite) => {
      expect(mostUsed(asking(more), MODEL).cacheWrite).toBe(cacheWrite);
    },
  );
});
