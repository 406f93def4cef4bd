/** How much of an answer goes into one reply: hosts cut, drop or move to a file what is longer than they like. */

/** Characters of text in one reply, where neither the caller nor what is known of the client says otherwise. */
export const DEFAULT_ANSWER_CHARACTERS = 40_000;

export interface Piece {
  readonly text: string;
  /** Where the next piece begins; absent at the end. */
  readonly next_offset?: number;
  /** Absent when this is all of it. */
  readonly total_chars?: number;
}

/** A whole answer of which a reply shows only a part. */
export interface CutAnswer {
  readonly callId: string;
  readonly answer: Record<string, unknown>;
}

const LEAST_CHARACTERS = 100;
/** Members that may be long and make no sense in pieces. */
const BULKY: readonly string[] = ['reasoning', 'content', 'native_response'];

function isRows(value: unknown): value is readonly Record<string, unknown>[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === 'object' && row !== null)
  );
}

/** The piece of a text from `offset` (UTF-16 code units) on. A pair of surrogates is never parted. */
export function pieceOf(text: string, offset: number, most: number): Piece {
  let start = Math.min(offset, text.length);
  if (isInsidePair(text, start)) start -= 1;
  let end = Math.min(start + most, text.length);
  if (isInsidePair(text, end)) end += end - start > 1 ? -1 : 1;
  const piece = text.slice(start, end);
  if (start === 0 && end === text.length) return { text: piece };
  return { text: piece, ...(end < text.length ? { next_offset: end } : {}), total_chars: text.length };
}

/** A growing text without the first half of a character whose second half has not come yet. */
export function wholeCharacters(text: string): string {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
}

function isInsidePair(text: string, at: number): boolean {
  const next = text.charCodeAt(at);
  return isHighSurrogate(text.charCodeAt(at - 1)) && next >= 0xdc00 && next <= 0xdfff;
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/**
 * A reply with the text from `offset` on, up to the limit. A parsed value says the same as the text, so one of the two
 * goes; what is bulky has to fit into the room that the text leaves; the rows of a comparison share the room.
 */
export function fitAnswer(
  answer: Record<string, unknown>,
  most: number,
  offset = 0,
): Record<string, unknown> {
  const { results } = answer;
  if (isRows(results)) {
    const each = roomForEach(results.map(lengthOf), most);
    return { ...answer, results: results.map((row) => fitAnswer(row, each)) };
  }
  const { text, parsed } = answer;
  if (typeof text !== 'string') return answer;
  const isParsed = parsed !== undefined && text.length <= most;
  const piece = isParsed ? { text } : pieceOf(text, offset, most);
  // Everything else comes with the first piece, and with the last one for those who read the first while the call was running.
  if (!isParsed && offset > 0 && piece.next_offset !== undefined) return { ...piece };
  let room = most - piece.text.length;
  const members = Object.entries(answer).map(([name, value]): Record<string, unknown> => {
    if (name === 'text') return isParsed ? {} : { ...piece };
    if (name === 'parsed') return isParsed ? { parsed } : {};
    if (!BULKY.includes(name)) return { [name]: value };
    const characters = JSON.stringify(value).length;
    if (characters > room) return name === 'reasoning' ? { reasoning_chars: characters } : {};
    room -= characters;
    return { [name]: value };
  });
  return Object.assign({}, ...members);
}

function lengthOf({ text }: Record<string, unknown>): number {
  return typeof text === 'string' ? text.length : 0;
}

/** The longest that one text may be so that all together fit: what short ones do not need goes to the long ones. */
function roomForEach(lengths: readonly number[], most: number): number {
  const ascending = [...lengths].sort((a, b) => a - b);
  let left = most;
  for (const [at, length] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - at));
    if (length > share) return Math.max(LEAST_CHARACTERS, share);
    left -= length;
  }
  return Math.max(LEAST_CHARACTERS, most);
}

/** Names of what the reply leaves out for want of room, and the `max_output_chars` that would hold everything. */
export function leftOut(
  answer: Record<string, unknown>,
  reply: Record<string, unknown>,
): { readonly names: readonly string[]; readonly needs: number } {
  const present = BULKY.filter((name) => answer[name] !== undefined);
  const text = typeof answer['text'] === 'string' ? answer['text'].length : 0;
  const sizes = present.map((name) => JSON.stringify(answer[name]).length);
  return {
    names: present.filter((name) => reply[name] === undefined),
    needs: sizes.reduce((sum, size) => sum + size, text),
  };
}

/** The answers that a reply shows only a part of: the answer itself, or rows of a comparison. */
export function cutAnswers(
  callId: string,
  answer: Record<string, unknown>,
  reply: Record<string, unknown>,
): readonly CutAnswer[] {
  const [rows, shown] = [answer['results'], reply['results']];
  if (!isRows(rows) || !isRows(shown)) return isCut(answer, reply) ? [{ callId, answer }] : [];
  return rows.flatMap((row, at) => {
    if (!isCut(row, shown[at] ?? row)) return [];
    const { call_id } = row;
    return typeof call_id === 'string' ? [{ callId: call_id, answer: row }] : [{ callId, answer }];
  });
}

function isCut(answer: Record<string, unknown>, reply: Record<string, unknown>): boolean {
  return reply['next_offset'] !== undefined || leftOut(answer, reply).names.length > 0;
}
