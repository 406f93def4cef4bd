import { describe, expect, test } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { cosineSimilarity } from '../../src/embedding/similarity.ts';
import {
  compactNumbers,
  fromBase64Float32,
  fromInt8,
  toBase64Float32,
  toInt8,
} from '../../src/embedding/vector-format.ts';

/** Every third value is any float32 bit pattern, the others look like parts of a unit vector. */
function vectors(count: number): Float32Array[] {
  let seed = 99;
  const next = () => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed;
  };
  const view = new DataView(new ArrayBuffer(4));
  const anyFloat = (): number => {
    view.setUint32(0, next());
    const value = view.getFloat32(0);
    return Number.isFinite(value) ? value : 0;
  };
  return Array.from({ length: count }, () =>
    Float32Array.from({ length: 1 + (next() % 400) }, (_, i) =>
      i % 3 === 0 ? anyFloat() : next() / 2 ** 36 - 0.03,
    ),
  );
}

test('base64 brings every float32 back bit for bit', () => {
  for (const vector of vectors(100)) expect(fromBase64Float32(toBase64Float32(vector))).toEqual(vector);
});

test('base64 is little-endian, as OpenAI clients read it', () => {
  expect(toBase64Float32([1])).toBe(Buffer.from([0, 0, 0x80, 0x3f]).toString('base64'));
  expect([...fromBase64Float32('AACAPwAAAMA=')]).toEqual([1, -2]);
});

describe('refused as a vector', () => {
  test.each([
    [''],
    ['AACA'],
    ['AACAPw'],
    ['AACAPw=A'],
    ['AACA\nPw=='],
    ['not base64 at all!!!'],
    ['AADAfw=='], // NaN
    ['AACAfw=='], // Infinity
    ['__'],
  ])('%j', (text) => {
    expect(() => fromBase64Float32(text)).toThrow(BedrockError);
  });
});

test('compact numbers keep six digits and the similarity', () => {
  expect(compactNumbers([0.123456789, -1234567.89, 0, 9.243134263670072e-5])).toEqual([
    0.123457, -1234570, 0, 0.0000924313,
  ]);
  for (const vector of vectors(20)) {
    const parts = vector.filter((_, i) => i % 3 !== 0);
    if (parts.length === 0) continue;
    expect(cosineSimilarity(parts, compactNumbers(parts))).toBeGreaterThan(1 - 1e-5);
  }
});

test('int8 is off by at most half a step', () => {
  for (const vector of vectors(20)) {
    const parts = vector.filter((_, i) => i % 3 !== 0);
    const packed = toInt8(parts);
    fromInt8(packed).forEach((x, i) => {
      expect(Math.abs(x - (parts[i] ?? 0))).toBeLessThanOrEqual(packed.scale * 0.5001);
    });
  }
  expect(toInt8([0, 0])).toEqual({ scale: 1, data: Int8Array.of(0, 0) });
  expect([...toInt8([1, -1, 0.5]).data]).toEqual([127, -127, 64]);
});
