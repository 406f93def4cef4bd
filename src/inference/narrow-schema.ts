/**
 * A JSON Schema as models' own structured output takes it. Narrowed: every object closed, bounds said in words. Whatever
 * fits the result still has to be checked against the caller's own schema.
 * Source: AWS "Structured outputs" (no bounds of numbers or text, minItems 0 or 1, no recursion, no external $ref,
 * additionalProperties must be false).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

/** Said in the description in place of being enforced. */
const SAID = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'maxItems',
  'uniqueItems',
  'pattern',
  'minProperties',
  'maxProperties',
]);
/** What cannot be said in any other way. */
const IMPOSSIBLE = new Set([
  'not',
  'if',
  'then',
  'else',
  'contains',
  'prefixItems',
  'patternProperties',
  'propertyNames',
  'dependentSchemas',
  'dependentRequired',
  'unevaluatedProperties',
  'unevaluatedItems',
  '$dynamicRef',
]);
const NAMED = new Set(['properties', '$defs', 'definitions']);
const LISTED = new Set(['anyOf', 'oneOf', 'allOf']);

/** undefined = the schema needs something that structured output does not have. */
export function narrowSchema(schema: JsonObject): JsonObject | undefined {
  if (refersToItself(schema, schema, new Set())) return undefined;
  return narrow(schema);
}

function narrow(schema: JsonObject): JsonObject | undefined {
  const narrowed: JsonObject = {};
  const said: string[] = [];
  for (const [key, value] of Object.entries(schema)) {
    if (IMPOSSIBLE.has(key)) return undefined;
    if (SAID.has(key) || (key === 'minItems' && Number(value) > 1)) {
      said.push(`${key} ${JSON.stringify(value)}`);
      continue;
    }
    const inner = narrowMember(key, value);
    if (inner === undefined) return undefined;
    // Exactly one of the members is checked afterwards.
    narrowed[key === 'oneOf' ? 'anyOf' : key] = inner;
  }
  const open = schema['additionalProperties'];
  if (open !== undefined && open !== false) return undefined;
  if (isObjectType(schema['type']) || schema['properties'] !== undefined) {
    // A free-form object cannot be closed without losing what it is for.
    if (schema['properties'] === undefined && open === undefined) return undefined;
    narrowed['additionalProperties'] = false;
  }
  if (said.length > 0) {
    const before = typeof schema['description'] === 'string' ? `${schema['description']} ` : '';
    narrowed['description'] = `${before}(${said.join(', ')})`;
  }
  return narrowed;
}

function narrowMember(key: string, value: JsonValue): JsonValue | undefined {
  if (key === 'items') return isJsonObject(value) ? narrow(value) : value;
  if (NAMED.has(key) && isJsonObject(value)) {
    const out: JsonObject = {};
    for (const [name, member] of Object.entries(value)) {
      const inner = isJsonObject(member) ? narrow(member) : member;
      if (inner === undefined) return undefined;
      out[name] = inner;
    }
    return out;
  }
  if (LISTED.has(key) && Array.isArray(value)) {
    const out: JsonValue[] = [];
    for (const member of value) {
      const inner = isJsonObject(member) ? narrow(member) : member;
      if (inner === undefined) return undefined;
      out.push(inner);
    }
    return out;
  }
  return value;
}

function isObjectType(type: JsonValue | undefined): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'));
}

/** True when a $ref leads back to where it stands, or to nowhere in this document. */
export function refersToItself(
  value: JsonValue,
  root: JsonObject,
  open: ReadonlySet<string> = new Set(),
): boolean {
  if (Array.isArray(value)) return value.some((member) => refersToItself(member, root, open));
  if (!isJsonObject(value)) return false;
  const ref = value['$ref'];
  if (typeof ref === 'string') {
    const target = open.has(ref) ? undefined : resolve(ref, root);
    if (target === undefined || refersToItself(target, root, new Set([...open, ref]))) return true;
  }
  return Object.entries(value).some(
    ([key, member]) => key !== '$defs' && key !== 'definitions' && refersToItself(member, root, open),
  );
}

function resolve(ref: string, root: JsonObject): JsonValue | undefined {
  if (!ref.startsWith('#/')) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of ref.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}
