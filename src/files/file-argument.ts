/** One element of `files`, as callers write it, read into where its content comes from. Pure. */

import { fileURLToPath } from 'node:url';
import { fromLooseBase64 } from '../base64.ts';
import { defined } from '../defined.ts';
import { isJsonObject } from '../json.ts';
import { extensionOfFormat } from './formats.ts';
import { badArgument, fileRefusal, quoted, sizeText } from './refusal.ts';

export type FileSource =
  | { readonly from: 'path'; readonly path: string }
  | { readonly from: 'https'; readonly url: string }
  | { readonly from: 's3'; readonly uri: string }
  | { readonly from: 'bytes'; readonly bytes: Uint8Array }
  | { readonly from: 'text'; readonly text: string };
export interface FileArgument {
  /** Such as `files[0]`. */
  readonly field: string;
  readonly source: FileSource;
  readonly name?: string;
  /** Declared format as an extension, such as `png`. */
  readonly extension?: string;
}

const SOURCES = ['path', 'url', 'base64', 'text'] as const;
const KEYS: readonly string[] = [...SOURCES, 'name', 'format'];
const HOW =
  'Give a path, a file:// or s3:// URI, an https:// URL, or content as a data: URI (data:application/pdf;base64,...).';
const LONGEST_NAME = 255;
const LONGEST_ADDRESS = 8192;
// Base64 of a little more than a file may have, so that the size limit, not this one, usually answers.
const LONGEST_ENCODED = 50_331_648;

/**
 * Reads one element.
 * @throws BedrockError `invalid_request` when it is malformed, `file` when it names a kind of address that is never read.
 */
export function readFileArgument(value: unknown, field: string): FileArgument {
  if (typeof value === 'string') return { field, ...readAddress(value, field) };
  if (!isJsonObject(value)) throw badArgument(field, `${field} must be text or an object.`, HOW);
  // An MCP content block; its bytes say what it is.
  if (typeof value['type'] === 'string' && value['data'] !== undefined) {
    const { type: _, mimeType: __, data, ...rest } = value;
    return readFileArgument({ ...rest, base64: data }, field);
  }
  const extra = Object.keys(value).find((key) => !KEYS.includes(key));
  if (extra !== undefined) throw badArgument(field, `${field} has an unknown key ${quoted(extra)}.`, HOW);
  const given = SOURCES.filter((key) => value[key] !== undefined);
  const [key] = given;
  if (key === undefined || given.length > 1)
    throw badArgument(field, `${field} must have exactly one of ${SOURCES.join(', ')}.`, HOW);
  const content = textAt(value[key], `${field}.${key}`);
  const name = value['name'] === undefined ? undefined : nameAt(value['name'], `${field}.name`);
  const format = value['format'] === undefined ? undefined : formatAt(value['format'], `${field}.format`);
  const read = readContent(key, content, field);
  const extension = format ?? read.extension;
  return {
    field,
    source: read.source,
    ...defined({ name, extension }),
  };
}

type Content = Pick<FileArgument, 'source' | 'extension'>;

function readContent(key: (typeof SOURCES)[number], content: string, field: string): Content {
  if (key === 'text') return { source: { from: 'text', text: content } };
  if (key === 'base64') {
    if (/^data:/i.test(content)) return readDataUri(content, `${field}.base64`);
    return { source: { from: 'bytes', bytes: decodeBase64(content, `${field}.base64`) } };
  }
  return readAddress(content, `${field}.${key}`);
}

function readAddress(address: string, field: string): Content {
  // Two letters at least: C:\ is a drive.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(address)?.[1]?.toLowerCase();
  if (scheme === 'data') return readDataUri(address, field);
  if (scheme === undefined || !(scheme === 'file' || address.startsWith('//', scheme.length + 1)))
    return { source: { from: 'path', path: address } };
  if (address.length > LONGEST_ADDRESS)
    throw badArgument(field, `${field} is longer than ${LONGEST_ADDRESS} characters.`, HOW);
  if (scheme === 'https') return { source: { from: 'https', url: address } };
  if (scheme === 's3') return { source: { from: 's3', uri: s3Uri(address, field) } };
  if (scheme === 'file') return { source: { from: 'path', path: pathOf(address, field) } };
  throw fileRefusal(
    field,
    scheme === 'http'
      ? `${field} is an http URL; only https is fetched.`
      : `${field} has the scheme ${quoted(scheme)}, which is not read.`,
    HOW,
  );
}

function pathOf(uri: string, field: string): string {
  try {
    return fileURLToPath(uri);
  } catch (error) {
    throw fileRefusal(field, `${field} is no file URI of this machine.`, 'Write file:///folder/file.', error);
  }
}

function s3Uri(address: string, field: string): string {
  const uri = `s3${address.slice(2)}`;
  if (/^s3:\/\/[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]\/[^\p{Cc}]{1,1024}$/u.test(uri) && !uri.endsWith('/'))
    return uri;
  throw badArgument(field, `${field} is no S3 URI of an object.`, 'Write s3://bucket/key.');
}

/** `data:[type][;parameters][;base64],content` */
function readDataUri(uri: string, field: string): Content {
  const comma = uri.indexOf(',');
  const [type = '', ...parameters] = uri.slice(5, Math.max(5, comma)).split(';');
  if (comma < 0 || comma > 1000) throw badArgument(field, `${field} is no valid data URI.`, HOW);
  const body = uri.slice(comma + 1);
  const encoded = parameters.some((each) => each.trim().toLowerCase() === 'base64');
  const bytes = encoded ? decodeBase64(body, field) : decodePercent(body, field);
  const extension = type.trim() === '' ? 'txt' : extensionOfFormat(type);
  return { source: { from: 'bytes', bytes }, ...(extension === undefined ? {} : { extension }) };
}

function decodePercent(body: string, field: string): Uint8Array {
  if (body.length > LONGEST_ENCODED) throw tooLong(field);
  if (/%(?![0-9a-f]{2})/i.test(body))
    throw badArgument(field, `${field} has a broken percent escape.`, 'Encode the content as base64.');
  // Escapes stand for bytes, which need not be UTF-8.
  const bytes = body
    .split(/((?:%[0-9a-f]{2})+)/i)
    .map((part, at) =>
      at % 2 === 0 ? Buffer.from(part, 'utf8') : Buffer.from(part.replaceAll('%', ''), 'hex'),
    );
  return new Uint8Array(Buffer.concat(bytes));
}

function decodeBase64(text: string, field: string): Uint8Array {
  if (text.length > LONGEST_ENCODED) throw tooLong(field);
  const bytes = fromLooseBase64(text);
  if (bytes === undefined) {
    throw badArgument(
      field,
      `${field} is not base64.`,
      'Encode the bytes as base64, or give text as {"text": ...}.',
    );
  }
  return bytes;
}

function tooLong(field: string): Error {
  return fileRefusal(
    field,
    `${field} has more than ${sizeText(LONGEST_ENCODED)} of encoded text.`,
    'Give a smaller file, a path or an s3:// URI.',
  );
}

function textAt(value: unknown, field: string): string {
  if (typeof value !== 'string') throw badArgument(field, `${field} must be text.`, HOW);
  return value;
}

function nameAt(value: unknown, field: string): string {
  const name = textAt(value, field).trim();
  if (name === '' || name.length > LONGEST_NAME || name.includes('\0'))
    throw badArgument(
      field,
      `${field} must have 1 to ${LONGEST_NAME} characters.`,
      'Give a short file name.',
    );
  return name;
}

function formatAt(value: unknown, field: string): string | undefined {
  const format = textAt(value, field);
  if (!/^[\w.+/-]{1,100}$/.test(format))
    throw badArgument(field, `${field} is no format.`, 'Write a file extension such as "png".');
  return extensionOfFormat(format);
}
