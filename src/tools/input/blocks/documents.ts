/** Documents and search results as callers write them. */
import { documentFormatOf, extensionOfFormat } from '../../../files/formats.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import { documentFormat } from '../../../messages/file-format.ts';
import type { DocumentBlock } from '../../../messages/types.ts';
import { booleanAt, checkMembers, listAt, objectAt, oneOf, stringAt, type Tell, wrong } from '../fields.ts';
import { readSource } from './media.ts';

const DOCUMENT_FORMATS = ['pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'] as const;

type Read = Omit<DocumentBlock, 'format'> & { readonly format: unknown };

/** Converse's document. */
export function readDocument(value: JsonValue, field: string, tell: Tell): DocumentBlock {
  const document = objectAt(value, field);
  checkMembers(document, ['format', 'name', 'source', 'context', 'citations'], field, tell);
  const source = readDocumentSource(objectAt(document['source'], `${field}.source`), `${field}.source`, tell);
  const { format, name } = document;
  return finished(
    {
      format: format ?? undefined,
      name: stringAt(name ?? 'document', `${field}.name`),
      source,
      ...aboutDocument(document, field, tell),
    },
    field,
  );
}

/** Anthropic's document: base64, plain text, or parts. Their API fetches addresses; Bedrock's does not. */
export function readTypedDocument(value: JsonObject, field: string, tell: Tell): DocumentBlock {
  checkMembers(value, ['type', 'source', 'title', 'context', 'citations'], field, tell);
  const { title } = value;
  const { source, mediaType } = readTypedSource(value['source'], `${field}.source`, tell);
  const extension = mediaType === undefined ? undefined : extensionOfFormat(mediaType);
  return finished(
    {
      format: extension === undefined ? undefined : documentFormatOf(extension),
      name: stringAt(title ?? 'document', `${field}.title`),
      source,
      ...aboutDocument(value, field, tell),
    },
    field,
  );
}

/** What no format is given for is sniffed, and text otherwise. */
function finished(read: Read, field: string): DocumentBlock {
  const sniffed = 'bytes' in read.source ? documentFormat(read.source.bytes, 'txt') : undefined;
  return { ...read, format: oneOf(read.format ?? sniffed ?? 'txt', DOCUMENT_FORMATS, `${field}.format`) };
}

function aboutDocument(
  value: JsonObject,
  field: string,
  tell: Tell,
): Pick<DocumentBlock, 'context' | 'citations'> {
  const context = value['context'] ?? undefined;
  return {
    ...(context === undefined ? {} : { context: stringAt(context, `${field}.context`) }),
    ...readCitationsSwitch(value, field, tell),
  };
}

function readCitationsSwitch(value: JsonObject, field: string, tell: Tell): Pick<DocumentBlock, 'citations'> {
  const given = value['citations'] ?? undefined;
  if (given === undefined) return {};
  const citations = objectAt(given, `${field}.citations`);
  checkMembers(citations, ['enabled'], `${field}.citations`, tell);
  return { citations: { enabled: booleanAt(citations['enabled'], `${field}.citations.enabled`) } };
}

function readDocumentSource(source: JsonObject, field: string, tell: Tell): DocumentBlock['source'] {
  if (source['text'] === undefined && source['content'] === undefined) return readSource(source, field, tell);
  checkMembers(source, source['text'] === undefined ? ['content'] : ['text'], field, tell);
  if (source['text'] !== undefined) return { text: stringAt(source['text'], `${field}.text`) };
  return { content: readTexts(source['content'], `${field}.content`, tell) };
}

interface TypedSource {
  readonly source: DocumentBlock['source'];
  readonly mediaType?: string;
}

function readTypedSource(value: unknown, field: string, tell: Tell): TypedSource {
  const source = objectAt(value, field);
  const { type = 'base64', data, content } = source;
  if (type === 'content') {
    checkMembers(source, ['type', 'content'], field, tell);
    if (typeof content === 'string') return { source: { text: content } };
    return { source: { content: readTexts(content, `${field}.content`, tell) } };
  }
  if (type !== 'base64' && type !== 'text')
    throw wrong(`${field}.type`, 'must be base64, text or content; addresses and paths go into files');
  checkMembers(source, ['type', 'media_type', 'data'], field, tell);
  const mediaType = source['media_type'] ?? undefined;
  const given = stringAt(data, `${field}.data`);
  return {
    source: type === 'text' ? { text: given } : readSource({ bytes: given }, field, tell),
    ...(mediaType === undefined ? {} : { mediaType: stringAt(mediaType, `${field}.media_type`) }),
  };
}

/** Parts of text, Converse's `{text}` or Anthropic's `{type: "text", text}`. */
export function readTexts(value: unknown, field: string, tell: Tell): { text: string }[] {
  return listAt(value, field).map((each, at) => {
    const place = `${field}[${at}]`;
    const part = objectAt(each, place);
    checkMembers(part, ['type', 'text'], place, tell);
    if (part['type'] !== undefined) oneOf(part['type'], ['text'], `${place}.type`);
    return { text: stringAt(part['text'], `${place}.text`) };
  });
}

/** Converse's `searchResult`, or Anthropic's `search_result` with typed parts. */
export function readSearchResult(value: JsonObject, field: string, tell: Tell): JsonObject {
  checkMembers(value, ['type', 'source', 'title', 'content', 'citations'], field, tell);
  const { citations } = readCitationsSwitch(value, field, tell);
  return {
    source: stringAt(value['source'], `${field}.source`),
    title: stringAt(value['title'], `${field}.title`),
    content: readTexts(value['content'], `${field}.content`, tell),
    ...(citations === undefined ? {} : { citations: { enabled: citations.enabled } }),
  };
}
