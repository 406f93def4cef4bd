/**
 * Embeddings that mean something: words and their letter triples are hashed into the vector, so texts that share
 * words or spelling are near each other and others are nearly orthogonal.
 */
import { crc32 } from '../server/event-stream.ts';

/** Words so common that they say nothing about the text. */
const COMMON = new Set(
  'a an and are as at be by for from has have how i in is it its of on or that the this to was what when which who will with you'.split(
    ' ',
  ),
);

function hash(text: string): number {
  return crc32(Buffer.from(text));
}

function add(vector: number[], feature: string, weight: number): void {
  const value = hash(feature);
  const at = value % vector.length;
  const sign = hash(`sign ${feature}`) & 1 ? 1 : -1;
  vector[at] = (vector[at] ?? 0) + sign * weight;
}

export const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .normalize('NFKC')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);

/** A vector of `dimensions` numbers; of length 1 when `normalize` is set. The same text gives the same vector. */
export function embed(text: string, dimensions: number, normalize = true): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of wordsOf(text)) {
    const weight = COMMON.has(word) ? 0.2 : 1;
    add(vector, `word ${word}`, weight);
    const padded = `^${word}$`;
    const share = weight / Math.max(1, padded.length - 2);
    for (let at = 0; at + 3 <= padded.length; at += 1)
      add(vector, `triple ${padded.slice(at, at + 3)}`, share);
  }
  if (vector.every((value) => value === 0)) add(vector, `text ${text}`, 1);
  if (!normalize) return vector;
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** Cosine of the angle between two texts' vectors, -1 to 1. */
export function similarity(left: string, right: string): number {
  const a = embed(left, 1024);
  const b = embed(right, 1024);
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

/** Signed bits of a vector as 0 and 1. */
export const bits = (vector: readonly number[]): number[] => vector.map((value) => (value > 0 ? 1 : 0));

/** The vector in one of Cohere's quantised types. */
export function quantise(vector: readonly number[], type: string): number[] {
  switch (type) {
    case 'int8':
      return vector.map((value) => Math.max(-128, Math.min(127, Math.round(value * 127))));
    case 'uint8':
      return vector.map((value) => Math.max(0, Math.min(255, Math.round(value * 127) + 128)));
    case 'ubinary':
      return packBits(vector);
    case 'binary':
      return packBits(vector).map((byte) => byte - 128);
    default:
      return [...vector];
  }
}

function packBits(vector: readonly number[]): number[] {
  const flags = bits(vector);
  return Array.from({ length: Math.ceil(flags.length / 8) }, (_, index) =>
    flags.slice(index * 8, index * 8 + 8).reduce((byte, bit) => byte * 2 + bit, 0),
  );
}
