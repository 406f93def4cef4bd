/**
 * A schema of an older draft, of OpenAPI or of a careless generator as one of JSON Schema 2020-12, which models validate
 * against: Claude says "JSON schema is invalid. It must match JSON Schema draft 2020-12" (Dokploy/mcp#74), servers of
 * open models "'string' is not of type 'object', 'boolean'" (Tracer-Cloud/opensre#2404). Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { isSchema, LISTS, NAMED, rewriteObject, SINGLE, without } from './walk-schema.ts';

/** Told what was done; each text once. */
export type Note = (what: string) => void;

const TYPES: readonly string[] = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
/** Words for types that generators take over from their own language. */
const TYPE_WORDS: ReadonlyMap<string, string> = new Map([
  ['int', 'integer'],
  ['long', 'integer'],
  ['float', 'number'],
  ['double', 'number'],
  ['decimal', 'number'],
  ['str', 'string'],
  ['bool', 'boolean'],
  ['dict', 'object'],
  ['map', 'object'],
  ['list', 'array'],
  ['tuple', 'array'],
  ['None', 'null'],
]);

type Check = (value: JsonValue) => boolean;
const isText: Check = (value) => typeof value === 'string';
const isNumber: Check = (value) => typeof value === 'number';
const isCount: Check = (value) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isSwitch: Check = (value) => typeof value === 'boolean';
const isNameList: Check = (value) =>
  Array.isArray(value) && new Set(value).size === value.length && value.every(isText);

/** Keyword -> what its value has to be, after all that has a place in 2020-12 was put there. */
const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ...['title', 'description', '$comment', 'format', 'pattern', '$ref', '$id', '$anchor', '$schema'].map(
    (key) => [key, isText] as const,
  ),
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'].map((key) => [key, isNumber] as const),
  ...['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'].map(
    (key) => [key, isCount] as const,
  ),
  ...['uniqueItems', 'deprecated', 'readOnly', 'writeOnly'].map((key) => [key, isSwitch] as const),
  ...NAMED.map((key) => [key, isJsonObject] as const),
  ...LISTS.map((key) => [key, (value: JsonValue) => Array.isArray(value) && value.length > 0] as const),
  ...SINGLE.map((key) => [key, isSchema] as const),
  ['multipleOf', (value) => typeof value === 'number' && value > 0],
  ['enum', (value) => Array.isArray(value) && value.length > 0],
  ['examples', Array.isArray],
  ['required', isNameList],
]);

/** The schema in the words of 2020-12, and what had to be done for it. */
export function modernSchema(schema: JsonObject, note: Note): JsonObject {
  let isChanged = false;
  const noted: Note = (what) => {
    isChanged = true;
    note(what);
  };
  const moved = movedDefinitions(schema, noted);
  const modern = rewriteObject(moved, (node) => STEPS.reduce((draft, step) => step(draft, noted), node));
  const dialect = modern['$schema'];
  return isChanged && dialect !== undefined && !String(dialect).includes('2020-12')
    ? without(modern, '$schema')
    : modern;
}

type Step = (node: JsonObject, note: Note) => JsonObject;

const OLDER = 'words of older drafts were put into those of JSON Schema 2020-12';
const UNREADABLE = 'what is no JSON Schema was left out';

/** `definitions` is `$defs` since 2019-09. Where both have a name, nothing moves. */
function movedDefinitions(schema: JsonObject, note: Note): JsonObject {
  const { definitions, $defs = {}, ...rest } = schema;
  if (!isJsonObject(definitions) || !isJsonObject($defs)) return schema;
  if (Object.keys(definitions).some((name) => Object.hasOwn($defs, name))) return schema;
  note(OLDER);
  return rewriteObject({ ...rest, $defs: { ...$defs, ...definitions } }, (node) => {
    const { $ref } = node;
    return typeof $ref === 'string' && $ref.startsWith('#/definitions/')
      ? { ...node, $ref: $ref.replace('#/definitions/', '#/$defs/') }
      : node;
  });
}

const STEPS: readonly Step[] = [
  function tuples(node, note) {
    const { items, additionalItems, ...rest } = node;
    if (!Array.isArray(items)) {
      if (additionalItems === undefined) return node;
      note(OLDER);
      return items === undefined ? rest : { ...rest, items };
    }
    note(OLDER);
    return {
      ...rest,
      ...(items.length === 0 ? {} : { prefixItems: items }),
      ...(additionalItems === undefined ? {} : { items: additionalItems }),
    };
  },
  (node, note) => numericBound(numericBound(node, 'Minimum', note), 'Maximum', note),
  function requiredInside(node, note) {
    const { properties } = node;
    if (!isJsonObject(properties)) return node;
    const inside = Object.entries(properties).filter(
      ([, member]) => isJsonObject(member) && typeof member['required'] === 'boolean',
    );
    if (inside.length === 0) return node;
    note(OLDER);
    const required = Array.isArray(node['required']) ? node['required'] : [];
    const named = inside.flatMap(([name, member]) =>
      isJsonObject(member) && member['required'] === true ? [name] : [],
    );
    const bare = inside.map(([name, member]) => [
      name,
      isJsonObject(member) ? without(member, 'required') : {},
    ]);
    return {
      ...node,
      properties: { ...properties, ...Object.fromEntries(bare) },
      ...(named.length === 0 ? {} : { required: [...new Set([...required, ...named])] }),
    };
  },
  function dependencies(node, note) {
    const { dependencies: given, ...rest } = node;
    if (!isJsonObject(given)) return node;
    note(OLDER);
    const lists = Object.entries(given).filter(([, value]) => Array.isArray(value));
    const schemas = Object.entries(given).filter(([, value]) => isSchema(value));
    return {
      ...rest,
      ...(lists.length === 0 ? {} : { dependentRequired: Object.fromEntries(lists) }),
      ...(schemas.length === 0 ? {} : { dependentSchemas: Object.fromEntries(schemas) }),
    };
  },
  function identifiers(node, note) {
    if (typeof node['id'] !== 'string') return node;
    note(OLDER);
    return without(node, 'id');
  },
  function types(node, note) {
    const { type, ...rest } = node;
    if (type === undefined) return node;
    const given = Array.isArray(type) ? type : [type];
    const words = given.map((word) => TYPE_WORDS.get(String(word)) ?? word);
    const known = [...new Set(words)];
    const isKnown = known.length > 0 && known.every((word) => TYPES.includes(String(word)));
    if (isKnown && known.length === given.length && words.every((word, at) => word === given[at]))
      return node;
    note('a type that JSON Schema does not have was rewritten');
    // One that nobody knows, such as `any`, may be all of them.
    if (!isKnown) return rest;
    return { ...rest, type: known.length > 1 ? known : (known[0] ?? null) };
  },
  function nullable(node, note) {
    const { nullable: allowsNull, ...rest } = node;
    const { type } = rest;
    const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
    if (typeof allowsNull !== 'boolean' || types.length === 0) return node;
    note('nullable was put as the type null');
    if (!allowsNull || types.includes('null')) return rest;
    const choices = rest['enum'];
    return {
      ...rest,
      type: [...types, 'null'],
      ...(Array.isArray(choices) && !choices.includes(null) ? { enum: [...choices, null] } : {}),
    };
  },
  function readable(node, note) {
    const entries = Object.entries(node).flatMap(([key, value]): [string, JsonValue][] => {
      const given = readableValue(key, value);
      if (given !== value) note(UNREADABLE);
      const isFit = CHECKS.get(key)?.(given) ?? true;
      if (!isFit) note(UNREADABLE);
      return isFit ? [[key, given]] : [];
    });
    return Object.fromEntries(entries);
  },
];

/** `exclusiveMinimum: true` beside `minimum` was draft 4's way. */
function numericBound(node: JsonObject, side: 'Minimum' | 'Maximum', note: Note): JsonObject {
  const exclusive = `exclusive${side}`;
  const inclusive = side.toLowerCase();
  if (typeof node[exclusive] !== 'boolean') return node;
  note(OLDER);
  const bound = node[inclusive];
  const rest = without(node, exclusive);
  return node[exclusive] === true && bound !== undefined
    ? { ...without(rest, inclusive), [exclusive]: bound }
    : rest;
}

/** The value with what is no schema in it left out, and numbers that were written as text. */
function readableValue(key: string, value: JsonValue): JsonValue {
  if (NAMED.includes(key) && isJsonObject(value)) {
    const members = Object.entries(value);
    if (members.every(([, member]) => isSchema(member))) return value;
    return Object.fromEntries(members.map(([name, member]) => [name, isSchema(member) ? member : {}]));
  }
  if (LISTS.includes(key)) {
    if (!Array.isArray(value)) return isJsonObject(value) ? [value] : value;
    return value.every(isSchema) ? value : value.filter(isSchema);
  }
  if (key === 'required' && Array.isArray(value)) {
    const names = [...new Set(value.filter(isText))];
    return names.length === value.length ? value : names;
  }
  const check = CHECKS.get(key);
  const isNumeric = check === isNumber || check === isCount;
  return isNumeric && typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
}
