import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResponseSchema } from '../../../src/calls/structured/ask-for-json.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import type { ModelFeatures } from '../../../src/catalog/types.ts';
import { isJsonObject, type JsonObject } from '../../../src/json.ts';
import { invokeModel } from '../../../src/tools/invoke-model.ts';
import { fresh } from '../../tools/fresh.ts';
import { bodies, CITY, prompt, receiptOf } from '../../tools/shapes.ts';
import { type Bench, type BenchOptions, bench } from '../../tools/with-sandbox.ts';

const text = { type: 'string' };
const PARIS = { city: 'Paris', inhabitants: 1000 };

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

describe('response_schema', () => {
  it.each([
    ['claude-haiku-4-5', 'native', 'output_config'],
    ['gpt-oss-120b', 'native', 'response_format'],
    ['qwen3-32b', 'converse', 'outputConfig'],
    ['nova-lite', 'converse', 'toolChoice'],
    ['claude-sonnet-5', 'native', 'output_config'],
    ['palmyra-x4', 'converse', 'JSON Schema:'],
    ['claude-fable-5', 'native', 'output_config'],
    ['claude-opus-4-8', 'converse', 'toolChoice'],
    ['deepseek-r1', 'converse', 'JSON Schema:'],
  ])('%s answers in the shape, asked over %s with %s', async (model, api, sent) => {
    const before = bodies(on).length;
    const answer = await on.call(invokeModel, { model, prompt, response_schema: CITY });
    expect(answer.structured).toMatchObject({ parsed: PARIS, stop_reason: 'end_turn' });
    expect(answer.structured).not.toHaveProperty('tool_calls');
    expect(receiptOf(answer)['api']).toBe(api);
    const calls = bodies(on, before);
    expect(calls).toHaveLength(1);
    expect(JSON.stringify(calls).replaceAll('\\n', '')).toContain(sent);
  });

  it.each(['claude-haiku-4-5', 'nova-lite', 'palmyra-x4', 'qwen3-32b'])(
    'gives lists, words, choices and nothing too: %s',
    async (model) => {
      const parsed = async (response_schema: JsonObject) =>
        (await on.call(invokeModel, { model, prompt: 'Hi', response_schema })).structured['parsed'];
      expect(
        await parsed({
          type: 'array',
          items: { $ref: '#/$defs/n' },
          minItems: 2,
          $defs: { n: { const: 7 } },
        }),
      ).toEqual([7, 7]);
      expect(await parsed(text)).toBe(model === 'palmyra-x4' ? 'sandbox' : 'sandbox value');
      expect(await parsed({ anyOf: [{ enum: ['red'] }, { type: 'null' }] })).toBe('red');
      expect(await parsed({ type: 'null' })).toBeNull();
    },
  );

  it.each([
    ['claude-haiku-4-5', { api: 'converse' }, 'outputConfig'],
    ['nova-lite', { api: 'native' }, 'toolChoice'],
    ['qwen3-32b', { api: 'native' }, 'response_format'],
    ['jamba-1-5-mini', { api: 'native' }, 'JSON Schema:'],
    ['llama3-3-70b', { api: 'native' }, 'JSON Schema:'],
    ['deepseek-r1', { api: 'native' }, 'JSON Schema:'],
    ['claude-haiku-4-5', { reasoning: 'low', max_tokens: 8000 }, 'thinking'],
    ['claude-sonnet-4', { reasoning: 'low', max_tokens: 8000 }, 'JSON Schema:'],
    ['nova-2-lite', { reasoning: 'low' }, 'reasoningConfig'],
    ['claude-sonnet-5', { reasoning: 'high' }, 'output_config'],
    ['claude-opus-4-8', { reasoning: 'high' }, 'toolChoice'],
  ])('goes with other wishes: %s %j', async (model, more, sent) => {
    const { structured } = await on.call(invokeModel, { model, prompt, response_schema: CITY, ...more });
    expect(structured).toMatchObject({ parsed: PARIS, stop_reason: 'end_turn' });
    expect(JSON.stringify(bodies(on).at(-1))).toContain(sent);
  });

  it('goes inside the one instruction of a template that has no place for a system text', async () => {
    const asked = { model: 'mistral-7b', api: 'native', prompt, response_schema: CITY };
    const { structured } = await on.call(invokeModel, asked);
    expect(structured).toMatchObject({ parsed: { inhabitants: 1000 }, stop_reason: 'end_turn' });
    expect(JSON.stringify(bodies(on).at(-1))).toMatch(
      /\[INST\] Answer with one JSON value.*Paris \[\/INST\]/,
    );
  });

  it.each(['claude-haiku-4-5', 'nova-lite'])(
    "hands back calls of the caller's own tools instead: %s",
    async (model) => {
      const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: text } } }];
      const before = bodies(on).length;
      const { structured } = await on.call(invokeModel, { model, prompt, response_schema: CITY, tools });
      expect(bodies(on)).toHaveLength(before + 1);
      expect(structured).toMatchObject({ stop_reason: 'tool_use', tool_calls: [{ name: 'get_weather' }] });
      expect(structured).not.toHaveProperty('parsed');
    },
  );

  it('keeps the answer in a thread as text, without the tool that it came through', async () => {
    const first = await on.call(invokeModel, {
      model: 'nova-lite',
      prompt,
      response_schema: CITY,
      thread_id: 'new',
    });
    const thread = isJsonObject(first.structured['thread']) ? first.structured['thread'] : {};
    await on.call(invokeModel, { model: 'nova-lite', prompt: 'And?', thread_id: thread['thread_id'] });
    const sent = bodies(on).at(-1) ?? {};
    expect(sent['messages']).toMatchObject([
      { role: 'user', content: [{ text: prompt }] },
      { role: 'assistant', content: [{ text: JSON.stringify(PARIS) }] },
      { role: 'user', content: [{ text: 'And?' }] },
    ]);
    expect(sent).not.toHaveProperty('toolConfig');
  });

  it.each([
    ['no schema', { type: 'strng' }],
    ['a schema elsewhere', { $ref: 'https://example.com/s.json' }],
  ])('refuses %s before anything is sent', async (_what, response_schema) => {
    const before = bodies(on).length;
    await expect(on.call(invokeModel, { prompt, response_schema })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'response_schema',
    });
    expect(bodies(on)).toHaveLength(before);
    await expect(readResponseSchema([])).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('names the schema after its title where providers take that name', async () => {
    const name = async (title: unknown) => (await readResponseSchema({ ...CITY, title })).outputSchema.name;
    expect(await name('City_1')).toBe('City_1');
    expect(await name('A city')).toBe('answer');
    expect(await name('x'.repeat(65))).toBe('answer');
  });
});

/** The sandbox's models, where one can do less than the catalogue says. */
async function lesser(id: string, features: ModelFeatures): Promise<BenchOptions> {
  const { models } = await loadCatalog();
  return {
    sandbox: {
      models: models.map((each) =>
        each.id === id ? { ...each, features: { ...each.features, ...features } } : each,
      ),
    },
  };
}

describe('a refused form', () => {
  it('gives way to the forced tool, and the next call goes straight there', async () => {
    const here = await fresh(
      await lesser('anthropic.claude-haiku-4-5-20251001-v1:0', { structuredOutput: false }),
    );
    const args = { model: 'claude-haiku-4-5', prompt, response_schema: CITY };
    const first = await here.call(invokeModel, args);
    expect(first.structured).toMatchObject({ parsed: PARIS, stop_reason: 'end_turn' });
    expect(receiptOf(first)['warnings']).toEqual([expect.stringContaining('refused structured output')]);
    expect(receiptOf(first)['attempts']).toHaveLength(2);
    await here.call(invokeModel, args);
    expect(bodies(here).map((body) => Object.keys(body).filter((key) => /output|tool/.test(key)))).toEqual([
      ['output_config'],
      ['toolConfig'],
      ['toolConfig'],
    ]);
  });

  it('gives way to words where the tool is refused too', async () => {
    const here = await fresh(await lesser('amazon.nova-lite-v1:0', { toolChoice: ['auto'] }));
    const answer = await here.call(invokeModel, { model: 'nova-lite', prompt, response_schema: CITY });
    expect(answer.structured).toMatchObject({ parsed: PARIS, stop_reason: 'end_turn' });
    expect(receiptOf(answer)['warnings']).toEqual(
      expect.arrayContaining([expect.stringContaining('refused the forced tool')]),
    );
    expect(JSON.stringify(bodies(here).at(-1))).toContain('JSON Schema:');
  });
});
