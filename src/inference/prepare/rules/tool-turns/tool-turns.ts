/** Rules about tool calls and the results that answer them in the conversation. */

import { isJsonObject, parseJson } from '../../../../json.ts';
import { isOpenCall, isServerToolResult } from '../../../../messages/server-tools.ts';
import type { ContentBlock, InferenceRequest, Message } from '../../../../messages/types.ts';
import { at, flatMapBlocks, mapContent, quoted, type Rule, type RuleContext, refusal } from '../rule.ts';
import { TOOL_RESULT_RULES } from './tool-results.ts';
import { TOOL_USE_ID_RULES } from './tool-use-ids.ts';

interface Place {
  readonly id: string;
  readonly field: string;
}
interface Turn {
  readonly role: Message['role'];
  readonly calls: Place[];
  readonly results: Place[];
}

/** Consecutive messages of a role are one turn; tools that the provider ran itself are answered inside their own turn. */
function turnsOf(messages: readonly Message[]): readonly Turn[] {
  const turns: Turn[] = [];
  messages.forEach((message, m) => {
    let turn = turns.at(-1);
    if (turn?.role !== message.role) {
      turn = { role: message.role, calls: [], results: [] };
      turns.push(turn);
    }
    message.content.forEach((block, b) => {
      if (isOpenCall(block)) {
        turn.calls.push({ id: block.toolUse.toolUseId, field: at(m, b, 'toolUse') });
      }
      if ('toolResult' in block && message.role === 'user') {
        turn.results.push({ id: block.toolResult.toolUseId, field: at(m, b, 'toolResult') });
      }
    });
  });
  return turns;
}

function pairedCalls(request: InferenceRequest): InferenceRequest {
  const turns = turnsOf(request.messages).filter((turn) => turn.role !== 'system');
  turns.forEach((turn, index) => {
    // Calls of one ID are answered in their order: some models give the same one to all calls of a turn.
    const answers = timesOf(turns[index + 1]?.results);
    for (const { id, field } of turn.calls) {
      const left = answers.get(id) ?? 0;
      answers.set(id, left - 1);
      if (left > 0) continue;
      throw refusal(
        field,
        `The tool call ${quoted(id)} has no result in the next user message.`,
        'Add a toolResult with this toolUseId to the next user message (an error result will do), or remove the call.',
      );
    }
    const calls = timesOf(turns[index - 1]?.calls);
    for (const { id, field } of turn.results) {
      const left = calls.get(id);
      if (left === undefined) {
        throw refusal(
          field,
          `The tool result ${quoted(id)} answers no tool call of the assistant message before it.`,
          'Keep the assistant message with the matching toolUse in the conversation, or remove the result.',
        );
      }
      if (left === 0) {
        throw refusal(
          field,
          `The tool call ${quoted(id)} is answered twice.`,
          'Send one result for each call.',
        );
      }
      calls.set(id, left - 1);
    }
  });
  return request;
}

function timesOf(places: readonly Place[] = []): Map<string, number> {
  const times = new Map<string, number>();
  for (const { id } of places) times.set(id, (times.get(id) ?? 0) + 1);
  return times;
}

function toolBlockRoles(request: InferenceRequest): InferenceRequest {
  request.messages.forEach((message, m) => {
    message.content.forEach((block, b) => {
      if ('toolUse' in block && message.role !== 'assistant') {
        throw refusal(
          at(m, b, 'toolUse'),
          `A toolUse block stands in a ${message.role} message.`,
          'Tool calls belong to assistant messages.',
        );
      }
      // Only a provider's own tool is answered by the assistant, and its results carry a type.
      if ('toolResult' in block && message.role !== 'user' && !isServerToolResult(block.toolResult)) {
        throw refusal(
          at(m, b, 'toolResult'),
          `A toolResult block stands in a ${message.role} message.`,
          'Tool results belong to the user message after the call.',
        );
      }
    });
  });
  return request;
}

/** Text of a broken call, kept after `malformed_tool_use`, must not poison the rest of the conversation. */
function objectInput(block: ContentBlock, context: RuleContext): ContentBlock {
  if (!('toolUse' in block) || isJsonObject(block.toolUse.input)) return block;
  const { input } = block.toolUse;
  const held = typeof input === 'string' ? parseJson(input) : undefined;
  if (isJsonObject(held)) {
    context.warn('A tool input in the history was a JSON text and was sent as the object in it.');
    return { toolUse: { ...block.toolUse, input: held } };
  }
  context.warn('A tool input in the history was not an object and was wrapped in {"value": ...}.');
  return { toolUse: { ...block.toolUse, input: { value: input } } };
}

export const TOOL_TURN_CHECKS: readonly Rule[] = [
  { name: 'tool-block-roles', apply: toolBlockRoles },
  { name: 'paired-tool-calls', apply: pairedCalls },
];

export const TOOL_TURN_RULES: readonly Rule[] = [
  {
    name: 'object-tool-input',
    apply: (request, context) =>
      mapContent(request, (message) =>
        flatMapBlocks(message.content, (block) => [objectInput(block, context)]),
      ),
  },
  ...TOOL_RESULT_RULES,
  ...TOOL_USE_ID_RULES,
];
