/**
 * Which tool calls and results of a conversation do not fit together. Whoever asks decides what becomes of them: what a
 * caller says now is refused, what came out of a stored conversation is put into words.
 */
import type { BedrockError } from '../../../../bedrock-error.ts';
import { isOpenCall, isServerToolResult } from '../../../../messages/server-tools.ts';
import type { ContentBlock, Message } from '../../../../messages/types.ts';
import { at, quoted, refusal } from '../rule.ts';

interface Place {
  readonly message: number;
  readonly block: number;
  readonly id: string;
}
export interface ToolFault extends Place {
  /** `same-id`: unanswered, and the turn has another call of this ID. */
  readonly wrong: 'misplaced' | 'same-id' | 'twice' | 'orphan' | 'unanswered';
}
interface Turn {
  readonly role: Message['role'];
  readonly calls: Place[];
  readonly results: Place[];
}

/** The misplaced ones first, the others turn by turn. */
export function toolFaults(messages: readonly Message[]): readonly ToolFault[] {
  const { turns, misplaced } = turnsOf(messages);
  return [
    ...misplaced.map((place) => ({ ...place, wrong: 'misplaced' as const })),
    ...turns.flatMap(({ calls, results }, index) => [
      ...callFaults(calls, turns[index + 1]?.results),
      ...resultFaults(results, turns[index - 1]?.calls),
    ]),
  ];
}

/** A fault in what the caller says now, as a refusal. */
export function faultRefusal({ wrong, message, block, id }: ToolFault): BedrockError {
  const field = (member: string) => at(message, block, member);
  switch (wrong) {
    case 'unanswered':
    case 'same-id':
      return refusal(
        field('toolUse'),
        `The tool call ${quoted(id)} has no result in the next user message.`,
        'Add a toolResult with this toolUseId to the next user message (an error result will do), or remove the call.',
      );
    case 'twice':
      return refusal(
        field('toolResult'),
        `The tool call ${quoted(id)} is answered twice.`,
        'Send one result for each call.',
      );
    default:
      return refusal(
        field('toolResult'),
        `The tool result ${quoted(id)} answers no tool call of the assistant message before it.`,
        'Keep the assistant message with the matching toolUse in the conversation, or remove the result.',
      );
  }
}

/** Calls of one ID are answered in their order: some models give the same one to all calls of a turn. */
function callFaults(calls: readonly Place[], results: readonly Place[] = []): ToolFault[] {
  const answers = timesOf(results);
  const seen = new Set<string>();
  return calls.flatMap((call): ToolFault[] => {
    const left = answers.get(call.id) ?? 0;
    const wrong = seen.has(call.id) ? 'same-id' : 'unanswered';
    answers.set(call.id, left - 1);
    seen.add(call.id);
    return left > 0 ? [] : [{ ...call, wrong }];
  });
}

function resultFaults(results: readonly Place[], calls: readonly Place[] = []): ToolFault[] {
  const waiting = timesOf(calls);
  return results.flatMap((result): ToolFault[] => {
    const left = waiting.get(result.id);
    if (left === undefined) return [{ ...result, wrong: 'orphan' }];
    waiting.set(result.id, left - 1);
    return left > 0 ? [] : [{ ...result, wrong: 'twice' }];
  });
}

function timesOf(places: readonly Place[]): Map<string, number> {
  const times = new Map<string, number>();
  for (const { id } of places) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}

/**
 * Consecutive messages of a role are one turn, whatever system message list between them; tools that the provider ran
 * itself are answered inside their own turn.
 */
function turnsOf(messages: readonly Message[]): { turns: readonly Turn[]; misplaced: readonly Place[] } {
  const turns: Turn[] = [];
  const misplaced: Place[] = [];
  messages.forEach(({ role, content }, message) => {
    if (role === 'system') return;
    let turn = turns.at(-1);
    if (turn?.role !== role) {
      turn = { role, calls: [], results: [] };
      turns.push(turn);
    }
    for (const [block, each] of content.entries()) {
      const place = placeOf(each, role);
      if (place === undefined) continue;
      const { id, list } = place;
      (list === undefined ? misplaced : turn[list]).push({ message, block, id });
    }
  });
  return { turns, misplaced };
}

/** Where a call or result of the caller's belongs in its turn; undefined for anything else. */
function placeOf(
  block: ContentBlock,
  role: Message['role'],
): { readonly id: string; readonly list: 'calls' | 'results' | undefined } | undefined {
  if (isOpenCall(block))
    return { id: block.toolUse.toolUseId, list: role === 'assistant' ? 'calls' : undefined };
  if (!('toolResult' in block)) return undefined;
  const { toolResult } = block;
  if (role === 'user') return { id: toolResult.toolUseId, list: 'results' };
  return isServerToolResult(toolResult) ? undefined : { id: toolResult.toolUseId, list: undefined };
}
