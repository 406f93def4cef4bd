/** A value that fits a JSON Schema, always the same one for the same schema and hint. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { patternValue } from './pattern-value.ts';
import { withSaidBounds } from './schema-in-prompt.ts';

const MAX_DEPTH = 200;
/** Below this depth only required members are made, so that large schemas stay small values. */
const OPTIONAL_DEPTH = 4;
/** A schema that contains itself is made so often inside itself. */
const MOST_OPEN = 2;
const MOST_VALUES = 20_000;
/** Schemas that are looked at for whether they end. */
const MOST_LOOKS = 50_000;

const day = (variant: number): string => `2026-01-${String((variant % 28) + 1).padStart(2, '0')}`;
const nth = (variant: number): string => (variant === 0 ? '' : String(variant + 1));
const FORMATS: ReadonlyMap<string, (variant: number) => string> = new Map([
  ['date', day],
  ['time', (variant) => `00:00:${String(variant % 60).padStart(2, '0')}Z`],
  ['date-time', (variant) => `${day(variant)}T00:00:00Z`],
  ['duration', (variant) => `P${variant + 1}D`],
  ['email', (variant) => `sandbox${nth(variant)}@example.com`],
  ['hostname', (variant) => `${variant === 0 ? '' : `host${nth(variant)}.`}example.com`],
  ['ipv4', (variant) => `192.0.2.${(variant % 254) + 1}`],
  ['ipv6', (variant) => `2001:db8::${((variant % 0xffff) + 1).toString(16)}`],
  ['uri', (variant) => `https://example.com/sandbox${nth(variant)}`],
  ['uuid', (variant) => `00000000-0000-4000-8000-${String(variant).padStart(12, '0')}`],
]);

interface Maker {
  readonly root: JsonValue;
  /** Words of the prompt that look like names, used up one by one. */
  readonly names: string[];
  /** How often each schema is being made right now. */
  readonly open: Map<JsonObject, number>;
  valuesLeft: number;
  looksLeft: number;
}

interface Place {
  readonly key: string;
  readonly depth: number;
  /** Another number gives another value, as far as the schema has others. */
  readonly variant: number;
}

function resolveReference(reference: string, root: JsonValue): JsonValue | undefined {
  if (!reference.startsWith('#')) return undefined;
  if (reference.length > 1 && reference[1] !== '/') return anchored(reference.slice(1), root);
  let at: JsonValue | undefined = root;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isJsonObject(at) ? own(at, key) : undefined;
  }
  return at;
}

/** The schema that is called so by an anchor, wherever it stands. */
function anchored(name: string, root: JsonValue): JsonValue | undefined {
  const left = [root];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next !== 'object' || next === null) continue;
    if (isJsonObject(next) && [own(next, '$anchor'), own(next, '$dynamicAnchor')].includes(name)) return next;
    left.push(...Object.values(next));
  }
  return undefined;
}

function makeString(schema: JsonObject, { key, variant }: Place, maker: Maker): string {
  const shortest = numberOf(schema['minLength']) ?? 0;
  const longest = numberOf(schema['maxLength']) ?? Number.POSITIVE_INFINITY;
  const pattern = schema['pattern'];
  const matching =
    typeof pattern === 'string' ? patternValue(pattern, { shortest, longest, variant }) : undefined;
  if (matching !== undefined) return matching;
  const format = FORMATS.get(textOf(schema['format']));
  if (format !== undefined) return format(variant);
  const text = maker.names.shift() ?? (key === '' ? 'sandbox' : `sandbox ${key}`);
  const mark = variant === 0 ? '' : ` ${nth(variant)}`.slice(-longest);
  const padded = text.padEnd(Math.min(shortest, 100_000) - mark.length, '.');
  return (padded.slice(0, Math.max(0, longest - mark.length)) + mark).slice(0, Math.max(0, longest));
}

function makeNumber(schema: JsonObject, { variant }: Place, whole: boolean): number {
  const step = numberOf(schema['multipleOf']) ?? (whole ? 1 : undefined);
  const above = numberOf(schema['exclusiveMinimum']);
  const below = numberOf(schema['exclusiveMaximum']);
  const unit = step ?? 0.5;
  const least =
    numberOf(schema['minimum']) ?? (above === undefined ? Number.NEGATIVE_INFINITY : above + unit);
  const most = numberOf(schema['maximum']) ?? (below === undefined ? Number.POSITIVE_INFINITY : below - unit);
  let value = Math.min(Math.max(1, least), most);
  if (step !== undefined && step > 0) {
    const up = Math.ceil(value / step) * step;
    value = up > most ? Math.floor(value / step) * step : up;
  }
  // Upwards as far as it goes, and from there downwards.
  const ups = Number.isFinite(most) ? Math.floor((most - value) / unit) : variant;
  const other = variant <= ups ? value + variant * unit : value - (variant - ups) * unit;
  return other < least ? value : other;
}

function makeObject(schema: JsonObject, { depth, variant }: Place, maker: Maker): JsonObject {
  const required = new Set(textsOf(schema['required']));
  const members: [string, JsonValue][] = [];
  for (const [key, child] of Object.entries(objectOf(schema['properties']))) {
    if (!required.has(key) && (depth > OPTIONAL_DEPTH || !ends(child, maker))) continue;
    members.push([key, make(child, { key, depth: depth + 1, variant }, maker)]);
    required.delete(key);
  }
  for (const key of required) members.push([key, `sandbox ${key}`]);
  return Object.fromEntries(members);
}

/** Items that the schema asks for at the least. */
function leastItems(schema: JsonObject): number {
  return Math.max(numberOf(schema['minItems']) ?? 0, listOf(schema['prefixItems']).length);
}

function makeArray(schema: JsonObject, place: Place, maker: Maker): JsonValue[] {
  const tuple = listOf(schema['prefixItems']);
  const items = schema['items'] ?? {};
  const most = numberOf(schema['maxItems']) ?? 100;
  const least = leastItems(schema);
  const count = Math.min(least === 0 && ends(items, maker) ? 1 : least, most, 100);
  const isSet = schema['uniqueItems'] === true;
  const made = new Map<string, JsonValue>();
  // Some variants are the same as others, so a few more are made.
  const last = place.variant + (isSet ? count * 4 : count);
  for (let variant = place.variant; made.size < count && variant < last; variant += 1) {
    const item = make(
      tuple[made.size] ?? items,
      { ...place, depth: place.depth + 1, variant: isSet ? variant : place.variant },
      maker,
    );
    made.set(isSet ? JSON.stringify(item) : String(made.size), item);
  }
  return [...made.values()];
}

function typeOf(schema: JsonObject): string {
  const type = schema['type'];
  if (typeof type === 'string') return type;
  const first = textsOf(type).find((name) => name !== 'null');
  if (first !== undefined) return first;
  if (isJsonObject(schema['properties'])) return 'object';
  return schema['items'] === undefined ? 'string' : 'array';
}

/** Those that are not just nothing come first. */
function alternativesOf(schema: JsonObject): readonly JsonValue[] {
  const all = [...listOf(schema['anyOf']), ...listOf(schema['oneOf'])];
  const isNothing = (entry: JsonValue) => objectOf(entry)['type'] === 'null';
  return [...all.filter((entry) => !isNothing(entry)), ...all.filter(isNothing)];
}

/** Is there a value of this schema that does not contain another one of a schema that is being made often enough? */
function ends(asked: JsonValue, maker: Maker, within: ReadonlySet<JsonObject> = new Set()): boolean {
  if (!isJsonObject(asked)) return asked !== false;
  maker.looksLeft -= 1;
  if (maker.looksLeft < 0 || within.has(asked) || (maker.open.get(asked) ?? 0) >= MOST_OPEN) return false;
  const inside = new Set([...within, asked]);
  const each = (schema: JsonValue) => ends(schema, maker, inside);
  const schema = withSaidBounds(asked);
  if (own(schema, 'const') !== undefined || listOf(schema['enum']).length > 0) return true;
  const reference = schema['$ref'] ?? schema['$dynamicRef'];
  if (typeof reference === 'string') return each(resolveReference(reference, maker.root) ?? {});
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return alternatives.some(each);
  const parts = listOf(schema['allOf']);
  return parts.length > 0 ? parts.every(each) : partsEnd(schema, each);
}

/** Whether the members or entries that a value must have end. */
function partsEnd(schema: JsonObject, each: (schema: JsonValue) => boolean): boolean {
  const type = typeOf(schema);
  if (type === 'object') {
    const properties = objectOf(schema['properties']);
    return textsOf(schema['required']).every((key) => each(own(properties, key) ?? {}));
  }
  const tuple = listOf(schema['prefixItems']);
  if (type !== 'array' || leastItems(schema) === 0) return true;
  return tuple.every(each) && (leastItems(schema) <= tuple.length || each(schema['items'] ?? {}));
}

function make(asked: JsonValue, place: Place, maker: Maker): JsonValue {
  const { key, depth } = place;
  if (!isJsonObject(asked)) return asked === false ? null : `sandbox ${key}`.trim();
  const open = maker.open.get(asked) ?? 0;
  maker.valuesLeft -= 1;
  if (depth > MAX_DEPTH || open > MOST_OPEN || maker.valuesLeft < 0) return null;
  maker.open.set(asked, open + 1);
  const value = makeOf(withSaidBounds(asked), place, maker);
  maker.open.set(asked, open);
  return value;
}

function makeOf(schema: JsonObject, place: Place, maker: Maker): JsonValue {
  const { depth, variant } = place;
  const inside = { ...place, depth: depth + 1 };
  const constant = own(schema, 'const');
  if (constant !== undefined) return constant;
  const choices = listOf(schema['enum']);
  const choice = choices[variant % Math.max(1, choices.length)];
  if (choice !== undefined) return choice;
  const reference = schema['$ref'] ?? schema['$dynamicRef'];
  if (typeof reference === 'string')
    return make(resolveReference(reference, maker.root) ?? {}, inside, maker);
  const alternatives = alternativesOf(schema);
  const ending = alternatives.filter((entry) => ends(entry, maker));
  const open = ending.length === 0 ? alternatives : ending;
  const alternative = open[variant % Math.max(1, open.length)];
  if (alternative !== undefined)
    return make(alternative, { ...inside, variant: Math.floor(variant / open.length) }, maker);
  const parts = listOf(schema['allOf']);
  if (parts.length > 0) {
    const made = parts.map((part) => make(part, inside, maker));
    return made.every(isJsonObject) ? Object.assign({}, ...made) : (made[0] ?? null);
  }
  switch (typeOf(schema)) {
    case 'object':
      return makeObject(schema, place, maker);
    case 'array':
      return makeArray(schema, place, maker);
    case 'integer':
      return makeNumber(schema, place, true);
    case 'number':
      return makeNumber(schema, place, false);
    case 'boolean':
      return variant % 2 === 0;
    case 'null':
      return null;
    default:
      return makeString(schema, place, maker);
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
  const names = namesIn(prompt).slice(skip);
  const maker: Maker = {
    root: schema,
    names,
    open: new Map(),
    valuesLeft: MOST_VALUES,
    looksLeft: MOST_LOOKS,
  };
  return make(schema, { key: '', depth: 0, variant: 0 }, maker);
}
