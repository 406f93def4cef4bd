/** The input schemas that MCP servers really have, through the tool door: what is sent fits the family, what comes back fits the caller. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const WHOLE = ['anthropic.claude-haiku-4-5-20251001-v1:0', 'amazon.nova-pro-v1:0'];
let streamed: Bench;
let whole: Bench;
beforeAll(async () => {
  streamed = await bench();
  whole = await bench({
    config: { models: WHOLE.map((id) => ({ id, capabilities: { streaming: false } })) },
  });
});
afterAll(() => Promise.all([streamed.close(), whole.close()]));

const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...more,
});
const node: JsonObject = object(
  { name: { type: 'string' }, inner: { type: 'array', items: { $ref: '#/$defs/node' } } },
  { required: ['name'] },
);

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  'oneOf at the root': {
    type: 'object',
    oneOf: [
      object({ kind: { const: 'file' }, path: { type: 'string' } }, { required: ['kind', 'path'] }),
      object({ kind: { const: 'url' }, url: { type: 'string' } }, { required: ['kind', 'url'] }),
    ],
  },
  'anyOf of required at the root': object(
    { pid: { type: 'integer' }, profile: { type: 'string' } },
    { anyOf: [{ required: ['pid'] }, { required: ['profile'] }], additionalProperties: true },
  ),
  'allOf of references at the root': {
    allOf: [{ $ref: '#/$defs/a' }, object({ b: { type: 'string' } }, { required: ['b'] })],
    $defs: { a: object({ a: { type: 'string' } }, { required: ['a'] }) },
  },
  'a choice without a type': { anyOf: [object({ a: { type: 'string' } }), { type: 'null' }] },
  'a reference at the root': {
    $ref: '#/definitions/a',
    definitions: { a: object({ a: { type: 'string' } }) },
  },
  definitions: object({ a: { $ref: '#/definitions/a' } }, { definitions: { a: { type: 'string' } } }),
  itself: object({ tree: { $ref: '#/$defs/node' } }, { $defs: { node }, required: ['tree'] }),
  'an older draft': object(
    {
      pair: { type: 'array', items: [{ type: 'string' }, { type: 'number' }], additionalItems: false },
      above: { type: 'number', minimum: 0, exclusiveMinimum: true },
      named: { type: 'string', required: true, id: 'urn:x' },
    },
    { $schema: 'http://json-schema.org/draft-04/schema#', id: 'urn:tool' },
  ),
  'int64 bounds': object({
    n: { type: 'integer', minimum: -(2 ** 63), maximum: 2 ** 63 },
  }),
  'names of a query string': object(
    { 'filter[name]': { type: 'string' }, $top: { type: 'integer' }, größe: { type: 'string' } },
    { required: ['filter[name]', '$top', 'größe'] },
  ),
  'no properties': { type: 'object' },
  'nothing at all': {},
  'an empty list of properties': object({}),
  'an object or null': { type: ['object', 'null'], properties: { a: { type: 'string' } } },
  'a type of another language': object({ a: { type: 'any' }, b: { type: 'int' }, c: { type: 'str' } }),
  nullable: object({ a: { type: 'string', nullable: true } }, { required: ['a'] }),
  'properties that are no schemas': object({ a: null, b: { type: 'object', properties: [] } }),
  'what hosts add': object(
    { a: { type: 'string', format: 'int32', default: 'x', const: 'x' } },
    {
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'A',
      description: 'An input.',
      additionalProperties: false,
    },
  ),
  'closed by another schema': object({ a: {} }, { additionalProperties: { type: 'string' } }),
};

const FAMILIES = [
  ['claude-haiku-4-5', 'converse'],
  ['claude-haiku-4-5', 'native'],
  ['nova-pro', 'converse'],
  ['nova-pro', 'native'],
  ['gpt-5.6-sol', 'converse'],
  ['gpt-oss-120b', 'converse'],
  ['gpt-oss-120b', 'native'],
  ['llama3-3-70b', 'converse'],
  ['mistral-large-3', 'native'],
  ['qwen3-32b', 'converse'],
] as const;

const ask = (on: Bench, model: string, api: string, schema: JsonObject, more: JsonObject = {}) =>
  on.call(invokeModel, {
    model,
    api,
    prompt: 'Use the tool.',
    tools: [{ name: 'the_tool', description: 'A tool.', input_schema: schema }],
    tool_choice: 'auto',
    ...more,
  });
const inputOf = (structured: Record<string, unknown>): unknown => {
  const [call]: unknown[] = Array.isArray(structured['tool_calls']) ? structured['tool_calls'] : [];
  return Reflect.get(Object(call), 'input');
};
const warningsOf = (structured: Record<string, unknown>): string =>
  isJsonObject(structured['receipt']) ? JSON.stringify(structured['receipt']['warnings'] ?? []) : '';
const calls = (on: Bench): number =>
  on.sandbox.record.requests.filter(({ operation }) => /Converse|Invoke/.test(operation ?? '')).length;
const last = (on: Bench): string => JSON.stringify(on.sandbox.record.requests.at(-1)?.body);

describe('a tool of an MCP server', () => {
  it.each(
    FAMILIES.flatMap(([model, api]) => Object.keys(SCHEMAS).map((what) => [what, model, api] as const)),
  )('with %s is called in one request by %s on %s', async (what, model, api) => {
    const before = calls(streamed);
    const { structured } = await ask(streamed, model, api, SCHEMAS[what] ?? {});
    expect(structured).toMatchObject({ tool_calls: [{ name: 'the_tool', input: expect.any(Object) }] });
    expect(calls(streamed) - before).toBe(1);
  });

  it.each(FAMILIES)(
    'keeps no bound that a number of JSON cannot hold, told to the caller, for %s on %s',
    async (model, api) => {
      const { structured } = await ask(streamed, model, api, SCHEMAS['int64 bounds'] ?? {});
      expect(last(streamed)).not.toMatch(/922337203685477/);
      expect(warningsOf(structured)).toContain('the_tool');
    },
  );

  it.each(
    (['converse', 'native'] as const).flatMap((api) =>
      [true, false].map((isStreamed) => [api, isStreamed] as const),
    ),
  )(
    'gets its own property names back from Claude, on %s, streamed %s, and in the history',
    async (api, isStreamed) => {
      const on = isStreamed ? streamed : whole;
      const schema = object(
        {
          'filter[name]': { type: 'string', const: 'a "b" \\ {' },
          rows: {
            type: 'array',
            minItems: 2,
            items: object({ größe: { type: 'number', const: 1.5 } }, { required: ['größe'] }),
          },
          plain: { type: 'string', const: 'größe' },
        },
        { required: ['filter[name]', 'rows', 'plain'] },
      );
      const { structured } = await ask(on, 'claude-haiku-4-5', api, schema);
      const row = { größe: 1.5 };
      const input = { 'filter[name]': 'a "b" \\ {', rows: [row, row], plain: 'größe' };
      expect(inputOf(structured)).toEqual(input);
      expect(warningsOf(structured)).toContain('filter[name]');
      expect(warningsOf(structured)).toContain('the_tool');
      const { receipt: _, stop_reason: _reason, ...assistant } = structured;
      const calls = Array.isArray(structured['tool_calls']) ? structured['tool_calls'] : [];
      const toolUseId: unknown = Reflect.get(Object(calls[0]), 'toolUseId');
      await on.call(invokeModel, {
        model: 'claude-haiku-4-5',
        api,
        messages: [
          { role: 'user', content: 'Use the tool.' },
          { role: 'assistant', ...assistant },
          { role: 'user', content: [{ toolResult: { toolUseId, content: [{ text: 'ok' }] } }] },
        ],
        tools: [{ name: 'the_tool', description: 'A tool.', input_schema: schema }],
      });
      const sent = last(on);
      expect(sent).not.toContain('"filter[name]":');
      expect(sent).not.toContain('"größe":');
      expect(sent).toMatch(/"filter_name_\w{4}":"a \\"b/);
    },
  );

  it.each(['converse', 'native'])('may be strict on %s with bounds in it', async (api) => {
    const schema = object({ n: { type: 'integer', minimum: 1, maximum: 9 } }, { required: ['n'] });
    const { structured } = await streamed.call(invokeModel, {
      model: 'claude-haiku-4-5',
      api,
      prompt: 'Use the tool.',
      tools: [{ toolSpec: { name: 'the_tool', strict: true, inputSchema: { json: schema } } }],
    });
    expect(inputOf(structured)).toEqual({ n: expect.any(Number) });
    expect(last(streamed)).toContain('"strict":true');
    expect(last(streamed)).toContain('minimum 1');
    expect(warningsOf(structured)).toContain('the_tool');
  });

  it.each(['converse', 'native'])('is not strict on %s where its schema cannot be', async (api) => {
    const { structured } = await streamed.call(invokeModel, {
      model: 'claude-haiku-4-5',
      api,
      prompt: 'Use the tool.',
      tools: [{ toolSpec: { name: 'the_tool', strict: true, inputSchema: { json: SCHEMAS['itself'] } } }],
    });
    expect(structured).toMatchObject({ tool_calls: [{ name: 'the_tool' }] });
    expect(last(streamed)).not.toContain('"strict":true');
    expect(warningsOf(structured)).toContain('strict was left out of the tool \\"the_tool\\"');
  });

  it.each([
    ['nova-pro', { type: 'object', properties: { a: { $ref: 'https://example.com/a.json' } } }],
    ['nova-pro', { type: 'object', properties: { a: { $ref: '#/$defs/nowhere' } } }],
    ['claude-haiku-4-5', { $ref: '#/$defs/nowhere' }],
    ['claude-haiku-4-5', { type: 'array', items: { type: 'string' } }],
    ['claude-haiku-4-5', { anyOf: [{ type: 'string' }, { type: 'null' }] }],
  ])('of %s that cannot be said otherwise is refused by name: %j', async (model, schema) => {
    const before = calls(streamed);
    await expect(ask(streamed, model, 'auto', schema)).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'tools[0].input_schema',
      message: expect.stringContaining('the tool "the_tool"'),
    });
    expect(calls(streamed)).toBe(before);
  });
});

describe('a response_schema', () => {
  it.each(['claude-sonnet-4', 'nova-pro', 'claude-haiku-4-5'])(
    'of an older draft, with names of its own, is asked of %s and answered',
    async (model) => {
      const response_schema = object(
        {
          'filter[name]': { type: 'string' },
          rows: { type: 'array', items: { $ref: '#/definitions/row' } },
        },
        {
          required: ['filter[name]', 'rows'],
          definitions: { row: object({ größe: { type: 'number' } }, { required: ['größe'] }) },
        },
      );
      const { structured } = await streamed.call(invokeModel, { model, prompt: 'Hello', response_schema });
      expect(structured).toMatchObject({
        parsed: { 'filter[name]': expect.any(String), rows: expect.any(Array) },
      });
    },
  );
});
