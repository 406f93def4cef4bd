/** A value that fits a JSON Schema, always the same one for the same schema and hint. */
import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { listOf, numberOf, objectOf, own, textOf, textsOf } from './json-read.ts';
import { withSaidBounds } from './said-schema.ts';

const MAX_DEPTH = 12;
/** Below this depth only required members are made, so that recursive schemas end. */
const OPTIONAL_DEPTH = 4;

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['date', '2026-01-01'],
  ['time', '00:00:00Z'],
  ['date-time', '2026-01-01T00:00:00Z'],
  ['duration', 'P1D'],
  ['email', 'sandbox@example.com'],
  ['hostname', 'example.com'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['uri', 'https://example.com/sandbox'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

interface Maker {
  readonly root: JsonValue;
  /** Words of the prompt that look like names, used up one by one. */
  readonly names: string[];
}

function resolveReference(reference: string, root: JsonValue): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined;
  let at: JsonValue | undefined = root;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isJsonObject(at) ? own(at, key) : undefined;
  }
  return at;
}

function makeString(schema: JsonObject, key: string, maker: Maker): string {
  const format = FORMATS.get(textOf(schema['format']));
  if (format !== undefined) return format;
  let text = maker.names.shift() ?? (key === '' ? 'sandbox' : `sandbox ${key}`);
  const shortest = numberOf(schema['minLength']) ?? 0;
  const longest = numberOf(schema['maxLength']) ?? Number.POSITIVE_INFINITY;
  if (text.length < shortest) text = text.padEnd(Math.min(shortest, 100_000), '.');
  return text.length > longest ? text.slice(0, Math.max(0, longest)) : text;
}

function makeNumber(schema: JsonObject, whole: boolean): number {
  const step = numberOf(schema['multipleOf']) ?? (whole ? 1 : undefined);
  const above = numberOf(schema['exclusiveMinimum']);
  const below = numberOf(schema['exclusiveMaximum']);
  const unit = step ?? 0.5;
  const low = numberOf(schema['minimum']) ?? (above === undefined ? undefined : above + unit);
  const high = numberOf(schema['maximum']) ?? (below === undefined ? undefined : below - unit);
  let value = 1;
  if (low !== undefined && value < low) value = low;
  if (high !== undefined && value > high) value = high;
  if (step !== undefined && step > 0) {
    const up = Math.ceil(value / step) * step;
    value = high !== undefined && up > high ? Math.floor(value / step) * step : up;
  }
  return value;
}

function makeObject(schema: JsonObject, maker: Maker, depth: number): JsonObject {
  const required = new Set(textsOf(schema['required']));
  const members: [string, JsonValue][] = [];
  for (const [key, child] of Object.entries(objectOf(schema['properties']))) {
    if (depth > OPTIONAL_DEPTH && !required.has(key)) continue;
    members.push([key, make(child, key, maker, depth + 1)]);
    required.delete(key);
  }
  for (const key of required) members.push([key, `sandbox ${key}`]);
  return Object.fromEntries(members);
}

function makeArray(schema: JsonObject, key: string, maker: Maker, depth: number): JsonValue[] {
  const tuple = listOf(schema['prefixItems']);
  const most = numberOf(schema['maxItems']) ?? 100;
  const count = Math.min(Math.max(1, numberOf(schema['minItems']) ?? 1, tuple.length), most, 100);
  if (depth > MAX_DEPTH - 2) return [];
  return Array.from({ length: Math.max(0, count) }, (_, index) =>
    make(tuple[index] ?? schema['items'] ?? {}, key, maker, depth + 1),
  );
}

function typeOf(schema: JsonObject): string {
  const type = schema['type'];
  if (typeof type === 'string') return type;
  const first = textsOf(type).find((name) => name !== 'null');
  if (first !== undefined) return first;
  if (isJsonObject(schema['properties'])) return 'object';
  return schema['items'] === undefined ? 'string' : 'array';
}

function make(asked: JsonValue, key: string, maker: Maker, depth: number): JsonValue {
  if (!isJsonObject(asked)) return asked === false ? null : `sandbox ${key}`.trim();
  const schema = withSaidBounds(asked);
  if (depth > MAX_DEPTH) return null;
  const constant = own(schema, 'const');
  if (constant !== undefined) return constant;
  const choices = listOf(schema['enum']);
  if (choices[0] !== undefined) return choices[0];
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    return make(resolveReference(reference, maker.root) ?? {}, key, maker, depth + 1);
  }
  const alternatives = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  const alternative = alternatives.find((entry) => objectOf(entry)['type'] !== 'null') ?? alternatives[0];
  if (alternative !== undefined) return make(alternative, key, maker, depth + 1);
  const parts = listOf(schema['allOf']);
  if (parts.length > 0) {
    const made = parts.map((part) => make(part, key, maker, depth + 1));
    return made.every(isJsonObject) ? Object.assign({}, ...made) : (made[0] ?? null);
  }
  switch (typeOf(schema)) {
    case 'object':
      return makeObject(schema, maker, depth);
    case 'array':
      return makeArray(schema, key, maker, depth);
    case 'integer':
      return makeNumber(schema, true);
    case 'number':
      return makeNumber(schema, false);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return makeString(schema, key, maker);
  }
}

/** Words of `text` that start with a capital letter inside a sentence: places, people, products. */
function namesIn(text: string): string[] {
  const words = text.slice(0, 2000).split(/\s/).filter(Boolean);
  return words
    .filter((word, index) => index > 0 && /^\p{Lu}\p{L}+/u.test(word))
    .map((word) => word.replace(/[^\p{L}\p{N}]/gu, ''));
}

/**
 * A value for `schema`. Names found in `prompt` fill the first strings ("weather in Paris" gives `city: "Paris"`);
 * `skip` leaves out that many names, so that a second parallel call differs from the first.
 */
export function schemaValue(schema: JsonValue, prompt: string, skip = 0): JsonValue {
  return make(schema, '', { root: schema, names: namesIn(prompt).slice(skip) }, 0);
}
