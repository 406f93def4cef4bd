/**
 * Input schemas reach the APIs of models as they are: LangChain passes them on unchanged, and one keyword that an API does
 * not know loses the whole list of tools. So they keep to what both of these take.
 */
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonValue } from '../../src/json.ts';
import { PUBLISHED } from '../../src/tools/tool-set.ts';

/**
 * Gemini: fields of `Schema` in function declarations (ai.google.dev/api/caching#Schema, 2026-11). Others are answered with
 * 400 `Unknown name "..." ... Cannot find field`; `additionalProperties`, `exclusiveMinimum` and `$schema` are the ones that
 * people report.
 */
const GEMINI = new Set(
  'type format title description nullable enum maxItems minItems properties required minProperties maxProperties minLength maxLength pattern example anyOf propertyOrdering default items minimum maximum'.split(
    ' ',
  ),
);
/** Keywords that OpenAI's function parameters take, strict or not (platform.openai.com, Structured Outputs: supported schemas). */
const OPENAI = new Set(
  'type description title enum const properties required additionalProperties items anyOf $ref $defs pattern format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minItems maxItems default'.split(
    ' ',
  ),
);
const TYPES = ['string', 'number', 'integer', 'boolean', 'array', 'object'];
/** OpenAI, Anthropic and Gemini agree on names of this form. */
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,63}$/;

/** Where a schema leaves the common ground, and how. */
function faultsOf(schema: JsonValue | undefined, at: string): string[] {
  if (!isJsonObject(schema)) return [`${at}: no schema`];
  const { type, items, properties, anyOf, enum: values, required } = schema;
  const faults = Object.keys(schema)
    .filter((key) => !GEMINI.has(key) || !OPENAI.has(key))
    .map((key) => `${at}: ${key}`);
  if (Array.isArray(anyOf))
    return [...faults, ...anyOf.flatMap((each, n) => faultsOf(each, `${at}.anyOf[${n}]`))];
  if (!TYPES.includes(String(type))) faults.push(`${at}: type ${String(type)}`);
  // Gemini: enum is for strings only.
  if (values !== undefined && type !== 'string') faults.push(`${at}: enum of ${String(type)}`);
  // OpenAI: "array schema missing items"; Gemini: "items: missing field".
  if (type === 'array') faults.push(...faultsOf(items, `${at}[]`));
  if (type !== 'object') return faults;
  // OpenAI: "object schema missing properties"; Gemini: "should be non-empty for OBJECT type".
  const members = isJsonObject(properties) ? Object.entries(properties) : [];
  if (members.length === 0) faults.push(`${at}: no properties`);
  for (const name of Array.isArray(required) ? required : [])
    if (!members.some(([known]) => known === name)) faults.push(`${at}: requires ${String(name)}`);
  return [
    ...faults,
    ...members.flatMap(([name, member]) => [
      ...(NAME.test(name) ? [] : [`${at}: name ${name}`]),
      ...faultsOf(member, `${at}.${name}`),
    ]),
  ];
}

describe('The published input schema', () => {
  it.each(PUBLISHED)('of $name keeps to what the APIs of Gemini and OpenAI take', ({ name, inputSchema }) => {
    expect(inputSchema.type).toBe('object');
    expect(faultsOf(JSON.parse(JSON.stringify(inputSchema)), name)).toEqual([]);
  });

  it.each([
    [{ type: 'object' }, 'at: no properties'],
    [{ type: 'number', exclusiveMinimum: 0 }, 'at: exclusiveMinimum'],
    [{ type: 'array' }, 'at[]: no schema'],
    [{ type: ['string', 'null'] }, 'at: type string,null'],
    [
      { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
      'at: additionalProperties',
    ],
  ])('would be found out by this test with %j', (schema, fault) => {
    expect(faultsOf(schema, 'at')).toEqual([fault]);
  });
});
