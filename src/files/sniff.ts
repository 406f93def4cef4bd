/** What a file is, by its bytes. Its name decides only where the bytes leave it open. */
import { imageFormat } from '../messages/file-format.ts';
import {
  audioFormatOf,
  claimOf,
  extensionOf,
  type FileType,
  imageFormatOf,
  videoFormatOf,
} from './formats.ts';
import { looksLikeWindows1252, type TextEncoding, textEncoding } from './text.ts';

export interface Sniffed extends FileType {
  /** Only for text. */
  readonly encoding?: TextEncoding;
}

/** Formats that the library names otherwise than Converse. */
const RENAMED: Readonly<Record<string, string>> = {
  apng: 'png',
  jpg: 'jpeg',
  tif: 'tiff',
  m4v: 'mp4',
  m4p: 'mp4',
  f4v: 'mp4',
  f4p: 'mp4',
  mpg: 'mpeg',
  '3gp': 'three_gp',
  '3g2': 'three_gp',
  m4b: 'm4a',
  f4a: 'm4a',
  f4b: 'm4a',
  oga: 'ogg',
  spx: 'ogg',
  mp2: 'mpga',
};

/** Containers that hold several things: the name may choose among these, the first one is what they are without it. */
const CHOICE: Readonly<Record<string, readonly FileType[]>> = {
  mp4: [
    { kind: 'video', format: 'mp4' },
    { kind: 'audio', format: 'm4a' },
  ],
  webm: [
    { kind: 'video', format: 'webm' },
    { kind: 'audio', format: 'webm' },
  ],
  mkv: [
    { kind: 'video', format: 'mkv' },
    { kind: 'audio', format: 'mka' },
  ],
  mpeg: [
    { kind: 'video', format: 'mpeg' },
    { kind: 'video', format: 'mpg' },
  ],
  ogx: [
    { kind: 'unknown', format: 'ogx' },
    { kind: 'audio', format: 'ogg' },
    { kind: 'audio', format: 'opus' },
  ],
};

/**
 * Kind and format of a file. `name` is a file name, or an extension with a dot before it (`.csv`).
 * Text is told apart by its name alone; a name that claims a binary format gets no say about text (format `txt`).
 */
export async function sniff(bytes: Uint8Array, name = ''): Promise<Sniffed> {
  const claim = claimOf(extensionOf(name.startsWith('.') ? `file${name}` : name));
  const encoding = textEncoding(bytes);
  // Before the library: "BM", "MZ" or "%!" begin a text as well as a bitmap, a program or PostScript.
  if (encoding !== undefined && !startsWith(bytes, '%PDF-')) return asText(encoding, claim);
  const found = await detect(bytes);
  if (found === undefined) return unrecognized(bytes, claim);
  if (found.ext === 'cfb') return oleType(bytes, claim);
  if (found.ext === 'zip') return zipType(bytes, claim);
  if (found.ext === 'asf') {
    // The library judges by the first stream, and that of a film is often its sound.
    const isFilm = claim?.kind === 'video' || !found.mime.startsWith('audio/');
    return isFilm ? { kind: 'video', format: 'wmv' } : { kind: 'unknown', format: 'wma' };
  }
  // Two bytes that also begin damaged UTF-16; nobody has files of this kind.
  if (found.ext === 'mp1') return { kind: 'unknown', format: 'unknown' };
  const format = RENAMED[found.ext] ?? found.ext;
  const choice = CHOICE[format];
  if (choice !== undefined) {
    const [usual = { kind: 'unknown', format }] = choice;
    return choice.find((each) => each.kind === claim?.kind && each.format === claim.format) ?? usual;
  }
  return typeOf(format, found.mime, bytes);
}

/** What the library does not know, and this server does. */
function unrecognized(bytes: Uint8Array, claim: FileType | undefined): Sniffed {
  const image = imageFormat(bytes);
  if (image !== undefined) return { kind: 'image', format: image };
  if (hasPdfHeader(bytes)) return { kind: 'document', format: 'pdf' };
  if (claim?.kind === 'text' && looksLikeWindows1252(bytes)) return asText('windows-1252', claim);
  return { kind: 'unknown', format: 'unknown' };
}

function typeOf(format: string, mime: string, bytes: Uint8Array): FileType {
  if (mime.startsWith('image/')) {
    // Where the library is content with fewer bytes than the checks before a request, those count.
    const taken = imageFormatOf(format);
    if (taken !== undefined && imageFormat(bytes) !== taken) return { kind: 'unknown', format: 'unknown' };
    return { kind: 'image', format };
  }
  if (format === 'pdf' || format === 'docx' || format === 'xlsx') return { kind: 'document', format };
  if (videoFormatOf(format) !== undefined) return { kind: 'video', format };
  return { kind: audioFormatOf(format) === undefined ? 'unknown' : 'audio', format };
}

async function detect(bytes: Uint8Array): Promise<{ ext: string; mime: string } | undefined> {
  // Loaded with the first file that is not text: start-up and plain calls do not pay for it.
  const { fileTypeFromBuffer } = await import('file-type');
  try {
    return await fileTypeFromBuffer(bytes);
  } catch {
    // It gives up on some damaged archives by throwing.
    return undefined;
  }
}

function asText(encoding: TextEncoding, claim: FileType | undefined): Sniffed {
  return { kind: 'text', format: claim?.kind === 'text' ? claim.format : 'txt', encoding };
}

/** Old Office files are one container; the streams in it say which program wrote it. */
function oleType(bytes: Uint8Array, claim: FileType | undefined): FileType {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const holds = (stream: string) => buffer.includes(Buffer.from(`${stream}\0`, 'utf16le'));
  if (holds('EncryptedPackage')) return { kind: 'unknown', format: 'encrypted' };
  if (holds('WordDocument')) return { kind: 'document', format: 'doc' };
  if (holds('Workbook')) return { kind: 'document', format: 'xls' };
  if (holds('PowerPoint Document')) return { kind: 'unknown', format: 'ppt' };
  // Excel 95 calls its stream "Book", a word too short to rely on.
  const named = claim?.kind === 'document' && (claim.format === 'doc' || claim.format === 'xls');
  return named ? claim : { kind: 'unknown', format: 'ole' };
}

/** An Office file whose parts stand in an order that the library does not expect; names in a zip are not compressed. */
function zipType(bytes: Uint8Array, claim: FileType | undefined): FileType {
  const part = claim?.format === 'docx' ? 'word/' : claim?.format === 'xlsx' ? 'xl/' : undefined;
  const isIt =
    part !== undefined && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(part);
  return isIt && claim !== undefined ? claim : { kind: 'unknown', format: 'zip' };
}

/** Readers accept a PDF header anywhere in the first kilobyte. */
function hasPdfHeader(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-');
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.subarray(0, text.length)).toString('latin1') === text;
}
