/** A tool input of null is no object, on whichever wire it comes; no input in a stream is an empty one. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chunk, event, json, streamHead } from '../aws/loopback.ts';
import { type Answering, answering } from './answering.ts';

const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const QWEN = 'qwen.qwen3-32b-v1:0';
const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }];
const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

let door: Answering;
let whole = true;
let answer: Parameters<typeof answering>[0] = () => undefined;
beforeAll(async () => {
  door = await answering(
    (path, body, response) => answer(path, body, response),
    (deps) => ({
      ...deps,
      learned: { ...deps.learned, wholeBecause: () => (whole ? 'buffered:test' : undefined) },
    }),
  );
});
afterAll(() => door.close());

const converse = (input: unknown, stopReason = 'tool_use') => ({
  output: {
    message: { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'f', input } }] },
  },
  stopReason,
  usage,
  metrics: { latencyMs: 1 },
});
const WHOLE: Readonly<Record<string, readonly [model: string, api: string, body: unknown]>> = {
  'Claude over Converse': [CLAUDE, 'converse', converse(null)],
  'Nova over Converse': [NOVA, 'converse', converse(null)],
  'Nova natively': [NOVA, 'native', converse(null)],
  'Claude natively': [
    CLAUDE,
    'native',
    {
      content: [{ type: 'tool_use', id: 't', name: 'f', input: null }],
      role: 'assistant',
      stop_reason: 'tool_use',
      usage: { input_tokens: 3, output_tokens: 2 },
    },
  ],
  'Qwen natively': [
    QWEN,
    'native',
    {
      choices: [
        {
          message: { tool_calls: [{ id: 't', function: { name: 'f', arguments: null } }] },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 3, completion_tokens: 2 },
    },
  ],
};

describe('a tool input of null', () => {
  it.each(Object.entries(WHOLE))(
    'is never handed over as a good call, from %s',
    async (_name, [model, api, body]) => {
      whole = true;
      answer = (_path, _body, response) => json(response, 200, body);
      await expect(door.ask({ model, prompt: 'Hi', tools, api })).rejects.toMatchObject({
        code: 'incomplete',
        message: expect.stringContaining('It wrote f: null'),
      });
    },
  );

  it('in the chunk that begins a call is no part of the input, from Qwen natively', async () => {
    whole = false;
    const call = (given: unknown, name?: string) => ({
      choices: [
        { index: 0, delta: { tool_calls: [{ index: 0, id: 't', function: { name, arguments: given } }] } },
      ],
    });
    answer = (_path, _body, response) => {
      streamHead(response);
      response.write(chunk(call(null, 'f')));
      response.write(chunk(call('{"a":1}')));
      response.end(chunk({ choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls' }] }));
    };
    const { structured } = await door.ask({ model: QWEN, prompt: 'Hi', tools, api: 'native' });
    expect(structured['tool_calls']).toEqual([{ toolUseId: 't', name: 'f', input: { a: 1 } }]);
  });
});

describe('a tool call without a piece of input', () => {
  it('is one of an empty object in a stream', async () => {
    whole = false;
    answer = (_path, _body, response) => {
      streamHead(response);
      response.write(event('messageStart', { role: 'assistant' }));
      const start = { toolUse: { toolUseId: 't', name: 'f' } };
      response.write(event('contentBlockStart', { contentBlockIndex: 0, start }));
      response.write(event('contentBlockStop', { contentBlockIndex: 0 }));
      response.write(event('messageStop', { stopReason: 'tool_use' }));
      response.end(event('metadata', { usage, metrics: { latencyMs: 1 } }));
    };
    const { structured } = await door.ask({ model: CLAUDE, prompt: 'Hi', tools, api: 'converse' });
    expect(structured['tool_calls']).toEqual([{ toolUseId: 't', name: 'f', input: {} }]);
  });
});

describe('an answer of nothing but a call that was cut', () => {
  it('is not told as one of nothing', async () => {
    whole = true;
    answer = (_path, _body, response) => json(response, 200, converse('{"a":', 'max_tokens'));
    const { structured, text } = await door.ask({ model: CLAUDE, prompt: 'Hi', tools, api: 'converse' });
    expect(structured['incomplete_tool_calls']).toHaveLength(1);
    expect(`${text} ${structured['receipt'].warnings.join(' ')}`).not.toContain('has nothing');
  });
});
