/** One turn of a stored conversation: what came before it, and its place behind that when it has succeeded. */
import { defined } from '../../defined.ts';
import { isOwnKind } from '../../inference/history/carried-tools.ts';
import type { InferenceRequest, Message, Usage } from '../../messages/types.ts';
import { messagesOf, type Thread, type ThreadSetup, whyNotStored } from '../../threads/thread.ts';
import { newThreadId } from '../../threads/thread-id.ts';
import type { Services } from '../services.ts';
import type { BilledAnswer } from './billed-call.ts';

/** A conversation while one call continues it. */
export interface OpenThread {
  readonly id: string;
  readonly before: readonly Message[];
  /** Turns that were there. */
  readonly turns: number;
  /** The system text and tools of the last turn that had any. */
  readonly setup: ThreadSetup;
  /** About what could not be read. */
  readonly warnings: readonly string[];
  /** Lets the next turn begin. */
  release(): void;
}

/** What became of a turn, for its answer. */
export type StoredTurn =
  | {
      readonly thread_id: string;
      readonly turns: number;
      readonly bytes: number;
      readonly cost_usd?: string;
      readonly expires: string;
      readonly warnings?: readonly string[];
    }
  | { readonly thread_id: string; readonly stored: false; readonly reason: string };

/** `thread_id` that begins a conversation. */
export const NEW_THREAD = 'new';

/** @throws BedrockError `unknown_thread`, or `busy` while another call of this process continues the same thread. */
export async function openThread(
  threadId: string,
  callId: string,
  services: Pick<Services, 'threads'>,
): Promise<OpenThread> {
  const threads = services.threads();
  const id = threadId === NEW_THREAD ? newThreadId() : threadId;
  const release = threads.claim(id, callId);
  try {
    const thread = threadId === NEW_THREAD ? undefined : await threads.read(id);
    return {
      id,
      before: thread === undefined ? [] : messagesOf(thread),
      turns: thread?.turns.length ?? 0,
      setup: thread?.setup ?? {},
      warnings: thread?.warnings ?? [],
      release,
    };
  } catch (error) {
    release();
    throw error;
  }
}

/** Stores the turn. Never throws: an answer that was paid for is worth more than its place in the thread. */
export async function storeTurn(
  thread: OpenThread,
  callId: string,
  request: InferenceRequest,
  answer: BilledAnswer,
  { threads, log }: Pick<Services, 'threads' | 'log'>,
): Promise<StoredTurn> {
  const { id, warnings } = thread;
  const notStored = (reason: string) => ({ thread_id: id, stored: false, reason }) as const;
  const reason = whyNotStored(answer.result.stopReason, answer.result.content);
  if (reason !== undefined) return notStored(reason);
  try {
    const stored = await threads().append(id, turnOf(thread, callId, request, answer), {
      after: thread.turns,
      setup: setupOf(request, answer),
    });
    if (!stored.stored) return notStored(stored.reason);
    const { turns, bytes, expires, cost_usd } = stored.thread;
    return {
      ...{ thread_id: id, turns, bytes },
      ...defined({ cost_usd }),
      expires,
      ...(warnings.length === 0 ? {} : { warnings }),
    };
  } catch (error) {
    log.warn('A turn of a thread could not be stored.', { error: String(error) });
    return notStored(error instanceof Error ? error.message : String(error));
  }
}

function turnOf(
  { before }: OpenThread,
  callId: string,
  { messages }: InferenceRequest,
  { result, planned, receipt }: BilledAnswer,
): Thread['turns'][number] {
  const answer: Message = { role: 'assistant', content: result.content, family: planned.model.family };
  return {
    time: new Date().toISOString(),
    callId,
    model: planned.model.id,
    modelId: planned.target.modelId,
    api: planned.route.api,
    added: [...asTurns(messages.slice(before.length)), answer],
    stopReason: result.stopReason,
    usage: usageOf(result.usage, receipt),
    ...defined({ costUsd: receipt.cost_usd }),
  };
}

function setupOf({ system, toolConfig, history }: InferenceRequest, { planned }: BilledAnswer): ThreadSetup {
  const hasOwnKinds = toolConfig?.tools.some(isOwnKind) === true;
  const toolFamily = history?.tools === true ? history.toolFamily : planned.model.family;
  return defined({
    system,
    toolConfig: toolConfig === undefined ? undefined : { tools: toolConfig.tools },
    toolFamily: hasOwnKinds ? toolFamily : undefined,
  });
}

/** The answer may have taken two rounds; the receipt tells what both used. */
function usageOf(last: Usage, { usage }: BilledAnswer['receipt']): Usage {
  if (usage === undefined) return last;
  const { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens } = usage;
  return {
    ...last,
    ...defined({
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      cacheReadInputTokens: cache_read_tokens,
      cacheWriteInputTokens: cache_write_tokens,
    }),
  };
}

/** Neighbours of one role are sent as one message, with a warning; stored as one, no later turn has to warn again. */
function asTurns(messages: readonly Message[]): readonly Message[] {
  const turns: Message[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.role !== message.role) turns.push(message);
    else turns[turns.length - 1] = { ...last, content: [...last.content, ...message.content] };
  }
  return turns;
}
