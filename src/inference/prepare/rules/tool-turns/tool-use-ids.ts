/**
 * The IDs of tool calls in the form that the model accepts, each one once in a request: Kimi and Grok count from
 * `list_dir:0` in every turn, and Claude refuses an ID that it has seen (anomalyco/opencode#1279).
 */
import { isOpenCall } from '../../../../messages/server-tools.ts';
import type { ContentBlock, InferenceRequest, Message } from '../../../../messages/types.ts';
import { shortHash } from '../renames.ts';
import { flatMapBlocks, mapContent, type Rule, type RuleContext } from '../rule.ts';

/** `Tool call id was a but must be a-z, A-Z, 0-9, with a length of 9.` (anomalyco/opencode#48843). */
const NINE = /^[a-zA-Z0-9]{9}$/;
const CONVERSE_ID = /^[a-zA-Z0-9_.:-]{1,64}$/;
/** Anthropic's own pattern is narrower than Converse's. */
const ANTHROPIC_ID = /^[a-zA-Z0-9_-]{1,64}$/;

function mapToolUseIds(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const nameOf = createNaming(request, context);
  /** Of the calls of the last turn: the IDs sent in place of each, in the order of the calls. */
  let sent = new Map<string, string[]>();
  let role: Message['role'] | undefined;
  const mapped = mapContent(request, (message) => {
    if (message.role === 'assistant' && role !== 'assistant') sent = new Map();
    if (message.role !== 'system') role = message.role;
    const answered = new Map<string, number>();
    return flatMapBlocks(message.content, (block): readonly ContentBlock[] => {
      if ('toolUse' in block) {
        const { toolUseId } = block.toolUse;
        const id = isOpenCall(block) ? nameOf(toolUseId) : toolUseId;
        sent.set(toolUseId, [...(sent.get(toolUseId) ?? []), id]);
        return id === toolUseId ? [block] : [{ toolUse: { ...block.toolUse, toolUseId: id } }];
      }
      if (!('toolResult' in block)) return [block];
      const { toolUseId } = block.toolResult;
      const nth = answered.get(toolUseId) ?? 0;
      answered.set(toolUseId, nth + 1);
      const id = sent.get(toolUseId)?.[nth] ?? toolUseId;
      return id === toolUseId ? [block] : [{ toolResult: { ...block.toolResult, toolUseId: id } }];
    });
  });
  if (mapped !== request) {
    context.warn(
      'Tool use IDs of the history were rewritten: the model accepts others, or each one only once.',
    );
  }
  return mapped;
}

/** Gives each call of the request, in its order, an ID that is valid and was not given before. */
function createNaming(request: InferenceRequest, { model, toolUseIds }: RuleContext) {
  const nine = model.features.toolUseId === 'nine-alphanumerics';
  // Converse hands Claude's IDs on as they are.
  const pattern = nine ? NINE : model.family === 'claude' ? ANTHROPIC_ID : CONVERSE_ID;
  for (const { content } of request.messages)
    for (const block of content)
      if ('toolUse' in block && pattern.test(block.toolUse.toolUseId))
        toolUseIds.keep(block.toolUse.toolUseId);
  const times = new Map<string, number>();
  return (id: string): string => {
    const nth = times.get(id) ?? 0;
    times.set(id, nth + 1);
    if (nth === 0 && pattern.test(id)) return id;
    const seed = nth === 0 ? id : `${id} ${nth}`;
    // A hash, never a part of the ID: Bedrock's IDs all begin alike, so cut ones would soon be the same.
    return toolUseIds.rename(
      id,
      (attempt) => (nine ? shortHash(seed, attempt, 9) : `tooluse_${shortHash(seed, attempt, 20)}`),
      nth,
    );
  };
}

export const TOOL_USE_ID_RULES: readonly Rule[] = [{ name: 'tool-use-ids', apply: mapToolUseIds }];
