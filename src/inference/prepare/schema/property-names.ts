/**
 * The names of properties that a model does not accept, replaced wherever a schema and the values that fit it have
 * them, and put back in what the model writes. Pure.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { createRenames, type Renames, shortHash } from '../rules/renames.ts';
import { rewriteObject, VALUES } from './walk-schema.ts';

export interface RenamedProperties {
  readonly schema: JsonObject;
  readonly names: Renames;
  /** The originals. */
  readonly renamed: readonly string[];
}

/** `filter[name]` -> `filter_name_Ab3d`: readable, and never a key that a free-form object has by chance. */
function safeName(name: string, attempt: number): string {
  const letters = name.normalize('NFKD').replace(/\p{M}/gu, '');
  const readable = letters
    .replace(/[^a-zA-Z0-9.-]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, 55);
  return `${readable === '' ? 'property' : readable}_${shortHash(name, attempt, 4)}`;
}

/** The schema with names that `accepts` takes; undefined when it has no others. */
export function renameProperties(schema: JsonObject, accepts: RegExp): RenamedProperties | undefined {
  const names = createRenames();
  const found = propertyNames(schema);
  const renamed = found.filter((name) => !accepts.test(name));
  if (renamed.length === 0) return undefined;
  for (const name of found) if (accepts.test(name)) names.keep(name);
  for (const name of renamed) names.rename(name, (attempt) => safeName(name, attempt));
  return { schema: rewriteObject(schema, (node) => renameIn(node, names.sent)), names, renamed };
}

function propertyNames(schema: JsonObject): readonly string[] {
  const found = new Set<string>();
  rewriteObject(schema, (node) => {
    if (isJsonObject(node['properties'])) for (const name of Object.keys(node['properties'])) found.add(name);
    return node;
  });
  return [...found];
}

type Rename = (name: string) => string;

function renameIn(node: JsonObject, rename: Rename): JsonObject {
  const changed = Object.entries(node).map(([key, value]): [string, JsonValue] => {
    switch (key) {
      case 'properties':
      case 'dependentSchemas':
        return [key, isJsonObject(value) ? renameMembers(value, rename, key === 'properties') : value];
      case 'required':
        return [key, renameList(value, rename)];
      case 'dependentRequired': {
        if (!isJsonObject(value)) return [key, value];
        const lists = Object.entries(value).map(([name, list]) => [rename(name), renameList(list, rename)]);
        return [key, Object.fromEntries(lists)];
      }
      case '$ref':
        return [key, typeof value === 'string' ? renamePointer(value, rename) : value];
      default:
        return [key, VALUES.has(key) ? renameKeys(value, rename) : value];
    }
  });
  return Object.fromEntries(changed);
}

function renameMembers(members: JsonObject, rename: Rename, isTold: boolean): JsonObject {
  const renamed = Object.entries(members).map(([name, schema]): [string, JsonValue] => {
    const sent = rename(name);
    if (sent === name || !isTold || !isJsonObject(schema)) return [sent, schema];
    const { description } = schema;
    const own = typeof description === 'string' ? ` ${description}` : '';
    return [sent, { ...schema, description: `Stands for ${JSON.stringify(name)}.${own}` }];
  });
  return Object.fromEntries(renamed);
}

function renameList(value: JsonValue, rename: Rename): JsonValue {
  return Array.isArray(value) ? value.map((name) => (typeof name === 'string' ? rename(name) : name)) : value;
}

/** `#/properties/filter[name]`: the part behind each `properties` is a name. */
function renamePointer(ref: string, rename: Rename): string {
  if (!ref.startsWith('#/')) return ref;
  const parts = ref.split('/');
  return parts
    .map((part, at) => {
      if (at === 0 || parts[at - 1] !== 'properties') return part;
      const name = decodeURI(part).replaceAll('~1', '/').replaceAll('~0', '~');
      const sent = rename(name);
      return sent === name ? part : sent;
    })
    .join('/');
}

/** A value with its keys replaced, however deep they stand. */
export function renameKeys(value: JsonValue, rename: Rename): JsonValue {
  if (Array.isArray(value)) return value.map((member) => renameKeys(member, rename));
  if (!isJsonObject(value)) return value;
  const members = Object.entries(value).map(([key, member]) => [rename(key), renameKeys(member, rename)]);
  return Object.fromEntries(members);
}
