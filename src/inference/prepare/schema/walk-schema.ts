/** Where schemas stand inside a JSON Schema, of 2020-12 and of older drafts. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';

/** Their members are names, and the values of these are schemas. */
export const NAMED: readonly string[] = [
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
];
export const LISTS: readonly string[] = ['anyOf', 'oneOf', 'allOf', 'prefixItems'];
export const SINGLE: readonly string[] = [
  'items',
  'additionalItems',
  'additionalProperties',
  'not',
  'if',
  'then',
  'else',
  'contains',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
];
/** They hold values that fit the schema, or are to. */
export const VALUES: ReadonlySet<string> = new Set(['enum', 'const', 'default', 'examples']);
/** What constrains nothing. */
export const NOTES: ReadonlySet<string> = new Set([
  'title',
  'description',
  'default',
  'examples',
  '$comment',
  'deprecated',
  'readOnly',
  'writeOnly',
]);
/** Deeper ones stay as they are: a schema of a hostile caller must not end the process. */
const DEEPEST = 200;

export function isSchema(value: JsonValue | undefined): value is JsonObject | boolean {
  return typeof value === 'boolean' || isJsonObject(value);
}

/** The schema with each one that stands directly in it replaced. */
export function mapSubschemas(schema: JsonObject, map: (inner: JsonValue) => JsonValue): JsonObject {
  const changed = Object.entries(schema).map(([key, value]): [string, JsonValue] => {
    if (NAMED.includes(key) && isJsonObject(value))
      return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, map(inner)]))];
    if ((LISTS.includes(key) || key === 'items') && Array.isArray(value)) return [key, value.map(map)];
    return [key, SINGLE.includes(key) ? map(value) : value];
  });
  return Object.fromEntries(changed);
}

/** The schema with every one in it replaced, from the outside in. */
export function rewriteSchemas(
  schema: JsonValue,
  rewrite: (node: JsonObject) => JsonValue,
  depth = 0,
): JsonValue {
  if (!isJsonObject(schema) || depth > DEEPEST) return schema;
  const node = rewrite(schema);
  if (!isJsonObject(node)) return node;
  return mapSubschemas(node, (inner) => rewriteSchemas(inner, rewrite, depth + 1));
}

/** `rewriteSchemas` of a schema that stays an object. */
export function rewriteObject(schema: JsonObject, rewrite: (node: JsonObject) => JsonObject): JsonObject {
  const rewritten = rewriteSchemas(schema, rewrite);
  return isJsonObject(rewritten) ? rewritten : schema;
}

export function without(schema: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => !keys.includes(key)));
}
