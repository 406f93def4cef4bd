import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../../src/calls/structured/validate.ts';
import type { JsonObject, JsonValue } from '../../../src/json.ts';

const check = (schema: JsonObject, value: JsonValue) => compileSchema(schema, 'response_schema')(value);
const parse = (text: string): JsonObject => JSON.parse(text);
const text = { type: 'string' };
/** Each definition asks the next one twice. */
const doubling = (count: number): JsonObject => ({
  $ref: '#/$defs/d0',
  $defs: Object.fromEntries(
    Array.from({ length: count }, (_, at) => {
      const next = { $ref: `#/$defs/d${at + 1}` };
      return [`d${at}`, at === count - 1 ? text : { anyOf: [next, next] }];
    }),
  ),
});

describe('compileSchema', () => {
  it.each<[string, JsonObject, JsonValue]>([
    ['a value that fits', { type: 'object', properties: { a: text } }, { a: 'x' }],
    ['anything, when anything will do', {}, [null]],
    ['recursion', { type: 'array', items: { $ref: '#' } }, [[], [[]]]],
    [
      'another dialect, read as 2020-12',
      { $schema: 'http://json-schema.org/draft-07/schema#', ...text },
      'x',
    ],
    ['an $id', { $id: 'https://example.com/s', items: { $ref: '#/$defs/a' }, $defs: { a: text } }, ['x']],
    ['words that nobody knows', { ...text, 'x-order': 1, nullable: true }, null],
    ['formats, which are notes', { ...text, format: 'date' }, 'soon'],
    ['2020-12: tuples and definitions', { prefixItems: [{ $ref: '#/$defs/a' }], $defs: { a: text } }, ['x']],
  ])('takes %s', (_what, schema, value) => {
    expect(check(schema, value)).toEqual({ problems: [] });
  });

  it.each<[string, JsonObject, JsonValue, string]>([
    ['where it is', { properties: { a: { items: text } } }, { a: ['x', 1] }, '/a/1 must be string'],
    ['at the root', text, 1, 'the value must be string'],
    ['what is missing', { required: ['a'] }, {}, "the value must have required property 'a'"],
    [
      'what is too much',
      { additionalProperties: false },
      { b: 1 },
      'the value must NOT have additional properties ("b")',
    ],
    [
      'what may be',
      { enum: ['a', 'b'] },
      'c',
      'the value must be equal to one of the allowed values (["a","b"])',
    ],
    ['what must be', { const: 3 }, 4, 'the value must be equal to constant (3)'],
    ['numbers that JSON does not have', { type: 'number' }, JSON.parse('1e400'), 'the value must be number'],
    [
      'what every object inherits',
      { required: ['constructor'] },
      {},
      "the value must have required property 'constructor'",
    ],
    [
      'a member called __proto__',
      parse('{"additionalProperties":false}'),
      parse('{"__proto__":1}'),
      'the value must NOT have additional properties ("__proto__")',
    ],
  ])('says %s', (_what, schema, value, problem) => {
    expect(check(schema, value)).toEqual({ problems: [problem] });
  });

  it('says at most eight things, none of them long', () => {
    const name = 'n'.repeat(10_000);
    const value = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`${name}${at}`, 1]));
    const { problems } = check({ additionalProperties: text }, value);
    expect(problems).toHaveLength(8);
    expect(Math.max(...problems.map((problem) => problem.length))).toBeLessThan(500);
    expect(check({ enum: [name] }, '').problems.join('').length).toBeLessThan(500);
  });

  it("is not talked out of checking by ajv's own word for asynchronous schemas", () => {
    expect(check({ $async: true, ...text }, 1)).toEqual({ problems: ['the value must be string'] });
    expect(() => compileSchema({ $ref: '#/$defs/a', $defs: { a: { $async: true, ...text } } }, 'f')).toThrow(
      'async',
    );
  });

  it.each<[string, JsonObject, string]>([
    ['a type that does not exist', { type: 'strng' }, 'data/type must be equal to one of'],
    ['a keyword of the wrong type', { required: 'a' }, 'data/required must be array'],
    ["ajv's references to data", { type: 'number', maximum: { $data: '/a' } }, 'data/maximum must be number'],
    ['a reference to the network', { $ref: 'https://example.com/s.json' }, "can't resolve reference"],
    ['a reference to a file', { $ref: 'file:///etc/passwd' }, "can't resolve reference"],
    ['a reference to nothing', { $ref: '#/$defs/none' }, "can't resolve reference"],
    ['an expression that is none', { pattern: '(' }, 'Invalid regular expression'],
    ['no choice', { enum: [] }, 'enum'],
    [
      'the $id of JSON Schema itself',
      { $id: 'https://json-schema.org/draft/2020-12/schema' },
      'already exists',
    ],
    [
      'a schema that is nothing but itself',
      { allOf: [{ $ref: '#' }] },
      'its references lead too deep, or back to themselves',
    ],
    [
      'a definition that is nothing but itself',
      { type: 'object', $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }] } } },
      'its references lead too deep, or back to themselves',
    ],
  ])('refuses %s', (_what, schema, message) => {
    expect(() => compileSchema(schema, 'response_schema')).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        field: 'response_schema',
        message: expect.stringContaining(message),
      }),
    );
  });

  it('refuses a schema whose references multiply, before any answer is paid for', () => {
    expect(() => compileSchema(doubling(60), 'response_schema', 200)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('longer than 200 ms'),
      }),
    );
    expect(compileSchema(doubling(4), 'response_schema')('x')).toEqual({ problems: [] });
  });

  it('gives an answer up that a pattern would take for ever to check, and goes on with the next', () => {
    const catastrophic = compileSchema({ type: 'string', pattern: '^(a+)+$' }, 'response_schema', 200);
    expect(catastrophic(`${'a'.repeat(60)}!`)).toEqual({
      problems: [expect.stringContaining('could not be checked: that takes longer than 200 ms')],
      undecided: true,
    });
    expect(catastrophic('aaa')).toEqual({ problems: [] });
    expect(catastrophic('b')).toEqual({ problems: ['the value must match pattern "^(a+)+$"'] });
  });

  it('takes a megabyte of words', () => {
    const properties = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`p${at}`, { ...text, description: 'x'.repeat(10_000) }]),
    );
    expect(check({ type: 'object', properties }, { p1: 1 })).toEqual({ problems: ['/p1 must be string'] });
  });

  it('does not fall over a value that is nested too deep', () => {
    let deep: JsonValue = [];
    for (let at = 0; at < 20_000; at += 1) deep = [deep];
    expect(check({ type: 'array', items: { $ref: '#' } }, deep)).toEqual({
      problems: [expect.stringContaining('its references lead too deep')],
      undecided: true,
    });
  });
});
