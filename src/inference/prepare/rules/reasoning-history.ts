/** Which reasoning of earlier turns may go back to the model. */
import type { ContentBlock, InferenceRequest } from '../../../messages/types.ts';
import { flatMapBlocks, mapContent, type Rule, type RuleContext } from './rule.ts';

/** The request without any reasoning of earlier turns. */
export function withoutReasoning(request: InferenceRequest): InferenceRequest {
  return mapContent(request, ({ content }) =>
    flatMapBlocks(content, (block) => ('reasoningContent' in block ? [] : [block])),
  );
}

/** The request with the text of earlier reasoning but without signatures and encrypted parts. */
export function withoutSignatures(request: InferenceRequest): InferenceRequest {
  return mapContent(request, (message) =>
    flatMapBlocks(message.content, (block) => {
      if (!('reasoningContent' in block)) return [block];
      const { reasoningContent } = block;
      if (!('reasoningText' in reasoningContent)) return [];
      if (reasoningContent.reasoningText.signature === undefined) return [block];
      return [{ reasoningContent: { reasoningText: { text: reasoningContent.reasoningText.text } } }];
    }),
  );
}

type Judge = (block: Extract<ContentBlock, { readonly reasoningContent: unknown }>) => boolean;

function keepReasoning(request: InferenceRequest, keep: Judge, family: string): InferenceRequest {
  return mapContent(request, (message) => {
    // What another family signed or encrypted means nothing to this one, and is refused.
    const isForeign = message.family !== undefined && message.family !== family;
    return flatMapBlocks(message.content, (block) =>
      'reasoningContent' in block && (isForeign || !keep(block)) ? [] : [block],
    );
  });
}

/** Signed or encrypted, as Claude gives it; reasoning without that comes from another model. */
const isSigned: Judge = ({ reasoningContent }) =>
  'redactedContent' in reasoningContent || (reasoningContent.reasoningText.signature ?? '') !== '';
const isEncrypted: Judge = ({ reasoningContent }) => 'redactedContent' in reasoningContent;
const never: Judge = () => false;

/**
 * undefined = leave it. Claude must get its own blocks back byte for byte; GPT encrypts its reasoning; DeepSeek
 * refuses any (AWS sample), gpt-oss prints replayed reasoning into the answer (Vercel AI SDK), the rest refuses
 * signatures (pi-mono) and works without.
 */
function judgeFor(context: RuleContext): Judge | undefined {
  const { family, features } = context.model;
  if (family === 'unknown') return undefined;
  if (family === 'claude') return features.reasoning === 'none' ? never : isSigned;
  return family === 'gpt' ? isEncrypted : never;
}

export const REASONING_HISTORY_RULES: readonly Rule[] = [
  {
    name: 'reasoning-in-history',
    apply(request, context) {
      const judge = judgeFor(context);
      if (judge === undefined) return request;
      const kept = keepReasoning(request, judge, context.model.family);
      if (kept !== request) {
        context.warn(
          'Reasoning of earlier turns was left out where this model cannot take it (unsigned, or from another model).',
        );
      }
      return kept;
    },
  },
];
