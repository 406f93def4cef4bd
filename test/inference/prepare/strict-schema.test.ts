import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { narrowSchema, needsItsPlace } from '../../../src/inference/prepare/strict-schema.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/json.ts';
import { deepFreeze } from '../sample-model.ts';

/** Everything that AWS's page lists as supported, and how Anthropic's page narrows it. */
const SUPPORTED = new Set(
  'type properties required additionalProperties items enum const anyOf $ref $defs definitions default title description format minItems'.split(
    ' ',
  ),
);

/** What Bedrock would refuse in a schema, as the sandbox's rules do not all say it. */
function refused(schema: JsonValue, root: JsonValue, at = '#'): string[] {
  if (!isJsonObject(schema)) return [`${at} is no object`];
  const found = Object.keys(schema)
    .filter((key) => !SUPPORTED.has(key))
    .map((key) => `${at}/${key}`);
  const { type, additionalProperties, required, minItems, $ref } = schema;
  const types = Array.isArray(type) ? type : [type];
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  if (types.includes('object') && additionalProperties !== false) found.push(`${at} is open`);
  if (Array.isArray(required) && required.some((name) => !Object.hasOwn(properties, String(name))))
    found.push(`${at} requires what it forbids`);
  if (minItems !== undefined && minItems !== 0 && minItems !== 1) found.push(`${at}/minItems`);
  if (Array.isArray(schema['enum']) && schema['enum'].some((value) => typeof value === 'object' && value))
    found.push(`${at}/enum`);
  if (typeof $ref === 'string') {
    const [, list = '', name = ''] = $ref.slice(1).split('/');
    const definitions = isJsonObject(root) ? root[list] : undefined;
    if (!isJsonObject(definitions) || !Object.hasOwn(definitions, name)) found.push(`${at} leads nowhere`);
  }
  const named = ['properties', '$defs', 'definitions'].flatMap((list) => {
    const members = schema[list];
    return isJsonObject(members)
      ? Object.entries(members).flatMap(([name, member]) => refused(member, root, `${at}/${list}/${name}`))
      : [];
  });
  const choices = Array.isArray(schema['anyOf']) ? schema['anyOf'] : [];
  const items = schema['items'] === undefined ? [] : refused(schema['items'], root, `${at}/items`);
  return [
    ...found,
    ...named,
    ...items,
    ...choices.flatMap((member, i) => refused(member, root, `${at}/anyOf/${i}`)),
  ];
}

function fits(schema: JsonObject, value: JsonValue): boolean {
  return new Ajv2020({ strict: false, validateFormats: false }).compile(schema)(value);
}

const closed = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
});
const text = { type: 'string' };

interface Row {
  readonly what: string;
  readonly schema: JsonObject;
  readonly narrowed: JsonObject;
  /** An answer that both take. */
  readonly answer: JsonValue;
}

const ROWS: readonly Row[] = [
  {
    what: 'closes objects at every depth',
    schema: {
      type: 'object',
      properties: {
        a: { type: 'object', properties: { b: text } },
        c: { type: 'array', items: { properties: { d: text } } },
      },
      required: ['a'],
    },
    narrowed: closed(
      { a: closed({ b: text }), c: { type: 'array', items: closed({ d: text }) } },
      { required: ['a'] },
    ),
    answer: { a: { b: 'x' }, c: [{ d: 'y' }] },
  },
  {
    what: 'says bounds in the description, behind what stands there',
    schema: {
      type: 'object',
      properties: {
        age: { type: 'integer', minimum: 0, exclusiveMaximum: 150, multipleOf: 1, description: 'In years.' },
        name: { type: 'string', minLength: 1, maxLength: 9, pattern: '^[a-z]+$' },
        tags: { type: 'array', items: text, minItems: 2, maxItems: 3, uniqueItems: true },
      },
      minProperties: 1,
    },
    narrowed: closed(
      {
        age: { type: 'integer', description: 'In years. (minimum 0, exclusiveMaximum 150, multipleOf 1)' },
        name: { type: 'string', description: '(minLength 1, maxLength 9, pattern "^[a-z]+$")' },
        tags: { type: 'array', items: text, description: '(minItems 2, maxItems 3, uniqueItems true)' },
      },
      { description: '(minProperties 1)' },
    ),
    answer: { age: 3, name: 'ab', tags: ['a', 'b'] },
  },
  {
    what: 'keeps minItems 0 and 1, which AWS takes',
    schema: closed({
      a: { type: 'array', items: text, minItems: 0 },
      b: { type: 'array', items: text, minItems: 1 },
    }),
    narrowed: closed({
      a: { type: 'array', items: text, minItems: 0 },
      b: { type: 'array', items: text, minItems: 1 },
    }),
    answer: { a: [], b: ['x'] },
  },
  {
    what: 'keeps the formats that AWS takes and says the others',
    schema: closed({ a: { type: 'string', format: 'date' }, b: { type: 'string', format: 'iri' } }),
    narrowed: closed({
      a: { type: 'string', format: 'date' },
      b: { type: 'string', description: '(format "iri")' },
    }),
    answer: { a: '2026-01-01', b: 'x' },
  },
  {
    what: 'takes properties that are called like keywords for what they are',
    schema: {
      type: 'object',
      properties: {
        minimum: { type: 'number', minimum: 1 },
        properties: text,
        $ref: text,
        items: text,
        enum: text,
        $defs: { type: 'object', properties: { $ref: text, not: text } },
        allOf: text,
      },
      required: ['minimum', '$ref'],
    },
    narrowed: closed(
      {
        minimum: { type: 'number', description: '(minimum 1)' },
        properties: text,
        $ref: text,
        items: text,
        enum: text,
        $defs: closed({ $ref: text, not: text }),
        allOf: text,
      },
      { required: ['minimum', '$ref'] },
    ),
    answer: { minimum: 1, $ref: 'x', $defs: { not: 'y' } },
  },
  {
    what: 'takes enum, const, default and type arrays as they are, whatever they look like',
    schema: closed({
      a: { type: 'string', enum: ['minimum', '$ref', null] },
      b: { const: 'x' },
      c: { type: ['string', 'null'], default: { $ref: 'http://x' } },
      d: { type: ['object', 'null'], properties: { e: text } },
    }),
    narrowed: closed({
      a: { type: 'string', enum: ['minimum', '$ref', null] },
      b: { const: 'x' },
      c: { type: ['string', 'null'], default: { $ref: 'http://x' } },
      d: { type: ['object', 'null'], properties: { e: text }, additionalProperties: false },
    }),
    answer: { a: '$ref', b: 'x', c: null, d: null },
  },
  {
    what: 'writes nullable as a type',
    schema: closed({ a: { type: 'string', nullable: true } }),
    narrowed: closed({ a: { type: ['string', 'null'] } }),
    answer: { a: null },
  },
  {
    what: 'writes oneOf as anyOf and narrows its members',
    schema: closed({
      a: {
        oneOf: [
          { type: 'integer', minimum: 3 },
          { type: 'object', properties: { b: text } },
        ],
      },
    }),
    narrowed: closed({
      a: { anyOf: [{ type: 'integer', description: '(minimum 3)' }, closed({ b: text })] },
    }),
    answer: { a: { b: 'x' } },
  },
  {
    what: 'puts an allOf of one member in its place',
    schema: closed(
      { a: { allOf: [{ $ref: '#/$defs/b' }], description: 'The b.' } },
      { $defs: { b: { type: 'number', minimum: 1 } } },
    ),
    narrowed: closed(
      { a: { $ref: '#/$defs/b', description: 'The b.' } },
      { $defs: { b: { type: 'number', description: '(minimum 1)' } } },
    ),
    answer: { a: 2 },
  },
  {
    what: 'narrows the definitions that are used, under both names, and leaves out the others',
    schema: closed(
      { a: { $ref: '#/$defs/b' }, c: { type: 'array', items: { $ref: '#/definitions/d' } } },
      {
        $defs: { b: { type: 'object', properties: { e: { $ref: '#/definitions/d' } } }, unused: { not: {} } },
        definitions: { d: { type: 'string', maxLength: 5 } },
      },
    ),
    narrowed: closed(
      { a: { $ref: '#/$defs/b' }, c: { type: 'array', items: { $ref: '#/definitions/d' } } },
      {
        $defs: { b: closed({ e: { $ref: '#/definitions/d' } }) },
        definitions: { d: { type: 'string', description: '(maxLength 5)' } },
      },
    ),
    answer: { a: { e: 'x' }, c: ['y'] },
  },
  {
    what: 'leaves out notes that constrain nothing',
    schema: closed(
      { a: { type: 'string', examples: ['x'], $comment: 'y', deprecated: true, 'x-order': 1 } },
      { $id: 'https://example.com/s', title: 'T', $comment: 'z' },
    ),
    narrowed: closed({ a: text }, { title: 'T' }),
    answer: { a: 'x' },
  },
  {
    what: 'keeps an object that is closed and empty',
    schema: closed({ a: { type: 'object', additionalProperties: false } }),
    narrowed: closed({ a: closed({}) }),
    answer: { a: {} },
  },
];

const NOT_NATIVE: readonly (readonly [string, JsonObject])[] = [
  ['a free-form object', { type: 'object' }],
  ['a free-form object with an empty list of members', { type: 'object', properties: {} }],
  ['an object that says it is open', closed({ a: text }, { additionalProperties: true })],
  ['an object with typed further members', closed({ a: text }, { additionalProperties: text })],
  ['an open object deep inside', closed({ a: { type: 'array', items: { type: 'object' } } })],
  ['a required member that is not named', closed({ a: text }, { required: ['b'] })],
  ['a member that may be anything, {}', closed({ a: {} })],
  ['a member that may be anything, true', closed({ a: true })],
  ['a member that may be nothing', closed({ a: false })],
  ['an array of anything', closed({ a: { type: 'array' } })],
  ['an array of nothing', closed({ a: { type: 'array', items: false } })],
  ['a list of alternatives with an open one', closed({ a: { anyOf: [text, {}] } })],
  [
    'alternatives beside members, which closing would make impossible',
    closed({ a: text }, { anyOf: [closed({ b: text })] }),
  ],
  ['alternatives under both names', closed({ a: { anyOf: [text], oneOf: [text] } })],
  [
    'two schemas at once, which closing would make impossible',
    closed({ a: { allOf: [closed({ b: text }), closed({ c: text })] } }),
  ],
  [
    'an allOf that disagrees with what is beside it',
    closed({ a: { type: 'string', allOf: [{ type: 'number' }] } }),
  ],
  ['complex values in enum', closed({ a: { enum: [{ b: 1 }] } })],
  ['a complex const', closed({ a: { const: [1] } })],
  [
    'a reference beside a shape',
    closed({ a: { $ref: '#/$defs/b', type: 'string' } }, { $defs: { b: text } }),
  ],
  ['a reference to elsewhere', closed({ a: { $ref: 'https://example.com/b.json' } })],
  ['a reference to nothing', closed({ a: { $ref: '#/$defs/b' } }, { $defs: {} })],
  [
    'a reference to what every object inherits',
    closed({ a: { $ref: '#/$defs/constructor' } }, { $defs: {} }),
  ],
  ['a reference by position', closed({ a: text, b: { $ref: '#/properties/a' } })],
  [
    'a reference into a definition',
    closed({ a: { $ref: '#/$defs/b/properties/c' } }, { $defs: { b: closed({ c: text }) } }),
  ],
  ['a reference to the whole', closed({ a: { type: 'array', items: { $ref: '#' } } })],
  [
    'a definition that leads to itself',
    closed({ a: { $ref: '#/$defs/b' } }, { $defs: { b: closed({ c: { $ref: '#/$defs/b' } }) } }),
  ],
  [
    'definitions that lead to each other',
    closed(
      { a: { $ref: '#/$defs/b' } },
      { $defs: { b: closed({ c: { $ref: '#/$defs/d' } }), d: closed({ e: { $ref: '#/$defs/b' } }) } },
    ),
  ],
  [
    'an $id inside, to which references are relative',
    closed({ a: { $id: 'https://example.com/a', type: 'string' } }),
  ],
  ...[
    'not',
    'if',
    'contains',
    'propertyNames',
    'dependentSchemas',
    'dependencies',
    'unevaluatedProperties',
  ].map((key): [string, JsonObject] => [key, closed({ a: { type: ['string', 'object'], [key]: {} } })]),
  ['prefixItems', closed({ a: { type: 'array', items: text, prefixItems: [text] } })],
  ['patternProperties', closed({ a: closed({ b: text }, { patternProperties: { '^x': text } }) })],
];

const many = (count: number, each: (at: number) => JsonObject): JsonObject =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`d${at}`, each(at)]));
const ref = (at: number): JsonObject => ({ $ref: `#/$defs/d${at}` });

describe('narrowSchema', () => {
  it.each(ROWS.map((row) => [row.what, row] as const))(
    'gives the narrowed form and takes answers back: %s',
    (_what, { schema, narrowed, answer }) => {
      const result = narrowSchema(deepFreeze(schema));
      expect(result).toEqual(narrowed);
      expect(refused(narrowed, narrowed)).toEqual([]);
      expect([fits(schema, answer), fits(narrowed, answer)]).toEqual([true, true]);
    },
  );

  it.each(NOT_NATIVE)('has no narrowed form for %s', (_what, schema) => {
    expect(narrowSchema(deepFreeze(schema))).toBeUndefined();
  });

  it('keeps the order of the members, in which models answer', () => {
    const narrowed = narrowSchema(closed({ reason: text, z: text, a: text }));
    expect(Object.keys(Object(narrowed?.['properties']))).toEqual(['reason', 'z', 'a']);
  });

  it('keeps a member called __proto__, and lets it change nothing else', () => {
    const schema: JsonObject = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string","maxLength":3}}}',
    );
    const narrowed = narrowSchema(schema);
    expect(JSON.stringify(narrowed)).toContain(
      '"properties":{"__proto__":{"type":"string","description":"(maxLength 3)"}}',
    );
    expect(Object.getPrototypeOf(Object(narrowed?.['properties']))).toBe(Object.prototype);
  });

  it('takes five thousand definitions in one chain', () => {
    const last = { type: 'string' };
    const $defs = many(5_000, (at) => (at === 4_999 ? last : closed({ next: ref(at + 1) })));
    const narrowed = narrowSchema(closed({ a: ref(0) }, { $defs }));
    expect(Object.keys(Object(narrowed?.['$defs']))).toHaveLength(5_000);
    const round = { ...$defs, d4999: closed({ next: ref(0) }) };
    expect(narrowSchema(closed({ a: ref(0) }, { $defs: round }))).toBeUndefined();
  });

  it('takes a schema in which every definition uses the next one twice, without walking every way through it', () => {
    const $defs = many(200, (at) =>
      at === 199 ? { type: 'string' } : closed({ a: ref(at + 1), b: ref(at + 1) }),
    );
    expect(narrowSchema(closed({ a: ref(0) }, { $defs }))).toEqual(closed({ a: ref(0) }, { $defs }));
  });

  it('takes the deepest nesting that the tools let through', () => {
    let deep: JsonObject = { type: 'string' };
    for (let at = 0; at < 127; at += 1) deep = { type: 'array', items: deep };
    expect(narrowSchema(closed({ deep }))).toEqual(closed({ deep }));
  });
});

describe('needsItsPlace', () => {
  it.each([
    ['no reference', { type: 'array', items: text }, false],
    [
      'references to definitions',
      { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/definitions/b/items' }] },
      false,
    ],
    ['a member that is called $ref', { anyOf: [{ properties: { $ref: text } }] }, false],
    [
      'values that look like references',
      { enum: [{ $ref: '#' }], const: { $ref: '#' }, default: { $ref: '#' } },
      false,
    ],
    ['a reference to the whole', { type: 'array', items: { $ref: '#' } }, true],
    ['a reference by position', { anyOf: [text, { $ref: '#/anyOf/0' }] }, true],
    ['a reference by name', { anyOf: [{ $ref: '#here' }] }, true],
    [
      'a reference in a member of a member called properties',
      { properties: { properties: { $ref: '#' } } },
      true,
    ],
    ['a reference under a condition', { if: { patternProperties: { x: { $ref: '#' } } } }, true],
    ['a dynamic reference', { items: { $dynamicRef: '#node' } }, true],
  ])('is decided for %s', (_what, schema: JsonObject, expected) => {
    expect(needsItsPlace(schema)).toBe(expected);
  });
});
