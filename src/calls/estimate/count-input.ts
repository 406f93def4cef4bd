/** How many tokens an input has: as given, counted by Bedrock where it can, or estimated. */
import { encodeConverse } from '../../inference/codecs/converse/converse.ts';
import type { Target } from '../../inference/resolve/target.ts';
import type { Message } from '../../messages/types.ts';
import { countExactly } from '../../spend/estimate/count-tokens.ts';
import { ESTIMATE_ERROR, estimateTextTokens, estimateTokens } from '../../spend/estimate/tokens.ts';
import type { CallContext } from '../call-context.ts';

/** A text, a conversation, both, or only their tokens. */
export interface InputGiven {
  readonly prompt?: string;
  readonly messages?: readonly Message[];
  readonly inputTokens?: number;
}

const ESTIMATED = `estimated from the text (of recorded requests ${100 * ESTIMATE_ERROR.share} % were within ${ESTIMATE_ERROR.tokens} tokens or ${100 * ESTIMATE_ERROR.relative} %)`;

/** @returns the tokens, and where they are from. */
export async function countInput(
  args: InputGiven,
  target: Target,
  { services, signal }: CallContext,
): Promise<{ tokens: number; how: string }> {
  const { prompt, inputTokens } = args;
  if (prompt === undefined && args.messages === undefined)
    return inputTokens === undefined
      ? { tokens: 0, how: 'no input was given' }
      : { tokens: inputTokens, how: 'input_tokens as given' };
  const { model, region } = target;
  if (model.kind !== 'text') return { tokens: estimateTextTokens(prompt ?? ''), how: ESTIMATED };
  const asText = prompt === undefined ? [] : [{ role: 'user' as const, content: [{ text: prompt }] }];
  const request = { messages: [...(args.messages ?? []), ...asText] };
  const isEmpty = args.messages === undefined && prompt?.trim() === '';
  if (model.features.countTokens === true && !isEmpty) {
    const exact = await countExactly(request, {
      model,
      region,
      runtime: services.runtime,
      encode: encodeConverse,
      signal,
    });
    if (exact !== undefined) return { tokens: exact, how: 'CountTokens of Bedrock (exact)' };
  }
  const tokens = isEmpty ? 0 : estimateTokens(request, model);
  const hasFiles = request.messages.some((message) => message.content.some((block) => !('text' in block)));
  return { tokens, how: hasFiles ? `${ESTIMATED}; images and documents by rule of thumb` : ESTIMATED };
}
