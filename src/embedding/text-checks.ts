/** What is wrong with a text before anything is sent, shared by embeddings and rerank. */
import { BedrockError } from '../bedrock-error.ts';

// With the u flag a surrogate only matches when it stands alone. Such a text has no UTF-8 form and would be
// sent with U+FFFD in its place, so the vector would belong to another text.
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Why a text cannot be sent, or undefined when it can. */
export function textProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.trim() === '') return 'is blank';
  if (LONE_SURROGATE.test(text)) return 'contains half of a surrogate pair, so it is not valid Unicode';
  return undefined;
}

/** Refuses a list with bad texts: BedrockError `invalid_request` naming the first as `field` and counting the rest. */
export function checkTexts(texts: readonly string[], name: string): void {
  if (texts.length === 0) {
    throw new BedrockError('invalid_request', {
      message: `${name} is an empty list.`,
      fix: `Give at least one text in ${name}.`,
      field: name,
    });
  }
  const bad: { readonly index: number; readonly problem: string }[] = [];
  texts.forEach((text, index) => {
    const problem = textProblem(text);
    if (problem !== undefined) bad.push({ index, problem });
  });
  const first = bad[0];
  if (first === undefined) return;
  throw new BedrockError('invalid_request', {
    message: `${name}[${first.index}] ${first.problem}${andOthers(bad, name)}.`,
    fix: 'Leave such texts out or repair them, and send the rest.',
    field: `${name}[${first.index}]`,
  });
}

/** ` (also texts[4], texts[9] and 3 more)`, or nothing. `bad` includes the first, which is not repeated. */
export function andOthers(bad: readonly { readonly index: number }[], name: string): string {
  if (bad.length < 2) return '';
  const named = bad.slice(1, 6).map(({ index }) => `${name}[${index}]`);
  const more = bad.length - 1 - named.length;
  return ` (also ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''})`;
}

/** Code points of a text, counted only as far as `limit + 1`: Bedrock's length checks count code points. */
export function isLongerThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  if (text.length > limit * 2) return true;
  return endOfCodePoints(text, limit) < text.length;
}

/** The first or last `limit` code points of a text; no surrogate pair is split. `end` is the side that is cut off. */
export function cutText(text: string, limit: number, end: 'start' | 'end'): string {
  if (!isLongerThan(text, limit)) return text;
  return end === 'end' ? text.slice(0, endOfCodePoints(text, limit)) : text.slice(startOfLast(text, limit));
}

function endOfCodePoints(text: string, count: number): number {
  let at = 0;
  for (let n = 0; n < count && at < text.length; n += 1) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}

function startOfLast(text: string, count: number): number {
  let at = text.length;
  for (let n = 0; n < count && at > 0; n += 1)
    at -= at > 1 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
