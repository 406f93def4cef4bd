import { describe, expect, it } from 'vitest';
import { modernSchema } from '../../../../src/inference/prepare/schema/modern-schema.ts';
import type { JsonObject, JsonValue } from '../../../../src/json.ts';
import { deepFreeze } from '../../sample-model.ts';

const read = (schema: JsonObject) => {
  const notes: string[] = [];
  return { schema: modernSchema(deepFreeze(schema), (what) => notes.push(what)), notes };
};

/** Both as they stand below a property and below a definition: every place is reached. */
const ROWS: readonly (readonly [what: string, older: JsonValue, modern: JsonValue])[] = [
  ['tuple items', { items: [{}, { type: 'string' }] }, { prefixItems: [{}, { type: 'string' }] }],
  ['tuple items that end', { items: [{}], additionalItems: false }, { prefixItems: [{}], items: false }],
  ['additionalItems without a tuple', { items: {}, additionalItems: false }, { items: {} }],
  ['an empty tuple', { type: 'array', items: [] }, { type: 'array' }],
  ['a true exclusiveMinimum', { minimum: 1, exclusiveMinimum: true }, { exclusiveMinimum: 1 }],
  ['a false exclusiveMaximum', { maximum: 1, exclusiveMaximum: false }, { maximum: 1 }],
  ['an exclusiveMinimum of nothing', { exclusiveMinimum: true }, {}],
  [
    'required inside',
    { properties: { a: { required: true }, b: { required: false } }, required: ['c'] },
    { properties: { a: {}, b: {} }, required: ['c', 'a'] },
  ],
  [
    'dependencies',
    { dependencies: { a: ['b'], c: {} } },
    { dependentRequired: { a: ['b'] }, dependentSchemas: { c: {} } },
  ],
  ['an id', { id: 'urn:a' }, {}],
  ['a type of Python', { type: 'str' }, { type: 'string' }],
  ['the type any', { type: 'any' }, {}],
  ['a list with any', { type: ['string', 'any'] }, {}],
  ['types named twice', { type: ['int', 'integer'] }, { type: 'integer' }],
  ['no type', { type: [] }, {}],
  ['nullable', { type: 'string', nullable: true }, { type: ['string', 'null'] }],
  [
    'a nullable choice',
    { type: 'string', enum: ['a'], nullable: true },
    { type: ['string', 'null'], enum: ['a', null] },
  ],
  ['not nullable', { type: 'string', nullable: false }, { type: 'string' }],
  ['numbers as text', { minLength: '3', minimum: '-1.5' }, { minLength: 3, minimum: -1.5 }],
  [
    'no schemas',
    { properties: { a: null, b: 'string', c: true } },
    { properties: { a: {}, b: {}, c: true } },
  ],
  ['properties that are a list', { properties: [] }, {}],
  ['a choice that is none', { anyOf: [] }, {}],
  ['a choice of one without a list', { anyOf: { type: 'string' } }, { anyOf: [{ type: 'string' }] }],
  ['names twice', { required: ['a', 'a', 1] }, { required: ['a'] }],
  ['additionalProperties of a word', { additionalProperties: 'string' }, {}],
  ['a negative length', { minLength: -1 }, {}],
  ['a choice of nothing', { enum: [] }, {}],
  ['a description of null', { description: null }, {}],
];

describe('a schema in the words of 2020-12', () => {
  it.each(ROWS)('has %s rewritten, everywhere, and says so', (_what, older, modern) => {
    const places = (at: JsonValue): JsonObject => ({
      type: 'object',
      properties: { p: at, q: { type: 'array', items: { anyOf: [at, { type: 'null' }] } } },
      $defs: { d: at },
    });
    const { schema, notes } = read(places(older));
    expect(schema).toEqual(places(modern));
    expect(notes.length).toBeGreaterThan(0);
    expect(read(schema)).toEqual({ schema, notes: [] });
  });

  it('moves the definitions and what refers to them', () => {
    const { schema } = read({
      properties: { a: { $ref: '#/definitions/x' } },
      definitions: { x: { type: 'string' } },
    });
    expect(schema).toEqual({ properties: { a: { $ref: '#/$defs/x' } }, $defs: { x: { type: 'string' } } });
  });

  it('leaves definitions of one name in both places', () => {
    const both = { $defs: { x: {} }, definitions: { x: { type: 'string' } } };
    expect(read(both)).toEqual({ schema: both, notes: [] });
  });

  it('names no older draft once it was rewritten, and does where it was not', () => {
    const $schema = 'http://json-schema.org/draft-07/schema#';
    expect(read({ $schema, id: 'x' }).schema).toEqual({});
    expect(read({ $schema, type: 'object' })).toEqual({ schema: { $schema, type: 'object' }, notes: [] });
  });

  it('leaves properties alone that are called like keywords', () => {
    const schema = {
      type: 'object',
      properties: {
        id: { type: 'string' },
        items: { type: 'array' },
        required: { type: 'boolean' },
        type: { const: 'any' },
      },
      default: { id: 'a', type: 'any', items: [1] },
      required: ['id', 'type'],
    };
    expect(read(schema)).toEqual({ schema, notes: [] });
  });

  it('does not fall over a schema that is very deep', () => {
    let deep: JsonObject = { type: 'any' };
    for (let level = 0; level < 3_000; level += 1) deep = { properties: { a: deep } };
    expect(() => modernSchema(deep, () => undefined)).not.toThrow();
  });
});
