/** Bytes -> text, and text -> the block that carries it. Pure. */
import { isUtf8 } from 'node:buffer';
import { oneLine } from './refusal.ts';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

// A tab, line ends, form feed, end-of-file of DOS, and the escape of coloured logs.
const HARMLESS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1b]);

/** How bytes are text: UTF-8 or, with a byte order mark, UTF-16, and without NUL. Undefined = they are not. */
export function textEncoding(bytes: Uint8Array): Exclude<TextEncoding, 'windows-1252'> | undefined {
  if (!bytes.includes(0) && isUtf8(bytes)) return 'utf-8';
  const [first, second] = bytes;
  const encoding =
    first === 0xff && second === 0xfe
      ? 'utf-16le'
      : first === 0xfe && second === 0xff
        ? 'utf-16be'
        : undefined;
  if (encoding === undefined || bytes.length % 2 !== 0) return undefined;
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes).includes('\0') ? undefined : encoding;
  } catch {
    return undefined;
  }
}

/** True when nothing speaks against text of one byte per character: only then may a file name's word count. */
export function looksLikeWindows1252(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 || HARMLESS.has(byte));
}

/** The text without its byte order mark. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): string {
  return new TextDecoder(encoding).decode(bytes);
}

/** The text as every model takes it: between tags that give its name. */
export function fileText(name: string, text: string): string {
  const end = text === '' || text.endsWith('\n') ? '' : '\n';
  return `<file name="${oneLine(name).replaceAll('"', '&quot;')}">\n${text}${end}</file>`;
}
