/** Tools that a thread goes on offering, of which only one provider's models, or only one API, take some. Pure. */
import type { InferenceRequest, Tool } from '../../messages/types.ts';

/** Is it a tool of a provider's own kind? */
export function isOwnKind(tool: Tool): boolean {
  return 'nativeTool' in tool || 'systemTool' in tool;
}

/**
 * Does a tool belong to models of another family?
 * @param givenTo family of the model that it was given to; absent in threads of older versions.
 */
export function isForeignTool(tool: Tool, givenTo: string | undefined, family: string): boolean {
  if ('nativeTool' in tool) return family !== (givenTo ?? 'claude');
  return 'systemTool' in tool && family !== (givenTo ?? 'nova');
}

/** The request without some of its tools; when none is left, there is nothing to choose either. */
export function withoutTools(
  request: InferenceRequest,
  isLeft: (tool: Tool) => boolean,
): { readonly request: InferenceRequest; readonly names: readonly string[] } {
  const { toolConfig, ...rest } = request;
  const left = toolConfig?.tools.filter(isLeft) ?? [];
  if (toolConfig === undefined || left.length === 0) return { request, names: [] };
  const tools = toolConfig.tools.filter((tool) => !left.includes(tool));
  const isNone = tools.every((tool) => 'cachePoint' in tool);
  return {
    request: isNone ? rest : { ...rest, toolConfig: { ...toolConfig, tools } },
    names: left.map(nameOf),
  };
}

function nameOf(tool: Tool): string {
  if ('systemTool' in tool) return tool.systemTool.name;
  if (!('nativeTool' in tool)) return 'tool';
  const { name, type } = tool.nativeTool;
  return typeof name === 'string' ? name : typeof type === 'string' ? type : 'tool';
}
