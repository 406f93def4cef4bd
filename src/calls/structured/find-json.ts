/** Finds the JSON values in what a model said: nothing but JSON, JSON in code fences, JSON between words. */
import { type JsonValue, parseJson } from '../../json.ts';

export interface JsonFound {
  readonly value: JsonValue;
  /** As the model wrote it: its numbers may have more digits than a double holds. */
  readonly source: string;
  /** There is nothing else in the text. */
  readonly isWhole: boolean;
}

/** JSON values in one text that are looked at. */
const MOST_VALUES = 20;

/**
 * The JSON values in a text, likeliest first: the whole of it and nothing else; or what stands in code fences, then
 * between brackets, the last ones first, because models come to their answer at the end.
 */
export function jsonIn(text: string): readonly JsonFound[] {
  const value = parseJson(text);
  if (value !== undefined) return [{ value, source: text, isWhole: true }];
  return [...bracketed(text), ...fenced(text)].slice(-MOST_VALUES).flatMap(found).reverse();
}

/**
 * The same of a text that a limit cut. Values before the cut may be examples, and the answer what was cut; so only what
 * ends where the text ends counts, and no number that may have gone on.
 * @param isClosed the text had a frame, so that nothing of it was cut.
 */
export function jsonInCut(text: string, isClosed: boolean): readonly JsonFound[] {
  const value = parseJson(text);
  if (value !== undefined)
    return typeof value === 'number' && !isClosed ? [] : [{ value, source: text, isWhole: true }];
  const parts = text.split('```');
  // An even number of marks: the last one closes a fence.
  const endsFenced = parts.length % 2 === 1 && parts.at(-1)?.trim() === '';
  return endsFenced ? fenced(text).slice(-1).flatMap(found) : [];
}

function found(source: string): readonly JsonFound[] {
  const value = parseJson(source);
  return value === undefined ? [] : [{ value, source, isWhole: false }];
}

/** What stands in code fences. What is behind the last mark is not closed. */
function fenced(text: string): readonly string[] {
  return text
    .split('```')
    .flatMap((part, at, parts) =>
      at % 2 === 1 && at < parts.length - 1 ? [part.replace(/^\w*\n/, '')] : [],
    );
}

/** How JSON goes on behind its first bracket, as far as its first few characters show. */
const OPENING = /^(?:\{\s*(?:["}]|$)|\[\s*(?:[[\]{"\-0-9]|true|false|null|$))/;
const OPENING_LENGTH = 40;

/** Texts from an opening bracket to the one that closes it. One that is never closed ends the search: its parts are no answers. */
function bracketed(text: string): readonly string[] {
  const spans: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at += 1;
      else if (character === '"') quoted = false;
    } else if (character === '"') {
      // A quotation mark of the prose opens no string.
      quoted = depth > 0;
    } else if (character === '{' || character === '[') {
      // A bracket of the prose opens nothing either.
      if (depth === 0 && !OPENING.test(text.slice(at, at + OPENING_LENGTH))) continue;
      if (depth === 0) start = at;
      depth += 1;
    } else if (depth > 0 && (character === '}' || character === ']')) {
      depth -= 1;
      if (depth === 0) spans.push(text.slice(start, at + 1));
    }
  }
  return spans;
}
