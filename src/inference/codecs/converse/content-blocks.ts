/**
 * Content blocks between the neutral language and the AWS SDK's Converse types. The neutral language is Converse's
 * own, so outwards most blocks go as they are; inwards every block is shape-checked, because the SDK passes on
 * whatever the service sends.
 */
import { toBase64 } from '../../../base64.ts';
import { defined } from '../../../defined.ts';
import { countOf, type JsonObject, type JsonValue, listOf, objectOf } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type {
  AudioBlock,
  ContentBlock,
  DocumentBlock,
  ImageBlock,
  MediaSource,
  ReasoningBlock,
  ToolResultBlock,
  ToolResultContent,
  ToolUseBlock,
  Usage,
  VideoBlock,
} from '../../../messages/types.ts';

type Shape = Readonly<Record<string, unknown>>;

/** `value` as an object with unknown members, or undefined when it is anything else (bytes and arrays included). */
export const shapeOf: (value: unknown) => Shape | undefined = objectOf;

/** Anything the SDK can return as plain JSON: bytes become base64, undefined members disappear, NaN becomes null. */
export function toJson(value: unknown): JsonValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return toBase64(value);
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  const shape = shapeOf(value);
  return shape === undefined ? null : toJsonObject(shape);
}

function toJsonObject(value: Shape): JsonObject {
  const members = '$unknown' in value ? membersOf(value) : Object.entries(value);
  return Object.fromEntries(
    members.flatMap(([key, member]) => (member === undefined ? [] : [[key, toJson(member)]])),
  );
}

/** A content block as the SDK wants it. Blocks that the SDK does not know travel as its `$unknown` pair. */
export function encodeBlock(block: ContentBlock): unknown {
  if ('unknown' in block) return { $unknown: [block.unknown.name, block.unknown.value] };
  if ('citationsContent' in block && block.citationsContent.content.length === 0) {
    // Nova's grounding sends citations without text; replaying an empty list would change the block.
    return { citationsContent: { citations: block.citationsContent.citations } };
  }
  return block;
}

/**
 * A content block as the SDK gave it: one block, none when it is empty, several when it has members beside the known
 * one. Parts of unknown kind or shape are kept as `unknown`.
 */
export function decodeBlock(value: unknown): ContentBlock[] {
  return membersOf(value).flatMap(([name, inner]) =>
    name === 'citationsContent'
      ? readCitations(inner)
      : [READERS.get(name)?.(inner) ?? unknownBlock(name, inner)],
  );
}

/** The members of a union as the SDK gives it: one that it does not know is the pair `$unknown: [name, value]`. */
export function membersOf(value: unknown): [name: string, value: unknown][] {
  return Object.entries(shapeOf(value) ?? {}).flatMap(([name, inner]): [string, unknown][] => {
    if (inner === undefined || inner === null) return [];
    if (name !== '$unknown') return [[name, inner]];
    return Array.isArray(inner) && typeof inner[0] === 'string' ? [[inner[0], inner[1]]] : [];
  });
}

/** Keeps a block that nobody here knows. */
export function unknownBlock(name: string, value: unknown): ContentBlock {
  return { unknown: { name, value: toJson(value) } };
}

const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'] as const;
const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const;
const VIDEO_FORMATS = ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'] as const;

function oneOf<T extends string>(allowed: readonly T[], value: unknown): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

function readSource(value: unknown): MediaSource | undefined {
  const source = shapeOf(value);
  if (source?.['bytes'] instanceof Uint8Array) return { bytes: source['bytes'] };
  const location = shapeOf(source?.['s3Location']);
  if (typeof location?.['uri'] !== 'string') return undefined;
  const owner = location['bucketOwner'];
  return {
    s3Location: { uri: location['uri'], ...(typeof owner === 'string' ? { bucketOwner: owner } : {}) },
  };
}

/** An image from its format and source as the SDK gives them, or undefined when one of them is missing. */
export function readImage(value: unknown): ImageBlock | undefined {
  const image = shapeOf(value);
  const format = oneOf(IMAGE_FORMATS, image?.['format']);
  const source = readSource(image?.['source']);
  return format === undefined || source === undefined ? undefined : { format, source };
}

function readVideo(value: unknown): VideoBlock | undefined {
  const video = shapeOf(value);
  const format = oneOf(VIDEO_FORMATS, video?.['format']);
  const source = readSource(video?.['source']);
  return format === undefined || source === undefined ? undefined : { format, source };
}

function readAudio(value: unknown): AudioBlock | undefined {
  const audio = shapeOf(value);
  const source = readSource(audio?.['source']);
  return typeof audio?.['format'] !== 'string' || source === undefined
    ? undefined
    : { format: audio['format'], source };
}

function readTexts(value: unknown): { text: string }[] {
  return listOf(value).flatMap((part) => {
    const text = shapeOf(part)?.['text'];
    return typeof text === 'string' ? [{ text }] : [];
  });
}

function readDocument(value: unknown): DocumentBlock | undefined {
  const document = shapeOf(value);
  const format = oneOf(DOCUMENT_FORMATS, document?.['format']);
  if (document === undefined || format === undefined || typeof document['name'] !== 'string')
    return undefined;
  const from = shapeOf(document['source']);
  const source =
    readSource(from) ??
    (typeof from?.['text'] === 'string'
      ? { text: from['text'] }
      : Array.isArray(from?.['content'])
        ? { content: readTexts(from['content']) }
        : undefined);
  if (source === undefined) return undefined;
  const enabled = shapeOf(document['citations'])?.['enabled'];
  return {
    format,
    name: document['name'],
    source,
    ...(typeof document['context'] === 'string' ? { context: document['context'] } : {}),
    ...(typeof enabled === 'boolean' ? { citations: { enabled } } : {}),
  };
}

function readToolUse(value: unknown): ToolUseBlock | undefined {
  const tool = shapeOf(value);
  if (typeof tool?.['toolUseId'] !== 'string' || typeof tool['name'] !== 'string') return undefined;
  return {
    toolUseId: tool['toolUseId'],
    name: tool['name'],
    // A whole answer always has one; the SDK leaves out a null, which is no input.
    input: toJson(tool['input'] ?? null),
    ...blockType(tool['type']),
  };
}

/** One part of a tool result. Parts of unknown kind become JSON, so that nothing is lost. */
export function readToolResultContent(value: unknown): ToolResultContent[] {
  const part = shapeOf(value);
  if (part === undefined) return [];
  if (typeof part['text'] === 'string') return [{ text: part['text'] }];
  if (part['json'] !== undefined) return [{ json: toJson(part['json']) }];
  const image = readImage(part['image']);
  if (image !== undefined) return [{ image }];
  const document = readDocument(part['document']);
  if (document !== undefined) return [{ document }];
  const video = readVideo(part['video']);
  if (video !== undefined) return [{ video }];
  return Object.keys(part).length === 0 ? [] : [{ json: toJson(part) }];
}

/** A tool result from its head (`toolUseId`, `status`, `type`) and its parts. */
export function readToolResult(head: unknown, parts: unknown): ToolResultBlock | undefined {
  const result = shapeOf(head);
  if (typeof result?.['toolUseId'] !== 'string') return undefined;
  const status = oneOf(['success', 'error'], result['status']);
  return {
    toolUseId: result['toolUseId'],
    content: listOf(parts).flatMap(readToolResultContent),
    ...(status === undefined ? {} : { status }),
    ...blockType(result['type']),
  };
}

function readReasoning(value: unknown): ReasoningBlock | undefined {
  const reasoning = shapeOf(value);
  const redacted = reasoning?.['redactedContent'];
  if (redacted instanceof Uint8Array) return { redactedContent: redacted };
  const spoken = shapeOf(reasoning?.['reasoningText']);
  if (spoken === undefined) return undefined;
  const text = typeof spoken['text'] === 'string' ? spoken['text'] : '';
  const signature = spoken['signature'];
  return { reasoningText: { text, ...(typeof signature === 'string' ? { signature } : {}) } };
}

function readCachePoint(value: unknown): ContentBlock | undefined {
  const point = shapeOf(value);
  if (point?.['type'] !== 'default') return undefined;
  const ttl = oneOf(['5m', '1h'], point['ttl']);
  return { cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) } };
}

function readGuardContent(value: unknown): ContentBlock | undefined {
  const guard = shapeOf(value);
  const said = shapeOf(guard?.['text']);
  if (typeof said?.['text'] === 'string') {
    const qualifiers = listOf(said['qualifiers']).filter((word) => typeof word === 'string');
    return {
      guardContent: {
        text: { text: said['text'], ...(qualifiers.length === 0 ? {} : { qualifiers }) },
      },
    };
  }
  const shown = shapeOf(guard?.['image']);
  const format = oneOf(['png', 'jpeg'], shown?.['format']);
  const bytes = shapeOf(shown?.['source'])?.['bytes'];
  if (format === undefined || !(bytes instanceof Uint8Array)) return undefined;
  return { guardContent: { image: { format, source: { bytes } } } };
}

/** What is cited beside text is kept in a block of its own. */
function readCitations(value: unknown): ContentBlock[] {
  const cited = shapeOf(value);
  if (cited === undefined) return [unknownBlock('citationsContent', value)];
  const citations = listOf(cited['citations']).flatMap((citation) => {
    const shape = shapeOf(citation);
    return shape === undefined ? [] : [toJsonObject(shape)];
  });
  const others = listOf(cited['content']).filter((part) => typeof shapeOf(part)?.['text'] !== 'string');
  return [
    { citationsContent: { content: readTexts(cited['content']), citations } },
    ...(others.length === 0 ? [] : [unknownBlock('citationsContent', { content: others })]),
  ];
}

type Reader = (value: unknown) => ContentBlock | undefined;

function via<V>(read: (value: unknown) => V | undefined, block: (value: V) => ContentBlock): Reader {
  return (value) => {
    const known = read(value);
    return known === undefined ? undefined : block(known);
  };
}

/** One reader per member of the SDK's ContentBlock union; undefined = not the shape we know. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['text', (value) => (typeof value === 'string' ? { text: value } : undefined)],
  ['image', via(readImage, (image) => ({ image }))],
  ['document', via(readDocument, (document) => ({ document }))],
  ['video', via(readVideo, (video) => ({ video }))],
  ['audio', via(readAudio, (audio) => ({ audio }))],
  ['toolUse', via(readToolUse, (toolUse) => ({ toolUse }))],
  [
    'toolResult',
    via(
      (value) => readToolResult(value, shapeOf(value)?.['content']),
      (toolResult) => ({ toolResult }),
    ),
  ],
  ['reasoningContent', via(readReasoning, (reasoningContent) => ({ reasoningContent }))],
  ['cachePoint', readCachePoint],
  ['guardContent', readGuardContent],
  ['searchResult', via(shapeOf, (value) => ({ searchResult: toJsonObject(value) }))],
]);

/**
 * The SDK's TokenUsage in tokens. `totalTokens` is left out on purpose: recordings count cached tokens in it or not,
 * so whoever needs a total adds it up.
 */
export function readUsage(value: unknown): Usage {
  const usage = shapeOf(value);
  const hourly = listOf(usage?.['cacheDetails']).reduce<number | undefined>((sum, detail) => {
    const shape = shapeOf(detail);
    const written = countOf(shape?.['inputTokens']);
    return shape?.['ttl'] !== '1h' || written === undefined ? sum : (sum ?? 0) + written;
  }, undefined);
  return defined({
    inputTokens: countOf(usage?.['inputTokens']),
    outputTokens: countOf(usage?.['outputTokens']),
    cacheReadInputTokens: countOf(usage?.['cacheReadInputTokens']),
    cacheWriteInputTokens: countOf(usage?.['cacheWriteInputTokens']),
    cacheWrite1hInputTokens: hourly,
  });
}
