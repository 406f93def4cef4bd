/** What is asked, and what is given back, where models answer in ways that no sandbox model would. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/json.ts';
import { asking, askShaped, type ScriptedAnswer, scripted } from '../../tools/scripted.ts';
import { prompt } from '../../tools/shapes.ts';
import { type Bench, bench } from '../../tools/with-sandbox.ts';

const OBJECT: JsonObject = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
const NUMBERS: JsonObject = { type: 'array', items: { type: 'integer' } };
const TOOL = { toolSpec: { name: 'f', inputSchema: { type: 'object' } } };

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

/** The answer of a model that says these things, and what was sent to it. */
async function ask(model: string, schema: JsonObject, ...answers: readonly ScriptedAnswer[]) {
  const { services, sent } = await scripted(on, ...answers);
  const shaped = await askShaped(schema, services, asking({ asked: model }));
  const inputs = sent.map(({ input }) => input);
  const last = inputs.at(-1)?.['messages'];
  return { shaped, inputs, said: JSON.stringify(Array.isArray(last) ? last.at(-1) : undefined) };
}

function formOf(input: JsonObject): string {
  if (input['outputConfig'] !== undefined) return 'native';
  if (input['toolConfig'] !== undefined) return 'tool';
  return JSON.stringify(input['system'] ?? '').includes('JSON Schema:') ? 'words' : 'none';
}

describe('the repair round', () => {
  it('takes the next form when nobody knows whether the first was seen, and shows the schema', async () => {
    const answers = [{ said: 'It is 5.' }, { said: '{"a":5}' }] as const;
    const tool = await ask('deepseek-v3.2', OBJECT, ...answers);
    expect(tool.shaped.parsed).toEqual({ a: 5 });
    expect(tool.inputs.map(formOf)).toEqual(['native', 'tool']);
    expect(tool.said).toContain('valid against this JSON Schema:\\n{\\"type\\":\\"object\\"');
    const words = await ask('llama3.3-70b', OBJECT, ...answers);
    expect(words.inputs.map(formOf)).toEqual(['native', 'words']);
    expect(words.said).not.toContain('valid against');
  });

  it.each([
    ['qwen3-32b', 'native'],
    ['nova-lite', 'tool'],
  ])(
    'keeps a form that is known, and shows the schema to a model that wrote no JSON: %s',
    async (model, form) => {
      const { inputs, said } = await ask(model, NUMBERS, { said: 'It is 5.' }, { said: '[5]' });
      expect(inputs.map(formOf)).toEqual([form, form]);
      expect(said).toContain('in an object under \\"value\\".');
      expect(said).toContain('valid against this JSON Schema:\\n{\\"type\\":\\"array\\"');
    },
  );

  it('does not repeat the schema where it stands in the system text, or for JSON that does not fit', async () => {
    const words = await ask('palmyra-x4', OBJECT, { said: 'It is 5.' }, { said: '{"a":5}' });
    expect(words.inputs.map(formOf)).toEqual(['words', 'words']);
    expect(words.said).toContain(
      'the answer is not JSON. Answer again, with the corrected JSON value only."',
    );
    const known = await ask('qwen3-32b', OBJECT, { said: '{"a":"5"}' }, { said: '{"a":5}' });
    expect(known.said).toContain('/a must be integer. Answer again, with the corrected JSON value only."');
  });

  it('shows the schema, too, for JSON that does not fit where nobody knows whether it was seen', async () => {
    const { inputs, said } = await ask('llama3.3-70b', OBJECT, { said: '{"b":5}' }, { said: '{"a":5}' });
    expect(inputs.map(formOf)).toEqual(['native', 'native']);
    expect(said).toContain('valid against this JSON Schema:');
  });

  it('finds the value in the wrapper that it asked for', async () => {
    const { shaped } = await ask('qwen3-32b', NUMBERS, { said: 'Hm.' }, { said: 'So: {"value":[1]}' });
    expect(shaped.parsed).toEqual([1]);
  });
});

describe('a call of a tool that was never offered', () => {
  it('is the answer, as text, and is told', async () => {
    const { shaped, inputs } = await ask('qwen3-32b', OBJECT, { call: { a: 1 } });
    expect(inputs).toHaveLength(1);
    expect(shaped).toMatchObject({
      parsed: { a: 1 },
      result: { stopReason: 'end_turn', content: [{ text: '{"a":1}' }] },
      receipt: { warnings: expect.arrayContaining([expect.stringContaining('not offered')]) },
    });
  });

  it('is asked again when its input does not fit, and is an error when the second does not either', async () => {
    const { shaped, inputs } = await ask('qwen3-32b', OBJECT, { call: { b: 1 } }, { call: { a: 2 } });
    expect(shaped.parsed).toEqual({ a: 2 });
    expect(JSON.stringify(inputs[1]?.['messages'])).toContain('{\\"b\\":1}');
    await expect(ask('qwen3-32b', OBJECT, { call: {} }, { call: { b: 1 } })).rejects.toMatchObject({
      code: 'invalid_output',
      partialText: '{"b":1}',
    });
  });

  it.each([
    ['in the request', { toolConfig: { tools: [TOOL] } }],
    [
      'in the conversation before',
      {
        messages: [
          { role: 'user' as const, content: [{ text: prompt }] },
          { role: 'assistant' as const, content: [{ toolUse: { toolUseId: 'i', name: 'f', input: {} } }] },
          { role: 'user' as const, content: [{ toolResult: { toolUseId: 'i', content: [{ text: 'b' }] } }] },
        ],
      },
    ],
  ])("is the caller's where he has tools %s", async (_where, more) => {
    const { services } = await scripted(on, { call: { a: 1 } });
    const request = { ...asking().call.request, ...more };
    const shaped = await askShaped(OBJECT, services, asking({ asked: 'qwen3-32b', request }));
    expect(shaped.result.stopReason).toBe('tool_use');
    expect(shaped).not.toHaveProperty('parsed');
  });
});

describe('numbers that are not held exactly', () => {
  const warnings = (shaped: { receipt: { warnings?: string[] | undefined } }) =>
    shaped.receipt.warnings ?? [];

  it('are named, because only the text has them whole', async () => {
    const { shaped } = await ask('qwen3-32b', OBJECT, { said: 'So: {"a":12345678901234567890}' });
    expect(shaped.inexact).toEqual(['/a']);
    expect(warnings(shaped)).toEqual([
      'parsed does not hold the number at /a exactly; the text has all digits. Ask for it as a string.',
    ]);
    expect(JSON.stringify(shaped.result.content)).toContain('12345678901234567890');
  });

  it('are named when a call lost their digits before', async () => {
    const { shaped } = await ask('nova-lite', OBJECT, { call: { a: 12345678901234567000 } });
    expect(shaped).not.toHaveProperty('inexact');
    expect(warnings(shaped)).toEqual([
      expect.stringContaining('may not have all digits of the number at /a'),
    ]);
  });

  it('are named a few at a time', async () => {
    const said = `[${Array.from({ length: 150 }, () => '12345678901234567891').join()}]`;
    const { shaped } = await ask('palmyra-x4', NUMBERS, { said });
    expect(shaped.inexact).toHaveLength(100);
    expect(warnings(shaped)).toEqual(
      expect.arrayContaining([expect.stringContaining('at /0, /1, /2, /3, /4 and 145 more exactly')]),
    );
  });

  it('give no warning for others', async () => {
    const { shaped } = await ask('qwen3-32b', OBJECT, { said: '{"a":1,"b":0.1}' });
    expect(shaped).not.toHaveProperty('inexact');
    expect(warnings(shaped)).toEqual([]);
  });
});
