/** Members of what callers write, each read as what it must be, or refused by its field. */
import { fromLooseBase64 } from '../../base64.ts';
import { BedrockError } from '../../bedrock-error.ts';
import { type JsonObject, readersOf } from '../../json.ts';

/** Base64, also as a data URI; decoded here because the SDK would encode a string a second time. */
export function base64At(value: unknown, field: string): Uint8Array {
  const text = stringAt(value, field);
  const comma = text.startsWith('data:') ? text.indexOf(',') : -1;
  const bytes = fromLooseBase64(text.slice(comma + 1));
  if (bytes === undefined) throw wrong(field, 'must be base64');
  return bytes;
}

export function oneOf<const T extends string>(value: unknown, allowed: readonly T[], field: string): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw wrong(field, `must be one of ${allowed.join(', ')}`);
  return found;
}

export const {
  objectAt,
  listAt,
  textAt: stringAt,
} = readersOf((field, expected) => {
  throw wrong(field, `must be ${expected}`);
});

export function listIn(value: JsonObject, key: string, field: string): readonly unknown[] {
  const list = value[key] ?? undefined;
  return list === undefined ? [] : listAt(list, `${field}.${key}`);
}

export function wrong(field: string, what: string): BedrockError {
  return new BedrockError('invalid_request', {
    message: `${field} ${what}.`,
    fix: 'Correct it and call again.',
    field,
  });
}

export function booleanAt(value: unknown, field: string): boolean {
  if (typeof value !== 'boolean') throw wrong(field, 'must be true or false');
  return value;
}

/** Takes a sentence about something that was left out while reading; it reaches the caller as a warning. */
export type Tell = (sentence: string) => void;

/** MCP's members about a block or a tool: no model reads them. */
const ABOUT: ReadonlySet<string> = new Set(['annotations', '_meta', 'icons']);

/**
 * Nothing is dropped without a word: a member that is not among `known` is told when it is only about the value, and
 * refused by its name otherwise. `null` is what many writers of JSON put for a member that they do not have.
 * @param more members that are left out here and told.
 */
export function checkMembers(
  value: JsonObject,
  known: readonly string[],
  field: string,
  tell: Tell,
  more: readonly string[] = [],
): void {
  for (const [name, member] of Object.entries(value)) {
    if (member === null || member === undefined || known.includes(name)) continue;
    const path = `${field}.${name.slice(0, 64)}`;
    if (!ABOUT.has(name) && !more.includes(name))
      throw wrong(path, `is not known here; known are ${known.join(', ')}`);
    tell(`${path} was left out: no model on Bedrock reads it.`);
  }
}
