import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../../src/calls/structured/validate.ts';
import type { JsonObject } from '../../../src/json.ts';
import { schemaValue } from '../../../src/sandbox/answers/schema-value.ts';

const text = { type: 'string' };
const listWith = (next: JsonObject): JsonObject => ({
  type: 'object',
  properties: { v: { type: 'integer' }, next },
  required: ['v', 'next'],
  additionalProperties: false,
});
const list = listWith({ anyOf: [{ $ref: '#' }, { type: 'null' }] });
const node = (member: JsonObject): JsonObject => ({
  $ref: '#/$defs/node',
  $defs: {
    node: { type: 'object', properties: { v: text, ...member }, required: ['v', ...Object.keys(member)] },
  },
});
const self = { $ref: '#/$defs/node' };
const deep = (levels: number): JsonObject =>
  levels === 0 ? text : { type: 'object', properties: { a: deep(levels - 1) }, required: ['a'] };
const many = (items: JsonObject, minItems = 3): JsonObject => ({
  type: 'array',
  items,
  minItems,
  uniqueItems: true,
});

/** What is wrong with the sandbox's value for a schema. */
const problems = (schema: JsonObject) =>
  compileSchema(schema, 'schema')(schemaValue(schema, 'Tell me about Paris and Rome')).problems;

describe('the value for a schema', () => {
  it.each<[string, JsonObject]>([
    ['a linked list', list],
    ['a linked list that ends first', listWith({ oneOf: [{ type: 'null' }, { $ref: '#' }] })],
    ['a tree of lists', node({ kids: { type: 'array', items: self } })],
    ['a tree whose lists are short', node({ kids: { type: 'array', items: self, maxItems: 1 } })],
    ['a tree that may go on', node({ left: { anyOf: [self, text] } })],
    [
      'an expression of several kinds',
      node({ of: { oneOf: [{ type: 'array', items: self, minItems: 2 }, text] } }),
    ],
    ['a schema of many levels', deep(60)],
    [
      'a schema that is called by an anchor',
      {
        type: 'object',
        properties: { a: { $ref: '#n' } },
        required: ['a'],
        $defs: { x: { $anchor: 'n', const: 7 } },
      },
    ],
    [
      'a tree that is called by a dynamic anchor',
      {
        $dynamicAnchor: 'node',
        type: 'object',
        properties: { v: text, kids: { type: 'array', items: { $dynamicRef: '#node' } } },
        required: ['v', 'kids'],
      },
    ],
    ['a member that may not be', { type: 'object', properties: { a: false, b: text }, required: ['b'] }],
    ['a pattern', { type: 'object', properties: { z: { ...text, pattern: '^[0-9]{5}$' } }, required: ['z'] }],
    ['a pattern with a length', { ...text, pattern: '^[a-z]+$', minLength: 12, maxLength: 12 }],
    ['different integers', many({ type: 'integer' })],
    ['different integers within bounds', many({ type: 'integer', minimum: 3, maximum: 5 })],
    ['different multiples', many({ type: 'number', multipleOf: 0.5, maximum: 1 })],
    ['different texts', many(text, 5)],
    ['different short texts', many({ ...text, maxLength: 2 }, 5)],
    ['different long texts', many({ ...text, minLength: 40 }, 5)],
    ['different patterns', many({ ...text, pattern: '^[A-Z]{2}$' }, 40)],
    ['different choices', many({ enum: ['a', 'b', 'c'] })],
    ['both booleans', many({ type: 'boolean' }, 2)],
    ['different alternatives', many({ anyOf: [{ type: 'null' }, { const: 1 }, { enum: ['a', 'b'] }] }, 4)],
    [
      'different objects',
      many({ type: 'object', properties: { a: text, b: { const: 1 } }, required: ['a', 'b'] }, 5),
    ],
    ['different formats', many({ ...text, format: 'date' })],
    [
      'different items behind a tuple',
      { ...many({ type: 'integer' }, 4), prefixItems: [text, { const: 1 }] },
    ],
  ])('fits %s', (_what, schema) => {
    expect(problems(schema)).toEqual([]);
  });

  it.each([
    ['email', 'sandbox@example.com', 'sandbox2@example.com'],
    ['date', '2026-01-01', '2026-01-02'],
    ['uuid', '00000000-0000-4000-8000-000000000000', '00000000-0000-4000-8000-000000000001'],
  ])('of the format %s has a form of its own for each item', (format, first, second) => {
    expect(schemaValue(many({ ...text, format }, 2), '')).toEqual([first, second]);
  });

  it('goes into a schema that contains itself once, to show that it does', () => {
    expect(schemaValue(list, '')).toEqual({ v: 1, next: { v: 1, next: null } });
  });

  it('follows what a description says of patterns and of items that differ', () => {
    const said: JsonObject = {
      type: 'array',
      description: 'Codes. (minItems 2, uniqueItems true)',
      items: { ...text, description: '(pattern "^[A-Z]\\\\d\\"$")' },
    };
    expect(schemaValue(said, '')).toEqual(['A0"', 'B0"']);
    expect(schemaValue({ ...text, description: 'A pattern "^x$" of words' }, '')).toBe('sandbox');
  });

  it('is given up in time where there is none, or where it would be huge', () => {
    const started = performance.now();
    const endless = node({ next: self });
    const names = Array.from({ length: 40 }, (_, at) => `n${at}`);
    const doubling: JsonObject = {
      $ref: '#/$defs/n0',
      $defs: Object.fromEntries(
        names.map((name, at) => {
          const inner = { $ref: `#/$defs/${names[at + 1] ?? name}` };
          return [name, { type: 'object', properties: { a: inner, b: inner }, required: ['a', 'b'] }];
        }),
      ),
    };
    for (const schema of [endless, doubling, many({ const: 1 })])
      expect(() => JSON.stringify(schemaValue(schema, ''))).not.toThrow();
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
