/** Vectors as they leave or enter the server: base64 float32, short JSON numbers, 8-bit integers. */
import { fromBase64 } from '../base64.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { Vector } from './similarity.ts';

const FLOAT_BYTES = 4;

/** Little-endian IEEE 754 float32, base64 with padding: what OpenAI clients expect for `encoding_format: "base64"`. */
export function toBase64Float32(vector: Vector): string {
  const bytes = Buffer.allocUnsafe(vector.length * FLOAT_BYTES);
  for (let i = 0; i < vector.length; i += 1) bytes.writeFloatLE(vector[i] ?? 0, i * FLOAT_BYTES);
  return bytes.toString('base64');
}

/** The reverse. Throws BedrockError `invalid_request` for anything but a non-empty list of finite float32. */
export function fromBase64Float32(text: string): Float32Array {
  // Buffer.from skips what is not base64, which would shift every number after it.
  const decoded = fromBase64(text);
  const bytes = decoded && Buffer.from(decoded.buffer);
  if (bytes === undefined || bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0)
    throw notAVector('is not base64 of float32 numbers');
  const vector = new Float32Array(bytes.length / FLOAT_BYTES);
  for (let i = 0; i < vector.length; i += 1) {
    const number = bytes.readFloatLE(i * FLOAT_BYTES);
    if (!Number.isFinite(number)) throw notAVector(`holds ${number} at position ${i}`);
    vector[i] = number;
  }
  return vector;
}

function notAVector(what: string): BedrockError {
  return new BedrockError('invalid_request', {
    message: `The vector ${what}.`,
    fix: 'Pass the base64 text as embed_text returned it.',
  });
}

/** Significant digits of numbers in JSON. */
export const COMPACT_DIGITS = 6;

/**
 * Numbers for JSON, rounded to 6 significant digits. Models answer with 8 to 20 digits; 6 keep every cosine similarity
 * within 1e-5 and halve the text. Use base64 where the exact float32 matters.
 */
export function compactNumbers(vector: Vector, digits = COMPACT_DIGITS): number[] {
  return Array.from(vector, (x) => Number(x.toPrecision(digits)));
}

export interface Int8Vector {
  /** number = data[i] * scale */
  readonly scale: number;
  readonly data: Int8Array;
}

/** Symmetric 8-bit form, a quarter of float32; each number is off by at most half a `scale`. */
export function toInt8(vector: Vector): Int8Vector {
  let largest = 0;
  for (let i = 0; i < vector.length; i += 1) largest = Math.max(largest, Math.abs(vector[i] ?? 0));
  const scale = largest === 0 ? 1 : largest / 127;
  const data = new Int8Array(vector.length);
  for (let i = 0; i < vector.length; i += 1) data[i] = Math.round((vector[i] ?? 0) / scale);
  return { scale, data };
}

export function fromInt8({ scale, data }: Int8Vector): Float32Array {
  return Float32Array.from(data, (x) => x * scale);
}
