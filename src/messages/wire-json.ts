/** Neutral blocks and encoded requests as JSON that can be shown: bytes become base64, absent members stay absent. */
import { toBase64 } from '../base64.ts';
import type { JsonObject, JsonValue } from '../json.ts';

/** Anything made of plain objects, arrays, scalars and bytes -> JSON. Members that JSON cannot hold are left out. */
export function toWireJson(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map(toWireJson);
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'object') return null;
  const out: JsonObject = {};
  for (const [key, member] of Object.entries(value)) if (member !== undefined) out[key] = toWireJson(member);
  return out;
}
