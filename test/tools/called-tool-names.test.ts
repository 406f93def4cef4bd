import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const open: Bench[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** `streaming: false`: the models answer only whole, by the user's own entries. */
async function fresh({ streaming = true } = {}): Promise<Bench> {
  const whole = ['amazon.nova-pro-v1:0', 'openai.gpt-oss-120b-1:0'];
  const models = whole.map((id) => ({ id, capabilities: { streaming: false } }));
  const on = await bench(streaming ? {} : { config: { models } });
  open.push(on);
  return on;
}

const toolOf = (name: string) => ({
  name,
  description: 'Weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
});
const sent = (on: Bench): readonly string[] =>
  on.sandbox.record.requests.flatMap(({ operation, body }) =>
    /Converse|Invoke/.test(operation ?? '') ? [JSON.stringify(body)] : [],
  );
const warningsOf = (structured: Record<string, unknown>): string =>
  isJsonObject(structured['receipt']) ? JSON.stringify(structured['receipt']['warnings'] ?? []) : '';

const WAYS = (['converse', 'native'] as const).flatMap((api) =>
  [true, false].map((stream) => [api, stream] as const),
);
const QUESTION = { role: 'user', content: 'What is the weather in Paris?' };

describe('a tool name with a hyphen', () => {
  it.each(WAYS)('is one that Nova can call, and comes back: %s, streamed %s', async (api, streaming) => {
    const on = await fresh({ streaming });
    const tools = [toolOf('get-weather'), toolOf('other')];
    const { structured } = await on.call(invokeModel, {
      model: 'nova-pro',
      api,
      messages: [QUESTION],
      tools,
      tool_choice: 'get-weather',
    });
    expect(structured).toMatchObject({ tool_calls: [{ name: 'get-weather' }] });
    expect(warningsOf(structured)).toContain('\\"get-weather\\" was sent as get_weather');
    const { receipt: _, stop_reason: _reason, ...assistant } = structured;
    const calls = Array.isArray(structured['tool_calls']) ? structured['tool_calls'] : [];
    const toolUseId: unknown = Reflect.get(Object(calls[0]), 'toolUseId');
    const next = await on.call(invokeModel, {
      model: 'nova-pro',
      api,
      messages: [
        QUESTION,
        { role: 'assistant', ...assistant },
        { role: 'user', content: [{ toolResult: { toolUseId, content: [{ text: '21 degrees' }] } }] },
      ],
      tools,
    });
    expect(next.structured).toMatchObject({ text: expect.stringContaining('21 degrees') });
    expect(sent(on)).toHaveLength(2);
    for (const body of sent(on)) expect(body).not.toContain('get-weather');
  });

  it('gives way to a tool that is really called so', async () => {
    const on = await fresh();
    const { structured } = await on.call(invokeModel, {
      model: 'nova-pro',
      messages: [QUESTION],
      tools: [toolOf('get-weather'), toolOf('get_weather')],
      tool_choice: 'get-weather',
    });
    expect(structured).toMatchObject({ tool_calls: [{ name: 'get-weather' }] });
    expect(sent(on)[0]).toMatch(/"get_weather_[a-zA-Z0-9]{8}"/);
  });

  it('stays as it is for every other family', async () => {
    const on = await fresh();
    for (const model of [
      'claude-haiku-4-5',
      'gpt-oss-120b',
      'llama3-3-70b',
      'mistral-large-3',
      'qwen3-32b',
    ]) {
      const { structured } = await on.call(invokeModel, {
        model,
        messages: [QUESTION],
        tools: [toolOf('get-weather')],
      });
      expect(structured).toMatchObject({ tool_calls: [{ name: 'get-weather' }] });
      expect(warningsOf(structured)).not.toContain('get_weather');
      expect(sent(on).at(-1)).toContain('"get-weather"');
    }
  });
});

describe('an invalid sequence as part of ToolUse', () => {
  it.each(WAYS)('is asked for once more and no oftener: %s, streamed %s', async (api, streaming) => {
    const on = await fresh({ streaming });
    await expect(
      on.call(invokeModel, {
        model: 'nova-pro',
        api,
        prompt: 'sandbox:tool-sequence',
        tools: [toolOf('get_weather')],
      }),
    ).rejects.toMatchObject({ code: 'model_error', fix: expect.stringContaining('temperature') });
    expect(sent(on)).toHaveLength(2);
  });
});

describe('a tool name with channel tokens', () => {
  it.each(
    WAYS.flatMap(([api, streaming]) =>
      ['get_weather', 'json', 'get.weather'].map((name) => [name, api, streaming] as const),
    ),
  )('is the name that was offered: %s, %s, streamed %s', async (name, api, streaming) => {
    const on = await fresh({ streaming });
    const { structured } = await on.call(invokeModel, {
      model: 'gpt-oss-120b',
      api,
      prompt: 'sandbox:channel-name What is the weather in Paris?',
      tools: [toolOf(name)],
    });
    expect(structured).toMatchObject({ tool_calls: [{ name }], stop_reason: 'tool_use' });
  });
});
