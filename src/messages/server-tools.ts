/**
 * Which tool calls and results are the provider's own. AWS writes a type into every toolUse block since 2025-11 (in
 * nearly every whole Converse answer of Claude, in newer streams, in Nova 2 beside a system tool): `tool_use` is a
 * call for the caller to answer, and only `server_tool_use` is one that the provider ran itself. Pure.
 */
import type { ContentBlock, ToolResultBlock, ToolUseBlock } from './types.ts';

/** A call that the provider answers itself. A type that nobody knows is the caller's to answer. */
export function isServerToolUse(toolUse: Pick<ToolUseBlock, 'type'>): boolean {
  return toolUse.type === 'server_tool_use';
}

/** A result that the provider wrote itself, such as `web_search_tool_result`. */
export function isServerToolResult(toolResult: Pick<ToolResultBlock, 'type'>): boolean {
  return toolResult.type !== undefined && toolResult.type !== 'tool_result';
}

/** A tool call that waits for the caller's answer. */
export function isOpenCall(
  block: ContentBlock,
): block is Extract<ContentBlock, { readonly toolUse: ToolUseBlock }> {
  return 'toolUse' in block && !isServerToolUse(block.toolUse);
}

/** The `type` member of a tool call or result, where it says more than that the block is one. */
export function blockType(type: unknown): { readonly type?: string } {
  return typeof type === 'string' && type !== 'tool_use' && type !== 'tool_result' ? { type } : {};
}
