/** What a caller has to be told about an answer beside its words. Pure. */
import { isOpenCall } from './server-tools.ts';
import type { ContentBlock, InferenceResult, StopReason } from './types.ts';

/** Has the answer neither words nor a call for the caller, nor anything else that is not reasoning? */
export function isEmptyAnswer(content: readonly ContentBlock[]): boolean {
  return content.every(
    (block) => 'reasoningContent' in block || !(isOpenCall(block) || hasWords(block) || isOther(block)),
  );
}

/** Text that is more than whitespace. */
export function hasWords(block: ContentBlock): boolean {
  if ('text' in block) return block.text.trim() !== '';
  if ('citationsContent' in block)
    return block.citationsContent.content.some(({ text }) => text.trim() !== '');
  return false;
}

function isOther(block: ContentBlock): boolean {
  return !('text' in block || 'citationsContent' in block || 'toolUse' in block || 'toolResult' in block);
}

/** The sentence for an answer without words and calls. */
export function emptyAnswerNote(hasReasoning: boolean, stopReason: string): string {
  const only = hasReasoning ? 'only reasoning' : 'nothing';
  return `The answer has ${only}: no text and no tool call (stop reason ${stopReason}).`;
}

/** Ends that leave nothing open. */
const WHOLE: ReadonlySet<string> = new Set<StopReason>(['end_turn', 'tool_use', 'stop_sequence', 'other']);

const UNFINISHED: ReadonlyMap<string, string> = new Map<StopReason | 'pause_turn', string>([
  [
    'max_tokens',
    'it was cut at the limit of output tokens. Raise max_tokens, or ask the model to go on from there.',
  ],
  [
    'model_context_window_exceeded',
    "the model's context window was full. Shorten the conversation or choose a model with a larger window.",
  ],
  [
    'content_filtered',
    "the model refused or its provider's filter stopped it. Ask in other words, or another model.",
  ],
  [
    'guardrail_intervened',
    'a guardrail stopped or replaced it. Change what was asked or the guardrail; options.guardrail with trace shows what it found.',
  ],
  ['malformed_tool_use', 'the model failed to write a well-formed tool call. Ask again.'],
  ['malformed_model_output', 'the model wrote output that Bedrock could not read. Ask again.'],
  // Claude pauses long turns with server tools (Messages API).
  ['pause_turn', 'the model paused. Send the answer back as it is, and it goes on.'],
]);

/** The stop reason as callers see it: the provider's own word where nobody knows what it means. */
export function shownStopReason({
  stopReason,
  stopReasonRaw,
}: Pick<InferenceResult, 'stopReason' | 'stopReasonRaw'>): string {
  return stopReason === 'other' ? (stopReasonRaw ?? 'other') : stopReason;
}

/**
 * Says that an answer is not whole, and what to do; undefined for one that is, or that came without a reason.
 * @param reason as `shownStopReason` gives it.
 */
export function unfinishedNote(reason: string): string | undefined {
  if (WHOLE.has(reason)) return undefined;
  const known = UNFINISHED.get(reason);
  return known === undefined
    ? `The answer may not be whole: this server does not know its stop reason ${JSON.stringify(reason.slice(0, 64))}. Read its end before you use it.`
    : `The answer is not whole: ${known}`;
}

/** The sentence for a tool call whose input is no JSON object. */
function incompleteCallNote(name: string, stopReason: string): string {
  return `The call of ${name || 'a tool without a name'} is not whole (stop reason ${stopReason}), so it cannot be answered: incomplete_tool_calls has what the model wrote.`;
}

/** For the receipt. */
export function answerNotes(result: InferenceResult): readonly string[] {
  const { content, leftEarly, incompleteCalls = [] } = result;
  const reason = shownStopReason(result);
  const unfinished = unfinishedNote(reason);
  const hasReasoning = content.some((block) => 'reasoningContent' in block);
  const unknown = new Set(content.flatMap((block) => ('unknown' in block ? [block.unknown.name] : [])));
  return [
    ...(leftEarly === undefined
      ? []
      : [
          'This server stopped the answer, so Bedrock told no usage of it: its tokens and cost are estimated.',
        ]),
    ...(unfinished === undefined ? [] : [unfinished]),
    ...incompleteCalls.map(({ name }) => incompleteCallNote(name, reason)),
    ...(isEmptyAnswer(content) && incompleteCalls.length === 0
      ? [emptyAnswerNote(hasReasoning, reason)]
      : []),
    ...(unknown.size === 0
      ? []
      : [
          `The answer has parts of a kind that this server does not know (${[...unknown].join(', ')}): content has them as they came.`,
        ]),
  ];
}
