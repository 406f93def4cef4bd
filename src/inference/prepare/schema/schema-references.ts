/** References inside a JSON Schema, written out where a model does not follow them. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { isSchema, mapSubschemas, NOTES, without } from './walk-schema.ts';

/** How often a schema is written out inside itself, tried in this order until the whole is small enough. */
const NESTINGS: readonly number[] = [2, 1, 0];
const MOST_NODES = 3_000;
/** Each may lead to the next. */
const LONGEST_CHAIN = 20;

export interface WrittenOut {
  readonly schema: JsonObject;
  /** A schema that contains itself ends in objects that may hold anything. */
  readonly isCut: boolean;
}

/** Thrown where a schema has no form that the model takes; the message ends a sentence about it. */
export class SchemaProblem extends Error {}

/** What a reference such as `#/$defs/x` leads to; undefined = nowhere in this schema. */
function targetOf(ref: string, root: JsonObject): JsonObject | boolean | undefined {
  if (ref !== '#' && !ref.startsWith('#/')) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of ref.split('/').slice(1)) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(at)) at = at[Number(key)];
    else at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return isSchema(at) ? at : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The target together with what stands beside the reference. */
function merged(target: JsonObject | boolean, beside: JsonObject): JsonObject {
  if (target === true) return beside;
  if (target === false) return { ...beside, not: {} };
  const clashes = Object.keys(beside).some((key) => !NOTES.has(key) && Object.hasOwn(target, key));
  return clashes ? { allOf: [target, beside] } : { ...target, ...beside };
}

/** A schema whose root is a reference, with the target in its place; definitions stay. */
export function withoutRootReference(schema: JsonObject): JsonObject {
  let root = schema;
  for (let step = 0; typeof root['$ref'] === 'string'; step += 1) {
    const target = targetOf(root['$ref'], schema);
    if (target === undefined || step > LONGEST_CHAIN)
      throw new SchemaProblem(`the reference ${root['$ref']} at its root leads nowhere`);
    root = merged(target, without(root, '$ref'));
  }
  return root;
}

/** The schema without references and definitions. */
export function withoutReferences(schema: JsonObject): WrittenOut {
  for (const nesting of NESTINGS) {
    const written = expanded(schema, nesting);
    if (written !== undefined) return written;
  }
  throw new SchemaProblem('it is too large once its references are written out');
}

function expanded(root: JsonObject, nesting: number): WrittenOut | undefined {
  let nodes = 0;
  let isCut = false;
  const expand = (value: JsonValue, open: readonly string[]): JsonValue => {
    if (!isJsonObject(value) || nodes > MOST_NODES) return value;
    nodes += 1;
    const { $ref: ref } = value;
    if (typeof ref !== 'string')
      return mapSubschemas(without(value, '$defs', 'definitions'), (inner) => expand(inner, open));
    const target = targetOf(ref, root);
    if (target === undefined) throw new SchemaProblem(`the reference ${ref} leads nowhere`);
    const beside = without(value, '$ref');
    const isLoop = open.filter((each) => each === ref).length > nesting;
    if (isLoop) isCut = true;
    return isLoop ? { ...ending(target), ...beside } : expand(merged(target, beside), [...open, ref]);
  };
  const schema = expand(root, []);
  return nodes > MOST_NODES || !isJsonObject(schema) ? undefined : { schema, isCut };
}

/** In place of a schema that is open already: of its type, and otherwise free. */
function ending(target: JsonObject | boolean): JsonObject {
  const type = isJsonObject(target) ? target['type'] : undefined;
  return { ...(type === undefined ? {} : { type }), description: 'Nested on in the same way.' };
}
