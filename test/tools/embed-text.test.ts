import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromBase64Float32 } from '../../src/embedding/vector-format.ts';
import { embedText } from '../../src/tools/embed-text.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const TEXTS = [
  'A cat sits on the mat',
  'The cat is sitting on a mat',
  'Quarterly revenue grew by nine percent',
];

describe('embed_text', () => {
  it.each([
    'amazon.titan-embed-text-v2:0',
    'cohere.embed-english-v3',
    'cohere.embed-multilingual-v3',
    'cohere.embed-v4:0',
  ])('embeds with %s, in order, with a receipt that has a price', async (model) => {
    const { structured } = await on.call(embedText, { texts: TEXTS, model });
    const { vectors, dimensions, count, receipt } = structured;
    expect(count).toBe(3);
    expect(Array.isArray(vectors) && vectors.map((vector: unknown[]) => vector.length)).toEqual([
      dimensions,
      dimensions,
      dimensions,
    ]);
    expect(receipt).toMatchObject({
      model_asked: model,
      api: 'native',
      cost_usd: expect.stringMatching(/^0\.0*[1-9]/),
    });
  });

  it('gives the same vectors as base64', async () => {
    const floats = await on.call(embedText, { texts: TEXTS.slice(0, 1), dimensions: 256 });
    const packed = await on.call(embedText, { texts: TEXTS.slice(0, 1), dimensions: 256, return: 'base64' });
    const [text] = Array.isArray(packed.structured['vectors_base64'])
      ? packed.structured['vectors_base64']
      : [];
    const [vector] = Array.isArray(floats.structured['vectors']) ? floats.structured['vectors'] : [];
    expect(packed.structured['vectors']).toBeUndefined();
    const unpacked = fromBase64Float32(String(text));
    expect(unpacked).toHaveLength(256);
    expect(
      Math.max(...vector.map((value: number, at: number) => Math.abs(value - (unpacked[at] ?? 0)))),
    ).toBeLessThan(1e-5);
  });

  it('takes returns for return, which is a reserved word in Python, and not both where they differ', async () => {
    const { structured } = await on.call(embedText, { texts: ['a', 'b'], returns: 'similarity' });
    expect(structured['similarity']).toHaveLength(2);
    const both = { texts: ['a'], return: 'vectors', returns: 'base64' };
    await expect(on.call(embedText, both)).rejects.toMatchObject({ field: 'returns' });
  });

  it('says that numbers are rounded, and of float32 in base64 that nothing is', async () => {
    const rounded = await on.call(embedText, { texts: ['a'] });
    expect(rounded.structured['receipt']).toMatchObject({
      warnings: [expect.stringMatching(/rounded to 6 significant digits.*base64/)],
    });
    expect(rounded.text).toContain('rounded to 6 significant digits');
    const exact = await on.call(embedText, { texts: ['a'], return: 'base64' });
    expect(exact.structured['receipt']).not.toHaveProperty('warnings');
    expect(exact.text).not.toContain('rounded');
  });

  it('compares texts without moving vectors', async () => {
    const { structured } = await on.call(embedText, { texts: TEXTS, return: 'similarity' });
    const matrix = structured['similarity'];
    if (!Array.isArray(matrix)) throw new Error('no matrix');
    expect(matrix[0][1]).toBeGreaterThan(matrix[0][2]);
    expect(structured['vectors']).toBeUndefined();
  });

  it('finds the texts nearest to a query, embedded as a query', async () => {
    const { structured } = await on.call(embedText, {
      texts: TEXTS,
      query: 'revenue in percent',
      top_k: 1,
      model: 'cohere.embed-english-v3',
    });
    expect(structured['matches']).toEqual([{ index: 2, score: expect.any(Number), text: TEXTS[2] }]);
    const bodies = on.sandbox.record.requests.slice(-2).map((request) => JSON.stringify(request.body));
    expect(bodies.join()).toContain('search_query');
  });

  it.each([
    ['a blank text', { texts: ['a', ' '] }, 'texts[1]'],
    ['impossible dimensions', { texts: ['a'], dimensions: 300 }, 'no vectors of 300 dimensions'],
    ['a text model', { texts: ['a'], model: 'claude-haiku-4-5' }, 'does not make embeddings'],
    ['top_k without query', { texts: ['a'], return: 'top_k' }, 'query'],
    ['a query that nothing uses', { texts: ['a'], query: 'b', return: 'vectors' }, 'top_k'],
    ['more than a message can carry', { texts: Array.from({ length: 3_000 }, () => 'a') }, 'do not fit'],
  ])('refuses %s before anything is sent', async (_what, args, message) => {
    const before = on.sandbox.record.requests.filter((request) => request.operation === 'InvokeModel').length;
    await expect(on.call(embedText, args)).rejects.toThrow(message);
    expect(on.sandbox.record.requests.filter((request) => request.operation === 'InvokeModel')).toHaveLength(
      before,
    );
  });

  it('reports progress over many calls', async () => {
    const seen: number[] = [];
    await on.call(
      embedText,
      { texts: Array.from({ length: 12 }, (_, at) => `text ${at}`) },
      { progress: (update) => seen.push(update.progress) },
    );
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(12);
  });
});
