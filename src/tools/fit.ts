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

const LEAST_CHARACTERS = 100;

function isRows(value: unknown): value is readonly Record<string, unknown>[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((row) => typeof row === 'object' && row !== null)
  );
}

/** IDs of the calls whose answers were cut: the answer itself, or rows of a comparison. */
export function cutCalls(answer: Record<string, unknown>, callId: string): readonly string[] {
  const { results, next_offset, reasoning_chars } = answer;
  const own = next_offset === undefined && reasoning_chars === undefined ? [] : [callId];
  if (!isRows(results)) return own;
  return results.flatMap((row) => (typeof row['call_id'] === 'string' ? cutCalls(row, row['call_id']) : []));
}

/** The piece of a text from `offset` (UTF-16 code units) on. A pair of surrogates is never parted. */
export function pieceOf(text: string, offset: number, most: number): Piece {
  const start = Math.min(offset, text.length);
  let end = Math.min(start + most, text.length);
  if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1)) && end - start > 1) end -= 1;
  const piece = text.slice(start, end);
  if (start === 0 && end === text.length) return { text: piece };
  return { text: piece, ...(end < text.length ? { next_offset: end } : {}), total_chars: text.length };
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/**
 * The first reply of a finished answer: its text up to the limit. A parsed value says the same as the text, so one of the
 * two goes; the rows of a comparison share the room; reasoning that is longer than a reply is left to `get_result`.
 */
export function fitAnswer(answer: Record<string, unknown>, most: number): Record<string, unknown> {
  const { results } = answer;
  if (isRows(results)) {
    const each = Math.max(LEAST_CHARACTERS, Math.floor(most / results.length));
    return { ...answer, results: results.map((row) => fitAnswer(row, each)) };
  }
  const { text, parsed } = answer;
  if (typeof text !== 'string') return answer;
  const isWhole = text.length <= most;
  const members = Object.entries(answer).map(([name, value]): Record<string, unknown> => {
    if (name === 'text') return parsed !== undefined && isWhole ? {} : { ...pieceOf(text, 0, most) };
    if (name === 'parsed') return isWhole ? { parsed } : {};
    if (name !== 'reasoning') return { [name]: value };
    const characters = JSON.stringify(value).length;
    return characters <= most ? { reasoning: value } : { reasoning_chars: characters };
  });
  return Object.assign({}, ...members);
}
