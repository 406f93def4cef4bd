/** What a caller has to be told about an answer beside its words. Pure. */
import { isOpenCall } from './server-tools.ts';
import type { ContentBlock, InferenceResult } from './types.ts';

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

/** For the receipt. */
export function answerNotes(result: InferenceResult): readonly string[] {
  const { content, stopReason, stopReasonRaw, leftEarly } = result;
  const reason = stopReason === 'other' ? (stopReasonRaw ?? stopReason) : stopReason;
  const hasReasoning = content.some((block) => 'reasoningContent' in block);
  const unknown = new Set(content.flatMap((block) => ('unknown' in block ? [block.unknown.name] : [])));
  return [
    ...(leftEarly === undefined
      ? []
      : [
          'This server stopped the answer, so Bedrock told no usage of it: its tokens and cost are estimated.',
        ]),
    ...(isEmptyAnswer(content) ? [emptyAnswerNote(hasReasoning, reason)] : []),
    ...(unknown.size === 0
      ? []
      : [
          `The answer has parts of a kind that this server does not know (${[...unknown].join(', ')}): content has them as they came.`,
        ]),
  ];
}
