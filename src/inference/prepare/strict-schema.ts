/**
 * A JSON Schema as models' own structured output takes it. Narrowed: every object closed, bounds said in words. Whatever
 * fits the result still has to be checked against the caller's own schema.
 * Sources: AWS "Structured outputs" (no bounds of numbers or text, minItems 0 or 1, no recursion, no external $ref,
 * additionalProperties must be false) and Anthropic's page of that name (plain values in enum, no $ref inside allOf,
 * the list of formats).
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { VALUES } from './schema/walk-schema.ts';

/** Sent as they are. What is in no list here is a note that constrains nothing (`examples`, `$comment`) and is left out. */
const KEPT: ReadonlySet<string> = new Set(['title', 'description', 'default', 'type', 'enum', 'const']);
/** Said in the description in place of being enforced. */
const SAID: ReadonlySet<string> = new Set([
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'uniqueItems',
  'pattern',
  'format',
  'minProperties',
  'maxProperties',
]);
const FORMATS: ReadonlySet<JsonValue> = new Set([
  'date-time',
  'time',
  'date',
  'duration',
  'email',
  'hostname',
  'uri',
  'ipv4',
  'ipv6',
  'uuid',
]);
/** What cannot be said in any other way. */
const IMPOSSIBLE: readonly string[] = [
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
  'dependencies',
  'unevaluatedProperties',
  'unevaluatedItems',
  '$dynamicRef',
  // Moves what the references below it are relative to.
  '$id',
];
/** Each of these says something about the shape of a value; beside a $ref or a choice they would have to be merged into it. */
const SHAPES: readonly string[] = [
  '$ref',
  'anyOf',
  'oneOf',
  'type',
  'enum',
  'const',
  'properties',
  'required',
  'additionalProperties',
  'items',
];
/** Members whose own members are names, not keywords. */
const NAMED: ReadonlySet<string> = new Set([
  'properties',
  '$defs',
  'definitions',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
]);
/** The only references that stay right when what is around them is rewritten. Escaped names are left to other forms. */
const DEFINITION = /^#\/(\$defs|definitions)\/([^/~%]+)$/;

/** References that were met on the way. */
type Refs = Set<string>;

/** undefined = the schema needs something that structured output does not have. */
export function narrowSchema(schema: JsonObject): JsonObject | undefined {
  const { $id: _, ...root } = schema;
  const used: Refs = new Set();
  const narrowed = narrow(root, used);
  if (narrowed === undefined) return undefined;
  const edges = new Map<string, Refs>();
  const kept: Record<string, [string, JsonValue][]> = { $defs: [], definitions: [] };
  // A set that grows while it is read: definitions that nothing refers to are left out.
  for (const ref of used) {
    const [, list = '', name = ''] = DEFINITION.exec(ref) ?? [];
    const definitions = schema[list];
    const refs: Refs = new Set();
    const own = isJsonObject(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
    const definition = narrow(own, refs);
    if (definition === undefined) return undefined;
    edges.set(ref, refs);
    kept[list]?.push([name, definition]);
    for (const next of refs) used.add(next);
  }
  if (hasCycle(edges)) return undefined;
  const lists = Object.entries(kept).filter(([, members]) => members.length > 0);
  return {
    ...narrowed,
    ...Object.fromEntries(lists.map(([list, members]) => [list, Object.fromEntries(members)])),
  };
}

/** True when some definition leads back to itself. A loop and no recursion, because chains may be long. */
function hasCycle(edges: ReadonlyMap<string, Refs>): boolean {
  const open = new Map([...edges].map(([ref, refs]) => [ref, refs.size]));
  const users = new Map<string, string[]>([...edges.keys()].map((ref) => [ref, []]));
  for (const [ref, refs] of edges) for (const next of refs) users.get(next)?.push(ref);
  const ended = [...open.keys()].filter((ref) => open.get(ref) === 0);
  for (const ref of ended) {
    for (const user of users.get(ref) ?? []) {
      const left = (open.get(user) ?? 0) - 1;
      open.set(user, left);
      if (left === 0) ended.push(user);
    }
  }
  return ended.length < edges.size;
}

/** `true` and `{}` let anything in, which closed objects cannot say, and `false` lets nothing in. */
function narrow(asked: JsonValue | undefined, refs: Refs): JsonObject | undefined {
  const schema = isJsonObject(asked) ? withoutSingleAllOf(asked) : undefined;
  if (schema === undefined || IMPOSSIBLE.some((key) => Object.hasOwn(schema, key))) return undefined;
  const shape = narrowShape(schema, refs);
  if (shape === undefined) return undefined;
  const kept = Object.entries(schema).filter(([key]) => KEPT.has(key));
  const said = Object.entries(schema).filter(([key, value]) => SAID.has(key) && !isTaken(key, value));
  const taken = Object.entries(schema).filter(([key, value]) => isTaken(key, value));
  return {
    ...Object.fromEntries([...kept, ...taken]),
    ...shape,
    ...(said.length === 0 ? {} : { description: withSaid(schema['description'], said) }),
  };
}

function isTaken(key: string, value: JsonValue): boolean {
  return key === 'format' ? FORMATS.has(value) : key === 'minItems' && (value === 0 || value === 1);
}

function withSaid(description: JsonValue | undefined, said: readonly [string, JsonValue][]): string {
  const before = typeof description === 'string' ? `${description} ` : '';
  return `${before}(${said.map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', ')})`;
}

/** A list of one is how generators put a description beside a $ref; longer lists would have to be merged. */
function withoutSingleAllOf(schema: JsonObject): JsonObject | undefined {
  const { allOf, ...rest } = schema;
  if (allOf === undefined) return schema;
  const [member, ...more] = Array.isArray(allOf) ? allOf : [];
  if (!isJsonObject(member) || more.length > 0) return undefined;
  const clashes = Object.keys(member).some((key) => Object.hasOwn(rest, key) && !isNote(key));
  return clashes ? undefined : withoutSingleAllOf({ ...member, ...rest });
}

function isNote(key: string): boolean {
  return key === 'title' || key === 'description' || key === 'default';
}

/** The part of a schema that says what its values look like. */
function narrowShape(schema: JsonObject, refs: Refs): JsonObject | undefined {
  const ref = schema['$ref'];
  const list = schema['anyOf'] === undefined ? 'oneOf' : 'anyOf';
  const members = schema[list];
  if (ref !== undefined || members !== undefined) {
    if (SHAPES.filter((key) => Object.hasOwn(schema, key)).length > 1) return undefined;
    return ref === undefined ? narrowUnion(members, refs) : narrowRef(ref, refs);
  }
  if (schema['enum'] !== undefined || schema['const'] !== undefined) return onlyPlainValues(schema);
  const types = typesOf(schema);
  if (types.length === 0) return undefined;
  const object = types.includes('object') ? narrowObject(schema, refs) : {};
  const array = types.includes('array') ? narrowItems(schema, refs) : {};
  if (object === undefined || array === undefined) return undefined;
  return { type: types.length === 1 ? (types[0] ?? null) : types, ...object, ...array };
}

function narrowRef(ref: JsonValue, refs: Refs): JsonObject | undefined {
  if (typeof ref !== 'string' || !DEFINITION.test(ref)) return undefined;
  refs.add(ref);
  return { $ref: ref };
}

/** That exactly one member of oneOf fits is checked afterwards. */
function narrowUnion(members: JsonValue | undefined, refs: Refs): JsonObject | undefined {
  if (!Array.isArray(members)) return undefined;
  const narrowed = members.map((member) => narrow(member, refs));
  return narrowed.every((member) => member !== undefined) ? { anyOf: narrowed } : undefined;
}

function onlyPlainValues(schema: JsonObject): JsonObject | undefined {
  const { enum: choices, const: constant } = schema;
  const values = [...(Array.isArray(choices) ? choices : []), ...(constant === undefined ? [] : [constant])];
  return values.every((value) => value === null || typeof value !== 'object') ? {} : undefined;
}

function typesOf({ type, nullable, properties, items }: JsonObject): string[] {
  const given = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === 'string');
  const meant =
    given.length > 0 ? given : properties !== undefined ? ['object'] : items !== undefined ? ['array'] : [];
  // OpenAPI's word for it, which the validator knows too.
  return nullable === true && !meant.includes('null') ? [...meant, 'null'] : meant;
}

function narrowObject(schema: JsonObject, refs: Refs): JsonObject | undefined {
  const { properties = {}, required = [], additionalProperties: open } = schema;
  if ((open !== undefined && open !== false) || !isJsonObject(properties)) return undefined;
  const names = Object.keys(properties);
  // A free-form object cannot be closed without losing what it is for.
  if (names.length === 0 && open === undefined) return undefined;
  // A closed object could never have what it does not name.
  if (!Array.isArray(required) || required.some((name) => !names.includes(String(name)))) return undefined;
  const members = names.map((name) => [name, narrow(properties[name], refs)] as const);
  if (members.some(([, member]) => member === undefined)) return undefined;
  return {
    properties: Object.fromEntries(members.flatMap(([name, member]) => (member ? [[name, member]] : []))),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function narrowItems(schema: JsonObject, refs: Refs): JsonObject | undefined {
  const items = narrow(schema['items'], refs);
  return items === undefined ? undefined : { items };
}

/** True when a reference would lead elsewhere once the schema stands inside another one, definitions beside it. */
export function needsItsPlace(schema: JsonObject): boolean {
  const waiting: { value: JsonValue; named: boolean }[] = [{ value: schema, named: false }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, named } = next;
    if (Array.isArray(value)) for (const member of value) waiting.push({ value: member, named: false });
    if (!isJsonObject(value)) continue;
    for (const [key, member] of Object.entries(value)) {
      if (
        !named &&
        (key === '$ref' || key === '$dynamicRef') &&
        !/^#\/(?:\$defs|definitions)\//.test(`${member}`)
      )
        return true;
      if (named || !VALUES.has(key)) waiting.push({ value: member, named: !named && NAMED.has(key) });
    }
  }
  return false;
}
