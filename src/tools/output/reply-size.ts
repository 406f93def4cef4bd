/** How much of an answer goes into one reply: hosts cut, drop or move to a file what is longer than they like. */

import { isHighSurrogate } from '../../surrogates.ts';
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
const BULKY: readonly string[] = [
  'incomplete_tool_calls',
  'reasoning',
  'content',
  'native_response',
  'trace',
  'additional_fields',
];

/** Tool calls shorter than this are always shown whole, because an agent can do nothing with a part of one. */
const SHORT_CALLS = 10_000;

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

function isInsidePair(text: string, at: number): boolean {
  const next = text.charCodeAt(at);
  return isHighSurrogate(text.charCodeAt(at - 1)) && next >= 0xdc00 && next <= 0xdfff;
}

/**
 * A reply with the text from `offset` on, up to the limit. A parsed value says the same as the text, so where it fits it
 * takes the place of the text, unless only the text has all digits of its numbers; what is bulky has to fit into the room
 * that these leave; the rows of a comparison share the room.
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
  const { text, parsed, inexact } = answer;
  if (typeof text !== 'string') return answer;
  const size = parsed === undefined ? undefined : sizeOf(parsed);
  const fits = size !== undefined && size <= most;
  const left = fits && offset === 0 ? Math.max(LEAST_CHARACTERS, most - size) : most;
  const piece = fits && inexact === undefined ? undefined : pieceOf(text, offset, left);
  // Everything else comes with the first piece, and with the last one for those who read the first while the call was running.
  if (piece !== undefined && offset > 0 && piece.next_offset !== undefined) return { ...piece };
  const shown = piece?.text.length ?? 0;
  const isParsed = fits && (offset === 0 || piece === undefined || size <= most - shown);
  let room = most - shown - (isParsed ? size : 0);
  const members = Object.entries(answer).map(([name, value]): Record<string, unknown> => {
    if (name === 'text') return { ...piece };
    if (name === 'parsed') return isParsed ? { parsed } : {};
    if (name === 'inexact') return isParsed ? { inexact } : {};
    if (name === 'tool_calls' && isRows(value)) {
      const characters = sizeOf(value);
      if (characters > SHORT_CALLS && characters > room) return { tool_calls: value.map(withoutInput) };
      room -= characters;
    }
    if (!BULKY.includes(name)) return { [name]: value };
    const characters = sizeOf(value);
    if (characters > room) return name === 'reasoning' ? { reasoning_chars: characters } : {};
    room -= characters;
    return { [name]: value };
  });
  return Object.assign({}, ...members);
}

/** Which tool the model calls; what it gives the tool is asked for by itself. */
function withoutInput({ input, ...call }: Record<string, unknown>): Record<string, unknown> {
  return { ...call, input_chars: sizeOf(input ?? null) };
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
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

/** A member that the reply leaves out, and its characters. */
export interface LeftOut {
  readonly name: string;
  readonly characters: number;
}

/** What the reply leaves out for want of room, and the `max_output_chars` that would hold everything. */
export function leftOut(
  answer: Record<string, unknown>,
  reply: Record<string, unknown>,
): { readonly members: readonly LeftOut[]; readonly needs: number } {
  const present = ['parsed', 'tool_calls', ...BULKY].flatMap((name) =>
    answer[name] === undefined ? [] : [{ name, characters: sizeOf(answer[name]) }],
  );
  // A parsed value that fits takes the place of the text.
  const isAlone = answer['parsed'] !== undefined && answer['inexact'] === undefined;
  const text = typeof answer['text'] === 'string' && !isAlone ? answer['text'].length : 0;
  const isShown = (name: string) =>
    name === 'tool_calls' ? reply[name] === answer[name] : reply[name] !== undefined;
  return {
    members: present.filter(({ name }) => !isShown(name)),
    needs: present.reduce((sum, { characters }) => sum + characters, text),
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
  return reply['next_offset'] !== undefined || leftOut(answer, reply).members.length > 0;
}
