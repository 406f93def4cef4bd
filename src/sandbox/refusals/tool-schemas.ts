/** What models refuse in the input schema of a tool. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { own } from '../json-read.ts';
import { malformed, type Refusal } from '../refusal.ts';

const ROOT_CHOICES = ['oneOf', 'allOf', 'anyOf'];
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'];
const COUNTS = ['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'];
const SCHEMAS = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
const MAPS = ['properties', '$defs', 'definitions', 'patternProperties', 'dependentSchemas'];

const NOT_2020_12 =
  'JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn more about tool use at https://docs.claude.com/en/docs/tool-use.';

/** Does the schema fit the meta-schema, as far as the keywords here go? */
function isModern(schema: JsonValue, depth = 0): boolean {
  if (typeof schema === 'boolean') return true;
  if (!isJsonObject(schema)) return false;
  if (depth > 60) return true;
  const all = (keys: readonly string[], fits: (value: JsonValue) => boolean): boolean =>
    keys.every((key) => fits(own(schema, key) ?? null) || own(schema, key) === undefined);
  const isInner = (value: JsonValue): boolean => isModern(value, depth + 1);
  const { type, required } = schema;
  const types = Array.isArray(type) ? type : [type];
  return (
    (type === undefined || (types.length > 0 && types.every((name) => TYPES.includes(String(name))))) &&
    (required === undefined || (Array.isArray(required) && new Set(required).size === required.length)) &&
    all(NUMBERS, (value) => typeof value === 'number') &&
    all(COUNTS, (value) => typeof value === 'number' && value >= 0) &&
    all(['enum', 'examples'], Array.isArray) &&
    all(['title', 'description', 'pattern', 'format', '$ref'], (value) => typeof value === 'string') &&
    all(SCHEMAS, isInner) &&
    all(LISTS, (value) => Array.isArray(value) && value.length > 0 && value.every(isInner)) &&
    all(MAPS, (value) => isJsonObject(value) && Object.values(value).every(isInner))
  );
}

function hasBigInteger(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) >= 2 ** 53 - 1;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBigInteger);
}

/** Claude, behind `tools.N.custom.`. The names of properties are looked at on the first floor only. */
function claudeSchemaComplaint(schema: JsonObject): string | undefined {
  if (ROOT_CHOICES.some((key) => Object.hasOwn(schema, key)))
    return 'input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level';
  const names = isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : [];
  if (names.some((name) => !/^[a-zA-Z0-9_.-]{1,64}$/.test(name)))
    return "input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'";
  if (hasBigInteger(schema)) return 'input_schema: int too big to convert';
  return isModern(schema) ? undefined : `input_schema: ${NOT_2020_12}`;
}

/** Nova: the keys it takes at the root are those of AWS's page and those that were recorded. */
function novaSchemaProblem(schema: JsonObject): string | undefined {
  const taken = ['type', 'properties', 'required', 'additionalProperties', 'title', 'strict'];
  const extra = Object.keys(schema).find((key) => !taken.includes(key));
  return extra === undefined ? undefined : `extraneous key [${extra}] is not permitted`;
}

/** GPT, with the name of the tool in it. */
function gptSchemaComplaint(name: string, schema: JsonObject): string | undefined {
  const about = `Invalid schema for function '${name}': `;
  if ([...ROOT_CHOICES, 'enum', 'not'].some((key) => Object.hasOwn(schema, key)))
    return `${about}schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.`;
  return isJsonObject(schema['properties'])
    ? undefined
    : `${about}In context=(), object schema missing properties.`;
}

/** Refuses the schema of a tool in the words of the model's family. `refuse` puts them as the operation does. */
export function checkToolSchema(
  { family }: ModelRecord,
  tool: { readonly name: string; readonly schema: JsonObject; readonly index: number },
  refuse: (words: string) => Refusal,
): void {
  const { name, schema, index } = tool;
  if (family === 'gpt') {
    const complaint = gptSchemaComplaint(name, schema);
    if (complaint !== undefined) throw refuse(complaint);
  }
  if (family === 'claude') {
    const complaint = claudeSchemaComplaint(schema);
    if (complaint !== undefined) throw refuse(`tools.${index}.custom.${complaint}`);
  }
  if (family === 'nova') {
    const problem = novaSchemaProblem(schema);
    if (problem !== undefined)
      throw refuse(malformed(`#/toolConfig/tools/${index}/toolSpec/inputSchema/json: ${problem}`).message);
  }
}
