/** JSON as a type: what travels in tool inputs, native bodies and additional fields; and readers of what others wrote. */
export type JsonValue = string | number | boolean | null | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}

/** True for a plain JSON object (not null, not an array). Codecs read foreign bodies through it. */
export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** The value of a JSON text; undefined when it is none. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** This reader and the next ones answer `undefined` (or nothing) where the shape is not as hoped. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** A count: a finite number that is not negative. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

export function objectOf(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function listOf(value: unknown): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The objects among the entries of a list. */
export function objectsOf(value: unknown): JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

/** The first entry of a list, when it is an object. */
export function firstObjectOf(value: unknown): JsonObject | undefined {
  return objectOf(listOf(value)[0]);
}

/** The same for what must have a shape: `fail` is told where it was missed, and throws its owner's error. */
export function readersOf(fail: (where: string, expected: string) => never) {
  return {
    objectAt: (value: unknown, where: string): JsonObject => objectOf(value) ?? fail(where, 'an object'),
    listAt: (value: unknown, where: string): readonly unknown[] =>
      Array.isArray(value) ? value : fail(where, 'an array'),
    textAt: (value: unknown, where: string): string => textOf(value) ?? fail(where, 'text'),
  };
}

/** A JSON object of the fields that have a value. */
export function jsonFields(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) entries.push([key, value]);
  return Object.fromEntries(entries);
}

/**
 * `extra` laid over `base`: objects are merged in depth, everything else is replaced.
 * Built from entries, so that a key called `__proto__` stays an ordinary key.
 */
export function mergeDeep(base: JsonObject, extra: JsonObject): JsonObject {
  const merged = new Map<string, JsonValue>(Object.entries(base));
  for (const [key, value] of Object.entries(extra)) {
    const existing = merged.get(key);
    merged.set(key, isJsonObject(existing) && isJsonObject(value) ? mergeDeep(existing, value) : value);
  }
  return Object.fromEntries(merged);
}

/** What stands in a value, level by level: walked by recursion, hostile nesting would end the process. */
export function* levelsOf(value: unknown): Generator<readonly unknown[]> {
  let level: readonly unknown[] = [value];
  while (level.length > 0) {
    yield level;
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null && !(each instanceof Uint8Array) ? Object.values(each) : [],
    );
  }
}

/** Are objects and arrays nested more than `limit` times? */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let depth = 0;
  for (const level of levelsOf(value)) {
    if (depth > limit && level.some((each) => typeof each === 'object')) return true;
    depth += 1;
  }
  return false;
}
