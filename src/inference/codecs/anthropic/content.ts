/** Content blocks between the neutral language and Anthropic's Messages form, both ways. */
import { fromBase64, toBase64 } from '../../../base64.ts';
import { isJsonObject, type JsonObject, jsonFields, objectsOf, textOf } from '../../../json.ts';
import { TEXT_DOCUMENTS } from '../../../messages/file-format.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type {
  CachePointBlock,
  CitationsBlock,
  ContentBlock,
  DocumentBlock,
  ImageBlock,
  Message,
  ReasoningBlock,
  SystemBlock,
  Tool,
  ToolResultBlock,
  ToolResultContent,
} from '../../../messages/types.ts';
import { badRequest, cannotCarry } from '../fields/refusals.ts';

export const FORM = 'Anthropic Messages';

export function encodeMessage(message: Message, at: number): JsonObject {
  const field = `messages[${at}].content`;
  return { role: message.role, content: withCachePoints(message.content, field, encodeBlock) };
}

export function encodeSystem(system: readonly SystemBlock[]): JsonObject[] {
  return withCachePoints(system, 'system', (block, field) => {
    if ('guardContent' in block) throw cannotCarry(FORM, 'guard content', `${field}.guardContent`);
    return 'text' in block ? { type: 'text', text: block.text } : undefined;
  });
}

export function encodeTools(tools: readonly Tool[]): JsonObject[] {
  return withCachePoints(tools, 'toolConfig.tools', (tool, field) => {
    if ('systemTool' in tool) throw cannotCarry(FORM, "Bedrock's system tools", `${field}.systemTool`);
    if ('nativeTool' in tool) return tool.nativeTool;
    if (!('toolSpec' in tool)) return undefined;
    const { name, description, inputSchema, strict, anthropicFields } = tool.toolSpec;
    return jsonFields({ name, description, input_schema: inputSchema, strict, ...anthropicFields });
  });
}

/**
 * Encodes a list whose cache points mark the entry before them. Anthropic refuses the mark on thinking blocks, so it
 * goes to the nearest earlier entry that is none. Throws invalid_request for a cache point with nothing before it.
 */
function withCachePoints<T extends object>(
  entries: readonly T[],
  field: string,
  encode: (entry: T, field: string) => JsonObject | undefined,
): JsonObject[] {
  const encoded: JsonObject[] = [];
  entries.forEach((entry, index) => {
    const at = `${field}[${index}]`;
    const cachePoint = cachePointOf(entry);
    if (cachePoint === undefined) {
      const block = encode(entry, at);
      if (block !== undefined) encoded.push(block);
      return;
    }
    const marked = encoded.findLastIndex(({ type }) => type !== 'thinking' && type !== 'redacted_thinking');
    const block = encoded[marked];
    if (block === undefined) {
      throw badRequest(
        `A cache point marks the block before it, and there is none before ${at}.`,
        'Move the cache point behind the content to be cached.',
        `${at}.cachePoint`,
      );
    }
    const { ttl } = cachePoint;
    encoded[marked] = { ...block, cache_control: jsonFields({ type: 'ephemeral', ttl }) };
  });
  return encoded;
}

function cachePointOf(entry: object): CachePointBlock | undefined {
  return hasCachePoint(entry) ? entry.cachePoint : undefined;
}

function hasCachePoint(entry: object): entry is { readonly cachePoint: CachePointBlock } {
  return 'cachePoint' in entry;
}

/** Undefined for a block that has no place here and no meaning to Claude: reasoning that Claude did not sign. */
function encodeBlock(block: ContentBlock, field: string): JsonObject | undefined {
  if ('text' in block) return { type: 'text', text: block.text };
  if ('image' in block) return encodeImage(block.image, field);
  if ('document' in block) return encodeDocument(block.document, field);
  if ('toolUse' in block) {
    const { toolUseId, name, input, type } = block.toolUse;
    return { type: type ?? 'tool_use', id: toolUseId, name, input };
  }
  if ('toolResult' in block) return encodeToolResult(block.toolResult, field);
  if ('reasoningContent' in block) return encodeReasoning(block.reasoningContent);
  if ('citationsContent' in block) return encodeCitations(block.citationsContent);
  if ('searchResult' in block) return encodeSearchResult(block.searchResult);
  if ('unknown' in block) {
    if (isJsonObject(block.unknown.value)) return block.unknown.value;
    throw cannotCarry(FORM, 'a block that is not an object', `${field}.unknown`);
  }
  if ('video' in block) throw cannotCarry(FORM, 'video', `${field}.video`);
  if ('audio' in block) throw cannotCarry(FORM, 'audio', `${field}.audio`);
  if ('guardContent' in block) throw cannotCarry(FORM, 'guard content', `${field}.guardContent`);
  return undefined;
}

function encodeImage(image: ImageBlock, field: string): JsonObject {
  if (!('bytes' in image.source))
    throw cannotCarry(FORM, 'an image in S3', `${field}.image.source.s3Location`);
  return { type: 'image', source: base64Source(`image/${image.format}`, image.source.bytes) };
}

function encodeDocument(document: DocumentBlock, field: string): JsonObject {
  return jsonFields({
    type: 'document',
    source: documentSource(document, field),
    title: document.name,
    context: document.context,
    citations: document.citations && { enabled: document.citations.enabled },
  });
}

/** Other formats are converted by Converse alone. */
export function readsDocument({ source, format }: DocumentBlock): boolean {
  if ('bytes' in source) return format === 'pdf' || TEXT_DOCUMENTS.has(format);
  return 'text' in source || 'content' in source;
}

/** The Messages form reads PDF as bytes and text formats as plain text; Converse converts the rest. */
function documentSource({ source, format }: DocumentBlock, field: string): JsonObject {
  if ('text' in source) return { type: 'text', media_type: 'text/plain', data: source.text };
  if ('content' in source) {
    return { type: 'content', content: source.content.map(({ text }) => ({ type: 'text', text })) };
  }
  if (!('bytes' in source)) {
    throw cannotCarry(FORM, 'a document in S3', `${field}.document.source.s3Location`);
  }
  if (format === 'pdf') return base64Source('application/pdf', source.bytes);
  if (!TEXT_DOCUMENTS.has(format)) {
    throw cannotCarry(FORM, `a ${format} document`, `${field}.document.format`);
  }
  return { type: 'text', media_type: 'text/plain', data: new TextDecoder().decode(source.bytes) };
}

function base64Source(mediaType: string, bytes: Uint8Array): JsonObject {
  return { type: 'base64', media_type: mediaType, data: toBase64(bytes) };
}

function encodeToolResult(result: ToolResultBlock, field: string): JsonObject {
  return jsonFields({
    type: result.type ?? 'tool_result',
    tool_use_id: result.toolUseId,
    content: result.content.map((part, at) => encodeResultPart(part, `${field}.toolResult.content[${at}]`)),
    is_error: result.status === 'error' ? true : undefined,
  });
}

function encodeResultPart(part: ToolResultContent, field: string): JsonObject {
  if ('text' in part) return { type: 'text', text: part.text };
  if ('json' in part) return { type: 'text', text: JSON.stringify(part.json) };
  if ('image' in part) return encodeImage(part.image, field);
  if ('document' in part) return encodeDocument(part.document, field);
  if ('searchResult' in part) return encodeSearchResult(part.searchResult);
  throw cannotCarry(FORM, 'video in a tool result', `${field}.video`);
}

/** Signed thinking goes back unmodified; unsigned reasoning (another family's) would be refused and is left out. */
function encodeReasoning(reasoning: ReasoningBlock): JsonObject | undefined {
  if ('redactedContent' in reasoning) {
    return { type: 'redacted_thinking', data: toBase64(reasoning.redactedContent) };
  }
  const { text, signature } = reasoning.reasoningText;
  if (signature === undefined || signature === '') return undefined;
  return { type: 'thinking', thinking: text, signature };
}

/** Citations go back only in Anthropic's own shape (each has a `type`); Converse's shape would be refused. */
function encodeCitations({ content, citations }: CitationsBlock): JsonObject {
  const own = citations.filter((citation) => typeof citation['type'] === 'string');
  return jsonFields({
    type: 'text',
    text: content.map((part) => part.text).join(''),
    citations: own.length === 0 ? undefined : own,
  });
}

function encodeSearchResult(result: JsonObject): JsonObject {
  const content = objectsOf(result['content']).map((part) => ({ type: 'text', ...part }));
  return { type: 'search_result', ...result, content };
}

/** Undefined for an empty text block, which would be refused when the conversation goes on. */
export function decodeBlock(block: JsonObject): ContentBlock | undefined {
  switch (block['type']) {
    case 'text':
      return decodeText(block);
    case 'thinking':
      return decodeThinking(block);
    case 'redacted_thinking':
      return redactedBlock(block);
    case 'tool_use':
    case 'server_tool_use':
      return decodeToolUse(block);
    default:
      return unknownBlock(block);
  }
}

/** A block kept as it came, so that it can be sent back as it came. */
export function unknownBlock(block: JsonObject): ContentBlock {
  return { unknown: { name: textOf(block['type']) ?? 'block', value: block } };
}

/** Redacted thinking as bytes; where base64 would not give the same text again, the block is kept whole instead. */
export function redactedBlock(block: JsonObject): ContentBlock {
  const data = textOf(block['data']);
  const bytes = data === undefined ? undefined : fromBase64(data);
  return bytes === undefined ? unknownBlock(block) : { reasoningContent: { redactedContent: bytes } };
}

function decodeText(block: JsonObject): ContentBlock | undefined {
  const text = textOf(block['text']) ?? '';
  const citations = objectsOf(block['citations']);
  if (citations.length > 0) return { citationsContent: { content: [{ text }], citations } };
  return text === '' ? undefined : { text };
}

function decodeThinking(block: JsonObject): ContentBlock {
  const signature = textOf(block['signature']) ?? '';
  const text = textOf(block['thinking']) ?? '';
  return { reasoningContent: { reasoningText: { text, ...(signature === '' ? {} : { signature }) } } };
}

function decodeToolUse(block: JsonObject): ContentBlock {
  const { id, name, type } = block;
  if (typeof id !== 'string' || typeof name !== 'string') return unknownBlock(block);
  const { input = {} } = block;
  return { toolUse: { toolUseId: id, name, input, ...blockType(type) } };
}
