/** What the first bytes say about a file. Pure. */
import type { DocumentBlock, ImageBlock } from './types.ts';

export type ImageFormat = ImageBlock['format'];
export type DocumentFormat = DocumentBlock['format'];

function ascii(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}

/** Formats of documents that are text anyway. */
export const TEXT_DOCUMENTS: ReadonlySet<string> = new Set(['txt', 'md', 'csv', 'html']);

/** The image format that the bytes begin with, or undefined when they are no image that Bedrock takes. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  if (ascii(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'png';
  if (ascii(bytes, 0, 3) === '\xff\xd8\xff') return 'jpeg';
  if (ascii(bytes, 0, 4) === 'GIF8') return 'gif';
  return ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 4) === 'WEBP' ? 'webp' : undefined;
}

type Container = 'pdf' | 'zip' | 'ole' | 'text' | 'other';

/** Formats that live in each container. Text formats cannot be told apart by their bytes. */
const CONTAINER: Readonly<Record<DocumentFormat, Container>> = {
  pdf: 'pdf',
  docx: 'zip',
  xlsx: 'zip',
  doc: 'ole',
  xls: 'ole',
  csv: 'text',
  html: 'text',
  txt: 'text',
  md: 'text',
};

function containerOf(bytes: Uint8Array): Container {
  // Readers accept a PDF header anywhere in the first kilobyte.
  if (ascii(bytes, 0, 1024).includes('%PDF-')) return 'pdf';
  if (ascii(bytes, 0, 4) === 'PK\x03\x04') return 'zip';
  if (ascii(bytes, 0, 8) === '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1') return 'ole';
  if (imageFormat(bytes) !== undefined) return 'other';
  return bytes.subarray(0, 4096).includes(0) && !isUtf16(bytes) ? 'other' : 'text';
}

function isUtf16(bytes: Uint8Array): boolean {
  const mark = ascii(bytes, 0, 2);
  return mark === '\xff\xfe' || mark === '\xfe\xff';
}

function officeFormat(bytes: Uint8Array): DocumentFormat | undefined {
  // Entry names stand uncompressed: in the local headers at the front and in the directory at the end.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.includes('word/')) return 'docx';
  return buffer.includes('xl/') ? 'xlsx' : undefined;
}

/**
 * The document format to declare for these bytes: `declared` where they can be it, another one where they are
 * clearly that, undefined where they are nothing that Bedrock takes.
 */
export function documentFormat(bytes: Uint8Array, declared: DocumentFormat): DocumentFormat | undefined {
  const container = containerOf(bytes);
  if (container === 'zip') {
    const office = officeFormat(bytes);
    return office ?? (CONTAINER[declared] === 'zip' ? declared : undefined);
  }
  if (container === CONTAINER[declared]) return declared;
  if (container === 'pdf') return 'pdf';
  if (container === 'ole') return declared === 'xlsx' ? 'xls' : declared === 'docx' ? 'doc' : undefined;
  if (container !== 'text') return undefined;
  const start = ascii(bytes, 0, 64).trimStart().toLowerCase();
  return start.startsWith('<!doctype html') || start.startsWith('<html') ? 'html' : 'txt';
}
