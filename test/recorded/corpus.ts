/** The recorded rows, and the raw bytes of their answers taken apart by the wire format alone. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Raw } from '../inference/codecs/recorded-rows.ts';

const FOLDER = new URL('../../../shared/recorded/', import.meta.url);
/** Answers up to 2026-06, and what was recorded since. */
export const CORPORA = ['core.jsonl', 'newer.jsonl']
  .map((name) => fileURLToPath(new URL(name, FOLDER)))
  .filter((path) => existsSync(path));
export const REPLAY = new URL('replay.mjs', FOLDER).href;
export const isRecorded = CORPORA.length > 0;

/** The title of a suite; it says what is missing when the suite is skipped. */
export function titled(title: string): string {
  return isRecorded ? title : `${title} (skipped: there is no folder ${fileURLToPath(FOLDER)})`;
}

export interface Row {
  readonly id: string;
  readonly path: string;
  readonly operation: string;
  readonly model_id: string;
  /** The recordings' own family names. */
  readonly family: string;
  readonly region: string | null;
  readonly streaming: boolean;
  readonly status: number;
  readonly request_body: Raw;
  readonly response_headers: Readonly<Record<string, string>>;
  readonly response_body_base64: string;
  readonly features: readonly string[];
}

export const ROWS: readonly Row[] = CORPORA.flatMap((path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line)),
);

/** The last part of a row's ID, which is unique in the corpus. */
export function hashOf(row: Row): string {
  return row.id.split('.').at(-1) ?? '';
}

export function bytesOf(row: Row): Buffer {
  return Buffer.from(row.response_body_base64, 'base64');
}

export interface Frame {
  /** The event's or the exception's name. */
  readonly name: string;
  readonly isException: boolean;
  readonly payload: Raw;
}

/** Frames of an event stream: two lengths and their CRC, headers, payload, CRC of it all. */
export function framesOf(row: Row): Frame[] {
  return framesIn(bytesOf(row));
}

export function framesIn(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const total = bytes.readUInt32BE(at);
    const message = bytes.subarray(at, at + total);
    if (crc32(message.subarray(0, total - 4)) !== message.readUInt32BE(total - 4)) {
      throw new Error(`a damaged frame at byte ${at}`);
    }
    const headersEnd = 12 + message.readUInt32BE(4);
    const headers = stringHeaders(message.subarray(12, headersEnd));
    frames.push({
      name: headers.get(':event-type') ?? headers.get(':exception-type') ?? '',
      isException: headers.get(':message-type') === 'exception',
      payload: JSON.parse(message.subarray(headersEnd, total - 4).toString('utf8')),
    });
    at += total;
  }
  return frames;
}

/** All recorded headers are strings (type 7): name length, name, type, value length, value. */
function stringHeaders(bytes: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    const valueEnd = nameEnd + 3 + bytes.readUInt16BE(nameEnd + 1);
    headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', nameEnd + 3, valueEnd));
    at = valueEnd;
  }
  return headers;
}

/** The chunk of a native frame. */
export function chunkOf(frame: Frame): Raw {
  return JSON.parse(Buffer.from(frame.payload.bytes, 'base64').toString('utf8'));
}

/** True for a call that asked for a stream; a refusal of it (`streaming: false`) is one JSON body all the same. */
export function asksForStream({ operation }: Row): boolean {
  return operation.endsWith('Stream');
}

/** True for a row that Bedrock refused or broke off. */
export function isRefused(row: Row): boolean {
  if (row.streaming) return framesOf(row).some(({ isException }) => isException);
  // A gateway that does not know the operation says so inside a 200.
  return row.status >= 400 || bytesOf(row).includes('"__type":');
}

const TEXT_OPERATIONS = ['Converse', 'ConverseStream', 'InvokeModel', 'InvokeModelWithResponseStream'];
const VECTOR_FAMILY = /embed/;

export type RowKind = 'text' | 'embedding' | 'rerank' | 'count' | 'other';

/** What a row is about. Application profiles that answer with vectors are told by their recorded features. */
export function kindOf(row: Row): RowKind {
  if (row.operation === 'CountTokens') return 'count';
  if (!TEXT_OPERATIONS.includes(row.operation)) return 'other';
  if (row.family === 'cohere.rerank') return 'rerank';
  return VECTOR_FAMILY.test(row.family) || row.features.includes('out:embedding') ? 'embedding' : 'text';
}
