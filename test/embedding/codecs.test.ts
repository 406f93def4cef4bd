import { describe, expect, test } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { cohereCodec } from '../../src/embedding/cohere.ts';
import { marengoCodec } from '../../src/embedding/marengo.ts';
import { novaCodec } from '../../src/embedding/nova.ts';
import { titanCodec } from '../../src/embedding/titan.ts';
import { titanImageCodec } from '../../src/embedding/titan-image.ts';
import type { EmbeddingCodec } from '../../src/embedding/types.ts';

const numbers = (codec: EmbeddingCodec, body: unknown): number[][] =>
  codec.decode(body, {}).vectors.map((vector) => [...vector]);

describe('every shape that a family answers in', () => {
  const cases: [string, EmbeddingCodec, unknown, number[][]][] = [
    ['Titan', titanCodec, { embedding: [1, 2], inputTextTokenCount: 3 }, [[1, 2]]],
    ['Titan by type', titanCodec, { embeddingsByType: { float: [1, 2] }, inputTextTokenCount: 3 }, [[1, 2]]],
    ['Titan image', titanImageCodec, { embedding: [0.5], inputTextTokenCount: 1, message: null }, [[0.5]]],
    [
      'Cohere floats',
      cohereCodec,
      { embeddings: [[1], [2]], response_type: 'embeddings_floats' },
      [[1], [2]],
    ],
    ['Cohere by type', cohereCodec, { embeddings: { float: [[1], [2]], int8: [[9], [9]] } }, [[1], [2]]],
    ['Nova', novaCodec, { embeddings: [{ embeddingType: 'TEXT', embedding: [1] }] }, [[1]]],
    ['Marengo list', marengoCodec, { data: [{ embedding: [1, 0] }] }, [[1, 0]]],
    ['Marengo object', marengoCodec, { data: { embedding: [1, 0] } }, [[1, 0]]],
    ['Marengo bare', marengoCodec, { embedding: [1, 0] }, [[1, 0]]],
  ];
  test.each(cases)('is decoded: %s', (_name, codec, body, vectors) => {
    expect(numbers(codec, body)).toEqual(vectors);
  });
});

test('the count in the body wins over the header, the header over nothing', () => {
  const header = { usage: { inputTokens: 7 } };
  expect(titanCodec.decode({ embedding: [1], inputTextTokenCount: 3 }, header).inputTokens).toBe(3);
  expect(titanCodec.decode({ embedding: [1] }, header).inputTokens).toBe(7);
  expect(titanCodec.decode({ embedding: [1] }, {})).not.toHaveProperty('inputTokens');
  expect(cohereCodec.decode({ embeddings: [[1]] }, header).inputTokens).toBe(7);
});

test('Nova tells where it cut a text', () => {
  const body = { embeddings: [{ embeddingType: 'TEXT', embedding: [1], truncatedCharLength: 8000 }] };
  expect(novaCodec.decode(body, {}).truncatedAt?.get(0)).toBe(8000);
});

test("Titan's own words about a refused text reach the caller", () => {
  expect(() => titanImageCodec.decode({ message: 'content filters' }, {})).toThrow(/content filters/);
});

describe('an answer without vectors is an error, never an empty vector', () => {
  const bodies: unknown[] = [
    null,
    undefined,
    'text',
    42,
    [],
    {},
    { embedding: [] },
    { embedding: 'x' },
    { embedding: [1, null] },
    { embedding: [1, '2'] },
    { embedding: [1e300] },
    { embeddings: [[]] },
    { embeddings: [[1, {}]] },
    { embeddings: { int8: [[1]] } },
    { embeddings: [{ embedding: null }] },
    { data: [] },
    { data: null },
    { data: [{}] },
  ];
  const codecs = [titanCodec, titanImageCodec, cohereCodec, novaCodec, marengoCodec];
  test.each(bodies.map((body) => [body]))('%j', (body) => {
    for (const codec of codecs) {
      let error: unknown;
      try {
        codec.decode(body, { requestId: 'r-1' });
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(BedrockError);
      expect(error).toMatchObject({ code: 'incomplete', requestId: 'r-1', accepted: true });
    }
  });
});
