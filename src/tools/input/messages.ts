/**
 * Conversations as callers write them, read into the neutral form: Converse's JSON (bytes as base64), Anthropic's block
 * shape (agents write it from habit), plain text, and this server's own answers handed back as they were returned.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { documentFormat, imageFormat } from '../../messages/file-format.ts';
import { blockType } from '../../messages/server-tools.ts';
import type {
  CachePointBlock,
  ContentBlock,
  DocumentBlock,
  GuardContentBlock,
  ImageBlock,
  MediaSource,
  Message,
  ReasoningBlock,
  ToolResultContent,
  VideoBlock,
} from '../../messages/types.ts';
import { answerOutput } from '../output/answer.ts';
import { readSearchResult } from './documents.ts';
import { base64At, listAt, listIn, objectAt, oneOf, stringAt, wrong } from './fields.ts';

const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'] as const;
const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const;
const VIDEO_FORMATS = ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'] as const;
const MESSAGE_KEYS = ['role', 'content', 'text', 'tool_calls', 'reasoning'];
/** What else stands in an answer of ours, or around one that was collected: no model reads it. */
const ABOUT_ANSWER: ReadonlySet<string> = new Set([
  ...Object.keys(answerOutput),
  'call_id',
  'note',
  'status',
  'tool',
]);

/**
 * Reads `messages`.
 * @throws BedrockError `invalid_request` naming the field, such as `messages[1].content[0].image.format`.
 */
export function readMessages(messages: readonly unknown[]): Message[] {
  return messages.map((message, at) => readMessage(message, `messages[${at}]`));
}

function readMessage(value: unknown, field: string): Message {
  if (!isJsonObject(value)) throw wrong(field, 'must be an object with role and content');
  const isAnswer = value['role'] === 'assistant';
  if (isAnswer && value['next_offset'] !== undefined)
    throw wrong(field, 'is only a part of an answer; collect the rest with get_result and put it into text');
  const extra = Object.keys(value).find(
    (key) => !MESSAGE_KEYS.includes(key) && !(isAnswer && ABOUT_ANSWER.has(key)),
  );
  if (extra !== undefined)
    throw wrong(
      `${field}.${extra.slice(0, 64)}`,
      `is not known here; a message has ${MESSAGE_KEYS.join(', ')}`,
    );
  // OpenAI's newer name for the system.
  const role = value['role'] === 'developer' ? 'system' : value['role'];
  if (role !== 'user' && role !== 'assistant' && role !== 'system')
    throw wrong(`${field}.role`, 'must be "user", "assistant" or "system"');
  const own = value['content'];
  const content: ContentBlock[] = [];
  // An answer that came with `content` has everything in it, in order; what stands beside it are copies.
  if (role === 'assistant' && Array.isArray(own)) {
    for (const [at, block] of own.entries()) content.push(readBlock(block, `${field}.content[${at}]`));
    return { role, content };
  }
  // The order a model needs: its reasoning first, then its words, then its tool calls.
  for (const [at, block] of listIn(value, 'reasoning', field).entries()) {
    content.push({ reasoningContent: readReasoning(block, `${field}.reasoning[${at}]`) });
  }
  // A parsed value takes the place of the text.
  const { parsed } = value;
  const text = value['text'] ?? (isAnswer && parsed !== undefined ? JSON.stringify(parsed) : undefined);
  // A call without words comes back with an empty text.
  if (text !== undefined && text !== '') content.push({ text: stringAt(text, `${field}.text`) });
  if (typeof own === 'string') content.push({ text: own });
  else if (own !== undefined) {
    if (!Array.isArray(own)) throw wrong(`${field}.content`, 'must be text or an array of content blocks');
    for (const [at, block] of own.entries()) content.push(readBlock(block, `${field}.content[${at}]`));
  }
  for (const [at, call] of listIn(value, 'tool_calls', field).entries()) {
    content.push({ toolUse: readToolUse(call, `${field}.tool_calls[${at}]`) });
  }
  return { role, content };
}

type Reader = (value: JsonValue, field: string) => ContentBlock;

/** One reader per Converse block; adding a block kind is adding a row. */
const BLOCKS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['text', (value, field) => ({ text: stringAt(value, field) })],
  ['image', (value, field) => ({ image: readImage(value, field) })],
  ['document', (value, field) => ({ document: readDocument(value, field) })],
  ['video', (value, field) => ({ video: readVideo(value, field) })],
  [
    'audio',
    (value, field) => {
      const audio = objectAt(value, field);
      return {
        audio: {
          format: stringAt(audio['format'], `${field}.format`),
          source: readSource(audio['source'], `${field}.source`),
        },
      };
    },
  ],
  ['toolUse', (value, field) => ({ toolUse: readToolUse(value, field) })],
  ['toolResult', (value, field) => ({ toolResult: readToolResult(objectAt(value, field), field) })],
  ['reasoningContent', (value, field) => ({ reasoningContent: readReasoning(value, field) })],
  ['cachePoint', (value, field) => ({ cachePoint: readCachePoint(value, field) })],
  ['guardContent', (value, field) => ({ guardContent: readGuardContent(objectAt(value, field), field) })],
  ['searchResult', (value, field) => ({ searchResult: readSearchResult(objectAt(value, field), field) })],
  [
    'citationsContent',
    (value, field) => {
      const block = objectAt(value, field);
      const content = listIn(block, 'content', field).map((part, at) => ({
        text: stringAt(objectAt(part, `${field}.content[${at}]`)['text'], `${field}.content[${at}].text`),
      }));
      return {
        citationsContent: { content, citations: listIn(block, 'citations', field).filter(isJsonObject) },
      };
    },
  ],
  [
    'unknown',
    (value, field) => {
      const block = objectAt(value, field);
      return { unknown: { name: stringAt(block['name'], `${field}.name`), value: block['value'] ?? {} } };
    },
  ],
]);

function readBlock(value: unknown, field: string): ContentBlock {
  if (typeof value === 'string') return { text: value };
  if (!isJsonObject(value)) throw wrong(field, 'must be a content block');
  if (typeof value['type'] === 'string') return readTypedBlock(value, value['type'], field);
  const kinds = Object.keys(value);
  const [kind] = kinds;
  const read = kind === undefined ? undefined : BLOCKS.get(kind);
  if (kind === undefined || kinds.length !== 1 || read === undefined) {
    throw wrong(
      field,
      `must have exactly one of ${[...BLOCKS.keys()].filter((name) => name !== 'unknown').join(', ')}`,
    );
  }
  return read(value[kind] ?? null, `${field}.${kind}`);
}

/** Anthropic's shape: `{type: "text" | "image" | "document" | "tool_use" | "tool_result" | "thinking" ...}`, or MCP's. */
function readTypedBlock(value: JsonObject, type: string, field: string): ContentBlock {
  switch (type) {
    case 'text':
      return { text: stringAt(value['text'], `${field}.text`) };
    case 'image':
      return { image: readTypedImage(value, field) };
    case 'audio':
      return {
        audio: {
          format: mimeOf(value['mimeType']),
          source: { bytes: base64At(value['data'], `${field}.data`) },
        },
      };
    case 'document':
      return { document: readTypedDocument(value, field) };
    case 'tool_use':
      return { toolUse: readToolUse(value, field) };
    case 'tool_result':
      return { toolResult: readToolResult(value, field) };
    case 'search_result':
      return { searchResult: readSearchResult(value, field) };
    case 'thinking': {
      const signature = value['signature'];
      return {
        reasoningContent: {
          reasoningText: {
            text: stringAt(value['thinking'], `${field}.thinking`),
            ...(typeof signature === 'string' ? { signature } : {}),
          },
        },
      };
    }
    case 'redacted_thinking':
      return { reasoningContent: { redactedContent: base64At(value['data'], `${field}.data`) } };
    default:
      throw wrong(
        `${field}.type`,
        `"${type.slice(0, 40)}" is not known here; use Converse blocks such as {"text": ...} or {"toolResult": ...}`,
      );
  }
}

function mimeOf(type: unknown): string {
  return String(type ?? '').replace(/^(?:image|audio)\//, '');
}

function readTypedImage(value: JsonObject, field: string): ImageBlock {
  // MCP's own block.
  if (value['data'] !== undefined) {
    return {
      format: oneOf(mimeOf(value['mimeType']), IMAGE_FORMATS, `${field}.mimeType`),
      source: { bytes: base64At(value['data'], `${field}.data`) },
    };
  }
  const source = typedSource(value, ['base64'], field);
  return {
    format: oneOf(mimeOf(source['media_type']), IMAGE_FORMATS, `${field}.source.media_type`),
    source: { bytes: base64At(source['data'], `${field}.source.data`) },
  };
}

function readTypedDocument(value: JsonObject, field: string): DocumentBlock {
  const { type, data, content = null } = typedSource(value, ['base64', 'text', 'content'], field);
  const { title, context, citations } = value;
  const given = () => stringAt(data, `${field}.source.data`);
  const source =
    type === 'base64'
      ? { bytes: given() }
      : type === 'text'
        ? { text: given() }
        : typeof content === 'string'
          ? { text: content }
          : { content };
  return readDocument(
    {
      ...(typeof title === 'string' ? { name: title } : {}),
      source,
      ...(context === undefined ? {} : { context }),
      ...(citations === undefined ? {} : { citations }),
    },
    field,
  );
}

/** Their API fetches addresses; Bedrock's does not. */
function typedSource(value: JsonObject, types: readonly string[], field: string): JsonObject {
  const source = objectAt(value['source'], `${field}.source`);
  if (types.includes(String(source['type'] ?? 'base64'))) return { type: 'base64', ...source };
  throw wrong(`${field}.source.type`, `must be ${types.join(' or ')}; addresses and paths go into files`);
}

function readToolUse(value: unknown, field: string) {
  const call = objectAt(value, field);
  return {
    toolUseId: stringAt(call['toolUseId'] ?? call['id'], `${field}.toolUseId`),
    name: stringAt(call['name'], `${field}.name`),
    input: call['input'] ?? {},
    // `server_tool_use`: a tool that the provider runs itself; Anthropic's plain `tool_use` says nothing new.
    ...blockType(call['type']),
  };
}

function readToolResult(value: JsonObject, field: string) {
  const content = value['content'];
  const status = value['status'];
  if (status !== undefined && status !== 'success' && status !== 'error')
    throw wrong(`${field}.status`, 'must be "success" or "error"');
  const failed = status === 'error' || value['is_error'] === true;
  const parts: ToolResultContent[] =
    content === undefined
      ? []
      : typeof content === 'string'
        ? [{ text: content }]
        : listAt(content, `${field}.content`).map((part, at) =>
            readToolResultContent(part, `${field}.content[${at}]`),
          );
  return {
    toolUseId: stringAt(value['toolUseId'] ?? value['tool_use_id'] ?? value['id'], `${field}.toolUseId`),
    content: parts,
    ...blockType(value['type']),
    ...(failed ? { status: 'error' as const } : status === 'success' ? { status: 'success' as const } : {}),
  };
}

function readToolResultContent(value: unknown, field: string): ToolResultContent {
  if (typeof value === 'string') return { text: value };
  const part = objectAt(value, field);
  if ('json' in part) return { json: part['json'] ?? null };
  const block = readBlock(part, field);
  if ('text' in block || 'image' in block || 'document' in block || 'video' in block) return block;
  if ('searchResult' in block) return block;
  throw wrong(field, 'must be text, json, image, document, video or searchResult');
}

function readGuardContent(value: JsonObject, field: string): GuardContentBlock {
  if (value['image'] !== undefined) {
    const { format, source } = readImage(value['image'], `${field}.image`);
    if ((format !== 'png' && format !== 'jpeg') || !('bytes' in source)) {
      throw wrong(`${field}.image`, 'must be a png or jpeg image with bytes');
    }
    return { image: { format, source } };
  }
  const inner = objectAt(value['text'], `${field}.text`);
  const qualifiers = listIn(inner, 'qualifiers', `${field}.text`).map((each, at) =>
    stringAt(each, `${field}.text.qualifiers[${at}]`),
  );
  const text = stringAt(inner['text'], `${field}.text.text`);
  return { text: { text, ...(qualifiers.length === 0 ? {} : { qualifiers }) } };
}

function readReasoning(value: unknown, field: string): ReasoningBlock {
  const block = objectAt(value, field);
  const redacted = block['redactedContent'] ?? block['redacted'];
  if (redacted !== undefined) return { redactedContent: base64At(redacted, `${field}.redactedContent`) };
  const inner =
    block['reasoningText'] === undefined ? block : objectAt(block['reasoningText'], `${field}.reasoningText`);
  const signature = inner['signature'];
  return {
    reasoningText: {
      text: stringAt(inner['text'], `${field}.text`),
      ...(typeof signature === 'string' ? { signature } : {}),
    },
  };
}

function readImage(value: JsonValue, field: string): ImageBlock {
  const image = objectAt(value, field);
  const source = readSource(image['source'], `${field}.source`);
  const declared = image['format'] === 'jpg' ? 'jpeg' : image['format'];
  const format = declared ?? ('bytes' in source ? imageFormat(source.bytes) : undefined);
  return { format: oneOf(format, IMAGE_FORMATS, `${field}.format`), source };
}

function readVideo(value: JsonValue, field: string): VideoBlock {
  const video = objectAt(value, field);
  return {
    format: oneOf(video['format'], VIDEO_FORMATS, `${field}.format`),
    source: readSource(video['source'], `${field}.source`),
  };
}

function readDocument(value: JsonValue, field: string): DocumentBlock {
  const document = objectAt(value, field);
  const source = objectAt(document['source'], `${field}.source`);
  const citations = document['citations'];
  const context = document['context'];
  const read = readDocumentSource(source, `${field}.source`);
  const sniffed = 'bytes' in read ? documentFormat(read.bytes, 'txt') : undefined;
  return {
    format: oneOf(document['format'] ?? sniffed ?? 'txt', DOCUMENT_FORMATS, `${field}.format`),
    name: stringAt(document['name'] ?? 'document', `${field}.name`),
    source: read,
    ...(typeof context === 'string' ? { context } : {}),
    ...(isJsonObject(citations) ? { citations: { enabled: citations['enabled'] === true } } : {}),
  };
}

function readDocumentSource(source: JsonObject, field: string): DocumentBlock['source'] {
  if (source['text'] !== undefined) return { text: stringAt(source['text'], `${field}.text`) };
  if (source['content'] === undefined) return readSource(source, field);
  const parts = listAt(source['content'], `${field}.content`);
  return {
    content: parts.map((part, at) => ({
      text: stringAt(objectAt(part, `${field}.content[${at}]`)['text'], `${field}.content[${at}].text`),
    })),
  };
}

function readSource(value: unknown, field: string): MediaSource {
  const source = objectAt(value, field);
  const s3 = source['s3Location'];
  if (s3 !== undefined) {
    const location = objectAt(s3, `${field}.s3Location`);
    const uri = stringAt(location['uri'], `${field}.s3Location.uri`);
    if (!uri.startsWith('s3://')) throw wrong(`${field}.s3Location.uri`, 'must start with s3://');
    const owner = location['bucketOwner'];
    return { s3Location: { uri, ...(typeof owner === 'string' ? { bucketOwner: owner } : {}) } };
  }
  return { bytes: base64At(source['bytes'], `${field}.bytes`) };
}

/** A cache point as written: `{type: "default", ttl?: "5m" | "1h"}`. */
export function readCachePoint(value: unknown, field: string): CachePointBlock {
  const point = objectAt(value, field);
  const ttl = point['ttl'];
  if (ttl !== undefined && ttl !== '5m' && ttl !== '1h') throw wrong(`${field}.ttl`, 'must be "5m" or "1h"');
  return { type: 'default', ...(ttl === undefined ? {} : { ttl }) };
}
