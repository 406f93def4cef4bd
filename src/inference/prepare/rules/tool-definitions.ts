/** Rules about the tools that a request offers. */
import { APIS } from '../../../messages/apis.ts';
import { isServerToolUse } from '../../../messages/server-tools.ts';
import type { InferenceRequest, Tool, ToolSpec } from '../../../messages/types.ts';
import { isBlank, quoted, type Rule, type RuleContext, refusal, unsupported } from './rule.ts';
import { hasToolHistory } from './tool-choice.ts';
import { nameOf } from './tool-names.ts';

function toolsOf(request: InferenceRequest): readonly Tool[] {
  return request.toolConfig?.tools ?? [];
}

function withTools(request: InferenceRequest, tools: readonly Tool[]): InferenceRequest {
  return { ...request, toolConfig: { ...request.toolConfig, tools } };
}

/** Replaces tool specifications; the same request when every one stays the same object. */
export function mapSpecs(request: InferenceRequest, map: (spec: ToolSpec) => ToolSpec): InferenceRequest {
  const tools = toolsOf(request);
  const mapped = tools.map((tool): Tool => {
    if (!('toolSpec' in tool)) return tool;
    const toolSpec = map(tool.toolSpec);
    return toolSpec === tool.toolSpec ? tool : { toolSpec };
  });
  return mapped.every((tool, index) => tool === tools[index]) ? request : withTools(request, mapped);
}

function toolsSupported(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const offered = toolsOf(request).some((tool) => !('cachePoint' in tool));
  if (context.model.features.tools !== false || !(offered || hasToolHistory(request))) return request;
  throw unsupported(
    context.model,
    offered ? 'toolConfig.tools' : 'messages',
    'tool use',
    'Choose a model that supports tools (list_models with the capability tools), or send no tools and no tool results.',
  );
}

function uniqueNames(request: InferenceRequest): InferenceRequest {
  const seen = new Set<string>();
  toolsOf(request).forEach((tool, index) => {
    const name = nameOf(tool);
    if (name === undefined) return;
    const field = `tools[${index}]`;
    if (isBlank(name)) throw refusal(field, `The tool at ${field} has no name.`, 'Give every tool a name.');
    if (seen.has(name)) {
      throw refusal(field, `Two tools are called ${quoted(name)}.`, 'Give every tool a name of its own.');
    }
    seen.add(name);
  });
  return request;
}

/**
 * Converse refuses tool blocks in the history without a toolConfig (dify#16421). The tools are taken from the
 * history's own names; their schemas accept anything, because the true ones are not known here.
 */
function historyTools(request: InferenceRequest): readonly Tool[] {
  const tools = new Map<string, Tool>();
  for (const message of request.messages) {
    for (const block of message.content) {
      if (!('toolUse' in block)) continue;
      const { name } = block.toolUse;
      if (isServerToolUse(block.toolUse)) tools.set(name, { systemTool: { name } });
      else if (!tools.has(name)) {
        tools.set(name, { toolSpec: { name, description: name, inputSchema: { type: 'object' } } });
      }
    }
  }
  return [...tools.values()];
}

function toolConfigForHistory(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { toolConfig, ...rest } = request;
  if (toolsOf(request).some((tool) => !('cachePoint' in tool))) return request;
  const tools = APIS[context.api].demandsHistoryTools ? historyTools(request) : [];
  if (tools.length === 0) {
    if (toolConfig === undefined) return request;
    if (toolConfig.toolChoice !== undefined)
      context.warn('The tool choice was left out: there are no tools.');
    return rest; // an empty toolConfig is refused
  }
  const names = tools.map((tool) => quoted(nameOf(tool) ?? '')).join(', ');
  context.warn(
    `The history contains tool calls but no tools were given: minimal definitions of ${names} were added, because ${APIS[context.api].name} demands them.`,
  );
  return { ...rest, toolConfig: { tools } };
}

export const TOOL_CHECKS: readonly Rule[] = [
  { name: 'tools-supported', apply: toolsSupported },
  { name: 'unique-tool-names', apply: uniqueNames },
  {
    name: 'provider-tools-native-only',
    apply(request, context) {
      const index = toolsOf(request).findIndex((tool) => 'nativeTool' in tool);
      const { form, name } = APIS[context.api];
      if (form === 'provider' || index === -1) return request;
      throw unsupported(
        context.model,
        `toolConfig.tools[${index}]`,
        `a provider's own typed tools through ${name}`,
        'Use api: "native" for them.',
      );
    },
  },
];

export const TOOL_DEFINITION_RULES: readonly Rule[] = [
  { name: 'tool-config-for-history', apply: toolConfigForHistory },
  {
    name: 'tool-descriptions',
    apply: (request, context) =>
      mapSpecs(request, (spec) => {
        if (spec.description === undefined || !isBlank(spec.description)) return spec;
        context.warn(
          `The tool ${quoted(spec.name)} was described by its name, because its description was empty.`,
        );
        return { ...spec, description: spec.name };
      }),
  },
];
