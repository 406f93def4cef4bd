/** How much of an answer goes into one reply: hosts cut, drop or move to a file what is longer than they like. */
import type { CallAnswer, ComparisonRow } from '../../calls/answer.ts';
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
  readonly answer: CallAnswer;
}

const LEAST_CHARACTERS = 100;
/** What a reply may lose beside its text, the first given room first: members that may be long and make no sense in pieces. */
const CUTTABLE = [
  'incomplete_tool_calls',
  'reasoning',
  'content',
  'native_response',
  'trace',
  'additional_fields',
] as const satisfies readonly (keyof CallAnswer)[];

/** Tool calls shorter than this are always shown whole, because an agent can do nothing with a part of one. */
const SHORT_CALLS = 10_000;

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
export function fitAnswer(answer: CallAnswer, most: number, offset = 0): CallAnswer {
  const { text, parsed, inexact, results } = answer;
  if (results !== undefined) return { ...answer, results: fitRows(results, most) };
  if (text === undefined) return answer;
  const size = parsed === undefined ? undefined : sizeOf(parsed);
  const fits = size !== undefined && size <= most;
  const left = fits && offset === 0 ? Math.max(LEAST_CHARACTERS, most - size) : most;
  const piece = fits && inexact === undefined ? undefined : pieceOf(text, offset, left);
  // Everything else comes with the first piece, and with the last one for those who read the first while the call was running.
  if (piece !== undefined && offset > 0 && piece.next_offset !== undefined) return { ...piece };
  const shown = piece?.text.length ?? 0;
  const isParsed = fits && (offset === 0 || piece === undefined || size <= most - shown);
  const reply: CallAnswer = { ...answer, ...piece };
  if (piece === undefined) delete reply.text;
  if (!isParsed) {
    delete reply.parsed;
    delete reply.inexact;
  }
  fitRest(reply, most - shown - (isParsed ? size : 0));
  return reply;
}

function fitRows(rows: readonly ComparisonRow[], most: number): ComparisonRow[] {
  const each = roomForEach(rows.map(lengthOf), most);
  return rows.map((row) => (row.text === undefined ? row : { ...row, ...pieceOf(row.text, 0, each) }));
}

/** Takes out what does not fit into the room beside the text. */
function fitRest(reply: CallAnswer, most: number): void {
  let room = most;
  const { tool_calls: calls } = reply;
  if (calls !== undefined && calls.length > 0) {
    const characters = sizeOf(calls);
    if (characters > SHORT_CALLS && characters > room) reply.tool_calls = calls.map(withoutInput);
    else room -= characters;
  }
  for (const name of CUTTABLE) {
    if (reply[name] === undefined) continue;
    const characters = sizeOf(reply[name]);
    if (characters <= room) {
      room -= characters;
      continue;
    }
    delete reply[name];
    if (name === 'reasoning') reply.reasoning_chars = characters;
  }
}

/** Which tool the model calls; what it gives the tool is asked for by itself. */
function withoutInput({ input, ...call }: ToolCall): ToolCall {
  return { ...call, input_chars: sizeOf(input ?? null) };
}

type ToolCall = NonNullable<CallAnswer['tool_calls']>[number];

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}

function lengthOf({ text = '' }: ComparisonRow): number {
  return text.length;
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
  answer: CallAnswer,
  reply: CallAnswer,
): { readonly members: readonly LeftOut[]; readonly needs: number } {
  const present = (['parsed', 'tool_calls', ...CUTTABLE] as const).flatMap((name) =>
    answer[name] === undefined ? [] : [{ name, characters: sizeOf(answer[name]) }],
  );
  // A parsed value that fits takes the place of the text.
  const isAlone = answer.parsed !== undefined && answer.inexact === undefined;
  const text = isAlone ? 0 : (answer.text?.length ?? 0);
  const isShown = (name: (typeof present)[number]['name']) =>
    name === 'tool_calls' ? reply[name] === answer[name] : reply[name] !== undefined;
  return {
    members: present.filter(({ name }) => !isShown(name)),
    needs: present.reduce((sum, { characters }) => sum + characters, text),
  };
}

/** The answers that a reply shows only a part of: the answer itself, or rows of a comparison. */
export function cutAnswers(callId: string, answer: CallAnswer, reply: CallAnswer): readonly CutAnswer[] {
  const { results } = answer;
  if (results === undefined) return isCut(answer, reply) ? [{ callId, answer }] : [];
  return results.flatMap((row, at) => {
    if (!isCut(row, reply.results?.[at] ?? row)) return [];
    return [row.call_id === undefined ? { callId, answer } : { callId: row.call_id, answer: row }];
  });
}

function isCut(answer: CallAnswer, reply: CallAnswer): boolean {
  return reply.next_offset !== undefined || leftOut(answer, reply).members.length > 0;
}
