/** One turn of a conversation that is kept on disk: what came before it, and its place in the file when it has succeeded. */

import type { Asked } from '../../calls/billed-call.ts';
import type { Services } from '../../calls/services.ts';
import { isOwnKind } from '../../inference/history/carried-tools.ts';
import type { InferenceRequest, Message, Usage } from '../../messages/types.ts';
import { messagesOf, type Thread, type ThreadSetup, whyNotStored } from '../../threads/thread.ts';
import { newThreadId } from '../../threads/thread-id.ts';

export interface ThreadTurnInProgress {
  readonly id: string;
  readonly before: readonly Message[];
  /** The system text and tools of the last turn that had any. */
  readonly setup: ThreadSetup;
  /** Stores the turn. Never throws: an answer that was paid for is worth more than its place in the file. */
  store(request: InferenceRequest, asked: Asked): Promise<Record<string, unknown>>;
  /** Lets the next turn begin. */
  release(): void;
}

/** `thread_id` that begins a conversation. */
export const NEW_THREAD = 'new';

/**
 * @throws BedrockError `unknown_thread`, or `busy` while another call of this process continues the same thread.
 */
export async function openTurn(
  threadId: string,
  callId: string,
  services: Services,
): Promise<ThreadTurnInProgress> {
  const threads = services.threads();
  const id = threadId === NEW_THREAD ? newThreadId() : threadId;
  const release = threads.claim(id, callId);
  let thread: Thread | undefined;
  try {
    thread = threadId === NEW_THREAD ? undefined : await threads.read(id);
  } catch (error) {
    release();
    throw error;
  }
  const before = thread === undefined ? [] : messagesOf(thread);
  return {
    id,
    before,
    setup: thread?.setup ?? {},
    release,
    async store(request, { result, planned, receipt }) {
      const reason = whyNotStored(result.stopReason, result.content);
      if (reason !== undefined) return notStored(id, reason);
      const answer: Message = { role: 'assistant', content: result.content, family: planned.model.family };
      const { system, toolConfig, kept } = request;
      const hasOwnKinds = toolConfig?.tools.some(isOwnKind) === true;
      const toolFamily = kept?.tools === true ? kept.toolFamily : planned.model.family;
      try {
        const stored = await threads.append(
          id,
          {
            time: new Date().toISOString(),
            callId,
            model: planned.model.id,
            modelId: planned.target.modelId,
            api: planned.route.api,
            added: [...asTurns(request.messages.slice(before.length)), answer],
            stopReason: result.stopReason,
            usage: usageOf(result.usage, receipt),
            ...(receipt.cost_usd === undefined ? {} : { costUsd: receipt.cost_usd }),
          },
          {
            after: thread?.turns.length ?? 0,
            setup: {
              ...(system === undefined ? {} : { system }),
              ...(toolConfig === undefined ? {} : { toolConfig: { tools: toolConfig.tools } }),
              ...(hasOwnKinds && toolFamily !== undefined ? { toolFamily } : {}),
            },
          },
        );
        if (!stored.stored) return notStored(id, stored.reason);
        const { turns, bytes, expires, cost_usd } = stored.thread;
        const warnings = thread?.warnings ?? [];
        return {
          thread_id: id,
          turns,
          bytes,
          ...(cost_usd === undefined ? {} : { cost_usd }),
          expires,
          ...(warnings.length === 0 ? {} : { warnings }),
        };
      } catch (error) {
        services.log.warn('A turn of a thread could not be stored.', { error: String(error) });
        return notStored(id, error instanceof Error ? error.message : String(error));
      }
    },
  };
}

function notStored(id: string, reason: string): Record<string, unknown> {
  return { thread_id: id, stored: false, reason };
}

/** The answer may have taken two rounds; the receipt tells what both used. */
function usageOf(last: Usage, { usage }: Asked['receipt']): Usage {
  if (usage === undefined) return last;
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
  return {
    ...last,
    ...(input_tokens === undefined ? {} : { inputTokens: input_tokens }),
    ...(output_tokens === undefined ? {} : { outputTokens: output_tokens }),
    ...(cache_read_tokens === undefined ? {} : { cacheReadInputTokens: cache_read_tokens }),
    ...(cache_write_tokens === undefined ? {} : { cacheWriteInputTokens: cache_write_tokens }),
  };
}

/** Neighbours of one role are sent as one message, with a warning; kept as one, no later turn has to warn again. */
function asTurns(messages: readonly Message[]): readonly Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.role !== message.role) turns.push(message);
    else turns[turns.length - 1] = { ...last, content: [...last.content, ...message.content] };
  }
  return turns;
}
