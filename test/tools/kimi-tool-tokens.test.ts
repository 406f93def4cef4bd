/** Calls that Kimi leaves in the tokens of its template are calls for the caller, wherever they stand. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { event, json, streamHead } from '../aws/loopback.ts';
import { type Answering, answering } from './answering.ts';

const KIMI = 'moonshotai.kimi-k2.5';
const tools = [{ name: 'get weather', input_schema: { type: 'object', properties: {} } }];
const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const written = (name: string, input: string) =>
  `<|tool_calls_section_begin|> <|tool_call_begin|> functions.${name}:0 <|tool_call_argument_begin|> ${input}`;
const END = ' <|tool_call_end|> <|tool_calls_section_end|>';

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

/** The name that was sent in place of the caller's. */
const sentName = (body: string): string => /get_weather\w*/.exec(body)?.[0] ?? '';
const ask = (api: string, more: object = {}) => door.ask({ model: KIMI, prompt: 'Hi', tools, api, ...more });
const ours = { name: 'get weather', input: { city: 'Paris' }, toolUseId: expect.stringMatching(/:0$/) };

describe('a call in the tokens of Kimi', () => {
  it.each(['text', 'reasoning'])('in the %s of a whole Converse answer is a call', async (where) => {
    whole = true;
    answer = (_path, body, response) => {
      const text = `Let me see. ${written(sentName(body), '{"city":"Paris"}')}${END}`;
      const block = where === 'text' ? { text } : { reasoningContent: { reasoningText: { text } } };
      json(response, 200, {
        output: { message: { role: 'assistant', content: [block] } },
        stopReason: 'end_turn',
        usage,
        metrics: { latencyMs: 1 },
      });
    };
    const { structured, text } = await ask('converse');
    expect(structured).toMatchObject({ tool_calls: [ours], stop_reason: 'tool_use' });
    expect(text).not.toContain('<|');
    expect(JSON.stringify(structured)).toContain('Let me see.');
  });

  it('in the pieces of a stream is a call', async () => {
    whole = false;
    answer = (_path, body, response) => {
      streamHead(response);
      response.write(event('messageStart', { role: 'assistant' }));
      for (const text of `${written(sentName(body), '{"city":"Paris"}')}${END}`.match(/.{1,7}/g) ?? [])
        response.write(event('contentBlockDelta', { contentBlockIndex: 0, delta: { text } }));
      response.write(event('contentBlockStop', { contentBlockIndex: 0 }));
      response.write(event('messageStop', { stopReason: 'end_turn' }));
      response.end(event('metadata', { usage, metrics: { latencyMs: 1 } }));
    };
    const { structured } = await ask('converse');
    expect(structured).toMatchObject({ tool_calls: [ours], text: '' });
  });

  it('in a native answer is a call, and one that was cut stands apart', async () => {
    whole = true;
    let end = END;
    answer = (_path, body, response) => {
      const content = written(sentName(body), end === '' ? '{"city":"Pa' : '{"city":"Paris"}') + end;
      const finish_reason = end === '' ? 'length' : 'stop';
      json(response, 200, { choices: [{ message: { content }, finish_reason }], usage: {} });
    };
    expect((await ask('native')).structured).toMatchObject({ tool_calls: [ours] });
    end = '';
    expect((await ask('native')).structured).toMatchObject({
      stop_reason: 'max_tokens',
      incomplete_tool_calls: [{ name: 'get weather', raw_input: '{"city":"Pa' }],
    });
  });
});
