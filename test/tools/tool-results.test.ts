/** Tool calls and their results through the tool door: whatever a caller holds reaches the model, or is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const CLAUDE = 'claude-haiku-4-5';
const NOVA = 'nova-lite';
const LLAMA_4 = 'us.meta.llama4-scout-17b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-3-675b-instruct';
const GPT_OSS = 'openai.gpt-oss-120b-1:0';
const KIMI = 'moonshotai.kimi-k2.5';
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const tools = [{ name: 'f', description: 'F', input_schema: { type: 'object', properties: {} } }];
const image = { image: { format: 'png', source: { bytes: PNG } } };
const table = { document: { format: 'csv', name: 'table', source: { bytes: 'YSxi' } } };

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const call = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'f', input: {} } });
const result = (toolUseId: string, ...content: unknown[]) => ({ toolResult: { toolUseId, content } });
const answered = (...content: unknown[]) => [
  { role: 'user', content: 'Look.' },
  { role: 'assistant', content: [call('t')] },
  { role: 'user', content: [result('t', ...content)] },
];

async function ask(model: string, api: string, messages: unknown[], more: object = {}) {
  const { structured } = await on.call(invokeModel, {
    model,
    messages,
    tools,
    options: { api },
    ...more,
  });
  const { body } = on.sandbox.record.requests.at(-1) ?? {};
  return {
    warnings: JSON.stringify(objectOf(structured['receipt'])['warnings'] ?? []),
    sent: JSON.stringify(objectOf(body)['messages']),
  };
}

describe('JSON in a tool result that is no object', () => {
  it.each<[JsonValue, string]>([
    [[1, 'b'], '[1,\\"b\\"]'],
    ['words', 'words'],
    [822, '822'],
    [true, 'true'],
    [null, 'null'],
    [{ a: [{ __type: 'b' }] }, '{\\"a\\":[{\\"__type\\":\\"b\\"}]}'],
  ])('goes as text to a model on Converse: %j', async (json, text) => {
    for (const model of [CLAUDE, NOVA, MISTRAL, GPT_OSS, KIMI]) {
      const { sent, warnings } = await ask(model, 'converse', answered({ json }));
      expect(sent).toContain(`{"text":"${text}"}`);
      expect(sent).not.toContain('"json"');
      expect(warnings).toContain('takes only an object there');
    }
  });

  it('goes as text over Nova’s own form too', async () => {
    const { sent, warnings } = await ask(NOVA, 'native', answered({ json: [1] }));
    expect(sent).toContain('{"text":"[1]"}');
    expect(warnings).toContain('takes only an object there');
  });

  it('stays JSON where it is an object', async () => {
    const { sent, warnings } = await ask(CLAUDE, 'converse', answered({ json: { a: 1 } }));
    expect(sent).toContain('"json":{"a":1}');
    expect(warnings).toBe('[]');
  });
});

describe('an image in a tool result', () => {
  it.each([CLAUDE, NOVA, LLAMA_4])('stays there for %s', async (model) => {
    const { sent, warnings } = await ask(model, 'converse', answered(image));
    expect(sent).toContain('"toolResult":{"toolUseId":"t","content":[{"image"');
    expect(warnings).toBe('[]');
  });

  it.each([
    ['mistral.mistral-large-3-675b-instruct', 'converse'],
    ['mistral.mistral-large-3-675b-instruct', 'native'],
    ['us.mistral.pixtral-large-2502-v1:0', 'converse'],
    ['us.openai.gpt-6-sol', 'converse'],
    ['moonshotai.kimi-k2.5', 'converse'],
    ['moonshotai.kimi-k2.5', 'native'],
    ['qwen.qwen3-vl-235b-a22b', 'converse'],
    ['qwen.qwen3-vl-235b-a22b', 'native'],
    ['us.xai.grok-4.6', 'converse'],
  ])('goes beside it to %s over %s', async (model, api) => {
    const { sent, warnings } = await ask(model, api, answered({ text: 'shot' }, image));
    expect(sent).toContain('The image follows after the tool results.');
    expect(sent).toContain('The image of tool result t:');
    expect(sent).toContain(PNG);
    expect(warnings).toContain('was moved out of its tool result');
  });

  it.each([
    [GPT_OSS, 'converse'],
    [GPT_OSS, 'native'],
    ['deepseek.v3.2', 'converse'],
    ['us.amazon.nova-micro-v1:0', 'converse'],
    ['us.amazon.nova-micro-v1:0', 'native'],
    ['us.meta.llama3-3-70b-instruct-v1:0', 'converse'],
  ])('is told in words to %s over %s, which reads none', async (model, api) => {
    const { sent, warnings } = await ask(model, api, answered({ text: 'shot' }, image));
    expect(sent).toContain('The tool returned an image, which this model does not read.');
    expect(warnings).toContain('was put into words');
  });
});

describe('a document in a tool result', () => {
  it.each([
    [GPT_OSS, 'converse'],
    [GPT_OSS, 'native'],
    ['us.amazon.nova-micro-v1:0', 'converse'],
  ])('that is text is read to %s over %s, which takes no documents', async (model, api) => {
    const { sent, warnings } = await ask(model, api, answered(table));
    expect(sent).toContain('[Document table]\\na,b');
    expect(warnings).toContain('The document in a tool result was put into words');
  });

  it('goes beside the result where the model takes it only there', async () => {
    const { sent } = await ask(NOVA, 'converse', answered(table));
    expect(sent).toContain('The document follows after the tool results.');
    expect(sent).toContain('"document"');
  });
});

describe('a result as an MCP client holds it', () => {
  const held = (result: object) => [
    ...answered().slice(0, 2),
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', ...result }] },
  ];

  it.each([
    ['converse', '"status":"error"'],
    ['native', '"is_error":true'],
  ])('tells the model over %s that the tool failed', async (api, mark) => {
    const { sent } = await ask(CLAUDE, api, held({ isError: true, content: [{ type: 'text', text: 'no' }] }));
    expect(sent).toContain(mark);
  });

  it.each(['converse', 'native'])('gives its structured content over %s, once', async (api) => {
    const structuredContent = { degrees: 21 };
    const alone = await ask(CLAUDE, api, held({ structuredContent }));
    expect(alone.sent).toMatch(/degrees\\?":21/);
    const text = JSON.stringify(structuredContent);
    const both = await ask(CLAUDE, api, held({ structuredContent, content: [{ type: 'text', text }] }));
    expect(both.sent.match(/degrees/g)).toHaveLength(1);
  });

  it('gives its resources: text, image, document, link', async () => {
    const resource = (more: object) => ({ type: 'resource', resource: { uri: 'file:///a', ...more } });
    const { sent } = await ask(
      CLAUDE,
      'converse',
      held({
        content: [
          resource({ mimeType: 'text/plain', text: 'words' }),
          resource({ mimeType: 'image/png', blob: PNG }),
          { type: 'image', data: PNG, mimeType: 'image/png' },
          { type: 'resource_link', uri: 'file:///b', name: 'b' },
        ],
      }),
    );
    expect(sent).toContain('[Resource file:///a]\\nwords');
    expect(sent.match(/"image":/g)).toHaveLength(2);
    expect(sent).toContain('file:///b');
  });
});

describe('a message of the role tool', () => {
  it.each([
    [CLAUDE, 'converse'],
    [CLAUDE, 'native'],
    [KIMI, 'native'],
  ])('is the result of its call for %s over %s', async (model, api) => {
    const { sent } = await ask(model, api, [
      { role: 'user', content: 'Look.' },
      { role: 'assistant', content: [call('a'), call('b')] },
      { role: 'tool', tool_call_id: 'a', content: 'first' },
      { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'second' }] },
    ]);
    expect(sent).toContain('first');
    expect(sent).toContain('second');
  });

  it('with a member that nobody knows is refused by its name', async () => {
    const messages = [...answered().slice(0, 2), { role: 'tool', tool_call_id: 't', content: 'a', what: 1 }];
    await expect(ask(CLAUDE, 'converse', messages)).rejects.toMatchObject({ field: 'messages[2].what' });
  });
});

describe('the IDs of tool calls', () => {
  const twoRounds = (id: string) => [
    { role: 'user', content: 'Look.' },
    { role: 'assistant', content: [call(id)] },
    { role: 'user', content: [result(id, { text: 'first' })] },
    { role: 'assistant', content: [call(id)] },
    { role: 'user', content: [result(id, { text: 'second' })] },
  ];

  /** The IDs of the calls as they were sent, and of the results, in order. */
  const idsIn = (sent: string) => {
    const all = (pattern: RegExp) => [...sent.matchAll(pattern)].map(([, id]) => id);
    return {
      calls: all(/"toolUse":\{[^}]*\}?[^}]*"toolUseId":"([^"]*)"/g).concat(all(/"id":"([^"]*)"/g)),
      results: all(/"toolResult":\{.*?"toolUseId":"([^"]*)"/g).concat(
        all(/"(?:tool_use_id|tool_call_id)":"([^"]*)"/g),
      ),
    };
  };

  it.each([
    [CLAUDE, 'converse', 'list_dir:0'],
    [CLAUDE, 'native', 'list_dir:0'],
    [CLAUDE, 'native', 'same'],
    [NOVA, 'converse', 'functions.list_dir:0'],
    [MISTRAL, 'converse', 'list_dir:0'],
    [MISTRAL, 'native', 'abcdefgh1'],
    [KIMI, 'converse', 'list_dir:0'],
    [KIMI, 'native', 'list_dir:0'],
    [GPT_OSS, 'native', ''],
    [CLAUDE, 'converse', ''],
    [CLAUDE, 'converse', 'x'.repeat(80)],
  ])('are each sent once to %s over %s when %j comes in every turn', async (model, api, id) => {
    const { sent, warnings } = await ask(model, api, twoRounds(id));
    const { calls, results } = idsIn(sent);
    expect(new Set(calls).size).toBe(2);
    expect(results).toEqual(calls);
    expect(warnings).toContain('Tool use IDs of the history were rewritten');
  });

  it('are the same again in the next turn, so that the prompt cache holds', async () => {
    const first = idsIn((await ask(CLAUDE, 'converse', twoRounds('a'))).sent);
    const more = [...twoRounds('a'), ...twoRounds('a').slice(1, 3)];
    const second = idsIn((await ask(CLAUDE, 'converse', more)).sent);
    expect(second.calls.slice(0, 2)).toEqual(first.calls);
    expect(new Set(second.calls).size).toBe(3);
  });

  it.each([
    [CLAUDE, 'converse'],
    [CLAUDE, 'native'],
    [MISTRAL, 'converse'],
    [KIMI, 'native'],
  ])('that are the same within a turn are answered in their order by %s over %s', async (model, api) => {
    const { sent } = await ask(model, api, [
      { role: 'user', content: 'Look.' },
      { role: 'assistant', content: [call('a'), call('a')] },
      { role: 'user', content: [result('a', { text: 'first' }), result('a', { text: 'second' })] },
    ]);
    const { calls, results } = idsIn(sent);
    expect(new Set(calls).size).toBe(2);
    expect(results).toEqual(calls);
  });
});
