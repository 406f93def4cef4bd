import { describe, expect, test } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import {
  cosineSimilarity,
  isUnitLength,
  scaleToUnit,
  similarityMatrix,
  topMatches,
  vectorLength,
} from '../../src/embedding/similarity.ts';

/** Reproducible vectors: a linear congruential generator. */
function generator(start: number) {
  let seed = start;
  const next = () => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed / 4294967296;
  };
  return { next, vector: (size: number) => Float32Array.from({ length: size }, () => next() * 2 - 1) };
}

describe('cosine similarity', () => {
  test.each([
    [[1, 0], [1, 0], 1],
    [[1, 0], [0, 1], 0],
    [[1, 0], [-2, 0], -1],
    [[1, 1], [1, 0], Math.SQRT1_2],
    [[0, 0], [1, 0], 0],
    [[0, 0], [0, 0], 0],
  ])('of %j and %j is %f', (a, b, expected) => {
    expect(cosineSimilarity(a, b)).toBeCloseTo(expected, 12);
  });

  test('is symmetric, between -1 and 1, and blind to length', () => {
    const { vector, next } = generator(7);
    for (let i = 0; i < 200; i += 1) {
      const size = 1 + Math.floor(next() * 300);
      const [a, b] = [vector(size), vector(size)];
      const value = cosineSimilarity(a, b);
      expect(Math.abs(value)).toBeLessThanOrEqual(1);
      expect(cosineSimilarity(b, a)).toBe(value);
      expect(
        cosineSimilarity(
          a.map((x) => x * 16),
          b,
        ),
      ).toBeCloseTo(value, 12);
      expect(cosineSimilarity(a, a)).toBeCloseTo(1, 12);
      expect(cosineSimilarity(a, a)).toBeLessThanOrEqual(1);
    }
  });

  test.each([
    [[1, 2], [1]],
    [
      [Number.NaN, 1],
      [1, 1],
    ],
    [
      [1, 1],
      [Number.POSITIVE_INFINITY, 1],
    ],
  ])('%j and %j cannot be compared', (a, b) => {
    expect(() => cosineSimilarity(a, b)).toThrow(BedrockError);
  });
});

test('the matrix agrees with the pairs, mirrored, with 1 on its diagonal', () => {
  const { vector } = generator(3);
  const vectors = Array.from({ length: 12 }, () => vector(40));
  const matrix = similarityMatrix(vectors);
  vectors.forEach((a, i) => {
    expect(matrix[i]?.[i]).toBe(1);
    vectors.forEach((b, j) => {
      expect(matrix[i]?.[j]).toBe(matrix[j]?.[i]);
      expect(matrix[i]?.[j]).toBeCloseTo(cosineSimilarity(a, b), 6);
    });
  });
  expect(similarityMatrix([])).toEqual([]);
  expect(similarityMatrix([[0, 0]])[0]?.[0]).toBe(0);
});

test('vectors that cannot be compared are named', () => {
  expect(() => similarityMatrix([[1], [1], [1, 2]])).toThrow(/vectors\[0\] and vectors\[2\]/);
  expect(() => topMatches([1], [[1], [1, 2]], 1)).toThrow(/documents\[1\]/);
});

describe('best matches', () => {
  test('agree with sorting everything', () => {
    const { vector, next } = generator(11);
    for (let round = 0; round < 50; round += 1) {
      const documents = Array.from({ length: 1 + Math.floor(next() * 60) }, () => vector(8));
      const query = vector(8);
      const k = Math.floor(next() * 70);
      const sorted = documents
        .map((document, index) => ({ index, score: cosineSimilarity(query, document) }))
        .sort((a, b) => b.score - a.score || a.index - b.index);
      expect(topMatches(query, documents, k)).toEqual(sorted.slice(0, k));
    }
  });

  test('equals stand in document order and do not push each other out', () => {
    const same = [1, 0];
    expect(topMatches(same, [same, same, [0, 1], same], 2).map(({ index }) => index)).toEqual([0, 1]);
    expect(topMatches(same, [[0, 1], same, same], 2).map(({ index }) => index)).toEqual([1, 2]);
  });

  test('documents without a vector are left out', () => {
    expect(topMatches([1, 0], [undefined, [1, 0], undefined], 5)).toEqual([{ index: 1, score: 1 }]);
  });

  test.each([0, -1, Number.NaN])('k = %d gives none', (k) => {
    expect(topMatches([1], [[1]], k)).toEqual([]);
  });
});

test('scaling gives unit length and keeps a zero vector', () => {
  const vector = Float32Array.of(3, 4);
  scaleToUnit(vector);
  expect(isUnitLength(vectorLength(vector))).toBe(true);
  const zero = new Float32Array(3);
  scaleToUnit(zero);
  expect([...zero]).toEqual([0, 0, 0]);
});
