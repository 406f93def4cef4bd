/** Tool calls that models write badly, through the tool door: none is handed over as a good one, and none is lost. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const CLAUDE = 'claude-haiku-4-5';
const NOVA = 'nova-lite';
const LLAMA_4 = 'us.meta.llama4-scout-17b-instruct-v1:0';
const QWEN = 'qwen.qwen3-32b-v1:0';
const MISTRAL = 'mistral.mistral-large-3-675b-instruct';
/** Streams of Converse and of two native forms, and whole answers of both. */
const WAYS = [
  [CLAUDE, 'converse'],
  [CLAUDE, 'native'],
  [NOVA, 'native'],
  [LLAMA_4, 'converse'],
  [QWEN, 'native'],
  [MISTRAL, 'native'],
] as const;

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const properties = { city: { type: 'string' } };
const tools = [{ name: 'f', description: 'F', input_schema: { type: 'object', properties } }];

const requests = () => on.sandbox.record.requests.filter(({ modelId }) => modelId !== undefined).length;
const ask = (model: string, api: string, prompt: string, more: object = {}, door = on) =>
  door.call(invokeModel, { model, prompt, tools, options: { api }, ...more });

describe('an input that is a text holding the object', () => {
  it.each(WAYS)('reaches the caller as the object from %s over %s', async (model, api) => {
    const { structured } = await ask(model, api, 'sandbox:string-input');
    const [call] = listOf(structured['tool_calls']);
    expect(objectOf(objectOf(call)['input'])['city']).toBeTypeOf('string');
    expect(structured['incomplete_tool_calls']).toBeUndefined();
    expect(structured['stop_reason']).toBe('tool_use');
  });
});

describe('a call that is cut at max_tokens', () => {
  it.each(WAYS)('stands apart with its raw text from %s over %s', async (model, api) => {
    const before = requests();
    const { structured, text } = await ask(model, api, 'sandbox:cut-call');
    expect(structured['stop_reason']).toBe('max_tokens');
    expect(structured['tool_calls']).toBeUndefined();
    expect(structured['incomplete_tool_calls']).toEqual([
      { toolUseId: expect.stringMatching(/.+/), name: 'f', raw_input: '{"city":"Par' },
    ]);
    expect(text).toContain('incomplete_tool_calls: [{"toolUseId"');
    expect(objectOf(structured['receipt'])['warnings']).toContainEqual(
      expect.stringContaining('The call of f is not whole (stop reason max_tokens)'),
    );
    // The next one would be cut at the same place.
    expect(requests()).toBe(before + 1);
  });

  it('does not poison the thread it is said in', async () => {
    const first = await ask(CLAUDE, 'converse', 'Hello.', { thread_id: 'new' });
    const id = objectOf(first.structured['thread'])['thread_id'];
    const [call] = listOf(first.structured['tool_calls']);
    const toolResult = { toolUseId: objectOf(call)['toolUseId'], content: [{ text: 'sandbox:cut-call' }] };
    const messages = [{ role: 'user', content: [{ toolResult }, { text: 'sandbox:cut-call' }] }];
    await on.call(invokeModel, {
      model: CLAUDE,
      messages,
      tools,
      thread_id: id,
      tool_choice: 'any',
      options: { api: 'converse' },
    });
    const next = await on.call(invokeModel, { model: CLAUDE, messages, thread_id: id });
    expect(next.structured['stop_reason']).toBeDefined();
  });
});

describe.each(['sandbox:broken-input', 'sandbox:list-input'])('a finished call with %s', (prompt) => {
  it.each(WAYS)(
    'is asked for once more, and both answers are told as paid, from %s over %s',
    async (model, api) => {
      const before = requests();
      on.sandbox.inject({ prompt, times: 1 });
      const { structured } = await ask(model, api, 'Hello.');
      expect(requests()).toBe(before + 2);
      expect(listOf(structured['tool_calls'])).toHaveLength(1);
      expect(structured['incomplete_tool_calls']).toBeUndefined();
      const receipt = objectOf(structured['receipt']);
      expect(receipt['warnings']).toContainEqual(expect.stringContaining('both answers were billed'));
      expect(receipt['attempts']).toHaveLength(2);
      const single = await ask(model, api, 'Hello.');
      const one = objectOf(objectOf(single.structured['receipt'])['usage']);
      expect(Number(objectOf(receipt['usage'])['input_tokens'])).toBe(2 * Number(one['input_tokens']));
    },
  );

  it.each(WAYS)('is an error when the second answer is no better, from %s over %s', async (model, api) => {
    const before = requests();
    await expect(ask(model, api, prompt)).rejects.toMatchObject({
      code: 'incomplete',
      message: expect.stringContaining('so was that of the second answer'),
    });
    expect(requests()).toBe(before + 2);
  });
});

describe('asking again', () => {
  it('is left out where the settings allow no retry', async () => {
    const door = await bench({ config: { max_retries: 0 } });
    await expect(ask(CLAUDE, 'converse', 'sandbox:broken-input', {}, door)).rejects.toMatchObject({
      code: 'incomplete',
      message: expect.stringContaining('max_retries is 0'),
    });
    expect(door.sandbox.record.requests.filter(({ modelId }) => modelId !== undefined)).toHaveLength(1);
    await door.close();
  });

  it('counts from what the first answer cost, under the budget of a call', async () => {
    const more = { max_tokens: 100 };
    // Enough for one answer at its worst, and not for what the first one cost beside it.
    const door = await bench({ config: { budget_usd_per_call: 0.00126 } });
    expect((await ask(CLAUDE, 'converse', 'Hello.', more, door)).structured['tool_calls']).toBeDefined();
    await expect(ask(CLAUDE, 'converse', 'sandbox:broken-input', more, door)).rejects.toMatchObject({
      code: 'incomplete',
      message: expect.stringContaining('asking again failed (budget_exceeded'),
    });
    await door.close();
  });
});

describe('IDs of calls that a model gives badly', () => {
  it.each(['sandbox:same-ids', 'sandbox:no-ids'])(
    'are each one’s own for the caller after %s',
    async (prompt) => {
      for (const [model, api] of WAYS) {
        const { structured } = await ask(model, api, prompt);
        const calls = listOf(structured['tool_calls']).map(objectOf);
        const ids = calls.map(({ toolUseId }) => String(toolUseId));
        expect(ids).not.toContain('');
        expect(new Set(ids).size).toBe(prompt === 'sandbox:same-ids' ? 2 : 1);
        // The caller answers with the IDs that it was given.
        const messages = [
          { role: 'user', content: 'Hello.' },
          { role: 'assistant', tool_calls: calls },
          {
            role: 'user',
            content: ids.map((toolUseId) => ({ toolResult: { toolUseId, content: [{ text: toolUseId }] } })),
          },
        ];
        const next = await on.call(invokeModel, { model, messages, tools, options: { api } });
        expect(next.structured['stop_reason']).toBe('end_turn');
      }
    },
  );

  it('are answered in a thread', async () => {
    const { structured } = await ask(CLAUDE, 'converse', 'sandbox:same-ids', { thread_id: 'new' });
    const ids = listOf(structured['tool_calls']).map((call) => objectOf(call)['toolUseId']);
    const content = ids.map((toolUseId) => ({ toolResult: { toolUseId, content: [{ text: 'done' }] } }));
    const id = objectOf(structured['thread'])['thread_id'];
    const next = await on.call(invokeModel, {
      model: 'nova-lite',
      thread_id: id,
      messages: [{ role: 'user', content }],
    });
    expect(next.structured['stop_reason']).toBe('end_turn');
  });
});
