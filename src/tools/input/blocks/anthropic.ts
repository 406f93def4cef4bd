/** Content blocks in Anthropic's shape, which agents write from habit, and MCP's own of the same names. */
import type { JsonObject } from '../../../json.ts';
import type { CachePointBlock, ContentBlock, ImageBlock, ReasoningBlock } from '../../../messages/types.ts';
import { base64At, checkMembers, listIn, objectAt, oneOf, stringAt, type Tell, wrong } from '../fields.ts';
import { readSearchResult, readTypedDocument } from './documents.ts';
import { IMAGE_FORMATS } from './media.ts';

export type TypedReader = (value: JsonObject, field: string, tell: Tell) => ContentBlock;

/** By `type`. Tool calls and results are read elsewhere, because results hold blocks themselves. */
export const ANTHROPIC_BLOCKS: ReadonlyMap<string, TypedReader> = new Map<string, TypedReader>([
  ['text', readText],
  ['image', (value, field, tell) => ({ image: readTypedImage(value, field, tell) })],
  ['audio', readMcpAudio],
  ['document', (value, field, tell) => ({ document: readTypedDocument(value, field, tell) })],
  ['search_result', (value, field, tell) => ({ searchResult: readSearchResult(value, field, tell) })],
  ['thinking', (value, field, tell) => ({ reasoningContent: readThinking(value, field, tell) })],
  [
    'redacted_thinking',
    (value, field, tell) => {
      checkMembers(value, ['type', 'data'], field, tell);
      return { reasoningContent: { redactedContent: base64At(value['data'], `${field}.data`) } };
    },
  ],
]);

/**
 * The cache point that `cache_control` stands for: behind what carries it. Converse has it as a block of its own, and
 * Claude's own form gets the mark back.
 */
export function cachePointOf(value: JsonObject, field: string, tell: Tell): CachePointBlock | undefined {
  const given = value['cache_control'] ?? undefined;
  if (given === undefined) return undefined;
  const place = `${field}.cache_control`;
  const control = objectAt(given, place);
  checkMembers(control, ['type', 'ttl'], place, tell);
  oneOf(control['type'], ['ephemeral'], `${place}.type`);
  const ttl = control['ttl'] ?? undefined;
  return { type: 'default', ...(ttl === undefined ? {} : { ttl: oneOf(ttl, ['5m', '1h'], `${place}.ttl`) }) };
}

/** The value without its mark. */
export function withoutCacheControl({ cache_control: _, ...rest }: JsonObject): JsonObject {
  return rest;
}

/** With citations it is a part of an earlier answer. */
function readText(value: JsonObject, field: string, tell: Tell): ContentBlock {
  checkMembers(value, ['type', 'text', 'citations'], field, tell);
  const text = stringAt(value['text'], `${field}.text`);
  const citations = value['citations'] === null ? [] : listIn(value, 'citations', field);
  if (citations.length === 0) return { text };
  return {
    citationsContent: {
      content: [{ text }],
      citations: citations.map((each, at) => objectAt(each, `${field}.citations[${at}]`)),
    },
  };
}

/** Anthropic's image, or MCP's with `data` and `mimeType`. */
function readTypedImage(value: JsonObject, field: string, tell: Tell): ImageBlock {
  if (value['data'] !== undefined) {
    checkMembers(value, ['type', 'data', 'mimeType'], field, tell);
    return {
      format: oneOf(mimeOf(value['mimeType']), IMAGE_FORMATS, `${field}.mimeType`),
      source: { bytes: base64At(value['data'], `${field}.data`) },
    };
  }
  checkMembers(value, ['type', 'source'], field, tell);
  const place = `${field}.source`;
  const source = objectAt(value['source'], place);
  if ((source['type'] ?? 'base64') !== 'base64')
    throw wrong(`${place}.type`, 'must be base64; addresses and paths go into files');
  checkMembers(source, ['type', 'media_type', 'data'], place, tell);
  return {
    format: oneOf(mimeOf(source['media_type']), IMAGE_FORMATS, `${place}.media_type`),
    source: { bytes: base64At(source['data'], `${place}.data`) },
  };
}

function readMcpAudio(value: JsonObject, field: string, tell: Tell): ContentBlock {
  checkMembers(value, ['type', 'data', 'mimeType'], field, tell);
  const format = mimeOf(value['mimeType']);
  return { audio: { format, source: { bytes: base64At(value['data'], `${field}.data`) } } };
}

function readThinking(value: JsonObject, field: string, tell: Tell): ReasoningBlock {
  checkMembers(value, ['type', 'thinking', 'signature'], field, tell);
  const signature = value['signature'] ?? undefined;
  return {
    reasoningText: {
      text: stringAt(value['thinking'], `${field}.thinking`),
      ...(signature === undefined ? {} : { signature: stringAt(signature, `${field}.signature`) }),
    },
  };
}

/** `image/jpg` -> `jpeg`. */
export function mimeOf(type: unknown): string {
  return String(type ?? '')
    .replace(/^(?:image|audio)\//, '')
    .replace(/^jpg$/, 'jpeg');
}
