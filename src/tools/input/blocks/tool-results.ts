/** Tool calls and their results as callers write them, in Converse's, Anthropic's and OpenAI's shape. */
import { isJsonObject, type JsonObject } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type {
  CachePointBlock,
  ContentBlock,
  ToolResultBlock,
  ToolResultContent,
  ToolUseBlock,
} from '../../../messages/types.ts';
import { checkMembers, listAt, objectAt, oneOf, stringAt, type Tell, wrong } from '../fields.ts';
import { cachePointOf, withoutCacheControl } from './anthropic.ts';
import { readMcpPart, structuredPart } from './mcp-results.ts';
import { readFunctionCall } from './openai.ts';

/** What an Anthropic answer says beside a call about who made it. */
const ABOUT_CALL = ['caller'];

export function readToolUse(value: unknown, field: string, tell: Tell): ToolUseBlock {
  const call = objectAt(value, field);
  if (isJsonObject(call['function'])) return readFunctionCall(call, field, tell);
  checkMembers(call, ['toolUseId', 'id', 'name', 'input', 'type'], field, tell, ABOUT_CALL);
  return {
    toolUseId: stringAt(call['toolUseId'] ?? call['id'], `${field}.toolUseId`),
    name: stringAt(call['name'], `${field}.name`),
    input: call['input'] ?? {},
    // `server_tool_use`: a tool that the provider runs itself; Anthropic's plain `tool_use` says nothing new.
    ...blockType(call['type']),
  };
}

export interface ToolResultRead {
  readonly toolResult: ToolResultBlock;
  /** Those that stood inside: the result has no place for them, so they follow it. */
  readonly cachePoints: readonly CachePointBlock[];
}

type ReadBlock = (value: unknown, field: string, tell: Tell) => readonly ContentBlock[];

/** @param readBlock reads a part as a block, with the cache point that it carries behind it. */
export function readToolResult(
  value: JsonObject,
  field: string,
  tell: Tell,
  readBlock: ReadBlock,
): ToolResultRead {
  checkMembers(value, RESULT_MEMBERS, field, tell);
  const { status } = value;
  const isError = value['is_error'] ?? value['isError'];
  if (status !== undefined && status !== null) oneOf(status, ['success', 'error'], `${field}.status`);
  if (isError !== undefined && isError !== null && typeof isError !== 'boolean')
    throw wrong(
      `${field}.${value['is_error'] === undefined ? 'isError' : 'is_error'}`,
      'must be true or false',
    );
  const failed = status === 'error' || isError === true;
  const content = readParts(value['content'] ?? [], `${field}.content`, tell, readBlock);
  const parts = [...content, ...structuredPart(value['structuredContent'], content)];
  return {
    toolResult: {
      toolUseId: stringAt(
        value['toolUseId'] ?? value['tool_use_id'] ?? value['tool_call_id'] ?? value['id'],
        `${field}.toolUseId`,
      ),
      content: parts.flatMap((part) => ('cachePoint' in part ? [] : [part])),
      ...blockType(value['type']),
      ...(failed ? { status: 'error' as const } : status === 'success' ? { status: 'success' as const } : {}),
    },
    cachePoints: parts.flatMap((part) => ('cachePoint' in part ? [part.cachePoint] : [])),
  };
}

const RESULT_MEMBERS = [
  'toolUseId',
  'tool_use_id',
  'tool_call_id',
  'id',
  'content',
  'structuredContent',
  'status',
  'is_error',
  'isError',
  'type',
];

type Part = ToolResultContent | { readonly cachePoint: CachePointBlock };

function readParts(content: unknown, field: string, tell: Tell, readBlock: ReadBlock): readonly Part[] {
  if (typeof content === 'string') return [{ text: content }];
  return listAt(content, field).flatMap((part, at) => readPart(part, `${field}[${at}]`, tell, readBlock));
}

function readPart(value: unknown, field: string, tell: Tell, readBlock: ReadBlock): readonly Part[] {
  if (isJsonObject(value) && 'json' in value) {
    const part = withoutCacheControl(value);
    checkMembers(part, ['json'], field, tell);
    const cachePoint = cachePointOf(value, field, tell);
    return [{ json: part['json'] ?? null }, ...(cachePoint === undefined ? [] : [{ cachePoint }])];
  }
  const own = isJsonObject(value) ? readMcpPart(value, field, tell) : undefined;
  if (own !== undefined) return [own];
  return readBlock(value, field, tell).map((block): Part => {
    if ('text' in block || 'image' in block || 'document' in block || 'video' in block) return block;
    if ('searchResult' in block || 'cachePoint' in block) return block;
    throw wrong(field, 'must be text, json, image, document, video or searchResult');
  });
}
