/**
 * Choices and combinations at the root of a tool's schema, which Claude, Nova and GPT refuse: their members become
 * members of the root, and what the choice demanded is said in words. Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { withoutRootReference } from './schema-references.ts';
import { without } from './walk-schema.ts';

export interface Flattened {
  readonly schema: JsonObject;
  /** What the root no longer demands, for the model to read. */
  readonly words: readonly string[];
}

export const ROOT_CHOICES: readonly string[] = ['oneOf', 'anyOf', 'allOf'];

/** undefined = the choice has no object in it, so that no input would fit. */
export function flattenRoot(schema: JsonObject, depth = 0): Flattened | undefined {
  if (!ROOT_CHOICES.some((key) => Object.hasOwn(schema, key)) || depth > 20) return { schema, words: [] };
  const words: string[] = [];
  let root = without(schema, ...ROOT_CHOICES);
  const flat = (member: JsonValue): JsonObject | undefined => {
    if (!isJsonObject(member)) return undefined;
    const { $defs, definitions } = schema;
    const scoped = {
      ...member,
      ...(isJsonObject($defs) ? { $defs } : {}),
      ...(isJsonObject(definitions) ? { definitions } : {}),
    };
    const flattened = flattenRoot(withoutRootReference(scoped), depth + 1);
    if (flattened === undefined) return undefined;
    words.push(...flattened.words);
    return without(flattened.schema, '$defs', 'definitions');
  };
  for (const member of membersOf(schema['allOf'])) {
    const inner = flat(member);
    if (inner !== undefined) root = both(root, inner);
  }
  for (const [key, count] of [
    ['oneOf', 'Exactly one'],
    ['anyOf', 'At least one'],
  ] as const) {
    const members = membersOf(schema[key]);
    if (members.length === 0) continue;
    const variants = members.flatMap((member) => {
      const inner = flat(member);
      return inner !== undefined && mayBeObject(inner) ? [inner] : [];
    });
    if (variants.length === 0) return undefined;
    root = both(root, either(variants));
    if (variants.length > 1)
      words.push(
        `${count} of these must hold: ${variants.map((one, at) => `(${at + 1}) ${demandOf(one)}`).join('; ')}.`,
      );
  }
  return { schema: root, words };
}

function membersOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function mayBeObject({ type }: JsonObject): boolean {
  return type === undefined || (Array.isArray(type) ? type : [type]).includes('object');
}

function propertiesOf({ properties }: JsonObject): JsonObject {
  return isJsonObject(properties) ? properties : {};
}

function requiredOf({ required }: JsonObject): readonly string[] {
  return Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
}

/** A schema that demands what both demand. Where both close the object, only the outer one's members were meant. */
function both(outer: JsonObject, inner: JsonObject): JsonObject {
  const { type: _, properties: _members, required: _names, additionalProperties: _open, ...rest } = inner;
  const properties = { ...propertiesOf(outer) };
  for (const [name, member] of Object.entries(propertiesOf(inner))) {
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    properties[name] = known === undefined ? member : together(known, member);
  }
  const required = [...new Set([...requiredOf(outer), ...requiredOf(inner)])];
  return {
    ...rest,
    ...outer,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** The outer member as a rule only names the property; what says more about it wins. */
function together(outer: JsonValue, inner: JsonValue): JsonValue {
  if (!isJsonObject(outer) || !isJsonObject(inner)) return isJsonObject(outer) ? outer : inner;
  if (JSON.stringify(outer) === JSON.stringify(inner)) return outer;
  const isTold = Object.keys(inner).every((key) => !Object.hasOwn(outer, key) || outer[key] === inner[key]);
  return isTold ? { ...inner, ...outer } : { allOf: [outer, inner] };
}

/** A schema with the members of all variants; it demands only what every one of them demands. */
function either(variants: readonly JsonObject[]): JsonObject {
  const choices = new Map<string, JsonValue[]>();
  for (const variant of variants) {
    for (const [name, member] of Object.entries(propertiesOf(variant))) {
      const known = choices.get(name) ?? [];
      if (!known.some((other) => JSON.stringify(other) === JSON.stringify(member))) known.push(member);
      choices.set(name, known);
    }
  }
  const properties = [...choices].map(([name, members]) => [name, oneOrMore(members)]);
  const [first, ...others] = variants.map(requiredOf);
  const required = (first ?? []).filter((name) => others.every((names) => names.includes(name)));
  return {
    ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }),
    ...(required.length === 0 ? {} : { required }),
  };
}

function oneOrMore(members: readonly JsonValue[]): JsonValue {
  const [only] = members;
  if (members.length === 1 && only !== undefined) return only;
  const constants = members.map((member) => (isJsonObject(member) ? constantsOf(member) : undefined));
  return constants.every((values) => values !== undefined)
    ? { ...typeIn(members), enum: [...new Set(constants.flat())] }
    : { anyOf: [...members] };
}

/** Only values, and nothing else that would get lost. */
function constantsOf(member: JsonObject): readonly JsonValue[] | undefined {
  const others = Object.keys(member).filter((key) => !['const', 'enum', 'type'].includes(key));
  if (others.length > 0) return undefined;
  if (Object.hasOwn(member, 'const')) return [member['const'] ?? null];
  return Array.isArray(member['enum']) ? member['enum'] : undefined;
}

function typeIn(members: readonly JsonValue[]): JsonObject {
  const types = new Set(members.map((member) => (isJsonObject(member) ? member['type'] : undefined)));
  const [type] = types;
  return types.size === 1 && type !== undefined ? { type } : {};
}

/** What one variant wants, such as `"kind" is "file", "path" is given`. */
function demandOf(variant: JsonObject): string {
  const properties = propertiesOf(variant);
  const fixed = Object.entries(properties).flatMap(([name, member]) => {
    const values = isJsonObject(member) ? constantsOf(member) : undefined;
    return values === undefined
      ? []
      : [`${JSON.stringify(name)} is ${values.map((value) => JSON.stringify(value)).join(' or ')}`];
  });
  const given = requiredOf(variant)
    .filter((name) => !fixed.some((demand) => demand.startsWith(`${JSON.stringify(name)} is `)))
    .map((name) => `${JSON.stringify(name)} is given`);
  const demands = [...fixed, ...given];
  if (demands.length > 0) return demands.join(', ');
  const names = Object.keys(properties).map((name) => JSON.stringify(name));
  return names.length > 0 ? `any of ${names.join(', ')}` : 'anything else';
}
