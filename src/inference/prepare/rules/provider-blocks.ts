/**
 * Blocks of earlier answers that only one provider, or only one of its two APIs, understands: tools that it ran itself,
 * blocks that nobody here knows, citations. To all others they are told in words.
 */
import { isJsonObject, type JsonObject } from '../../../json.ts';
import { APIS, isOwnForm } from '../../../messages/apis.ts';
import { inWords } from '../../../messages/blocks-as-text.ts';
import { isServerToolResult, isServerToolUse } from '../../../messages/server-tools.ts';
import type { Api, ContentBlock, InferenceRequest, Message } from '../../../messages/types.ts';
import { flatMapBlocks, mapContent, type Rule, type RuleContext } from './rule.ts';

function providerBlocks(request: InferenceRequest, { model, api, warn }: RuleContext): InferenceRequest {
  const told = mapContent(request, (message) => {
    const isForeign = message.family !== undefined && message.family !== model.family;
    return flatMapBlocks(message.content, (block) =>
      isUnderstood(block, message, model.family, api, isForeign) ? [block] : inWords(block),
    );
  });
  if (told !== request)
    warn('Blocks of earlier answers that only their own provider reads there were put into words.');
  return told;
}

function isUnderstood(
  block: ContentBlock,
  message: Message,
  family: string,
  api: Api,
  isForeign: boolean,
): boolean {
  const isCommon = APIS[api].form === 'common';
  if ('unknown' in block) {
    // Anthropic's form is the only native one that has blocks of its own, each with its type.
    const { name, value } = block.unknown;
    const isAnthropic = isJsonObject(value) && value['type'] === name;
    return !isForeign && (isCommon ? !isAnthropic : isAnthropic && isOwnForm(api, family, 'claude'));
  }
  // The native codecs read them as text, and Claude's its own as they are.
  if ('citationsContent' in block)
    return !isCommon || (!isForeign && block.citationsContent.citations.every(isConverses));
  const isServers =
    ('toolUse' in block && isServerToolUse(block.toolUse)) ||
    ('toolResult' in block && isServerToolResult(block.toolResult));
  if (!isServers) return true;
  if (isForeign || !isCommon) return !isForeign && isOwnForm(api, family, 'claude');
  // Over its own API Claude's tools answer in blocks that Converse does not know.
  return !('toolUse' in block) || isAnswered(block.toolUse.toolUseId, message);
}

function isAnswered(toolUseId: string, { content }: Message): boolean {
  return content.some((block) => 'toolResult' in block && block.toolResult.toolUseId === toolUseId);
}

/** Anthropic's citations have a type, Cohere's name documents by ID. */
function isConverses(citation: JsonObject): boolean {
  return citation['type'] === undefined && citation['document_ids'] === undefined;
}

export const PROVIDER_BLOCK_RULES: readonly Rule[] = [{ name: 'provider-blocks', apply: providerBlocks }];
