/** Numbers that change when JSON is read: every reader of JavaScript makes a double of them, without a word. */
import { Big } from 'big.js';

/** A double holds every number of fewer digits. */
const MAY_BE_INEXACT = /\d[\d.]{15}|\d[eE]/;

/**
 * JSON Pointers of the numbers in a JSON text that a double does not hold.
 * @param source valid JSON.
 * @param isRewritten the text was itself made of doubles, so that a large integer may have lost its digits before.
 */
export function inexactNumbers(source: string, isRewritten = false): readonly string[] {
  if (!MAY_BE_INEXACT.test(source)) return [];
  const paths: string[] = [];
  // The name or the index of the member that is being read, in each open bracket.
  const place: (string | number)[] = [];
  let isName = false;
  for (let at = 0; at < source.length; ) {
    const character = source[at] ?? '';
    let end = at + 1;
    if (character === '"') {
      end = endOfString(source, at);
      if (isName) place[place.length - 1] = String(JSON.parse(source.slice(at, end)));
      isName = false;
    } else if (character === '{' || character === '[') {
      place.push(character === '{' ? '' : 0);
      isName = character === '{';
    } else if (character === '}' || character === ']') {
      place.pop();
      isName = false;
    } else if (character === ',') {
      const last = place.at(-1);
      if (typeof last === 'number') place[place.length - 1] = last + 1;
      else isName = true;
    } else if (/[-\d]/.test(character)) {
      end = endOfNumber(source, at);
      const digits = source.slice(at, end);
      if (isInexact(digits) || (isRewritten && isUnsafe(Number(digits)))) paths.push(pointer(place));
    }
    at = end;
  }
  return paths;
}

function isInexact(digits: string): boolean {
  if (!MAY_BE_INEXACT.test(digits)) return false;
  const value = Number(digits);
  return !Number.isFinite(value) || !new Big(digits).eq(new Big(value));
}

function isUnsafe(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value);
}

function endOfString(source: string, from: number): number {
  for (let at = from + 1; at < source.length; at += 1) {
    if (source[at] === '\\') at += 1;
    else if (source[at] === '"') return at + 1;
  }
  return source.length;
}

function endOfNumber(source: string, from: number): number {
  let end = from + 1;
  while (/[\d.eE+-]/.test(source[end] ?? '')) end += 1;
  return end;
}

function pointer(place: readonly (string | number)[]): string {
  return place.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
