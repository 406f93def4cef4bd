/** Reads bodies that other people wrote: every reader answers `undefined` (or nothing) where the shape is not as hoped. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';

export function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A count: a finite number that is not negative. */
export function countOf(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

export function objectOf(value: JsonValue | undefined): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

export function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

/** The objects among the entries of a list. */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return listOf(value).filter(isJsonObject);
}

/** The first entry of a list, when it is an object. */
export function firstObjectOf(value: JsonValue | undefined): JsonObject | undefined {
  return objectOf(listOf(value)[0]);
}

/** A JSON object of the fields that have a value. */
export function jsonFields(fields: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const entries: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) entries.push([key, value]);
  return Object.fromEntries(entries);
}

/** The same object without the fields whose value is `undefined` (optional members may not be `undefined`). */
export function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> };
export function present(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
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

export function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** Bytes of a base64 text, or undefined when encoding them again would not give the same text. */
export function bytesOf(base64: string): Uint8Array | undefined {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? new Uint8Array(bytes) : undefined;
}
