/** A file's bytes -> the content block that carries them. */
import { posix } from 'node:path';
import type { ContentBlock } from '../messages/types.ts';
import { fitImage } from './fit-image.ts';
import {
  audioFormatOf,
  binaryDocumentOf,
  claimOf,
  documentFormatOf,
  extensionOf,
  type FileType,
  imageFormatOf,
  TAKEN,
  videoFormatOf,
} from './formats.ts';
import { fileRefusal, oneLine, quoted, sizeText } from './refusal.ts';
import { type Sniffed, sniff } from './sniff.ts';
import { decodeText, fileText, type TextEncoding } from './text.ts';

const MOST_TEXT = 10_485_760; // 10 MiB
const MOST_MEDIA = 26_214_400; // 25 MiB, video and audio inside a request

export interface FileContent {
  readonly bytes: Uint8Array;
  /** File name or path below its root. */
  readonly name: string;
  /** Declared format as an extension; without it the name's own extension counts. */
  readonly extension?: string;
  /** The argument, for errors. */
  readonly field: string;
}
export interface BlockMade {
  readonly block: ContentBlock;
  readonly notes: readonly string[];
}

/**
 * Sniffs a file and makes its block: text becomes a text block, which every model takes.
 * @throws BedrockError `file` when no model takes such a file or it is too large, `cancelled`.
 */
export async function toBlock(file: FileContent, signal: AbortSignal): Promise<BlockMade> {
  const { bytes, name, field } = file;
  const extension = file.extension ?? extensionOf(name);
  const claim = claimOf(extension);
  const label = `${field} (${oneLine(name)})`;
  if (bytes.length === 0) return emptyFile(file, claim, label);
  const found = await sniff(bytes, extension === '' ? '' : `.${extension}`);
  const notes = disagreement(claim, found, label);
  switch (found.kind) {
    case 'text': {
      const encoding = found.encoding ?? 'utf-8';
      checkText(bytes.length, field, label);
      return {
        block: { text: fileText(name, decodeText(bytes, encoding)) },
        notes: [...notes, ...decoded(encoding, label)],
      };
    }
    case 'image': {
      const {
        format,
        bytes: fitted,
        notes: more,
      } = await fitImage({ bytes, format: found.format, label, field }, signal);
      return { block: { image: { format, source: { bytes: fitted } } }, notes: [...notes, ...more] };
    }
    case 'video':
    case 'audio':
      if (bytes.length > MOST_MEDIA) {
        throw fileRefusal(
          field,
          `${label} has ${sizeText(bytes.length)}; ${found.kind} inside a request may have ${sizeText(MOST_MEDIA)}.`,
          'Put it into S3 and give its s3:// URI.',
        );
      }
  }
  const block = mediaBlock(found, { bytes }, name);
  if (block === undefined) throw notTaken(found, field, label);
  return { block, notes };
}

/**
 * The block of an object in S3, which is not read here: its format comes from `extension` or the key's own.
 * @throws BedrockError `file` when neither names a format that Bedrock takes.
 */
export function s3Block(
  uri: string,
  { field, name, extension }: { readonly field: string; readonly name?: string; readonly extension?: string },
): ContentBlock {
  const key = posix.basename(uri);
  const word = extension ?? extensionOf(key);
  const claim = claimOf(word);
  const block =
    claim === undefined ? undefined : mediaBlock(claim, { s3Location: { uri } }, name ?? key, true);
  if (block !== undefined) return block;
  throw fileRefusal(
    field,
    word === ''
      ? `${field} is an S3 URI without an extension that tells its format.`
      : `${field} is an S3 URI of a format, ${quoted(word)}, that Bedrock does not read from S3.`,
    'Name the format beside it, {"url": "s3://...", "format": "mp4"}: an image, document, video or audio format. Other text has to be given as a path or as {"text": ...}.',
  );
}

type Source = { readonly bytes: Uint8Array } | { readonly s3Location: { readonly uri: string } };

function mediaBlock(type: FileType, source: Source, name: string, textToo = false): ContentBlock | undefined {
  switch (type.kind) {
    case 'image': {
      const format = imageFormatOf(type.format);
      return format === undefined ? undefined : { image: { format, source } };
    }
    case 'document':
    case 'text': {
      const format = textToo ? documentFormatOf(type.format) : binaryDocumentOf(type.format);
      return format === undefined ? undefined : { document: { format, name: documentName(name), source } };
    }
    case 'video': {
      const format = videoFormatOf(type.format);
      return format === undefined ? undefined : { video: { format, source } };
    }
    case 'audio': {
      const format = audioFormatOf(type.format);
      return format === undefined ? undefined : { audio: { format, source } };
    }
    case 'unknown':
      return undefined;
  }
}

/** Without folders and extension: Bedrock allows no dots in the name, and the format says the rest. */
function documentName(name: string): string {
  return oneLine(posix.parse(name).name).trim() || 'document';
}

/**
 * The block of a text that needs no decoding. `bytes` is its length in UTF-8.
 * @throws BedrockError `file` when it is too long.
 */
export function textBlock(file: {
  readonly text: string;
  readonly bytes: number;
  readonly name: string;
  readonly field: string;
}): BlockMade {
  const label = `${file.field} (${oneLine(file.name)})`;
  checkText(file.bytes, file.field, label);
  const notes = file.text === '' ? [`${label} is empty.`] : [];
  return { block: { text: fileText(file.name, file.text) }, notes };
}

function checkText(bytes: number, field: string, label: string): void {
  if (bytes <= MOST_TEXT) return;
  throw fileRefusal(
    field,
    `${label} has ${sizeText(bytes)} of text; ${sizeText(MOST_TEXT)} are taken.`,
    'Give the part that matters.',
  );
}

function decoded(encoding: TextEncoding, label: string): readonly string[] {
  if (encoding === 'utf-8') return [];
  const guessed = encoding === 'windows-1252' ? ', which was assumed because it is no UTF-8' : '';
  return [`${label} was decoded from ${encoding.toUpperCase()}${guessed}.`];
}

/** An empty text is a text (`__init__.py`); an empty picture is a mistake. */
function emptyFile({ name, field }: FileContent, claim: FileType | undefined, label: string): BlockMade {
  if (claim === undefined || claim.kind === 'text')
    return { block: { text: fileText(name, '') }, notes: [`${label} is empty.`] };
  throw fileRefusal(field, `${label} is empty.`, 'Give a file with content.');
}

function disagreement(claim: FileType | undefined, found: Sniffed, label: string): readonly string[] {
  if (claim === undefined || found.kind === 'unknown') return [];
  if (claim.kind === found.kind && (claim.format === found.format || found.kind === 'text')) return [];
  const kind = found.kind === 'text' ? 'text' : `the ${found.kind} format ${found.format}`;
  return [`${label} is called ${claim.format} but holds ${kind}, and was sent as that.`];
}

function notTaken({ format }: Sniffed, field: string, label: string): Error {
  if (format === 'encrypted') {
    return fileRefusal(
      field,
      `${label} is an Office file that is locked with a password.`,
      'Save it without a password.',
    );
  }
  const what =
    format === 'unknown'
      ? 'is of no format that is known here'
      : `has the format ${format}, which no model takes`;
  return fileRefusal(field, `${label} ${what}.`, `${TAKEN} Convert or unpack it first, for example to pdf.`);
}
