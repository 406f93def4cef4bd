/** The formats that files come in, and what names and MIME types claim about them. Pure. */
import { extname } from 'node:path';
import type { DocumentBlock, ImageBlock, VideoBlock } from '../messages/types.ts';

export type FileKind = 'image' | 'document' | 'video' | 'audio' | 'text' | 'unknown';
export interface FileType {
  readonly kind: FileKind;
  /** Converse's name of the format where it has one; `typescript` and the like are their extension. */
  readonly format: string;
}
type BinaryDocument = Extract<DocumentBlock['format'], 'pdf' | 'docx' | 'xlsx' | 'doc' | 'xls'>;

const IMAGES: readonly ImageBlock['format'][] = ['png', 'jpeg', 'gif', 'webp'];
const DOCUMENTS: readonly BinaryDocument[] = ['pdf', 'docx', 'xlsx', 'doc', 'xls'];
const TEXT_DOCUMENTS: readonly DocumentBlock['format'][] = ['csv', 'html', 'txt', 'md'];
const VIDEOS: readonly VideoBlock['format'][] = [
  'mkv',
  'mov',
  'mp4',
  'webm',
  'flv',
  'mpeg',
  'mpg',
  'wmv',
  'three_gp',
];
const AUDIOS: readonly string[] = [
  'mp3',
  'wav',
  'ogg',
  'flac',
  'm4a',
  'aac',
  'opus',
  'webm',
  'mka',
  'mpga',
  'pcm',
];

/** For the fix of a refusal. */
export const TAKEN =
  'Taken are text of any kind, png, jpeg, gif and webp images, pdf, docx, xlsx, doc and xls documents, ' +
  'mp4, mov, mkv, webm, flv, mpeg, wmv and 3gp video, and mp3, wav, ogg, flac, m4a, aac and opus audio.';

// extension, or extension:format
const NAMES: Readonly<Record<Exclude<FileKind, 'unknown'>, string>> = {
  image:
    'png apng:png jpeg jpg:jpeg jpe:jpeg jfif:jpeg gif webp bmp tiff tif:tiff heic heif:heic avif jxl jp2 ico psd',
  document: 'pdf docx xlsx doc xls',
  video:
    'mkv mov qt:mov mp4 m4v:mp4 webm flv mpeg mpg mpe:mpeg wmv asf:wmv three_gp 3gp:three_gp 3g2:three_gp 3gpp:three_gp',
  audio: 'mp3 wav ogg oga:ogg flac m4a m4b:m4a aac opus weba:webm mka mpga pcm',
  text:
    'txt text:txt log:txt md markdown:md mdx csv tsv html htm:html xhtml:html svg xml json jsonl ndjson json5 yaml ' +
    'yml:yaml toml ini cfg conf env properties sql graphql proto rst adoc tex bib srt vtt diff patch ts tsx mts cts ' +
    'js jsx mjs cjs py pyi ipynb rb rs go java kt kts scala c h cc cpp hpp cs fs swift m mm php pl lua r jl sh bash ' +
    'zsh fish ps1 bat cmd css scss sass less vue svelte astro tf hcl gradle cmake dart ex exs erl hs clj el vim lock rtf',
};

const MIME_NAMES: Readonly<Record<string, string>> = {
  'text/plain': 'txt',
  'text/markdown': 'md',
  'text/javascript': 'js',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'image/svg+xml': 'svg',
  'video/quicktime': 'mov',
  'video/x-matroska': 'mkv',
  'video/matroska': 'mkv',
  'video/x-ms-wmv': 'wmv',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/webm': 'weba',
  'audio/x-matroska': 'mka',
};

const BY_NAME: ReadonlyMap<string, FileType> = new Map(
  kinds().flatMap((kind) =>
    NAMES[kind].split(' ').map((entry): [string, FileType] => {
      const [name = '', format = name] = entry.split(':');
      return [name, { kind, format }];
    }),
  ),
);

function kinds() {
  return ['image', 'document', 'video', 'audio', 'text'] as const;
}

/** What an extension without its dot (`jpg`) claims; undefined for one that is not known. */
export function claimOf(extension: string): FileType | undefined {
  return BY_NAME.get(extension.toLowerCase());
}

/** The extension of a file name, lower case and without its dot; empty when there is none. */
export function extensionOf(name: string): string {
  return extname(name).slice(1).toLowerCase();
}

/** `.PNG`, `png`, `image/png` -> `png`; undefined when a MIME type stands for no format here. */
export function extensionOfFormat(format: string): string | undefined {
  const plain = format.trim().toLowerCase();
  if (!plain.includes('/')) return plain.replace(/^\./, '');
  const known = MIME_NAMES[plain];
  if (known !== undefined) return known;
  const sub = plain.slice(plain.indexOf('/') + 1).replace(/^x-/, '');
  return BY_NAME.has(sub) ? sub : undefined;
}

/** The format as Converse's type of an image, or undefined when Bedrock takes no such images. */
export function imageFormatOf(format: string): ImageBlock['format'] | undefined {
  return IMAGES.find((each) => each === format);
}

/** The same for documents that are not text. */
export function binaryDocumentOf(format: string): BinaryDocument | undefined {
  return DOCUMENTS.find((each) => each === format);
}

/** The same for every document, text formats included: what stands in S3 cannot be turned into a text block. */
export function documentFormatOf(format: string): DocumentBlock['format'] | undefined {
  return binaryDocumentOf(format) ?? TEXT_DOCUMENTS.find((each) => each === format);
}

/** The same for video. */
export function videoFormatOf(format: string): VideoBlock['format'] | undefined {
  return VIDEOS.find((each) => each === format);
}

/** The same for audio. */
export function audioFormatOf(format: string): string | undefined {
  return AUDIOS.find((each) => each === format);
}
