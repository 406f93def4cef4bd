/** Rules about which tools may, must or must not be called. */

import type { ToolChoiceKind } from '../../../catalog/types.ts';
import { APIS } from '../../../messages/apis.ts';
import type { InferenceRequest, ToolChoice } from '../../../messages/types.ts';
import { quoted, type Rule, type RuleContext, refusal } from './rule.ts';

/** Must the model call a tool? */
export function isForced(request: InferenceRequest): boolean {
  const choice = request.toolConfig?.toolChoice;
  return choice !== undefined && ('any' in choice || 'tool' in choice);
}

/** The request with the choice left to the model. */
export function forceAutoToolChoice(request: InferenceRequest): InferenceRequest {
  const { toolConfig } = request;
  return toolConfig === undefined
    ? request
    : { ...request, toolConfig: { ...toolConfig, toolChoice: { auto: {} } } };
}

function withoutToolChoice(request: InferenceRequest): InferenceRequest {
  if (request.toolConfig === undefined) return request;
  const { toolChoice: _, ...toolConfig } = request.toolConfig;
  return { ...request, toolConfig };
}

function kindOf(choice: ToolChoice): ToolChoiceKind | 'none' {
  if ('tool' in choice) return 'tool';
  if ('any' in choice) return 'any';
  return 'none' in choice ? 'none' : 'auto';
}

/** Have tools been called in this conversation? Then Converse demands a toolConfig. */
export function hasToolHistory(request: InferenceRequest): boolean {
  return request.messages.some((message) =>
    message.content.some((block) => 'toolUse' in block || 'toolResult' in block),
  );
}

/** Where there is no `none`: without tool history the tools are left out, with it the model is free. */
function withoutNone(request: InferenceRequest, context: RuleContext): InferenceRequest {
  if (hasToolHistory(request)) {
    context.warn(
      `The tool choice none was left out: ${APIS[context.api].name} has none and demands the tools of the history.`,
    );
    return withoutToolChoice(request);
  }
  const { toolConfig: _, ...rest } = request;
  return rest;
}

export const TOOL_CHOICE_CHECKS: readonly Rule[] = [
  {
    name: 'chosen-tool-exists',
    apply(request) {
      const choice = request.toolConfig?.toolChoice;
      if (choice === undefined || !('tool' in choice)) return request;
      const { name } = choice.tool;
      const known = request.toolConfig?.tools.some(
        (tool) =>
          ('toolSpec' in tool && tool.toolSpec.name === name) ||
          ('systemTool' in tool && tool.systemTool.name === name) ||
          ('nativeTool' in tool && tool.nativeTool['name'] === name),
      );
      if (known === true) return request;
      throw refusal(
        'toolConfig.toolChoice.tool.name',
        `The tool choice names ${quoted(name)}, which is not among the tools.`,
        'Name one of the tools that are sent with the request.',
      );
    },
  },
];

export const TOOL_CHOICE_RULES: readonly Rule[] = [
  {
    name: 'tool-choice-kind',
    apply(request, context) {
      const choice = request.toolConfig?.toolChoice;
      if (choice === undefined) return request;
      const kind = kindOf(choice);
      if (kind === 'none') return APIS[context.api].choosesNoTool ? request : withoutNone(request, context);
      const allowed = context.model.features.toolChoice;
      if (allowed === undefined || allowed.includes(kind)) return request;
      if (kind !== 'auto') {
        context.warn(`The tool choice ${kind} was changed to auto, because the model does not accept it.`);
      }
      return allowed.includes('auto') ? forceAutoToolChoice(request) : withoutToolChoice(request);
    },
  },
];
