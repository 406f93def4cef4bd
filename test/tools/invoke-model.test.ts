import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const receiptOf = (structured: Record<string, unknown>) =>
  isJsonObject(structured['receipt']) ? structured['receipt'] : {};
const models = () =>
  on.sandbox.record.requests.filter((request) => /Converse|Invoke/.test(request.operation ?? ''));

describe('invoke_model', () => {
  it('answers with a receipt: asked, sent, API and why, Region, usage, cost, attempts', async () => {
    const { structured, text } = await on.call(invokeModel, { model: 'claude-haiku-4-5', prompt: 'Hello' });
    expect(structured).toMatchObject({ text: expect.stringContaining('Hello'), stop_reason: 'end_turn' });
    expect(text).toContain(String(structured['text']));
    expect(receiptOf(structured)).toMatchObject({
      call_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      model_asked: 'claude-haiku-4-5',
      model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      api: 'native',
      route_reason: expect.stringContaining('native:simple'),
      region: 'us-east-1',
      served_by: expect.arrayContaining(['us-east-1', 'us-west-2']),
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      cost_usd: expect.stringMatching(/^0\.0*[1-9]\d*$/),
      prices_as_of: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/),
      attempts: [expect.objectContaining({ model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0' })],
    });
  });

  it('has no null and no empty member in its answer', async () => {
    const { structured } = await on.call(invokeModel, { model: 'nova-lite', prompt: 'Hello' });
    const nulls = (value: unknown): boolean =>
      value === null ||
      value === undefined ||
      (typeof value === 'object' && Object.values(value).some(nulls));
    expect(nulls(structured)).toBe(false);
  });

  it.each(['claude-sonnet-4-5', 'nova-pro', 'llama3-3-70b', 'gpt-oss-120b', 'qwen3-32b', 'mistral-large-3'])(
    'makes a tool-calling round trip with %s: what comes back is handed back as it is',
    async (model) => {
      const question = { role: 'user', content: 'What is the weather in Paris?' };
      const tools = [
        {
          name: 'get.weather',
          description: 'Weather',
          input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
        },
      ];
      const first = await on.call(invokeModel, { model, messages: [question], tools });
      const { receipt: _receipt, stop_reason: reason, ...assistant } = first.structured;
      expect(reason).toBe('tool_use');
      const calls = Array.isArray(assistant['tool_calls']) ? assistant['tool_calls'] : [];
      expect(calls).toEqual([
        { toolUseId: expect.any(String), name: 'get.weather', input: { city: expect.any(String) } },
      ]);
      const second = await on.call(invokeModel, {
        model,
        messages: [
          question,
          { role: 'assistant', ...assistant },
          {
            role: 'user',
            content: [{ toolResult: { toolUseId: calls[0].toolUseId, content: [{ text: '21 degrees' }] } }],
          },
        ],
        tools,
      });
      expect(second.structured).toMatchObject({
        stop_reason: 'end_turn',
        text: expect.stringContaining('21 degrees'),
      });
    },
  );

  it('keeps the reasoning of Claude, with its signature, through a tool round trip', async () => {
    const question = { role: 'user', content: 'What is the weather in Paris?' };
    const tools = [
      { name: 'weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } },
    ];
    const first = await on.call(invokeModel, {
      model: 'claude-sonnet-4-5',
      messages: [question],
      tools,
      reasoning: 'low',
      max_tokens: 8000,
    });
    expect(first.structured['reasoning']).toEqual([
      expect.objectContaining({ text: expect.any(String), signature: expect.any(String) }),
    ]);
    const { receipt: _receipt, stop_reason: _reason, ...assistant } = first.structured;
    const calls = Array.isArray(assistant['tool_calls']) ? assistant['tool_calls'] : [];
    await on.call(invokeModel, {
      model: 'claude-sonnet-4-5',
      messages: [
        question,
        { role: 'assistant', ...assistant },
        { role: 'user', content: [{ toolResult: { toolUseId: calls[0].toolUseId, content: 'ok' } }] },
      ],
      tools,
      reasoning: 'low',
      max_tokens: 8000,
    });
    const sent = JSON.stringify(models().at(-1)?.body);
    const [block] = Array.isArray(first.structured['reasoning']) ? first.structured['reasoning'] : [];
    expect(sent).toContain(JSON.stringify(isJsonObject(block) ? block['signature'] : 'none'));
  });

  it('dry_run shows route, target and cost range and sends nothing', async () => {
    const fresh = await bench();
    const { structured } = await fresh.call(invokeModel, {
      model: 'nova-lite',
      prompt: 'Hello',
      max_tokens: 100,
      dry_run: true,
    });
    expect(fresh.sandbox.record.requests).toEqual([]);
    expect(structured).not.toHaveProperty('text');
    expect(structured['dry_run']).toMatchObject({
      sent: false,
      max_output_tokens: 100,
      targets: [
        expect.objectContaining({ model_id: 'amazon.nova-lite-v1:0' }),
        expect.objectContaining({ model_id: 'us.amazon.nova-lite-v1:0' }),
      ],
      cost_usd_at_least: expect.any(String),
      cost_usd_at_most: expect.any(String),
      request: { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] },
    });
    await fresh.close();
  });

  it("sends the caller's own native body as it is and gives the raw answer back", async () => {
    const body = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 50,
      messages: [{ role: 'user', content: 'raw' }],
    };
    const { structured } = await on.call(invokeModel, {
      model: 'claude-haiku-4-5',
      options: { native_body: body },
    });
    expect(models().at(-1)).toMatchObject({ operation: 'InvokeModel', body });
    expect(structured).toMatchObject({ native_response: { type: 'message' }, text: expect.any(String) });
  });

  it.each(['openai.gpt-5.4', 'claude-mythos-5', 'grok-4.3', 'glm-4.6'])(
    '%s lives on another endpoint, and the refusal says so',
    async (model) => {
      const before = models().length;
      await expect(on.call(invokeModel, { model, prompt: 'Hello' })).rejects.toMatchObject({
        code: 'unsupported_model',
        message: expect.stringContaining('bedrock-mantle'),
      });
      expect(models()).toHaveLength(before);
    },
  );

  it.each([
    ['neither prompt nor messages', {}, 'nothing to ask'],
    ['a blank prompt', { prompt: '  ' }, 'no text'],
    ['an embedding model', { prompt: 'a', model: 'amazon.titan-embed-text-v2:0' }, 'embedding'],
    ['tools for a model without', { prompt: 'a', model: 'deepseek-r1', tools: [{ name: 'x' }] }, 'tool'],
    ['tool_choice without tools', { prompt: 'a', tool_choice: 'any' }, 'tool_choice'],
    ['an unknown option', { prompt: 'a', options: { temperture: 1 } }, 'temperture'],
    ['a Region that is none', { prompt: 'a', region: 'x.evil.test/#' }, 'Region'],
    ['a misspelt model', { prompt: 'a', model: 'claude-hiaku-4-5' }, 'No model is called'],
  ])('refuses %s before anything is sent', async (_what, args, message) => {
    const before = models().length;
    await expect(on.call(invokeModel, args)).rejects.toThrow(message);
    expect(models()).toHaveLength(before);
  });

  it('keeps the text that came before a stream was cut, marked as incomplete', async () => {
    await expect(on.call(invokeModel, { model: 'nova-lite', prompt: 'sandbox:cut' })).rejects.toMatchObject({
      partialText: expect.stringMatching(/\w/),
    });
    await expect(
      on.call(invokeModel, { model: 'nova-lite', prompt: 'sandbox:no-stop' }),
    ).rejects.toMatchObject({ code: 'incomplete' });
  });
});
