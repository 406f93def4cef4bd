/**
 * Conversations as callers write them, read into the neutral form: messages of Converse, Anthropic and OpenAI, plain
 * text, and this server's own answers handed back as they were returned.
 */
import { textAnswerFields } from '../../calls/answer.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { answerText } from '../../messages/answer-text.ts';
import type { ContentBlock, Message } from '../../messages/types.ts';
import { cachePointOf } from './blocks/anthropic.ts';
import { readBlocks, readReasoning, resultBlocks } from './blocks/content-blocks.ts';
import { readToolUse } from './blocks/tool-results.ts';
import { checkMembers, listIn, stringAt, type Tell, wrong } from './fields.ts';

const MESSAGE_KEYS = ['role', 'content', 'text', 'tool_calls', 'reasoning', 'cache_control'];
/** What else stands in an answer of ours, or around one that was collected: no model reads it. */
const ABOUT_ANSWER: ReadonlySet<string> = new Set([
  ...Object.keys(textAnswerFields),
  'call_id',
  'note',
  'status',
  'tool',
]);

/** What stands around an answer in Anthropic's form. */
const ABOUT_ANTHROPIC = ['id', 'type', 'model', 'usage', 'stop_sequence', 'container'];

/**
 * Reads `messages`.
 * @param tell takes sentences about what no model reads.
 * @throws BedrockError `invalid_request` naming the field, such as `messages[1].content[0].image.format`.
 */
export function readMessages(messages: readonly unknown[], tell: Tell = () => undefined): Message[] {
  return messages.map((message, at) => readMessage(message, `messages[${at}]`, tell));
}

function readMessage(value: unknown, field: string, tell: Tell): Message {
  if (!isJsonObject(value)) throw wrong(field, 'must be an object with role and content');
  if (value['role'] === 'tool') return readToolMessage(value, field, tell);
  const isAnswer = value['role'] === 'assistant';
  if (isAnswer && value['next_offset'] !== undefined)
    throw wrong(field, 'is only a part of an answer; collect the rest with get_result and put it into text');
  const known = isAnswer ? [...MESSAGE_KEYS, ...ABOUT_ANSWER] : MESSAGE_KEYS;
  checkMembers(value, known, field, tell, isAnswer ? ABOUT_ANTHROPIC : []);
  // OpenAI's newer name for the system.
  const role = value['role'] === 'developer' ? 'system' : value['role'];
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    throw wrong(`${field}.role`, 'must be "user", "assistant", "system" or "tool"');
  const cachePoint = cachePointOf(value, field, tell);
  const content = readContent(value, field, tell);
  return { role, content: cachePoint === undefined ? content : [...content, { cachePoint }] };
}

/** OpenAI's: `{role: "tool", tool_call_id, content}`. */
function readToolMessage({ role: _, name, ...result }: JsonObject, field: string, tell: Tell): Message {
  // The call has the name of the tool.
  if (name !== undefined) tell(`${field}.name was left out: the tool call has it.`);
  return { role: 'user', content: resultBlocks(result, field, tell) };
}

/** In the order a model needs: its reasoning first, then its words, then its tool calls. */
function readContent(value: JsonObject, field: string, tell: Tell): ContentBlock[] {
  const isAnswer = value['role'] === 'assistant';
  const own = readOwnContent(value['content'] ?? undefined, `${field}.content`, tell);
  const reasoning = listIn(value, 'reasoning', field).map((block, at) => ({
    reasoningContent: readReasoning(block, `${field}.reasoning[${at}]`, tell),
  }));
  // A parsed value takes the place of the text.
  const { parsed } = value;
  const given = value['text'] ?? (isAnswer && parsed !== undefined ? JSON.stringify(parsed) : undefined);
  // A call without words comes back with an empty text.
  const text = given === undefined || given === '' ? [] : [{ text: stringAt(given, `${field}.text`) }];
  const calls = listIn(value, 'tool_calls', field).map((call, at) => ({
    toolUse: readToolUse(call, `${field}.tool_calls[${at}]`, tell),
  }));
  if (!isAnswer || !Array.isArray(value['content'])) return [...reasoning, ...text, ...own, ...calls];
  // An answer of ours that came with `content` has everything in it, in order; what stands beside it are copies.
  const ids = own.flatMap((block) => ('toolUse' in block ? [block.toolUse.toolUseId] : []));
  return [
    ...(own.some((block) => 'reasoningContent' in block) ? [] : reasoning),
    ...(answerText(own) === '' ? text : []),
    ...own,
    ...calls.filter(({ toolUse }) => !ids.includes(toolUse.toolUseId)),
  ];
}

function readOwnContent(content: JsonValue | undefined, field: string, tell: Tell): ContentBlock[] {
  if (content === undefined) return [];
  if (typeof content === 'string') return [{ text: content }];
  if (!Array.isArray(content)) throw wrong(field, 'must be text or an array of content blocks');
  return readBlocks(content, field, tell);
}
