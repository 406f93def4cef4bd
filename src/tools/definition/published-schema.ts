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
/** More than any model has; zod also bounds every integer by what a double can hold exactly. */
const MANY = 100_000;

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
  // Bounds of fractions are said in words where they matter.
  const isFraction = 'type' in value && value.type === 'number';
  const worthSaying = Object.entries(value).filter(([key, member]) => {
    if (key === 'minimum') return !isFraction && Number(member) > 1;
    if (key === 'maximum') return !isFraction && Number(member) < MANY;
    return !UNSAID.has(key) && !(key === 'additionalProperties' && isEmpty(member));
  });
  return Object.fromEntries(
    worthSaying.map(([key, member]) => [key, key === 'properties' ? pruneEach(member) : prune(member)]),
  );
}

function isEmpty(value: unknown): boolean {
  return value === true || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}
