/**
 * Neutral messages as JSON and back without any loss. Bytes become `{"$bytes": "<base64>"}`. An object that looks like
 * that by itself (tool inputs may hold anything) gets one more `$`, which reading takes off again.
 */
import { fromBase64, toBase64 } from '../base64.ts';
import type { JsonObject, JsonValue } from '../json.ts';

const BYTES = '$bytes';
const BYTES_LIKE = /^\$+bytes$/;
/** Far beyond what any model or tool writes; deeper values would overflow the stack of whoever reads them. */
const DEEPEST = 500;

/**
 * Anything made of plain objects, arrays, scalars and bytes -> JSON; members that are undefined are left out.
 * @throws RangeError when it is nested too deeply.
 */
export function packBytes(value: unknown, depth = 0): JsonValue {
  if (depth > DEEPEST) throw new RangeError(`nested more than ${DEEPEST} levels deep`);
  if (value instanceof Uint8Array) return { [BYTES]: toBase64(value) };
  if (Array.isArray(value)) return value.map((each) => packBytes(each, depth + 1));
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value !== 'object' || value === null) return null;
  // Not by assignment: `__proto__` is a name like any other in a tool's input.
  const packed: JsonObject = Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, packBytes(member, depth + 1)]),
  );
  const only = onlyName(packed);
  return only !== undefined && BYTES_LIKE.test(only) ? { [`$${only}`]: packed[only] ?? null } : packed;
}

/**
 * What `packBytes` made -> what it was.
 * @throws RangeError when it is nested too deeply, TypeError when it is nothing that `packBytes` writes.
 */
export function unpackBytes(value: unknown, depth = 0): unknown {
  if (depth > DEEPEST) throw new RangeError(`nested more than ${DEEPEST} levels deep`);
  if (Array.isArray(value)) return value.map((each) => unpackBytes(each, depth + 1));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first !== undefined && BYTES_LIKE.test(first[0])) {
    const [name, member] = first;
    if (name !== BYTES) return { [name.slice(1)]: unpackBytes(member, depth + 1) };
    return bytesOf(member);
  }
  return Object.fromEntries(entries.map(([name, member]) => [name, unpackBytes(member, depth + 1)]));
}

function onlyName(object: object): string | undefined {
  const names = Object.keys(object);
  return names.length === 1 ? names[0] : undefined;
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw new TypeError('bytes that are no text');
  // Node skips what is no base64; bytes that came out different must not pass for the caller's.
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new TypeError('bytes that are no base64');
  return bytes;
}
