import { describe, expect, test } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import type { Family } from '../../src/catalog/types.ts';
import { decodeRerank, encodeRerank } from '../../src/embedding/rerank.ts';

const COHERE = { id: 'cohere.rerank-v3-5:0', family: 'cohere-rerank' } as const;
const AMAZON = { id: 'amazon.rerank-v1:0', family: 'amazon-rerank' } as const;

describe('the body', () => {
  test('Cohere gets its api_version, Amazon does not', () => {
    const request = { query: 'q', documents: ['a', 'b', 'c'], topN: 2 };
    expect(encodeRerank(request, COHERE)).toEqual({
      query: 'q',
      documents: ['a', 'b', 'c'],
      top_n: 2,
      api_version: 2,
    });
    expect(encodeRerank(request, AMAZON)).toEqual({ query: 'q', documents: ['a', 'b', 'c'], top_n: 2 });
  });

  test('top_n is all documents by default, and never more', () => {
    expect(encodeRerank({ query: 'q', documents: ['a', 'b'] }, AMAZON).top_n).toBe(2);
    expect(encodeRerank({ query: 'q', documents: ['a', 'b'], topN: 50 }, AMAZON).top_n).toBe(2);
  });

  test.each([
    ['query', { query: '', documents: ['a'] }],
    ['query', { query: '\ud800', documents: ['a'] }],
    ['documents', { query: 'q', documents: [] }],
    ['documents[1]', { query: 'q', documents: ['a', ' '] }],
    ['documents', { query: 'q', documents: Array.from({ length: 1001 }, () => 'a') }],
    ['top_n', { query: 'q', documents: ['a'], topN: 0 }],
    ['top_n', { query: 'q', documents: ['a'], topN: 1.5 }],
  ])('is refused by the name of %s', (field, request) => {
    expect(() => encodeRerank(request, COHERE)).toThrow(
      expect.objectContaining({ code: 'invalid_request', field }),
    );
  });

  test.each<Family>(['cohere-embed', 'claude', 'unknown'])('the family %s does not rerank', (family) => {
    expect(() => encodeRerank({ query: 'q', documents: ['a'] }, { id: 'x', family })).toThrow(
      expect.objectContaining({ code: 'unsupported_model' }),
    );
  });
});

describe('the answer', () => {
  test('is sorted best first', () => {
    const body = {
      results: [
        { index: 1, relevance_score: 0.1 },
        { index: 0, relevance_score: 0.9 },
      ],
    };
    expect(decodeRerank(body, {}, 2).results).toEqual([
      { index: 0, score: 0.9 },
      { index: 1, score: 0.1 },
    ]);
  });

  test.each([
    [null],
    [{}],
    [{ results: [] }],
    [{ results: [null] }],
    [{ results: [{ index: 0 }] }],
    [{ results: [{ index: '0', relevance_score: 1 }] }],
    [{ results: [{ index: 2, relevance_score: 1 }] }],
    [{ results: [{ index: -1, relevance_score: 1 }] }],
    [{ results: [{ index: 0.5, relevance_score: 1 }] }],
    [
      {
        results: [
          { index: 0, relevance_score: 1 },
          { index: 0, relevance_score: 1 },
        ],
      },
    ],
  ])('%j is incomplete', (body) => {
    expect(() => decodeRerank(body, {}, 2)).toThrow(BedrockError);
    expect(() => decodeRerank(body, {}, 2)).toThrow(expect.objectContaining({ code: 'incomplete' }));
  });
});
