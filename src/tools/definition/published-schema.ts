/** The JSON Schema that callers see. Models pay for every byte of it in every conversation, so it says what helps to write a call; zod checks the rest. */
import * as z from 'zod';
import { shownForm } from './define.ts';

/** Limits that guard the server and tell a caller nothing; a breach is answered with the limit's own words. */
const UNSAID = new Set([
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'propertyNames',
  'pattern',
  'exclusiveMinimum',
]);
const MANY = 100_000;
const SAFE_INTEGER = Number.MAX_SAFE_INTEGER;

/**
 * JSON Schema 2020-12 of a zod object; the dialect is the protocol's default, so `$schema` is left out.
 * @param rare properties that are not shown by themselves.
 */
export function publishedSchema(
  schema: z.ZodObject,
  io: 'input' | 'output',
  rare: readonly string[] = [],
): { type: 'object'; [key: string]: unknown } {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema, {
    io,
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const shown = shownForm(zodSchema);
      if (shown === undefined) return;
      for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
      Object.assign(jsonSchema, shown);
    },
  });
  const pruned = Object.entries(rest).flatMap(([key, value]) =>
    // Unknown arguments are answered with the known ones; shown, this would cost bytes, Gemini's API refuses it, and hosts
    // that check before they send would turn away what is taken beside the others.
    key === 'additionalProperties' && (io === 'input' || isEmpty(value))
      ? []
      : [[key, key === 'properties' ? pruneEach(value, new Set(rare)) : value] as const],
  );
  return { ...Object.fromEntries(pruned), type: 'object' };
}

function pruneEach(properties: unknown, left: ReadonlySet<string> = new Set()): unknown {
  if (typeof properties !== 'object' || properties === null) return properties;
  const kept = Object.entries(properties).filter(([name]) => !left.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, prune(value)]));
}

function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(prune);
  if (typeof value !== 'object' || value === null) return value;
  const kept: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (UNSAID.has(key)) continue;
    // Bounds of fractions are said in words where they matter.
    if ((key === 'minimum' || key === 'maximum') && 'type' in value && value.type === 'number') continue;
    // Nobody asks for less than one, and who asks for more than any model has is told.
    if ((key === 'minimum' && Number(member) <= 1) || (key === 'maximum' && Number(member) >= MANY)) continue;
    // zod bounds every integer by what a double can hold exactly; that is no news.
    if ((key === 'minimum' || key === 'maximum') && Math.abs(Number(member)) === SAFE_INTEGER) continue;
    if (key === 'additionalProperties' && isEmpty(member)) continue;
    kept.push([key, key === 'properties' ? pruneEach(member) : prune(member)]);
  }
  return Object.fromEntries(kept);
}

function isEmpty(value: unknown): boolean {
  return value === true || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
