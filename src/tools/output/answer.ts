/** A finished answer as text, for hosts that show only that. */

import type { Receipt } from '../../calls/answer.ts';
import { comparisonParts, errorText } from '../../calls/compare/text.ts';
import { emptyAnswerNote, unfinishedNote } from '../../messages/answer-notes.ts';
import type { Reply } from './reply.ts';

/** The words, the tool calls, where the rest is, one line of receipt. */
export function plainAnswer(answer: Reply): string {
  const { text = '', tool_calls, native_response, thread, error, receipt } = answer;
  const isNativeOnly = answer.text === '' && tool_calls === undefined && native_response !== undefined;
  const parts = [
    text,
    ...(answer.results === undefined ? [] : comparisonParts(answer.results, answer)),
    answer.parsed === undefined ? '' : JSON.stringify(answer.parsed),
    ...jsonParts(answer, ['tool_calls', 'incomplete_tool_calls']),
    ...(isNativeOnly ? [JSON.stringify(native_response)] : withoutWords(answer)),
    ...jsonParts(answer, ['additional_fields', 'trace']),
    // One row of a comparison; whoever tells of a whole call that failed says so himself.
    error === undefined || answer.status === 'failed' || answer.status === 'cancelled'
      ? ''
      : `[It failed: ${errorText(error)}]`,
    restOf(answer),
    bracketed(answer.stop_reason === undefined ? undefined : unfinishedNote(answer.stop_reason)),
    thread === undefined ? '' : `[thread ${JSON.stringify(thread)}]`,
    receipt === undefined ? '' : receiptLine(receipt, answer),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function jsonParts(answer: Reply, names: readonly (keyof Reply)[]): readonly string[] {
  return names.flatMap((name) =>
    answer[name] === undefined ? [] : [`${name}: ${JSON.stringify(answer[name])}`],
  );
}

function receiptLine({ model_id, usage, cost_usd }: Receipt, { stop_reason, stop_sequence }: Reply): string {
  const cost = cost_usd === undefined ? 'cost unknown' : `${cost_usd} USD`;
  const stop = stop_sequence === undefined ? stop_reason : `${stop_reason} ${JSON.stringify(stop_sequence)}`;
  const tokens = `${usage?.input_tokens ?? '?'} in, ${usage?.output_tokens ?? '?'} out`;
  return `[${model_id} · ${stop} · ${tokens} · ${cost}]`;
}

/** What there is of a finished answer that has neither words nor calls: the blocks of other kinds, or the reasoning. */
function withoutWords(answer: Reply): readonly string[] {
  const { text, parsed, tool_calls, incomplete_tool_calls, content } = answer;
  const { reasoning, reasoning_chars, stop_reason } = answer;
  if (text === undefined || text.trim() !== '' || parsed !== undefined || tool_calls !== undefined) return [];
  // An answer of a call that is not whole is told as that.
  if (incomplete_tool_calls !== undefined && content === undefined) return [];
  if (stop_reason === undefined) return [];
  if (content !== undefined) return [`content: ${JSON.stringify(content)}`];
  const note = emptyAnswerNote(reasoning !== undefined || reasoning_chars !== undefined, stop_reason);
  const thoughts = (reasoning ?? []).flatMap(({ text: thought }) =>
    typeof thought === 'string' ? thought : [],
  );
  return [bracketed(note), ...thoughts];
}

/** Where the rest of a text can be had, if there is more; the last piece of one has a length and nothing behind it. */
function restOf({ call_id, receipt, next_offset, total_chars }: Reply): string {
  if (next_offset === undefined || total_chars === undefined) return '';
  const ask = JSON.stringify({ call_id: call_id ?? receipt?.call_id, offset: next_offset });
  return `[Cut here, at ${next_offset} of ${total_chars} characters. get_result ${ask} gives more.]`;
}

function bracketed(note: string | undefined): string {
  return note === undefined ? '' : `[${note}]`;
}
