/**
 * Which model made a piece of signed or encrypted reasoning, as far as this process has seen. A signature belongs to the
 * model that made it: another one refuses the block, even of the same family (vybestack/llxprt-code#2335). Callers hand
 * answers back without saying whose they are.
 */
import { createHash } from 'node:crypto';
import type { ContentBlock, InferenceRequest, Message, ReasoningBlock } from '../../messages/types.ts';

export interface ReasoningOrigins {
  /** An answer of this model. */
  made(modelId: string, content: readonly ContentBlock[]): void;
  /** This model refused them, so some other one made them. */
  refused(modelId: string, blocks: readonly ReasoningBlock[]): void;
  /** The request with the maker of each message, where it is known or known to be another model than this one. */
  toldTo(modelId: string, request: InferenceRequest): InferenceRequest;
}

const ANOTHER = 'another model';
/** Bounded: a process answers for months. */
const LIMIT = 20_000;

export function createReasoningOrigins(): ReasoningOrigins {
  const makers = new Map<string, string>();
  const refusals = new Map<string, string>();

  const makerOf = (modelId: string, { content }: Message): string | undefined => {
    const keys = content.flatMap(keysOf);
    const known = keys.find((key) => makers.has(key));
    if (known !== undefined) return makers.get(known);
    return keys.some((key) => refusals.has(`${modelId} ${key}`)) ? ANOTHER : undefined;
  };

  return {
    made(modelId, content) {
      for (const key of content.flatMap(keysOf)) put(makers, key, modelId);
    },
    refused(modelId, blocks) {
      for (const key of blocks.flatMap(keyOf)) put(refusals, `${modelId} ${key}`, modelId);
    },
    toldTo(modelId, request) {
      let isNew = false;
      const messages = request.messages.map((message) => {
        if (message.role !== 'assistant' || message.model !== undefined) return message;
        const model = makerOf(modelId, message);
        if (model === undefined) return message;
        isNew = true;
        return { ...message, model };
      });
      return isNew ? { ...request, messages } : request;
    },
  };
}

function keysOf(block: ContentBlock): string[] {
  return 'reasoningContent' in block ? keyOf(block.reasoningContent) : [];
}

/** Signatures may have many kilobytes. */
function keyOf(block: ReasoningBlock): string[] {
  const proof = 'redactedContent' in block ? block.redactedContent : (block.reasoningText.signature ?? '');
  return proof.length === 0 ? [] : [createHash('sha256').update(proof).digest('base64')];
}

function put(map: Map<string, string>, key: string, value: string): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > LIMIT && oldest.done === false) map.delete(oldest.value);
}
