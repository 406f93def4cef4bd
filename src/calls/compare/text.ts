/** A comparison for hosts that show only text. */
import { unfinishedNote } from '../../messages/answer-notes.ts';
import type { CallAnswer, ComparisonRow, Judgement, ShownError } from '../answer.ts';

/** One part for each row, one for the judge, one for the sum. */
export function comparisonParts(
  results: readonly ComparisonRow[],
  { judge, total_cost_usd, cost_note, warnings = [] }: CallAnswer,
): readonly string[] {
  const notes = [
    ...(total_cost_usd === undefined ? [] : [`all together ${total_cost_usd} USD`]),
    ...(cost_note === undefined ? [] : [cost_note]),
    ...warnings,
  ];
  return [
    ...results.map(rowText),
    ...(judge === undefined ? [] : [judgeText(judge)]),
    ...(notes.length === 0 ? [] : [`[${notes.join(' · ')}]`]),
  ];
}

/** One model's answer, or why there is none, under its name. */
export function rowText(row: ComparisonRow): string {
  const { model, sample, text, error, stop_reason, next_offset, call_id } = row;
  const facts = factsOf(row);
  const name = sample === undefined ? model : `${model} #${sample}`;
  const how = error === undefined ? '' : ' failed';
  const more =
    next_offset === undefined
      ? ''
      : ` [cut; get_result {"call_id": "${call_id}", "offset": ${next_offset}} gives more]`;
  const unfinished = stop_reason === undefined ? undefined : unfinishedNote(stop_reason);
  return [
    `## ${name}${how}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`,
    ...(error === undefined ? [] : [errorText(error)]),
    ...(text === undefined || text === '' ? [] : [`${text}${more}`]),
    ...(unfinished === undefined ? [] : [`[${unfinished}]`]),
    ...(text === '' && error === undefined ? ['[It answered without a word.]'] : []),
  ].join('\n');
}

function factsOf({ error, cost_usd, duration_ms, stop_reason }: ComparisonRow): readonly string[] {
  return [
    ...(error === undefined && cost_usd === undefined ? ['cost unknown'] : []),
    ...(cost_usd === undefined ? [] : [`${cost_usd} USD`]),
    ...(duration_ms === undefined ? [] : [`${duration_ms} ms`]),
    ...(stop_reason === undefined || stop_reason === 'end_turn' ? [] : [stop_reason]),
  ];
}

/** "throttled: Bedrock is ... What to do: ..." */
export function errorText({ code, message, fix }: ShownError): string {
  return `${code}: ${message}${fix === undefined ? '' : ` What to do: ${fix}`}`;
}

function judgeText({ model, winner, scores = [], reasons = [], error, cost_usd, warnings = [] }: Judgement) {
  const notes = warnings.map((warning) => `[${warning}]`);
  const cost = cost_usd === undefined ? '' : ` (${cost_usd} USD)`;
  const head = `## Judge ${model}${error === undefined ? '' : ' failed'}${cost}`;
  if (error !== undefined) return [head, errorText(error), ...notes].join('\n');
  return [
    head,
    winner === undefined
      ? 'No winner: the two orders of reading disagree.'
      : `Winner in both orders: ${winner}`,
    `Scores of 10: ${scores.map((each) => `${each.model} ${each.score}`).join(', ')}`,
    ...reasons.map((reason) => `- ${reason}`),
    ...notes,
  ].join('\n');
}
