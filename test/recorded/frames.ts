/** The frames of an event stream: two lengths and their CRC, headers, payload, CRC of it all. */
import { crc32 } from 'node:zlib';
import { event, exception } from '../aws/loopback.ts';
import type { Raw } from './row.ts';

export interface Frame {
  /** The event's or the exception's name. */
  readonly name: string;
  readonly isException: boolean;
  readonly payload: Raw;
}

/** Takes the bytes of a stream apart; throws where a CRC is wrong. */
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

/** The bytes of a stream of these frames. */
export function bytesOfFrames(frames: readonly Frame[]): Buffer {
  return Buffer.concat(
    frames.map(({ name, isException, payload }) => (isException ? exception : event)(name, payload)),
  );
}
