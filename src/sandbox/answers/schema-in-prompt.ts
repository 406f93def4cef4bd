/** Shapes that are asked for in words: a schema in the instructions, bounds in a description. Models follow both. */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../json.ts';
import { textOf } from '../json-read.ts';
import type { Turn } from './turn.ts';

const BOUND =
  /\b(minimum|maximum|exclusiveMinimum|exclusiveMaximum|multipleOf|minLength|maxLength|minItems|maxItems) (-?\d{1,15}(?:\.\d{1,10})?)/g;

/** These two stand in brackets only: outside of them, people write such words, too. */
const PATTERN = /[(,] ?pattern ("(?:[^"\\\n]|\\.){0,1000}")/;
const UNIQUE = /[(,] ?uniqueItems true\b/;

/** The schema with the bounds that its description says in words. */
export function withSaidBounds(schema: JsonObject): JsonObject {
  const description = textOf(schema['description']);
  const said: [string, JsonValue][] = [...description.matchAll(BOUND)].map(([, name = '', value]) => [
    name,
    Number(value),
  ]);
  if (UNIQUE.test(description)) said.push(['uniqueItems', true]);
  const pattern = unquoted(PATTERN.exec(description)?.[1]);
  if (pattern !== undefined) said.push(['pattern', pattern]);
  return said.length === 0 ? schema : { ...Object.fromEntries(said), ...schema };
}

function unquoted(quoted: string | undefined): string | undefined {
  try {
    const text: JsonValue = quoted === undefined ? null : JSON.parse(quoted);
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Announcements in one text that are looked at. */
const MOST_TRIES = 5;

/** The JSON Schema that stands in the system text or a message, behind the words that announce one; the last one wins. */
export function saidSchema({ system, messages }: Turn): JsonValue | undefined {
  const texts = messages.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])),
  );
  for (const text of [system, ...texts]) {
    const announced = [...text.matchAll(/JSON Schema:\s*\{/g)].slice(-MOST_TRIES).reverse();
    for (const { 0: words, index } of announced) {
      const value = firstObject(text.slice(index + words.length - 1));
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

/** The JSON object that a text begins with. */
function firstObject(text: string): JsonValue | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') at = endOfString(text, at);
    else if (text[at] === '{') depth += 1;
    else if (text[at] === '}') depth -= 1;
    if (depth === 0) return objectIn(text.slice(0, at + 1));
  }
  return undefined;
}

/** Where the string that begins at `from` has its closing quote. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return text.length;
}

function objectIn(text: string): JsonObject | undefined {
  const value = parseJson(text);
  return isJsonObject(value) ? value : undefined;
}
