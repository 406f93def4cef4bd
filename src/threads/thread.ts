/** A stored conversation: its turns in order, who answered, what it cost. Pure. */

import { Big } from 'big.js';
import { defined } from '../defined.ts';
import type { JsonObject, JsonValue } from '../json.ts';
import { emptyAnswerNote, hasWords } from '../messages/answer-notes.ts';
import { isOpenCall } from '../messages/server-tools.ts';
import type {
  Api,
  ContentBlock,
  InferenceRequest,
  Message,
  StopReason,
  SystemBlock,
  Usage,
} from '../messages/types.ts';
import { toWireJson } from '../messages/wire-json.ts';

/** One call: what the caller added, and the answer. */
export interface ThreadTurn {
  /** ISO. */
  readonly time: string;
  readonly callId: string;
  /** Bare model ID. */
  readonly model: string;
  /** As sent. */
  readonly modelId: string;
  readonly api: Api;
  /** What the caller added in this turn, then the assistant's answer. */
  readonly added: readonly Message[];
  readonly stopReason: string;
  readonly usage?: Usage;
  /** Plain decimal; absent = unknown. */
  readonly costUsd?: string;
}

/** What stands beside the messages and is sent again with every turn. */
export interface ThreadSetup {
  readonly system?: readonly SystemBlock[];
  readonly toolConfig?: InferenceRequest['toolConfig'];
  /** Of the model that the tools were given to, where some are a provider's own: no other family takes those. */
  readonly toolFamily?: string;
}

export interface Thread {
  readonly id: string;
  /** ISO, as are the next two. */
  readonly created: string;
  readonly lastUsed: string;
  readonly expires: string;
  /** Size of its file. */
  readonly bytes: number;
  readonly turns: readonly ThreadTurn[];
  /** The latest one stored. */
  readonly setup: ThreadSetup;
  /** Sentences about what its file has lost. */
  readonly warnings: readonly string[];
}

/** A thread in short, as people and models see it. */
export interface ThreadSummary {
  readonly id: string;
  readonly created: string;
  readonly last_used: string;
  readonly expires: string;
  readonly turns: number;
  readonly messages: number;
  /** Bare model IDs, in the order of their first turn. */
  readonly models: readonly string[];
  readonly bytes: number;
  /** Absent when no turn reported any. */
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  /** Plain decimal; absent when no turn's cost is known. */
  readonly cost_usd?: string;
  /** Present when the cost of some turns is not known. */
  readonly cost_note?: string;
  /** IDs of the last answer's tool calls, while nobody has answered them. */
  readonly waiting_for_tools?: readonly string[];
  readonly warnings?: readonly string[];
}

/** The whole conversation in order; answers with the model that gave them. */
export function messagesOf(thread: Thread): Message[] {
  return thread.turns.flatMap(({ added, model }) =>
    // Answers that the caller brought along have no family.
    added.map((message) => (message.family === undefined ? message : { ...message, model })),
  );
}

/** Tool calls in a message that somebody outside has to answer; the provider answers its own tools itself. */
export function toolUseIds({ content }: Message): string[] {
  return content.flatMap((block) => (isOpenCall(block) ? [block.toolUse.toolUseId] : []));
}

export function toolResultIds({ content }: Message): string[] {
  return content.flatMap((block) => ('toolResult' in block ? [block.toolResult.toolUseId] : []));
}

/** IDs of the last message's tool calls that nobody has answered. */
export function waitingIn(messages: readonly Message[]): string[] {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') return [];
  const answered = toolResultIds(last);
  return toolUseIds(last).filter((id) => !answered.includes(id));
}

const SPOILT: Readonly<Partial<Record<StopReason, string>>> = {
  malformed_tool_use: 'The model made a malformed tool call',
  malformed_model_output: 'The model made malformed output',
  content_filtered: "The model's content filter stopped the answer",
  guardrail_intervened: 'A guardrail stopped or replaced the answer',
};
const CUT_OFF: readonly StopReason[] = ['max_tokens', 'model_context_window_exceeded'];

/**
 * Why a turn must not be stored: every later call of the thread would carry it, and fail by it or be misled.
 * @returns a sentence, or undefined for a turn that may be stored.
 */
export function whyNotStored(stopReason: StopReason, answer: readonly ContentBlock[]): string | undefined {
  const spoilt = SPOILT[stopReason];
  if (spoilt !== undefined) return `${spoilt} (stop reason ${stopReason}).`;
  const calls = answer.flatMap((block) => ('toolUse' in block ? [block.toolUse] : []));
  if (calls.length === 0 && !answer.some(hasWords)) {
    const hasReasoning = answer.some((block) => 'reasoningContent' in block);
    return emptyAnswerNote(hasReasoning, stopReason);
  }
  if (calls.some(({ toolUseId }) => toolUseId.trim() === '')) return 'A tool call of the answer has no ID.';
  if (calls.some(({ name }) => name.trim() === '')) return 'A tool call of the answer has no name.';
  const ids = calls.map(({ toolUseId }) => toolUseId);
  const twice = ids.find((id, at) => ids.indexOf(id) !== at);
  if (twice !== undefined) return `Two tool calls of the answer have the same ID (${twice.slice(0, 64)}).`;
  const end = answer.at(-1);
  if (CUT_OFF.includes(stopReason) && end !== undefined && 'toolUse' in end)
    return `The answer was cut off in a tool call (stop reason ${stopReason}), so its input may not be whole.`;
  return undefined;
}

const AMOUNT = /^\d{1,15}(?:\.\d{1,60})?$/;

/** A turn's cost when it is a plain decimal. */
export function knownCost({ costUsd }: ThreadTurn): string | undefined {
  return costUsd !== undefined && AMOUNT.test(costUsd) ? costUsd : undefined;
}

export function summaryOf(thread: Thread): ThreadSummary {
  const { id, created, lastUsed, expires, bytes, turns, warnings } = thread;
  const messages = messagesOf(thread);
  const input = sumOf(turns.map(({ usage }) => usage?.inputTokens));
  const output = sumOf(turns.map(({ usage }) => usage?.outputTokens));
  const costs = turns.flatMap((turn) => knownCost(turn) ?? []);
  const unknown = turns.length - costs.length;
  const waiting = waitingIn(messages);
  return {
    id,
    created,
    last_used: lastUsed,
    expires,
    turns: turns.length,
    messages: messages.length,
    models: [...new Set(turns.map(({ model }) => model))],
    bytes,
    ...defined({ input_tokens: input, output_tokens: output }),
    ...(costs.length === 0
      ? {}
      : { cost_usd: costs.reduce((sum, cost) => sum.plus(cost), new Big(0)).toFixed() }),
    ...(unknown === 0 ? {} : { cost_note: `The cost of ${unknown} of ${turns.length} turns is not known.` }),
    ...(waiting.length === 0 ? {} : { waiting_for_tools: waiting }),
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

function sumOf(counts: readonly (number | undefined)[]): number | undefined {
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, count) => sum + count, 0);
}

/** `{thread: summary, system, tool_config, turns}`: bytes only by their number, signatures only by their start. */
export function describeThread(thread: Thread): JsonObject {
  const { turns, setup } = thread;
  const described = turns.map((turn, at) => ({
    turn: at + 1,
    time: turn.time,
    call_id: turn.callId,
    model: turn.model,
    model_id: turn.modelId,
    api: turn.api,
    stop_reason: turn.stopReason,
    ...(turn.usage === undefined ? {} : { usage: noted(turn.usage) }),
    ...defined({ cost_usd: turn.costUsd }),
    messages: turn.added.map(({ role, content, family }) => ({
      role,
      ...defined({ family }),
      content: content.map((block) => noted(shortSignature(block))),
    })),
  }));
  return {
    thread: noted(summaryOf(thread)),
    ...(setup.system === undefined ? {} : { system: noted(setup.system) }),
    ...(setup.toolConfig === undefined ? {} : { tool_config: noted(setup.toolConfig) }),
    turns: described,
  };
}

const SIGNATURE_SHOWN = 16;

function shortSignature(block: ContentBlock): ContentBlock {
  if (!('reasoningContent' in block) || !('reasoningText' in block.reasoningContent)) return block;
  const { text, signature } = block.reasoningContent.reasoningText;
  if (signature === undefined || signature.length <= SIGNATURE_SHOWN) return block;
  const short = `${signature.slice(0, SIGNATURE_SHOWN)}... (${signature.length} characters)`;
  return { reasoningContent: { reasoningText: { text, signature: short } } };
}

/** As JSON, bytes as a note of how many there are. */
function noted(value: unknown): JsonValue {
  if (value instanceof Uint8Array) return { bytes: value.byteLength };
  if (Array.isArray(value)) return value.map(noted);
  if (typeof value !== 'object' || value === null) return toWireJson(value);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [name, noted(member)]),
  );
}
