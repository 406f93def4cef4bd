import { describe, expect, it } from 'vitest';
import type { ModelFeatures } from '../../../src/catalog/types.ts';
import { formAfter, formOutput, readFormed } from '../../../src/inference/prepare/output-mode.ts';
import type { JsonObject, JsonValue } from '../../../src/json.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceRequest,
  InferenceResult,
  StopReason,
} from '../../../src/messages/types.ts';
import { asking, deepFreeze, modelOf } from '../sample-model.ts';

const text = { type: 'string' };
const city: JsonObject = { type: 'object', properties: { city: text }, required: ['city'] };
const closedCity = { ...city, additionalProperties: false };
const tree: JsonObject = {
  $ref: '#/$defs/node',
  $defs: { node: { type: 'object', properties: { next: { $ref: '#/$defs/node' } } } },
};

const NATIVE = modelOf('claude', { structuredOutput: true, tools: true });
const TOOLS = modelOf('nova', { structuredOutput: false, tools: true });
const NEITHER = modelOf('titan-text', { structuredOutput: false, tools: false });
const shaped = (schema: JsonObject, more: Partial<InferenceRequest> = {}, description?: string) =>
  asking({
    outputSchema: { name: 'n', schema, ...(description === undefined ? {} : { description }) },
    ...more,
  });

function form(request: InferenceRequest, model: CodecModel) {
  return formOutput(deepFreeze(request), model);
}
/** Form, and the choice of the tool. */
function formOf(request: InferenceRequest, model: CodecModel): string {
  const { output, request: sent } = form(request, model);
  const choice = sent.toolConfig?.toolChoice;
  return `${output?.form}${output?.wrapped === true ? ' wrapped' : ''}${choice === undefined ? '' : ` ${Object.keys(choice)[0]}`}`;
}

describe('formOutput', () => {
  it('leaves a request without a schema alone', () => {
    const request = asking();
    expect(formOutput(request, NATIVE)).toEqual({ request, warnings: [] });
  });

  it('leaves a native body alone and says so', () => {
    const request = shaped(city, { rawBody: {} });
    const formed = formOutput(request, NATIVE);
    expect(formed.request).toBe(request);
    expect(formed.output).toBeUndefined();
    expect(formed.warnings).toEqual([expect.stringContaining('native_body')]);
  });

  it('narrows the schema for models with structured output', () => {
    const { request, warnings } = form(shaped(city, {}, 'A city.'), NATIVE);
    expect(request).toEqual(
      asking({ outputSchema: { name: 'n', schema: closedCity, description: 'A city.' } }),
    );
    expect(warnings).toEqual([]);
  });

  it("forces a tool elsewhere, with the caller's own schema", () => {
    const { request, warnings } = form(shaped({ ...city, maxProperties: 2 }, {}, 'A city.'), TOOLS);
    const toolSpec = {
      name: 'answer',
      description: 'A city.',
      inputSchema: { ...city, maxProperties: 2 },
    };
    const toolConfig = { tools: [{ toolSpec }], toolChoice: { tool: { name: 'answer' } } };
    expect(request).toEqual(asking({ toolConfig }));
    expect(warnings).toEqual([]);
  });

  it('describes the tool itself when the schema does not', () => {
    const { request } = form(shaped(city, {}, '  '), TOOLS);
    expect(JSON.stringify(request.toolConfig)).toContain('Gives the answer.');
  });

  it('puts the schema behind the system text where neither is left, and says so', () => {
    const { request, warnings, output } = form(shaped(city, { system: [{ text: 'Be brief.' }] }), NEITHER);
    const said = `Answer with one JSON value only, without any other text, that is valid against this JSON Schema:\n${JSON.stringify(city)}`;
    expect(request).toEqual(asking({ system: [{ text: 'Be brief.' }, { text: said }] }));
    expect(warnings).toEqual([expect.stringContaining('system text')]);
    expect(output).toEqual({ form: 'words', wrapped: false });
  });

  it('gives members without a type the type that they are meant for', () => {
    const schema = { properties: { city: text }, required: ['city'] };
    expect(form(shaped(schema), NATIVE).request.outputSchema?.schema).toEqual(closedCity);
    expect(JSON.stringify(form(shaped(schema), TOOLS).request.toolConfig)).toContain('"type":"object"');
  });

  it('names no dialect, because some are refused', () => {
    const draft7 = { $schema: 'http://json-schema.org/draft-07/schema#', ...city };
    for (const model of [NATIVE, TOOLS, NEITHER])
      expect(JSON.stringify(form(shaped(draft7), model).request)).not.toContain('draft-07');
  });

  it('wraps what is no object, definitions beside the wrapper', () => {
    const list = {
      type: 'array',
      items: { $ref: '#/$defs/city' },
      $id: 'https://example.com/list',
      $defs: { city },
    };
    const { request, output } = form(shaped(list), NATIVE);
    expect(request.outputSchema?.schema).toEqual({
      type: 'object',
      properties: { value: { type: 'array', items: { $ref: '#/$defs/city' } } },
      required: ['value'],
      additionalProperties: false,
      $defs: { city: closedCity },
    });
    expect(output).toEqual({ form: 'native', wrapped: true });
    const tool = form(shaped(list), TOOLS).request.toolConfig?.tools[0];
    expect(tool).toMatchObject({
      toolSpec: {
        inputSchema: {
          type: 'object',
          properties: { value: { type: 'array', items: { $ref: '#/$defs/city' } } },
          required: ['value'],
          $defs: { city },
        },
      },
    });
    expect(JSON.stringify(tool)).not.toContain('$id');
  });

  it.each([
    ['text', text, 'native wrapped', 'tool wrapped tool'],
    [
      'an object or nothing',
      { type: ['object', 'null'], properties: { a: text } },
      'native wrapped',
      'tool wrapped tool',
    ],
    ['alternatives', { anyOf: [city, { type: 'null' }] }, 'native wrapped', 'tool wrapped tool'],
    [
      'a reference at the root',
      { $ref: '#/$defs/c', $defs: { c: city } },
      'native wrapped',
      'tool wrapped tool',
    ],
    ['recursion at the root', tree, 'tool wrapped tool', 'tool wrapped tool'],
    ['recursion in an object', { ...city, properties: { city: { $ref: '#' } } }, 'tool tool', 'tool tool'],
    [
      'a list of itself, which a wrapper would break',
      { type: 'array', items: { $ref: '#' } },
      'words',
      'words',
    ],
    [
      'a reference into itself, which a wrapper would break',
      { anyOf: [text, { $ref: '#/anyOf/0' }] },
      'words',
      'words',
    ],
    ['anything', {}, 'tool wrapped tool', 'tool wrapped tool'],
    ['a free-form object', { type: 'object' }, 'tool tool', 'tool tool'],
  ])('asks for %s', (_what, schema: JsonObject, native, tool) => {
    expect(formOf(shaped(schema), NATIVE)).toBe(native);
    expect(formOf(shaped(schema), TOOLS)).toBe(tool);
    expect(formOf(shaped(schema), NEITHER)).toBe('words');
  });

  it('never goes back to a form that was refused', () => {
    const at = (atMost: 'native' | 'tool' | 'words') =>
      asking({ outputSchema: { name: 'n', schema: city, atMost } });
    expect(formOf(at('native'), NATIVE)).toBe('native');
    expect(formOf(at('tool'), NATIVE)).toBe('tool tool');
    expect(formOf(at('words'), NATIVE)).toBe('words');
    expect(JSON.stringify(form(at('native'), NATIVE).request)).not.toContain('atMost');
    expect([formAfter('native'), formAfter('tool'), formAfter('words')]).toEqual([
      'tool',
      'words',
      undefined,
    ]);
  });

  it('tries structured output and tools of which nobody knows', () => {
    expect(formOf(shaped(city), modelOf('unknown'))).toBe('native');
    expect(formOf(shaped(city), modelOf('unknown', { structuredOutput: false }))).toBe('tool tool');
  });

  it('keeps structured output out of requests with citations', () => {
    const document = {
      format: 'txt',
      name: 'd',
      source: { text: 'x' },
      citations: { enabled: true },
    } as const;
    const messages = [{ role: 'user' as const, content: [{ document }, { text: 'Hi' }] }];
    expect(formOf(shaped(city, { messages }), NATIVE)).toBe('tool tool');
  });
});

const ownTools = { toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }] } };
const history: Partial<InferenceRequest> = {
  messages: [
    { role: 'user', content: [{ text: 'a' }] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'i', name: 'f', input: {} } }] },
    { role: 'user', content: [{ toolResult: { toolUseId: 'i', content: [{ text: 'b' }] } }] },
  ],
};
const thinking = { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } };
const low = { reasoning: { effort: 'low' } } as const;
const off = { reasoning: { effort: 'off' } } as const;

describe('the forced tool', () => {
  it.each<[string, Partial<InferenceRequest>, string, ModelFeatures, string]>([
    ['tools of the caller', ownTools, 'nova', {}, 'words'],
    ['an empty list of tools', { toolConfig: { tools: [] } }, 'nova', {}, 'tool tool'],
    ['tool calls in the history', history, 'nova', {}, 'words'],
    [
      'a model that can only be told to use any tool',
      {},
      'mistral-chat',
      { toolChoice: ['auto', 'any'] },
      'tool any',
    ],
    ['a model that chooses itself', {}, 'llama3', { toolChoice: ['auto'] }, 'words'],
    ['Claude with a thinking budget', low, 'claude', { reasoning: 'claude-budget' }, 'words'],
    ['Claude with a thinking budget, off', off, 'claude', { reasoning: 'claude-budget' }, 'tool tool'],
    [
      "Claude with the caller's own thinking field",
      thinking,
      'claude',
      { reasoning: 'claude-budget' },
      'words',
    ],
    [
      "Claude 4.6 with the caller's own thinking field",
      thinking,
      'claude',
      { reasoning: 'claude-adaptive' },
      'words',
    ],
    ['Claude 4.6 with an effort', low, 'claude', { reasoning: 'claude-adaptive' }, 'words'],
    [
      'Claude 4.8 with an effort, which takes a forced choice while it thinks',
      low,
      'claude',
      { reasoning: 'claude-adaptive', forcedToolWhileThinking: true },
      'tool tool',
    ],
    [
      'Claude 5, which takes a forced choice while it thinks',
      low,
      'claude',
      { reasoning: 'claude-adaptive-on' },
      'tool tool',
    ],
    [
      "Claude 5 with the caller's own thinking field",
      thinking,
      'claude',
      { reasoning: 'claude-adaptive-on' },
      'tool tool',
    ],
    ['Claude that always thinks', {}, 'claude', { reasoning: 'claude-adaptive-only' }, 'words'],
    ['Nova with an effort', low, 'nova', { reasoning: 'nova' }, 'tool tool'],
    ['an effort for a model of which nobody knows how it reasons', low, 'x', {}, 'tool tool'],
  ])('is sent only where it can be answered: %s', (_what, request, family, features, expected) => {
    const model = modelOf(family, { structuredOutput: false, ...features });
    expect(formOf(shaped(city, request), model)).toBe(expected);
  });

  it("leaves the caller's tools in place in the other forms", () => {
    expect(form(shaped(city, ownTools), NATIVE).request.toolConfig).toEqual(ownTools.toolConfig);
    expect(form(shaped(city, ownTools), TOOLS).request.toolConfig).toEqual(ownTools.toolConfig);
  });
});

const result = (stopReason: StopReason, ...content: ContentBlock[]): InferenceResult => ({
  content,
  stopReason,
  usage: { inputTokens: 1 },
});
const call = (input: JsonValue, name = 'answer'): ContentBlock => ({
  toolUse: { toolUseId: 'i', name, input },
});
const thought: ContentBlock = { reasoningContent: { reasoningText: { text: 'hm' } } };

describe('readFormed', () => {
  it('reads a call of the tool as the text of a finished answer', () => {
    const read = readFormed(
      {
        ...result('tool_use', thought, { text: 'Here it is:' }, call({ city: 'Rome' })),
        stopReasonRaw: 'tool_calls',
      },
      { form: 'tool', wrapped: false },
    );
    expect(read).toEqual({
      ...result('end_turn', thought, { text: '{"city":"Rome"}' }),
      framed: 'call',
    });
  });

  it.each<[string, ContentBlock[], boolean, string]>([
    ['unwraps it', [call({ value: [1] })], true, '[1]'],
    ['takes it as it is when the model left the wrapper out', [call([1])], true, '[1]'],
    ['unwraps nothing and false', [call({ value: null })], true, 'null'],
    ['does not unwrap what was not wrapped', [call({ value: 1 })], false, '{"value":1}'],
    [
      'takes a call under another name, because there is only this tool',
      [call({ a: 1 }, 'Answer')],
      false,
      '{"a":1}',
    ],
    ['takes the first of two calls', [call({ a: 1 }), call({ a: 2 })], false, '{"a":1}'],
    ['takes input that came as text', [call('{"value":2}')], true, '2'],
    [
      'does not read a number that is too large as nothing',
      [call({ value: Number.POSITIVE_INFINITY })],
      true,
      '"Infinity"',
    ],
  ])('%s', (_what, content, wrapped, expected) => {
    const read = readFormed(result('tool_use', ...content), { form: 'tool', wrapped });
    expect(read.content).toEqual([{ text: expected }]);
  });

  it('keeps why a call ended early', () => {
    const cut = result('max_tokens', call('{"ci'));
    expect(readFormed(cut, { form: 'tool', wrapped: false })).toEqual({
      ...result('max_tokens', { text: '{"ci' }),
      framed: 'call',
    });
  });

  it('leaves words in place of a call for the check', () => {
    const words = result('end_turn', { text: '{"city":"Rome"}' });
    expect(readFormed(words, { form: 'tool', wrapped: false })).toBe(words);
  });

  it('takes the wrapper off words in place of a call', () => {
    const words = result('end_turn', thought, { text: '{"value":[1]}' });
    expect(readFormed(words, { form: 'tool', wrapped: true }).content).toEqual([thought, { text: '[1]' }]);
  });

  it.each([
    ['unwraps the text', '{"value":[1]}', '[1]'],
    [
      'keeps digits that a double does not hold',
      ' { "value" : 12345678901234567890 } ',
      '12345678901234567890',
    ],
    ['keeps a number that is too large', '{"value":1e400}', '1e400'],
    ['leaves an object alone that has more members', '{"why":"x","value":"a"}', '{"why":"x","value":"a"}'],
    ['takes the last of two', '{"value":1,"value":2}', '2'],
    ['takes the text as it is when the model left the wrapper out', '[1]', '[1]'],
    ['leaves other objects alone', '{"city":"Rome"}', '{"city":"Rome"}'],
    ['leaves what is cut alone', '{"value":[1', '{"value":[1'],
    ['leaves words alone', 'Sorry, no.', 'Sorry, no.'],
    ['has no wrapper by inheritance', '{"__proto__":{"value":1}}', '{"__proto__":{"value":1}}'],
  ])('in structured output %s', (_what, said, expected) => {
    const read = readFormed(result('end_turn', thought, { text: said }), { form: 'native', wrapped: true });
    expect(read).toEqual({
      ...result('end_turn', thought, { text: expected }),
      ...(said === expected ? {} : { framed: 'wrapper' }),
    });
  });

  it('joins text that came in pieces before it unwraps it', () => {
    const pieces = result('end_turn', { text: '{"val' }, { text: 'ue":1}' });
    expect(readFormed(pieces, { form: 'native', wrapped: true }).content).toEqual([{ text: '1' }]);
  });

  it.each(['native', 'words'] as const)('in the form %s leaves what was not wrapped alone', (name) => {
    const answer = result('end_turn', { text: '{"value":1}' });
    expect(readFormed(answer, { form: name, wrapped: false })).toBe(answer);
  });
});
