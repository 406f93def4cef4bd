/** Rules about tool calls and the results that answer them in the conversation. */

import { isJsonObject, parseJson } from '../../../../json.ts';
import { isServerToolResult } from '../../../../messages/server-tools.ts';
import type { ContentBlock, InferenceRequest } from '../../../../messages/types.ts';
import { at, flatMapBlocks, mapContent, type Rule, type RuleContext, refusal } from '../rule.ts';
import { faultRefusal, toolFaults } from './tool-faults.ts';
import { TOOL_RESULT_RULES } from './tool-results.ts';
import { TOOL_USE_ID_RULES } from './tool-use-ids.ts';

function pairedCalls(request: InferenceRequest): InferenceRequest {
  const [fault] = toolFaults(request.messages);
  if (fault !== undefined) throw faultRefusal(fault);
  return request;
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
