/** Content blocks as callers write them: Converse's JSON (bytes as base64), or the shapes of Anthropic, MCP and OpenAI. */
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import type {
  CachePointBlock,
  CitationsBlock,
  ContentBlock,
  GuardContentBlock,
  ReasoningBlock,
} from '../../../messages/types.ts';
import { base64At, checkMembers, listIn, objectAt, oneOf, stringAt, type Tell, wrong } from '../fields.ts';
import { ANTHROPIC_BLOCKS, cachePointOf, withoutCacheControl } from './anthropic.ts';
import { readDocument, readSearchResult, readTexts } from './documents.ts';
import { readAudio, readImage, readVideo } from './media.ts';
import { OPENAI_PARTS } from './openai.ts';
import { readToolResult, readToolUse } from './tool-results.ts';

type Reader = (value: JsonValue, field: string, tell: Tell) => ContentBlock;

/** One reader per Converse block; adding a block kind is adding a row. Tool results hold blocks and stand apart. */
const CONVERSE_BLOCKS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['text', (value, field) => ({ text: stringAt(value, field) })],
  ['image', (value, field, tell) => ({ image: readImage(value, field, tell) })],
  ['document', (value, field, tell) => ({ document: readDocument(value, field, tell) })],
  ['video', (value, field, tell) => ({ video: readVideo(value, field, tell) })],
  ['audio', (value, field, tell) => ({ audio: readAudio(value, field, tell) })],
  ['toolUse', (value, field, tell) => ({ toolUse: readToolUse(value, field, tell) })],
  ['reasoningContent', (value, field, tell) => ({ reasoningContent: readReasoning(value, field, tell) })],
  ['cachePoint', (value, field, tell) => ({ cachePoint: readCachePoint(value, field, tell) })],
  ['guardContent', (value, field, tell) => ({ guardContent: readGuardContent(value, field, tell) })],
  [
    'searchResult',
    (value, field, tell) => ({ searchResult: readSearchResult(objectAt(value, field), field, tell) }),
  ],
  ['citationsContent', (value, field, tell) => ({ citationsContent: readCitations(value, field, tell) })],
  [
    'unknown',
    (value, field, tell) => {
      const block = objectAt(value, field);
      checkMembers(block, ['name', 'value'], field, tell);
      return { unknown: { name: stringAt(block['name'], `${field}.name`), value: block['value'] ?? {} } };
    },
  ],
]);
const KINDS = [...CONVERSE_BLOCKS.keys(), 'toolResult'].filter((kind) => kind !== 'unknown');

/** A list of blocks, each with the cache point that it carries behind it. */
export function readBlocks(values: readonly unknown[], field: string, tell: Tell): ContentBlock[] {
  return values.flatMap((value, at) => readBlock(value, `${field}[${at}]`, tell));
}

function readBlock(value: unknown, field: string, tell: Tell): readonly ContentBlock[] {
  if (typeof value === 'string') return [{ text: value }];
  if (!isJsonObject(value)) throw wrong(field, 'must be a content block');
  const cachePoint = cachePointOf(value, field, tell);
  const block = withoutCacheControl(value);
  const { type } = block;
  const read =
    typeof type === 'string'
      ? readTypedBlock(block, type, field, tell)
      : readConverseBlock(block, field, tell);
  return cachePoint === undefined ? read : [...read, { cachePoint }];
}

function readConverseBlock(block: JsonObject, field: string, tell: Tell): readonly ContentBlock[] {
  const given = Object.keys(block).filter((name) => block[name] !== null);
  const kinds = given.filter((name) => name === 'toolResult' || CONVERSE_BLOCKS.has(name));
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw wrong(field, `must have exactly one of ${KINDS.join(', ')}`);
  checkMembers(block, [kind], field, tell);
  const value = block[kind] ?? null;
  const place = `${field}.${kind}`;
  if (kind === 'toolResult') return resultBlocks(objectAt(value, place), place, tell);
  const read = CONVERSE_BLOCKS.get(kind);
  return read === undefined ? [] : [read(value, place, tell)];
}

function readTypedBlock(block: JsonObject, type: string, field: string, tell: Tell): readonly ContentBlock[] {
  const read = ANTHROPIC_BLOCKS.get(type) ?? OPENAI_PARTS.get(type);
  if (read !== undefined) return [read(block, field, tell)];
  if (type === 'tool_use' || type === 'server_tool_use')
    return [{ toolUse: readToolUse(block, field, tell) }];
  if (type === 'tool_result') return resultBlocks(block, field, tell);
  throw wrong(
    `${field}.type`,
    `"${type.slice(0, 40)}" is not known here; use Converse blocks such as {"text": ...} or {"toolResult": ...}`,
  );
}

/** A tool result, with the cache point that stood inside it behind it. */
export function resultBlocks(value: JsonObject, field: string, tell: Tell): readonly ContentBlock[] {
  const { toolResult, cachePoints } = readToolResult(value, field, tell, readBlock);
  const last = cachePoints.at(-1);
  return [{ toolResult }, ...(last === undefined ? [] : [{ cachePoint: last }])];
}

/** A cache point as written: `{type: "default", ttl?: "5m" | "1h"}`. */
export function readCachePoint(value: unknown, field: string, tell: Tell): CachePointBlock {
  const point = objectAt(value, field);
  checkMembers(point, ['type', 'ttl'], field, tell);
  const { type, ttl } = point;
  if (type !== undefined) oneOf(type, ['default'], `${field}.type`);
  if (ttl === undefined || ttl === null) return { type: 'default' };
  return { type: 'default', ttl: oneOf(ttl, ['5m', '1h'], `${field}.ttl`) };
}

/** Reasoning of an earlier answer: Converse's block, or this server's own short form. */
export function readReasoning(value: unknown, field: string, tell: Tell): ReasoningBlock {
  const block = objectAt(value, field);
  const redacted = block['redactedContent'] ?? block['redacted'];
  if (redacted !== undefined && redacted !== null) {
    checkMembers(block, ['redactedContent', 'redacted'], field, tell);
    return { redactedContent: base64At(redacted, `${field}.redactedContent`) };
  }
  const isShort = block['reasoningText'] === undefined;
  if (!isShort) checkMembers(block, ['reasoningText'], field, tell);
  const inner = isShort ? block : objectAt(block['reasoningText'], `${field}.reasoningText`);
  const place = isShort ? field : `${field}.reasoningText`;
  checkMembers(inner, ['text', 'signature'], place, tell);
  const signature = inner['signature'] ?? undefined;
  return {
    reasoningText: {
      // Signed thinking that is not shown has no text, and libraries keep it as null (danny-avila/LibreChat#13888).
      text: stringAt(inner['text'] ?? (signature === undefined ? null : ''), `${place}.text`),
      ...(signature === undefined ? {} : { signature: stringAt(signature, `${place}.signature`) }),
    },
  };
}

function readGuardContent(value: JsonValue, field: string, tell: Tell): GuardContentBlock {
  const block = objectAt(value, field);
  checkMembers(block, ['text', 'image'], field, tell);
  if (block['image'] !== undefined) {
    checkMembers(block, ['image'], field, tell);
    const { format, source } = readImage(block['image'], `${field}.image`, tell);
    if ((format !== 'png' && format !== 'jpeg') || !('bytes' in source)) {
      throw wrong(`${field}.image`, 'must be a png or jpeg image with bytes');
    }
    return { image: { format, source } };
  }
  const inner = objectAt(block['text'], `${field}.text`);
  checkMembers(inner, ['text', 'qualifiers'], `${field}.text`, tell);
  const qualifiers = listIn(inner, 'qualifiers', `${field}.text`).map((each, at) =>
    stringAt(each, `${field}.text.qualifiers[${at}]`),
  );
  const text = stringAt(inner['text'], `${field}.text.text`);
  return { text: { text, ...(qualifiers.length === 0 ? {} : { qualifiers }) } };
}

function readCitations(value: JsonValue, field: string, tell: Tell): CitationsBlock {
  const block = objectAt(value, field);
  checkMembers(block, ['content', 'citations'], field, tell);
  return {
    content: readTexts(block['content'] ?? [], `${field}.content`, tell),
    citations: listIn(block, 'citations', field).map((each, at) =>
      objectAt(each, `${field}.citations[${at}]`),
    ),
  };
}
