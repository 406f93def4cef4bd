import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/json.ts';
import { assistant, checkRows, prepare, type RuleRow, spec, user } from '../rules/rule-row.ts';

const hi = user({ text: 'Hi' });
const offering = (inputSchema: JsonObject, more: object = {}) => ({
  messages: [hi],
  toolConfig: { tools: [spec('f', { inputSchema, ...more })] },
});
const text = { type: 'string' };

const rows: readonly RuleRow[] = [
  {
    name: 'Claude: variants at the root become properties, and the choice is said',
    family: 'claude',
    request: offering({
      type: 'object',
      oneOf: [
        { properties: { kind: { const: 'file' }, path: text }, required: ['kind', 'path'] },
        { properties: { kind: { const: 'url' }, url: text }, required: ['kind', 'url'] },
      ],
    }),
    sends: offering(
      {
        type: 'object',
        properties: { kind: { enum: ['file', 'url'] }, path: text, url: text },
        required: ['kind'],
      },
      {
        description:
          'd\nExactly one of these must hold: (1) "kind" is "file", "path" is given; (2) "kind" is "url", "url" is given.',
      },
    ),
    warns: ['the tool "f" was rewritten for this model: oneOf at its root became plain properties'],
  },
  {
    name: 'Claude: requirements at the root are said',
    family: 'claude',
    request: offering({
      type: 'object',
      properties: { pid: {}, profile: {} },
      anyOf: [{ required: ['pid'] }, { required: ['profile'] }],
      additionalProperties: false,
    }),
    sends: offering(
      { type: 'object', properties: { pid: {}, profile: {} }, additionalProperties: false },
      { description: 'd\nAt least one of these must hold: (1) "pid" is given; (2) "profile" is given.' },
    ),
    warns: ['anyOf at its root'],
  },
  {
    name: 'Claude: all parts at the root are one object',
    family: 'claude',
    request: offering({
      allOf: [
        { $ref: '#/$defs/a' },
        { type: 'object', properties: { b: text, a: { description: 'A.' } }, required: ['b'] },
      ],
      $defs: { a: { type: 'object', properties: { a: text }, required: ['a'] } },
    }),
    sends: offering({
      type: 'object',
      properties: { a: { type: 'string', description: 'A.' }, b: text },
      required: ['a', 'b'],
      $defs: { a: { type: 'object', properties: { a: text }, required: ['a'] } },
    }),
    warns: ['allOf at its root'],
  },
  {
    name: 'Claude: choices below the root stay',
    family: 'claude',
    request: offering({ type: 'object', properties: { a: { anyOf: [text, { type: 'null' }] } } }),
    sends: 'same',
  },
  {
    name: 'Claude: references stay, and loops too',
    family: 'claude',
    request: offering({
      type: 'object',
      properties: { a: { $ref: '#/$defs/a' } },
      $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' } } } },
    }),
    sends: 'same',
  },
  {
    name: 'Claude: integers of 64 bits are left out',
    family: 'claude',
    request: offering({
      type: 'object',
      properties: {
        n: { type: 'integer', minimum: 0, maximum: 2 ** 63 },
        m: { default: [2 ** 60], type: 'array' },
      },
    }),
    sends: offering({
      type: 'object',
      properties: { n: { type: 'integer', minimum: 0 }, m: { type: 'array' } },
    }),
    warns: ['maximum'],
  },
  {
    name: 'other families keep choices and names',
    family: 'qwen',
    request: offering({
      type: 'object',
      properties: { 'a[b]': { type: 'integer', maximum: 2 ** 52 } },
      anyOf: [{ required: ['a[b]'] }],
    }),
    sends: 'same',
  },
  {
    name: 'Nova: references are written out, and a loop ends in a free object',
    family: 'nova',
    request: offering({
      type: 'object',
      properties: { a: { $ref: '#/$defs/a', description: 'A.' } },
      $defs: { a: { type: 'object', properties: { a: { $ref: '#/$defs/a' }, s: text } } },
    }),
    sends: offering({
      type: 'object',
      properties: {
        a: {
          type: 'object',
          description: 'A.',
          properties: {
            a: {
              type: 'object',
              properties: {
                a: {
                  type: 'object',
                  properties: { a: { type: 'object', description: 'Nested on in the same way.' }, s: text },
                },
                s: text,
              },
            },
            s: text,
          },
        },
      },
    }),
    warns: ['references were written out; where it contains itself it was cut'],
  },
  {
    name: 'Nova: other words at the root go into the description',
    family: 'nova',
    request: offering({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'T',
      description: 'An input.',
      type: 'object',
      properties: { a: {} },
      minProperties: 1,
      additionalProperties: false,
    }),
    sends: offering(
      { title: 'T', type: 'object', properties: { a: {} }, additionalProperties: false },
      { description: 'd\nAn input.\nThe input must also fit this JSON Schema: {"minProperties":1}' },
    ),
    warns: ['$schema, description, minProperties at its root'],
  },
  {
    name: 'GPT: an object has properties, and nothing but members at the root',
    family: 'gpt',
    request: offering({ type: 'object', not: { required: ['a'] } }),
    sends: offering(
      { type: 'object', properties: {} },
      { description: 'd\nThe input must also fit this JSON Schema: {"not":{"required":["a"]}}' },
    ),
    warns: ['empty list of properties'],
  },
  {
    name: 'strict: bounds are said, and objects closed',
    family: 'claude',
    features: { structuredOutput: true },
    request: offering(
      { type: 'object', properties: { n: { type: 'integer', minimum: 1 } }, required: ['n'] },
      { strict: true },
    ),
    sends: offering(
      {
        type: 'object',
        properties: { n: { type: 'integer', description: '(minimum 1)' } },
        required: ['n'],
        additionalProperties: false,
      },
      { strict: true },
    ),
    warns: ['strict tool "f" was narrowed'],
  },
  {
    name: 'strict: a tool without parameters is closed',
    family: 'claude',
    request: offering({ type: 'object' }, { strict: true }),
    sends: offering({ type: 'object', properties: {}, additionalProperties: false }, { strict: true }),
    warns: ['narrowed'],
  },
  {
    name: 'strict: given up for a map',
    family: 'claude',
    request: offering(
      { type: 'object', properties: { a: { type: 'object', additionalProperties: text } } },
      { strict: true },
    ),
    sends: offering({ type: 'object', properties: { a: { type: 'object', additionalProperties: text } } }),
    warns: ['strict was left out of the tool "f"'],
  },
  {
    name: 'strict: false is no wish',
    family: 'claude',
    request: offering({ type: 'object', properties: { n: { minimum: 1 } } }, { strict: false }),
    sends: 'same',
  },
];

describe('the schemas of tools', () => checkRows(rows));

describe('strict tools', () => {
  it('are at most twenty, the first ones', () => {
    const closed = { type: 'object', properties: {}, additionalProperties: false };
    const tools = Array.from({ length: 22 }, (_, at) =>
      spec(`f${at}`, { strict: true, inputSchema: closed }),
    );
    const { request, warnings } = prepare({
      family: 'claude',
      request: { messages: [hi], toolConfig: { tools } },
    });
    const strict = (request.toolConfig?.tools ?? []).map(
      (tool) => 'toolSpec' in tool && tool.toolSpec.strict === true,
    );
    expect(strict.lastIndexOf(true)).toBe(19);
    expect(warnings).toHaveLength(2);
  });
});

describe('the names of properties', () => {
  const schema: JsonObject = {
    type: 'object',
    properties: {
      'filter[name]': { type: 'string', description: 'The name.' },
      'filter{name}': text,
      filter_name: text,
      $top: { type: 'integer', default: 1 },
      deep: {
        type: 'array',
        items: { type: 'object', properties: { größe: {} }, required: ['größe'], default: { größe: 1 } },
      },
      same: { $ref: '#/properties/filter[name]' },
    },
    required: ['filter[name]', 'filter_name'],
    dependentRequired: { $top: ['filter[name]'] },
  };
  const call = (input: JsonObject) => assistant({ toolUse: { toolUseId: 'a', name: 'f', input } });

  it('fit Claude everywhere in the schema and in calls, and come back', () => {
    const input = {
      'filter[name]': 'x',
      $top: 2,
      deep: [{ größe: 1, other: { $top: 3 } }],
      filter_name: 'y',
    };
    const { request, toolInput, warnings } = prepare({
      family: 'claude',
      request: {
        messages: [hi, call(input), user({ toolResult: { toolUseId: 'a', content: [{ text: 'ok' }] } })],
        toolConfig: { tools: [spec('f', { inputSchema: schema })] },
      },
    });
    const sent = JSON.stringify(request.toolConfig);
    for (const [, name = ''] of sent.matchAll(/"([^"]*)":/g)) expect(name).toMatch(/^[$a-zA-Z0-9_.-]{1,64}$/);
    expect(sent).not.toContain('$top"');
    expect(sent).toContain('Stands for \\"filter[name]\\". The name.');
    expect(sent).toContain('"filter_name":');
    const [tool] = request.toolConfig?.tools ?? [];
    const names =
      tool !== undefined && 'toolSpec' in tool
        ? Object.keys(Object(tool.toolSpec.inputSchema['properties']))
        : [];
    expect(new Set(names).size).toBe(6);
    const block = request.messages[1]?.content[0];
    const sentInput = block !== undefined && 'toolUse' in block ? block.toolUse.input : {};
    expect(sentInput).not.toEqual(input);
    expect(toolInput.restore('f', sentInput)).toEqual(input);
    expect(toolInput.restore('f', JSON.stringify(sentInput))).toBe(JSON.stringify(input));
    expect(toolInput.restore('g', sentInput)).toBe(sentInput);
    expect(warnings).toHaveLength(1);
  });

  it('are those of the examples too', () => {
    const { request } = prepare({
      family: 'claude',
      api: 'native',
      request: offering(
        { type: 'object', properties: { $top: {} } },
        { anthropicFields: { input_examples: [{ $top: 1 }] } },
      ),
    });
    expect(JSON.stringify(request)).not.toContain('"$top":');
  });

  it('are the same in every request, so that a prompt cache survives', () => {
    const sent = (more: JsonObject) =>
      JSON.stringify(
        prepare({
          family: 'claude',
          request: offering({ type: 'object', properties: { $top: {}, ...more } }),
        }).request,
      ).match(/top_\w{4}/)?.[0];
    expect(sent({ a: {} })).toBe(sent({ 'b[]': {} }));
  });
});

describe('a schema that grows when its references are written out', () => {
  it('is cut earlier, or refused by the name of its tool', () => {
    const names = Array.from({ length: 12 }, (_, at) => `d${at}`);
    const wide = Object.fromEntries(names.map((name) => [name, { $ref: `#/$defs/${name}` }]));
    const $defs = Object.fromEntries(names.map((name) => [name, { type: 'object', properties: wide }]));
    expect(() =>
      prepare({ family: 'nova', request: offering({ type: 'object', properties: wide, $defs }) }),
    ).toThrow(expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('"f"') }));
  });
});
