/** The small families: requests and answers on literal bodies. */
import { describe, expect, it } from 'vitest';
import { stopReasonOf } from '../../../src/inference/codecs/fields/stop-reasons.ts';
import type { JsonObject } from '../../../src/json.ts';
import {
  ask,
  assistant,
  codec,
  model,
  PNG,
  PNG_BASE64,
  streamed,
  toolUse,
  user,
  weatherTool,
} from './requests.ts';

const encode = (family: string, request: Parameters<ReturnType<typeof codec>['encode']>[0], stream = false) =>
  codec(family).encode(request, model(family), stream);

describe('requests', () => {
  it('Titan takes one message as it is and several as a script', () => {
    expect(encode('titan-text', ask(user('Hi')))).toEqual({ inputText: 'Hi' });
    expect(encode('titan-text', ask(user('a'), assistant('b'), user('c')))['inputText']).toBe(
      'User: a\nBot: b\nUser: c\nBot:',
    );
  });

  it('Command says that it streams', () => {
    expect(encode('command', ask(user('Hi')), true)).toEqual({ prompt: 'Hi', stream: true });
    expect(encode('command', ask(user('Hi')))).toEqual({ prompt: 'Hi' });
  });

  it.each(['command', 'jurassic-2'])('%s knows no conversation', (family) => {
    expect(() => encode(family, ask(user('a'), assistant('b'), user('c')))).toThrowError(
      expect.objectContaining({ code: 'unsupported_feature', field: 'messages' }),
    );
  });

  it('Pegasus takes a question about one video', () => {
    const video = (source: { bytes: Uint8Array } | { s3Location: { uri: string } }) => ({
      video: { format: 'mp4' as const, source },
    });
    const request = {
      ...ask(user('what?', video({ bytes: PNG }))),
      outputSchema: { name: 'x', schema: { type: 'object' } },
      inferenceConfig: { maxTokens: 5 },
    };
    expect(encode('pegasus', request)).toEqual({
      inputPrompt: 'what?',
      mediaSource: { base64String: PNG_BASE64 },
      maxOutputTokens: 5,
      responseFormat: { jsonSchema: { type: 'object' } },
    });
    const inS3 = ask(user('what?', video({ s3Location: { uri: 's3://b/v' } })));
    expect(encode('pegasus', inS3)['mediaSource']).toEqual({ s3Location: { uri: 's3://b/v' } });
    expect(() => encode('pegasus', ask(user('what?')))).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    );
  });

  it('Command R parts history, question, preamble, tools and results', () => {
    const result = (content: { text: string }[], status: 'success' | 'error') => ({
      toolResult: { toolUseId: 't1', content, status },
    });
    const body = encode('command-r', {
      ...ask(
        user('a'),
        assistant('b'),
        user('c'),
        assistant('I will look.', toolUse),
        user(result([{ text: '40 C' }], 'error')),
      ),
      system: [{ text: 's' }],
      toolConfig: { tools: [weatherTool] },
    });
    expect(body).toEqual({
      message: 'c',
      chat_history: [
        { role: 'USER', message: 'a' },
        { role: 'CHATBOT', message: 'b' },
      ],
      preamble: 's',
      tools: [
        {
          name: 'weather',
          description: 'Weather of a city',
          parameter_definitions: { city: { type: 'str', required: true } },
        },
      ],
      tool_results: [
        { call: { name: 'weather', parameters: { city: 'Rome' } }, outputs: [{ error: '40 C' }] },
      ],
    });
  });

  it.each([
    [
      'user words beside a result',
      [assistant(toolUse), user({ toolResult: { toolUseId: 't1', content: [] } }, 'x')],
    ],
    ['a last word of the assistant', [assistant('b')]],
  ])('Command R refuses %s', (_what, exchange) => {
    expect(() => encode('command-r', ask(user('a'), ...exchange))).toThrowError(
      expect.objectContaining({ code: 'unsupported_feature' }),
    );
  });
});

describe('answers, whole and as a stream of chunks', () => {
  const CASES: [family: string, whole: JsonObject, chunks: JsonObject[], expected: object][] = [
    [
      'llama3',
      { generation: 'ab', prompt_token_count: 1, generation_token_count: 2, stop_reason: 'length' },
      [
        { generation: 'a', prompt_token_count: 1, generation_token_count: 1, stop_reason: null },
        { generation: 'b', prompt_token_count: null, generation_token_count: 2, stop_reason: 'length' },
      ],
      { content: [{ text: 'ab' }], stopReason: 'max_tokens', usage: { inputTokens: 1, outputTokens: 2 } },
    ],
    [
      'mistral',
      { outputs: [{ text: 'ab', stop_reason: 'stop' }] },
      [{ outputs: [{ text: 'a', stop_reason: null }] }, { outputs: [{ text: 'b', stop_reason: 'stop' }] }],
      { content: [{ text: 'ab' }], stopReason: 'end_turn', usage: {} },
    ],
    [
      'titan-text',
      {
        inputTextTokenCount: 1,
        results: [{ tokenCount: 2, outputText: 'ab', completionReason: 'CONTENT_FILTERED' }],
      },
      [
        { outputText: 'a', inputTextTokenCount: 1, totalOutputTextTokenCount: null, completionReason: null },
        { outputText: 'b', totalOutputTextTokenCount: 2, completionReason: 'CONTENT_FILTERED' },
      ],
      {
        content: [{ text: 'ab' }],
        stopReason: 'content_filtered',
        usage: { inputTokens: 1, outputTokens: 2 },
      },
    ],
    [
      'deepseek-r1',
      { choices: [{ text: 'hm</think>\n\nso', stop_reason: 'stop' }] },
      [
        { choices: [{ text: 'hm</th', stop_reason: null }] },
        { choices: [{ text: 'ink>\n\nso', stop_reason: null }] },
        { choices: [{ text: '', stop_reason: 'stop' }] },
      ],
      {
        content: [{ reasoningContent: { reasoningText: { text: 'hm' } } }, { text: '\n\nso' }],
        stopReason: 'end_turn',
        usage: {},
      },
    ],
    [
      'command',
      { generations: [{ text: 'ab', finish_reason: 'ERROR_TOXIC' }] },
      [
        { index: 0, is_finished: false, text: 'a' },
        { index: 0, is_finished: false, text: 'b' },
        { is_finished: true, finish_reason: 'ERROR_TOXIC' },
      ],
      { content: [{ text: 'ab' }], stopReason: 'content_filtered', usage: {} },
    ],
    [
      'pegasus',
      { message: 'ab', finishReason: 'length' },
      [{ message: 'a' }, { message: 'b', finishReason: 'length' }],
      { content: [{ text: 'ab' }], stopReason: 'max_tokens', usage: {} },
    ],
    [
      'jurassic-2',
      { completions: [{ data: { text: 'ab' }, finishReason: { reason: 'stop', sequence: '|' } }] },
      [{ completions: [{ data: { text: 'ab' }, finishReason: { reason: 'stop', sequence: '|' } }] }],
      { content: [{ text: 'ab' }], stopReason: 'stop_sequence', stopSequence: '|', usage: {} },
    ],
    [
      'claude-legacy',
      { type: 'completion', completion: 'ab', stop_reason: 'max_tokens', stop: null },
      [
        { type: 'completion', completion: 'a', stop_reason: null },
        { type: 'completion', completion: 'b', stop_reason: 'max_tokens' },
      ],
      { content: [{ text: 'ab' }], stopReason: 'max_tokens', usage: {} },
    ],
    [
      'command-r',
      {
        text: 'ab',
        generation_id: 'g',
        citations: [{ start: 0, end: 1, text: 'a' }],
        tool_calls: [{ name: 'weather', parameters: { city: 'Rome' } }],
        finish_reason: 'COMPLETE',
      },
      [
        { event_type: 'stream-start', generation_id: 'g', is_finished: false },
        { event_type: 'text-generation', text: 'ab', is_finished: false },
        {
          event_type: 'citation-generation',
          citations: [{ start: 0, end: 1, text: 'a' }],
          is_finished: false,
        },
        {
          event_type: 'tool-calls-generation',
          tool_calls: [{ name: 'weather', parameters: { city: 'Rome' } }],
        },
        { event_type: 'stream-end', is_finished: true, finish_reason: 'COMPLETE', response: { text: 'ab' } },
      ],
      {
        content: [
          { citationsContent: { content: [{ text: 'ab' }], citations: [{ start: 0, end: 1, text: 'a' }] } },
          { toolUse: { toolUseId: 'g_0', name: 'weather', input: { city: 'Rome' } } },
        ],
        stopReason: 'tool_use',
        usage: {},
      },
    ],
  ];

  it.each(CASES)('say the same for %s', (family, whole, chunks, expected) => {
    expect(codec(family).decode(whole, {})).toMatchObject(expected);
    expect(streamed(family, chunks)).toMatchObject(expected);
  });

  // Pegasus' `message` tells nothing of its maker, and only R1 opens its reasoning in the prompt.
  const readable = CASES.filter(([family]) => family !== 'pegasus' && family !== 'deepseek-r1');
  it.each(readable)('%s by its keys alone', (_family, whole, chunks, expected) => {
    expect(codec('unknown').decode(whole, {})).toMatchObject(expected);
    expect(streamed('unknown', chunks)).toMatchObject(expected);
  });

  it.each(CASES)('%s is incomplete before its end marker and without an answer', (family, _whole, chunks) => {
    expect(() => streamed(family, chunks.slice(0, -1))).toThrowError(
      expect.objectContaining({ code: 'incomplete' }),
    );
    expect(() => codec(family).decode({ odd: true }, {})).toThrowError(
      expect.objectContaining({ code: 'incomplete' }),
    );
  });

  it.each(CASES)('%s blocked by a guardrail', (family, whole) => {
    const action = { 'amazon-bedrock-guardrailAction': 'INTERVENED', 'amazon-bedrock-trace': { why: 1 } };
    expect(codec(family).decode({ ...whole, ...action }, {})).toMatchObject({
      stopReason: 'guardrail_intervened',
      trace: { why: 1 },
    });
    expect(codec(family).decode(action, {})).toMatchObject({
      content: [],
      stopReason: 'guardrail_intervened',
    });
    expect(streamed(family, [action]).stopReason).toBe('guardrail_intervened');
  });

  it('a stream that an action interrupted goes on to its own end marker', () => {
    const masked = {
      outputs: [{ text: 'a', stop_reason: null }],
      'amazon-bedrock-guardrailAction': 'INTERVENED',
    };
    const cut = { outputs: [{ text: 'b', stop_reason: null }] };
    expect(() => streamed('mistral', [masked, cut])).toThrowError(
      expect.objectContaining({ code: 'incomplete' }),
    );
  });
});

it('R1 gives words without any thinking as its answer, whole and streamed', () => {
  const whole = { choices: [{ text: 'Just text.', stop_reason: 'stop' }] };
  expect(codec('deepseek-r1').decode(whole, {}).content).toEqual([{ text: 'Just text.' }]);
  expect(streamed('deepseek-r1', [whole]).content.at(-1)).toEqual({ text: 'Just text.' });
  const cut = { choices: [{ text: 'Thinking', stop_reason: 'length' }] };
  const thought = [{ reasoningContent: { reasoningText: { text: 'Thinking' } } }];
  expect(codec('deepseek-r1').decode(cut, {}).content).toEqual(thought);
  expect(streamed('deepseek-r1', [cut]).content).toEqual(thought);
});

describe('a model of unknown architecture', () => {
  it.each<[string, unknown, string]>([
    ['TGI', [{ generated_text: 'so' }], 'so'],
    [
      'TGI with details',
      { generated_text: 'so', details: { finish_reason: 'length', generated_tokens: 2 } },
      'so',
    ],
    ["vLLM's demo server", { text: ['so'] }, 'so'],
    ['a text completion', { choices: [{ text: 'so', finish_reason: 'stop' }] }, 'so'],
    ['a chat completion', { choices: [{ message: { content: 'so' }, finish_reason: 'stop' }] }, 'so'],
    ['Llama', { generation: '<think>hm</think>so', stop_reason: 'stop' }, 'so'],
    ['Messages', { type: 'message', content: [{ type: 'text', text: 'so' }], stop_reason: 'end_turn' }, 'so'],
    ['Nova', { output: { message: { content: [{ text: 'so' }] } }, stopReason: 'end_turn' }, 'so'],
    ['a bare output', { output: 'so' }, 'so'],
    ['a bare response', { response: 'so' }, 'so'],
  ])('answers as %s', (_shape, body, text) => {
    const { content } = codec('unknown').decode(JSON.parse(JSON.stringify(body)), {});
    expect(content.at(-1)).toEqual({ text });
  });

  it('streams as TGI', () => {
    const result = streamed('unknown', [
      { index: 1, token: { text: 'a', special: false }, generated_text: null, details: null },
      {
        index: 2,
        token: { text: '</s>', special: true },
        generated_text: 'a',
        details: { finish_reason: 'eos_token', generated_tokens: 2 },
      },
    ]);
    expect(result).toMatchObject({
      content: [{ text: 'a' }],
      stopReason: 'end_turn',
      stopReasonRaw: 'eos_token',
      usage: { outputTokens: 2 },
    });
  });

  it('that answers an error is an error, whole and streamed', () => {
    const error = { error: 'Model is overloaded', error_type: 'overloaded' };
    expect(() => codec('unknown').decode(error, {})).toThrowError(/overloaded/);
    expect(() => streamed('unknown', [error])).toThrowError(/overloaded/);
  });

  it('that answers nothing readable is incomplete', () => {
    expect(() => codec('unknown').decode({ embedding: [1] }, {})).toThrowError(
      expect.objectContaining({ code: 'incomplete' }),
    );
  });
});

describe('stop reasons', () => {
  it.each([
    ['stop', 'end_turn'],
    ['FINISH', 'end_turn'],
    ['COMPLETE', 'end_turn'],
    ['endoftext', 'end_turn'],
    ['length', 'max_tokens'],
    ['MAX_TOKENS', 'max_tokens'],
    ['STOP_CRITERIA_MET', 'stop_sequence'],
    ['STOP_SEQUENCE', 'stop_sequence'],
    ['tool_calls', 'tool_use'],
    ['refusal', 'content_filtered'],
    ['content_filter', 'content_filtered'],
    ['ERROR_TOXIC', 'content_filtered'],
    ['malformed_tool_use', 'malformed_tool_use'],
    ['RAG_QUERY_WHEN_RAG_DISABLED', 'other'],
    ['constructor', 'other'],
    [undefined, 'other'],
  ])('%s means %s', (raw, stopReason) => {
    expect(stopReasonOf(raw)).toEqual({
      stopReason,
      ...(raw === undefined || raw === stopReason ? {} : { stopReasonRaw: raw }),
    });
  });
});
