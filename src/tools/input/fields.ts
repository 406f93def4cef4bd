/** Members of what callers write, each read as what it must be, or refused by its field. */
import { BedrockError } from '../../bedrock-error.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';

/** Base64, also as a data URI; decoded here because the SDK would encode a string a second time. */
export function base64At(value: unknown, field: string): Uint8Array {
  const text = stringAt(value, field);
  const comma = text.startsWith('data:') ? text.indexOf(',') : -1;
  const encoded = text.slice(comma + 1).replace(/\s+/g, '');
  if (encoded === '' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(encoded)) throw wrong(field, 'must be base64');
  return new Uint8Array(Buffer.from(encoded, 'base64'));
}

export function oneOf<const T extends string>(value: unknown, allowed: readonly T[], field: string): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw wrong(field, `must be one of ${allowed.join(', ')}`);
  return found;
}

export function stringAt(value: unknown, field: string): string {
  if (typeof value !== 'string') throw wrong(field, 'must be text');
  return value;
}

export function objectAt(value: unknown, field: string): JsonObject {
  if (!isJsonObject(value)) throw wrong(field, 'must be an object');
  return value;
}

export function listAt(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(field, 'must be an array');
  return value;
}

export function listIn(value: JsonObject, key: string, field: string): readonly unknown[] {
  return value[key] === undefined ? [] : listAt(value[key], `${field}.${key}`);
}

export function wrong(field: string, what: string): BedrockError {
  return new BedrockError('invalid_request', {
    message: `${field} ${what}.`,
    fix: 'Correct it and call again.',
    field,
  });
}
