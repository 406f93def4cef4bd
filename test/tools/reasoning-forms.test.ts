/** Reasoning through the tool door: each model is told in its own form, and who asks for it gets it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

/** What was sent in how many requests, and what came back. */
async function ask(model: string, args: Record<string, unknown>) {
  const before = on.sandbox.record.requests.length;
  const { structured } = await on.call(invokeModel, { model, prompt: 'Think about it', ...args });
  const sent = on.sandbox.record.requests
    .slice(before)
    .filter(({ operation }) => /Converse|Invoke/.test(operation ?? ''));
  const body = objectOf(sent.at(-1)?.body);
  const fields = { ...objectOf(body['additionalModelRequestFields']), ...body };
  return {
    requests: sent.length,
    fields,
    body,
    reasoning: structured['reasoning'],
    warnings: JSON.stringify(objectOf(structured['receipt'])['warnings'] ?? []),
  };
}

const shown = (effort: string) => ({
  thinking: { type: 'adaptive', display: 'summarized' },
  output_config: { effort },
});

describe('a reasoning effort is sent in the form of the model, in one request, and shown', () => {
  it.each([
    ['gpt-5.6-sol', 'converse', { reasoning: { effort: 'high' } }],
    ['gpt-6-astra', 'converse', { reasoning: { effort: 'high' } }],
    ['gpt-oss-120b', 'converse', { reasoning_effort: 'high' }],
    ['gpt-oss-120b', 'native', { reasoning_effort: 'high' }],
    ['deepseek-v3.2', 'converse', { reasoning_effort: 'high' }],
    ['deepseek-v3.2', 'native', { reasoning_effort: 'high' }],
    ['kimi-k2.5', 'converse', { reasoning_config: 'high' }],
    ['kimi-k2.5', 'native', { reasoning_config: 'high' }],
    ['glm-4.7', 'converse', { reasoning_config: 'high' }],
    ['glm-4.7', 'native', { reasoning_config: 'high' }],
    ['claude-opus-4-7', 'converse', shown('high')],
    ['claude-opus-4-8', 'native', shown('high')],
    ['claude-opus-5', 'converse', shown('high')],
    ['claude-opus-5-5', 'native', shown('high')],
    ['claude-sonnet-5-5', 'converse', shown('high')],
    ['claude-haiku-5-5', 'native', shown('high')],
    ['claude-fable-5', 'converse', shown('high')],
  ])('%s on %s', async (model, api, fields) => {
    const answer = await ask(model, { reasoning: 'high', api });
    expect(answer.requests).toBe(1);
    expect(answer.fields).toMatchObject(fields);
    // Recorded: what GPT thought comes encrypted.
    const thought =
      model.startsWith('gpt-5') || model.startsWith('gpt-6')
        ? { redacted: expect.any(String) }
        : { text: expect.stringContaining('sandbox') };
    expect(answer.reasoning).toEqual([expect.objectContaining(thought)]);
  });
});

describe('reasoning is switched off where that can be, and told where it cannot', () => {
  it.each([
    ['gpt-5.6-luna', 'converse', { reasoning: { effort: 'none' } }, ''],
    ['gpt-6-astra', 'converse', { reasoning: { effort: 'low' } }, 'cannot be told not to reason'],
    ['claude-opus-5-5', 'converse', { output_config: { effort: 'low' } }, 'always thinks'],
    ['claude-sonnet-5-5', 'native', { output_config: { effort: 'low' } }, 'always thinks'],
    ['claude-haiku-5-5', 'converse', { thinking: { type: 'disabled' } }, ''],
    ['claude-opus-5', 'native', { thinking: { type: 'disabled' } }, ''],
  ])('%s on %s', async (model, api, fields, warning) => {
    const answer = await ask(model, { reasoning: 'off', api });
    expect(answer.requests).toBe(1);
    expect(answer.fields).toMatchObject(fields);
    expect(answer.warnings).toContain(warning);
  });
});

describe("the caller's own thinking budget becomes an effort where no budget is taken", () => {
  it.each(['converse', 'native'])('is sent on %s, and told', async (api) => {
    const answer = await ask('claude-opus-4-8', {
      api,
      max_tokens: 9_000,
      options: {
        additional_model_request_fields: { thinking: { type: 'enabled', budget_tokens: 4_000 } },
      },
    });
    expect(answer.requests).toBe(1);
    expect(answer.fields).toMatchObject(shown('medium'));
    expect(answer.warnings).toContain('sent as the effort medium');
    expect(answer.reasoning).toEqual([expect.objectContaining({ text: expect.stringContaining('sandbox') })]);
  });
});

it.each(['gpt-5.6-sol', 'gpt-6-sol', 'gpt-6.1-sol'])(
  '%s gets no sampling parameters, and that is told before the first request',
  async (model) => {
    const answer = await ask(model, { temperature: 0.2, top_p: 0.9, api: 'converse' });
    expect(answer.requests).toBe(1);
    expect(objectOf(answer.body['inferenceConfig'])).toEqual({ maxTokens: 8_192 });
    expect(answer.warnings).toContain('temperature, top_p and top_k were left out');
  },
);
