/** Which reasoning of earlier turns may go back to the model. */
import type { CodecModel, ContentBlock, InferenceRequest, ReasoningBlock } from '../../../messages/types.ts';
import { flatMapBlocks, mapContent, type Rule, type RuleContext } from './rule.ts';

/** The request without any reasoning of earlier turns. */
export function withoutReasoning(request: InferenceRequest): InferenceRequest {
  return mapContent(request, ({ content }) =>
    flatMapBlocks(content, (block) => ('reasoningContent' in block ? [] : [block])),
  );
}

/** The request with reasoning of this model alone: what is not known to be its own was made by another. */
export function withOwnReasoning(request: InferenceRequest, modelId: string): InferenceRequest {
  return mapContent(request, ({ content, model }) =>
    model === modelId
      ? content
      : flatMapBlocks(content, (block) => ('reasoningContent' in block ? [] : [block])),
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

/** The reasoning of `before` that `after` has no more. */
export function reasoningLeftOut(before: InferenceRequest, after: InferenceRequest): ReasoningBlock[] {
  const reasoningOf = ({ messages }: InferenceRequest) =>
    messages.flatMap(({ content }) =>
      content.flatMap((block) => ('reasoningContent' in block ? [block.reasoningContent] : [])),
    );
  const left = new Set(reasoningOf(after));
  return reasoningOf(before).filter((block) => !left.has(block));
}

type Judge = (block: Extract<ContentBlock, { readonly reasoningContent: unknown }>) => boolean;

function keepReasoning(request: InferenceRequest, keep: Judge, { id, family }: CodecModel): InferenceRequest {
  return mapContent(request, (message) => {
    // What another model signed or encrypted means nothing to this one, and is refused, also within a family.
    const isForeign = (message.family ?? family) !== family || (message.model ?? id) !== id;
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

/**
 * "If an assistant message contains any thinking blocks, the first block must be `thinking`" (aws/bedrock-agentcore-sdk-python#419);
 * a Claude that chooses when to think may begin with words.
 */
export const THINKING_FIRST: Rule = {
  name: 'thinking-first',
  apply(request, context) {
    if (context.model.features.reasoning !== 'claude-budget') return request;
    const ordered = mapContent(request, ({ content }) => {
      const isThought = (block: ContentBlock) => 'reasoningContent' in block;
      const [first] = content;
      if (first === undefined || isThought(first) || !content.some(isThought)) return content;
      return [...content.filter(isThought), ...content.filter((block) => !isThought(block))];
    });
    if (ordered !== request)
      context.warn('Reasoning of earlier answers was put first in its message, where the model wants it.');
    return ordered;
  },
};

export const REASONING_HISTORY_RULES: readonly Rule[] = [
  {
    name: 'reasoning-in-history',
    apply(request, context) {
      const judge = judgeFor(context);
      if (judge === undefined) return request;
      const kept = keepReasoning(request, judge, context.model);
      if (kept !== request) {
        context.warn(
          'Reasoning of earlier turns was left out where this model cannot take it (unsigned, or from another model).',
        );
      }
      return kept;
    },
  },
  THINKING_FIRST,
];
