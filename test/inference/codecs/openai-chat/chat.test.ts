import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/json.ts';
import {
  ask,
  assistant,
  codec,
  image,
  model,
  PNG_BASE64,
  streamed,
  toolResult,
  toolUse,
  user,
  weatherTool,
} from '../requests.ts';

const CHAT = [
  'gpt-oss',
  'gpt',
  'grok',
  'qwen',
  'kimi',
  'minimax',
  'glm',
  'gemma',
  'nemotron',
  'deepseek',
  'mistral-chat',
  'palmyra',
  'jamba',
  'unknown',
];

function answer(message: JsonObject, rest: JsonObject = {}): JsonObject {
  return { choices: [{ index: 0, message, finish_reason: 'stop', ...rest }] };
}
const call = (args: string) => ({
  id: 'c1',
  type: 'function',
  function: { name: 'weather', arguments: args },
});

describe.each(CHAT)('the chat request of %s', (family) => {
  const encode = (request: ReturnType<typeof ask>, stream = false) =>
    codec(family).encode(request, model(family), stream);

  it('has only what the caller gave', () => {
    expect(encode({ ...ask(user('Hi')), system: [{ text: 's' }] })).toEqual({
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'Hi' },
      ],
    });
  });

  it('carries tools, a call and its result before the words of the turn', () => {
    const body = encode({
      ...ask(user('Hi'), assistant('sure', toolUse), user('and?', toolResult)),
      toolConfig: { tools: [weatherTool], toolChoice: { tool: { name: 'weather' } } },
    });
    const name = family === 'mistral-chat' ? { name: 'weather' } : {};
    expect(body).toEqual({
      messages: [
        { role: 'user', content: 'Hi' },
        {
          role: 'assistant',
          content: 'sure',
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'weather', arguments: '{"city":"Rome"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 't1', content: '40 C', ...name },
        { role: 'user', content: 'and?' },
      ],
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'Weather of a city',
            parameters: weatherTool.toolSpec.inputSchema,
          },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'weather' } },
    });
  });

  it('has its own word for "any tool"', () => {
    const request = { ...ask(user('Hi')), toolConfig: { tools: [weatherTool], toolChoice: { any: {} } } };
    expect(encode(request)['tool_choice']).toBe(family === 'mistral-chat' ? 'any' : 'required');
  });

  it('says that it streams only where that was recorded to be accepted', () => {
    const says = ['gpt-oss', 'gpt'].includes(family);
    expect(encode(ask(user('Hi')), true)['stream_options']).toEqual(
      says ? { include_usage: true } : undefined,
    );
    expect(encode(ask(user('Hi')), true)['stream']).toBe(says ? true : undefined);
  });
});

it('images become data URIs beside the words', () => {
  expect(codec('qwen').encode(ask(user('what?', image)), model('qwen'), false)['messages']).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'what?' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG_BASE64}` } },
      ],
    },
  ]);
});

it('a schema, an effort and the extra fields of the caller go to their places', () => {
  const request = {
    ...ask(user('Hi')),
    reasoning: { effort: 'low' as const },
    outputSchema: { name: 'person', schema: { type: 'object' } },
    additionalModelRequestFields: { seed: 1 },
  };
  const features = { reasoning: 'effort' as const };
  expect(codec('gpt-oss').encode(request, model('gpt-oss', { features }), false)).toEqual({
    messages: [{ role: 'user', content: 'Hi' }],
    response_format: { type: 'json_schema', json_schema: { name: 'person', schema: { type: 'object' } } },
    reasoning_effort: 'low',
    seed: 1,
  });
});

it('a failed tool result says so in its words, for want of a field', () => {
  const failed = {
    toolResult: { toolUseId: 't1', status: 'error' as const, content: [{ text: 'no such city' }] },
  };
  const body = codec('qwen').encode(ask(user('Hi'), assistant(toolUse), user(failed)), model('qwen'), false);
  expect(body['messages']).toMatchObject([{}, {}, { content: 'Error: no such city' }]);
});

describe('a chat answer', () => {
  const decode = (family: string, body: JsonObject) => codec(family).decode(body, {});

  it.each([
    ['tags', { content: '<think>hm</think>so' }],
    ['a field', { content: 'so', reasoning_content: 'hm' }],
    ['a shorter field', { content: 'so', reasoning: 'hm' }],
    [
      "Magistral's parts",
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
          { type: 'text', text: 'so' },
        ],
      },
    ],
  ])('has its reasoning in %s', (_where, message) => {
    expect(decode('mistral-chat', answer(message)).content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm' } } },
      { text: 'so' },
    ]);
  });

  it('of GPT keeps tags in the text: nothing says that they are reasoning', () => {
    expect(decode('gpt', answer({ content: '<think>x</think>' })).content).toEqual([
      { text: '<think>x</think>' },
    ]);
  });

  it.each([
    [
      'null content beside a call',
      { content: null, tool_calls: [call('{"city":"Rome"}')] },
      { city: 'Rome' },
    ],
    [
      'arguments as an object',
      { tool_calls: [{ ...call(''), function: { name: 'weather', arguments: { a: 1 } } }] },
      { a: 1 },
    ],
    ['no arguments', { tool_calls: [call('')] }, {}],
  ])('reads %s', (_what, message, input) => {
    const result = decode('qwen', answer(message, { finish_reason: 'tool_calls' }));
    expect(result.content).toEqual([{ toolUse: { toolUseId: 'c1', name: 'weather', input } }]);
    expect(result.stopReason).toBe('tool_use');
  });

  it('with arguments that are no JSON keeps them, and its stop reason', () => {
    const result = decode('qwen', answer({ tool_calls: [call('{"city":')] }, { finish_reason: 'length' }));
    expect(result).toMatchObject({
      content: [{ toolUse: { input: '{"city":' } }],
      stopReason: 'max_tokens',
      stopReasonRaw: 'length',
    });
  });

  it('that says "stop" beside a call stopped for the call', () => {
    expect(decode('kimi', answer({ tool_calls: [call('{}')] }))).toMatchObject({
      stopReason: 'tool_use',
      stopReasonRaw: 'stop',
    });
  });

  it.each([
    ["Mistral's stop_reason", { finish_reason: null, stop_reason: 'length' }, 'max_tokens', undefined],
    ["vLLM's matched text", { finish_reason: 'stop', stop_reason: '|' }, 'stop_sequence', '|'],
    ["vLLM's token number", { finish_reason: 'stop', stop_reason: 518 }, 'end_turn', undefined],
  ])('stops by %s', (_what, rest, stopReason, stopSequence) => {
    const result = decode('mistral-chat', answer({ content: 'x' }, rest));
    expect([result.stopReason, result.stopSequence]).toEqual([stopReason, stopSequence]);
  });

  it('gives a refusal as text', () => {
    const refused = answer({ content: null, refusal: 'I will not.' }, { finish_reason: 'content_filter' });
    expect(decode('gpt', refused)).toMatchObject({
      content: [{ text: 'I will not.' }],
      stopReason: 'content_filtered',
    });
  });

  it('counts cached input apart', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } };
    const counted = (family: string) => decode(family, { ...answer({ content: 'x' }), usage }).usage;
    for (const family of ['gpt', 'gpt-oss', 'qwen'])
      expect(counted(family)).toEqual({ inputTokens: 6, outputTokens: 2, cacheReadInputTokens: 4 });
  });

  it.each([[{}], [{ choices: [] }], [{ choices: [{ finish_reason: 'stop' }] }]])(
    'without an answer is incomplete: %j',
    (body) => {
      expect(() => decode('qwen', body)).toThrowError(expect.objectContaining({ code: 'incomplete' }));
    },
  );

  it.each([[{ error: { message: 'boom' } }], [{ object: 'error', message: 'boom' }], [{ error: 'boom' }]])(
    'that is an error is thrown: %j',
    (body) => {
      expect(() => decode('qwen', body)).toThrowError(
        expect.objectContaining({ code: 'model_error', awsMessage: 'boom' }),
      );
    },
  );
});

describe('a chat stream', () => {
  const delta = (change: JsonObject, finish_reason: string | null = null) => ({
    choices: [{ index: 0, delta: change, finish_reason }],
  });
  const part = (
    index: number | undefined,
    id: string | undefined,
    name: string | undefined,
    args: string,
  ) => ({
    tool_calls: [
      {
        ...(index === undefined ? {} : { index }),
        ...(id === undefined ? {} : { id }),
        function: { name: name ?? null, arguments: args },
      },
    ],
  });

  it('keeps parallel calls apart, also when their pieces are mixed', () => {
    const result = streamed('qwen', [
      delta({ role: 'assistant', content: '<think>hm</think>', reasoning_content: null }),
      delta(part(0, 'a', 'one', '{"x"')),
      delta(part(1, 'b', 'two', '{"y"')),
      delta(part(0, undefined, undefined, ':1}')),
      delta(part(1, '', undefined, ':2}')),
      delta({}, 'tool_calls'),
      { choices: [], usage: { prompt_tokens: 5, completion_tokens: 6 } },
    ]);
    expect(result).toMatchObject({
      content: [
        { reasoningContent: { reasoningText: { text: 'hm' } } },
        { toolUse: { toolUseId: 'a', name: 'one', input: { x: 1 } } },
        { toolUse: { toolUseId: 'b', name: 'two', input: { y: 2 } } },
      ],
      stopReason: 'tool_use',
      usage: { inputTokens: 5, outputTokens: 6 },
    });
  });

  it('begins a new call with a new ID when the server counts none', () => {
    const result = streamed('qwen', [
      delta(part(undefined, 'a', 'one', '{}')),
      delta(part(undefined, 'b', 'two', '{}')),
      delta({}, 'stop'),
    ]);
    expect(result.content).toHaveLength(2);
    expect(result.stopReason).toBe('tool_use');
  });

  it('ignores alternatives beyond the first', () => {
    const second = { choices: [{ index: 1, delta: { content: 'no' }, finish_reason: 'stop' }] };
    const result = streamed('qwen', [delta({ content: 'yes' }), second, delta({}, 'length')]);
    expect(result).toMatchObject({ content: [{ text: 'yes' }], stopReason: 'max_tokens' });
  });

  it('of a model that does not stream may be one whole message', () => {
    expect(streamed('palmyra', [answer({ content: 'all' })])).toMatchObject({
      content: [{ text: 'all' }],
      stopReason: 'end_turn',
    });
  });

  it('without a finish reason is incomplete', () => {
    expect(() => streamed('qwen', [delta({ content: 'yes' })])).toThrowError(
      expect.objectContaining({ code: 'incomplete', partialText: 'yes' }),
    );
  });

  it.each([[null], ['text'], [[1]]])('refuses a chunk that is no object: %j', (chunk) => {
    expect(() => streamed('qwen', [chunk])).toThrowError(expect.objectContaining({ code: 'model_error' }));
  });
});
