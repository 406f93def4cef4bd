/**
 * Rules about images, documents, video and audio.
 * Limits: the SDK's documentation of Message.content and DocumentBlock.name (20 images of 3.75 MB, 5 documents of 4.5 MB).
 */

import { APIS } from '../../../messages/apis.ts';
import { documentFormat, imageFormat } from '../../../messages/file-format.ts';
import { MEDIA_KINDS } from '../../../messages/media-kinds.ts';
import type { ContentBlock, DocumentBlock, ImageBlock, InferenceRequest } from '../../../messages/types.ts';
import { at, flatMapBlocks, mapContent, type Rule, type RuleContext, refusal, unsupported } from './rule.ts';

/** In one request. */
const IMAGE_BYTES = 3_932_160; // 3.75 MiB
const DOCUMENT_BYTES = 4_718_592; // 4.5 MiB

/** The media blocks of the conversation, those inside tool results included, with the field that names them. */
export interface Found {
  readonly block: ContentBlock;
  readonly field: string;
  readonly role: string;
  readonly inResult: boolean;
}

export function found(request: InferenceRequest): readonly Found[] {
  return request.messages.flatMap(({ role, content }, m) =>
    content.flatMap((block, b): Found[] => {
      if (!('toolResult' in block)) return [{ block, field: at(m, b), role, inResult: false }];
      return block.toolResult.content.flatMap((part, p): Found[] =>
        'json' in part
          ? []
          : [{ block: part, field: `${at(m, b)}.toolResult.content[${p}]`, role, inResult: true }],
      );
    }),
  );
}

function mediaSupported(request: InferenceRequest, context: RuleContext): InferenceRequest {
  for (const { block, field, inResult } of found(request)) {
    if (inResult) continue; // judged together with toolResultMedia
    const known = MEDIA_KINDS.find(({ kind }) => kind in block);
    if (known === undefined || context.model.features[known.feature] !== false) continue;
    throw unsupported(
      context.model,
      field,
      `${known.kind} input`,
      `Choose a model that takes ${known.feature} (list_models shows which), or send the content as text.`,
    );
  }
  return request;
}

function sourceBytes(
  source: ImageBlock['source'] | DocumentBlock['source'],
  field: string,
): Uint8Array | undefined {
  if (!('bytes' in source)) return undefined;
  // A base64 string would be encoded a second time by the SDK (measured).
  if (!(source.bytes instanceof Uint8Array)) {
    throw refusal(
      field,
      `The bytes at ${field} are not decoded bytes.`,
      'Give a Uint8Array, not base64 text.',
    );
  }
  if (source.bytes.length === 0)
    throw refusal(field, `The file at ${field} is empty.`, 'Send a file with content.');
  return source.bytes;
}

function tooLarge(field: string, what: string, bytes: number, limit: number): Error {
  const megabytes = (value: number) => (value / 1_048_576).toFixed(2);
  return refusal(
    field,
    `The ${what} at ${field} has ${megabytes(bytes)} MB; Bedrock accepts ${megabytes(limit)} MB.`,
    `Send a smaller ${what}, or a part of it.`,
  );
}

function limits(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const most = APIS[context.api].mostFiles;
  let images = 0;
  let documents = 0;
  for (const { block, field, role } of found(request)) {
    if ('image' in block) {
      images += 1;
      const size = sourceBytes(block.image.source, field)?.length ?? 0;
      if (size > IMAGE_BYTES) throw tooLarge(field, 'image', size, IMAGE_BYTES);
    } else if ('document' in block) {
      documents += 1;
      const size = sourceBytes(block.document.source, field)?.length ?? 0;
      if (size > DOCUMENT_BYTES) throw tooLarge(field, 'document', size, DOCUMENT_BYTES);
      if (role !== 'user') {
        throw refusal(
          field,
          `A document stands in the ${role} message ${field}.`,
          'Documents belong to user messages.',
        );
      }
    }
    if (most !== undefined && (images > most.image || documents > most.document)) {
      const what = images > most.image ? `${most.image} images` : `${most.document} documents`;
      throw refusal(
        field,
        `The conversation has more than ${what}, and Bedrock refuses more in one request.`,
        'Leave out those of earlier turns, or send their text instead.',
      );
    }
  }
  return request;
}

function checkedImage(image: ImageBlock, field: string, context: RuleContext): ImageBlock {
  const bytes = sourceBytes(image.source, field);
  if (bytes === undefined) return image;
  const format = imageFormat(bytes);
  if (format === image.format) return image;
  if (format === undefined) {
    throw refusal(
      field,
      `The bytes at ${field} are no PNG, JPEG, GIF or WebP image.`,
      'Convert the file to one of these formats.',
    );
  }
  context.warn(
    `The image at ${field} was declared as ${image.format} but is ${format}; it was sent as ${format}.`,
  );
  return { ...image, format };
}

function checkedDocument(document: DocumentBlock, field: string, context: RuleContext): DocumentBlock {
  const bytes = sourceBytes(document.source, field);
  if (bytes === undefined) return document;
  const format = documentFormat(bytes, document.format);
  if (format === document.format) return document;
  if (format === undefined) {
    throw refusal(
      field,
      `The bytes at ${field} are not a ${document.format} document.`,
      'Bedrock takes pdf, csv, doc, docx, xls, xlsx, html, txt and md.',
    );
  }
  context.warn(
    `The document at ${field} was declared as ${document.format} but is ${format}; it was sent as ${format}.`,
  );
  return { ...document, format };
}

export interface FileMaps {
  readonly image?: (block: ImageBlock, field: string, inResult: boolean) => ImageBlock;
  readonly document?: (block: DocumentBlock, field: string, inResult: boolean) => DocumentBlock;
}

/** Maps images and documents wherever they stand; the same request when every one stays the same object. */
export function mapFiles(request: InferenceRequest, { image, document }: FileMaps): InferenceRequest {
  type FileBlock = { readonly image: ImageBlock } | { readonly document: DocumentBlock };
  const file = <B extends object>(block: B | FileBlock, field: string, inResult: boolean): B | FileBlock => {
    if ('image' in block) {
      const mapped = image?.(block.image, field, inResult) ?? block.image;
      return mapped === block.image ? block : { image: mapped };
    }
    if (!('document' in block)) return block;
    const mapped = document?.(block.document, field, inResult) ?? block.document;
    return mapped === block.document ? block : { document: mapped };
  };
  return mapContent(request, (message, m) =>
    flatMapBlocks(message.content, (block, b): readonly ContentBlock[] => {
      if (!('toolResult' in block)) return [file(block, at(m, b), false)];
      const { content } = block.toolResult;
      const mapped = content.map((part, p) => file(part, `${at(m, b)}.toolResult.content[${p}]`, true));
      return mapped.every((part, p) => part === content[p])
        ? [block]
        : [{ toolResult: { ...block.toolResult, content: mapped } }];
    }),
  );
}

export const MEDIA_CHECKS: readonly Rule[] = [
  { name: 'media-supported', apply: mediaSupported },
  { name: 'media-limits', apply: limits },
  {
    name: 'media-formats',
    apply: (request, context) =>
      mapFiles(request, {
        image: (image, field) => checkedImage(image, field, context),
        document: (document, field) => checkedDocument(document, field, context),
      }),
  },
];
