/** Reads foreign JSON without trusting its shape. */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';

export const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
export const listOf = (value: unknown): readonly JsonValue[] => (Array.isArray(value) ? value : []);
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
export const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
export const textsOf = (value: unknown): string[] =>
  listOf(value).filter((item): item is string => typeof item === 'string');

/** Own property only, so that `constructor` and `__proto__` are never found by accident. */
export const own = (value: JsonObject, key: string): JsonValue | undefined =>
  Object.hasOwn(value, key) ? value[key] : undefined;

/** The first key of `value` that is not in `allowed`. */
export function extraKey(value: JsonObject, allowed: readonly string[]): string | undefined {
  return Object.keys(value).find((key) => !allowed.includes(key));
}

/** The given members without those that are undefined. */
export function compact(members: Record<string, JsonValue | undefined>): JsonObject {
  const present: [string, JsonValue][] = [];
  for (const [key, value] of Object.entries(members)) if (value !== undefined) present.push([key, value]);
  return Object.fromEntries(present);
}
