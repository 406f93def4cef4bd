/** A comparison for hosts that show only text. */
import { isJsonObject } from '../../json.ts';
import { unfinishedNote } from '../../messages/answer-notes.ts';

/** One part for each row, one for the judge, one for the sum. */
export function comparisonParts(answer: Record<string, unknown>): readonly string[] {
  const { results, judge, total_cost_usd, cost_note, warnings } = answer;
  if (!Array.isArray(results)) return [];
  const notes = [
    ...(total_cost_usd === undefined ? [] : [`all together ${String(total_cost_usd)} USD`]),
    ...(cost_note === undefined ? [] : [String(cost_note)]),
    ...(Array.isArray(warnings) ? warnings.map(String) : []),
  ];
  return [
    ...results.filter(isJsonObject).map(rowText),
    ...(isJsonObject(judge) ? [judgeText(judge)] : []),
    ...(notes.length === 0 ? [] : [`[${notes.join(' · ')}]`]),
  ];
}

/** One model's answer, or why there is none, under its name. */
export function rowText(row: Readonly<Record<string, unknown>>): string {
  const { model, sample, text, error, cost_usd, duration_ms, stop_reason, next_offset, call_id } = row;
  const facts = [
    ...(error === undefined && cost_usd === undefined ? ['cost unknown'] : []),
    ...(cost_usd === undefined ? [] : [`${String(cost_usd)} USD`]),
    ...(duration_ms === undefined ? [] : [`${String(duration_ms)} ms`]),
    ...(stop_reason === undefined || stop_reason === 'end_turn' ? [] : [String(stop_reason)]),
  ];
  const name = sample === undefined ? String(model) : `${String(model)} #${String(sample)}`;
  const how = error === undefined ? '' : ' failed';
  const more =
    next_offset === undefined
      ? ''
      : ` [cut; get_result {"call_id": "${String(call_id)}", "offset": ${String(next_offset)}} gives more]`;
  const unfinished = stop_reason === undefined ? undefined : unfinishedNote(String(stop_reason));
  return [
    `## ${name}${how}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`,
    ...(error === undefined ? [] : [errorText(error)]),
    ...(typeof text !== 'string' || text === '' ? [] : [`${text}${more}`]),
    ...(unfinished === undefined ? [] : [`[${unfinished}]`]),
    ...(text === '' && error === undefined ? ['[It answered without a word.]'] : []),
  ].join('\n');
}

/** "throttled: Bedrock is ... What to do: ..." */
export function errorText(error: unknown): string {
  if (!isJsonObject(error)) return String(error);
  const { code, message, fix } = error;
  return `${String(code)}: ${String(message)}${fix === undefined ? '' : ` What to do: ${String(fix)}`}`;
}

function judgeText(judge: Readonly<Record<string, unknown>>): string {
  const { model, winner, scores, reasons, error, cost_usd, warnings } = judge;
  const cost = cost_usd === undefined ? '' : ` (${String(cost_usd)} USD)`;
  const notes = Array.isArray(warnings) ? warnings.map((warning) => `[${String(warning)}]`) : [];
  const head = `## Judge ${String(model)}${error === undefined ? '' : ' failed'}${cost}`;
  if (error !== undefined) return [head, errorText(error), ...notes].join('\n');
  const points = Array.isArray(scores)
    ? scores.filter(isJsonObject).map((each) => `${String(each['model'])} ${String(each['score'])}`)
    : [];
  return [
    head,
    winner === undefined
      ? 'No winner: the two orders of reading disagree.'
      : `Winner in both orders: ${String(winner)}`,
    `Scores of 10: ${points.join(', ')}`,
    ...(Array.isArray(reasons) ? reasons.map((reason) => `- ${String(reason)}`) : []),
    ...notes,
  ].join('\n');
}
