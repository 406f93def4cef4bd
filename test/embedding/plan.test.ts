import { describe, expect, test } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import type { Family } from '../../src/catalog/types.ts';
import { EMBEDDING_CODECS } from '../../src/embedding/codecs.ts';
import { planEmbeddings } from '../../src/embedding/plan.ts';
import type { EmbeddingModel, EmbeddingRequest } from '../../src/embedding/types.ts';

const model = (id: string, family: Family, embedding?: EmbeddingModel['embedding']): EmbeddingModel => ({
  id,
  family,
  ...(embedding === undefined ? {} : { embedding }),
});
const TITAN_V1 = model('amazon.titan-embed-text-v1', 'titan-embed');
const TITAN_G1 = model('amazon.titan-embed-g1-text-02', 'titan-embed');
const TITAN_V2 = model('amazon.titan-embed-text-v2:0', 'titan-embed');
const TITAN_IMAGE = model('amazon.titan-embed-image-v1', 'titan-embed-image');
const COHERE_V3 = model('cohere.embed-english-v3', 'cohere-embed');
const COHERE_ML = model('cohere.embed-multilingual-v3', 'cohere-embed');
const COHERE_V4 = model('cohere.embed-v4:0', 'cohere-embed');
const NOVA = model('amazon.nova-2-multimodal-embeddings-v1:0', 'nova-embed');
const MARENGO_3 = model('twelvelabs.marengo-embed-3-0-v1:0', 'marengo');
const MARENGO_2 = model('twelvelabs.marengo-embed-2-7-v1:0', 'marengo');

const plan = (on: EmbeddingModel, options: Partial<EmbeddingRequest>) =>
  planEmbeddings({ texts: ['hello'], inputType: 'document', ...options }, on);

function refusal(run: () => unknown): BedrockError {
  try {
    run();
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the body that each model gets', () => {
  const cases: [EmbeddingModel, Partial<EmbeddingRequest>, unknown][] = [
    [TITAN_V1, { normalize: true }, { inputText: 'hello' }],
    [TITAN_V1, { dimensions: 1536 }, { inputText: 'hello' }],
    [TITAN_G1, { dimensions: 1536 }, { inputText: 'hello' }],
    [TITAN_V2, {}, { inputText: 'hello' }],
    [
      TITAN_V2,
      { dimensions: 256, normalize: false },
      { inputText: 'hello', dimensions: 256, normalize: false },
    ],
    [TITAN_V2, { inputType: 'query' }, { inputText: 'hello' }],
    [TITAN_IMAGE, {}, { inputText: 'hello' }],
    [
      TITAN_IMAGE,
      { dimensions: 384 },
      { inputText: 'hello', embeddingConfig: { outputEmbeddingLength: 384 } },
    ],
    [COHERE_V3, {}, { texts: ['hello'], input_type: 'search_document' }],
    [COHERE_V3, { dimensions: 1024 }, { texts: ['hello'], input_type: 'search_document' }],
    [
      COHERE_ML,
      { inputType: 'query', truncate: 'end' },
      { texts: ['hello'], input_type: 'search_query', truncate: 'END' },
    ],
    [
      COHERE_V3,
      { inputType: 'clustering', truncate: 'none' },
      { texts: ['hello'], input_type: 'clustering' },
    ],
    [
      COHERE_V4,
      { inputType: 'classification', dimensions: 512, truncate: 'start' },
      { texts: ['hello'], input_type: 'classification', truncate: 'START', output_dimension: 512 },
    ],
    [
      NOVA,
      {},
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_INDEX',
          text: { truncationMode: 'NONE', value: 'hello' },
        },
      },
    ],
    [
      NOVA,
      { inputType: 'query', dimensions: 384, truncate: 'start' },
      {
        taskType: 'SINGLE_EMBEDDING',
        singleEmbeddingParams: {
          embeddingPurpose: 'GENERIC_RETRIEVAL',
          embeddingDimension: 384,
          text: { truncationMode: 'START', value: 'hello' },
        },
      },
    ],
    [MARENGO_3, { truncate: 'end' }, { inputType: 'text', text: { inputText: 'hello' } }],
    [MARENGO_2, {}, { inputType: 'text', inputText: 'hello', textTruncate: 'none' }],
    [MARENGO_2, { truncate: 'end' }, { inputType: 'text', inputText: 'hello', textTruncate: 'end' }],
  ];
  test.each(cases)('$id %j', (on, options, body) => {
    expect(plan(on, options).calls).toEqual([{ indexes: [0], body }]);
  });
});

describe('batches', () => {
  test('Cohere takes 96 texts a call, in order, each text once', () => {
    const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`);
    const { calls } = plan(COHERE_V3, { texts });
    expect(calls.map((call) => call.indexes.length)).toEqual([96, 96, 8]);
    expect(calls.flatMap((call) => call.indexes)).toEqual(texts.map((_, i) => i));
    expect(calls.flatMap((call) => call.body.texts)).toEqual(texts);
  });

  test('a Cohere call stays below the request size that the service takes', () => {
    const texts = Array.from({ length: 5 }, () => 'x'.repeat(6_000_000));
    expect(plan(COHERE_V4, { texts }).calls.map((call) => call.indexes)).toEqual([[0, 1], [2, 3], [4]]);
  });

  test.each([TITAN_V2, TITAN_IMAGE, NOVA, MARENGO_3])('$id takes one text a call', (on) => {
    const { calls } = plan(on, { texts: ['a', 'b', 'c'] });
    expect(calls.map((call) => call.indexes)).toEqual([[0], [1], [2]]);
  });

  test('texts travel untouched, line breaks and all', () => {
    const text = '  two\nlines\t\u0000 and 👩‍👩‍👧 \r\n';
    expect(plan(TITAN_V2, { texts: [text] }).calls[0]?.body.inputText).toBe(text);
  });
});

describe('refused before anything is sent', () => {
  test.each([
    ['empty', ''],
    ['blank', ' \n\t\u00a0'],
    ['half of a surrogate pair', 'a\ud83d'],
    ['half of a surrogate pair', '\ude00b'],
  ])('a text that is %s is named by its position', (reason, text) => {
    const error = refusal(() => plan(COHERE_V3, { texts: ['fine', text, 'fine'] }));
    expect(error).toMatchObject({ code: 'invalid_request', field: 'texts[1]' });
    expect(error.message).toContain('texts[1]');
    expect(error.message).toContain(reason);
  });

  test('several bad texts are counted, the first few named', () => {
    const error = refusal(() => plan(TITAN_V2, { texts: Array.from({ length: 10 }, () => '') }));
    expect(error.message).toBe(
      'texts[0] is empty (also texts[1], texts[2], texts[3], texts[4], texts[5] and 4 more).',
    );
  });

  test('no texts at all', () => {
    expect(refusal(() => plan(TITAN_V2, { texts: [] }))).toMatchObject({
      code: 'invalid_request',
      field: 'texts',
    });
  });

  test.each<[EmbeddingModel, number]>([
    [TITAN_V1, 1024],
    [TITAN_V2, 384],
    [TITAN_IMAGE, 512],
    [COHERE_V3, 512],
    [COHERE_V4, 3072],
    [NOVA, 512],
    [MARENGO_3, 1024],
    [TITAN_V2, Number.NaN],
    [TITAN_V2, -256],
  ])('$id has no vectors of %d dimensions', (on, dimensions) => {
    const error = refusal(() => plan(on, { dimensions }));
    expect(error).toMatchObject({ code: 'invalid_request', field: 'dimensions' });
    expect(error.fix).toMatch(/Use dimensions \d+/);
  });

  test('a length that the catalogue knows beyond our table is sent', () => {
    const newer = model('cohere.embed-v4:0', 'cohere-embed', { dimensions: [64], defaultDimensions: 64 });
    expect(plan(newer, { dimensions: 64 }).calls[0]?.body.output_dimension).toBe(64);
    expect(refusal(() => plan(newer, { dimensions: 65 })).fix).toContain('64, 256, 512, 1024, 1536');
  });

  test.each<Family>(['claude', 'cohere-rerank', 'unknown'])('the family %s makes no embeddings', (family) => {
    expect(EMBEDDING_CODECS.has(family)).toBe(false);
    expect(refusal(() => plan(model('some.model', family), {}))).toMatchObject({ code: 'unsupported_model' });
  });
});

describe('texts that are too long', () => {
  const long = 'a'.repeat(2049);

  test.each([undefined, 'none'] as const)('Cohere v3 with truncate %s: refused, naming them', (truncate) => {
    const error = refusal(() =>
      plan(COHERE_V3, { texts: ['ok', long, long], ...(truncate === undefined ? {} : { truncate }) }),
    );
    expect(error).toMatchObject({ code: 'invalid_request', field: 'texts[1]' });
    expect(error.message).toContain('2048');
    expect(error.message).toContain('texts[2]');
  });

  test.each([
    ['end', 'a'.repeat(2048)],
    ['start', `${'a'.repeat(2047)}b`],
  ] as const)('Cohere v3 with truncate %s: cut there, with a warning', (truncate, expected) => {
    const result = plan(COHERE_V3, { texts: ['ok', `${'a'.repeat(2048)}b`], truncate });
    expect(result.calls[0]?.body.texts).toEqual(['ok', expected]);
    expect(result.warnings).toEqual([expect.stringContaining('texts[1]')]);
  });

  test('characters are code points, and none is cut in half', () => {
    const emoji = '😀'.repeat(2048);
    expect(plan(COHERE_V3, { texts: [emoji] }).warnings).toEqual([]);
    expect(plan(COHERE_V3, { texts: [`${emoji}b`], truncate: 'end' }).calls[0]?.body.texts).toEqual([emoji]);
    expect(plan(COHERE_V3, { texts: [`b${emoji}`], truncate: 'start' }).calls[0]?.body.texts).toEqual([
      emoji,
    ]);
    expect(
      plan(COHERE_V3, { texts: [`${emoji}😀`.repeat(3)], truncate: 'start' }).calls[0]?.body.texts,
    ).toEqual([emoji]);
  });

  test.each<[EmbeddingModel, number]>([
    [TITAN_V1, 50_000],
    [TITAN_V2, 50_000],
    [NOVA, 50_000],
    [COHERE_ML, 2048],
  ])('$id takes %d characters and not one more', (on, limit) => {
    expect(plan(on, { texts: ['x'.repeat(limit)] }).warnings).toEqual([]);
    expect(refusal(() => plan(on, { texts: ['x'.repeat(limit + 1)] })).field).toBe('texts[0]');
  });

  test('Cohere v4 has no character limit', () => {
    expect(plan(COHERE_V4, { texts: ['x'.repeat(100_000)] }).calls).toHaveLength(1);
  });

  test.each<[EmbeddingModel, 'start' | 'end']>([
    [TITAN_V2, 'end'],
    [TITAN_IMAGE, 'end'],
    [MARENGO_3, 'end'],
    [MARENGO_2, 'start'],
  ])('$id says that it cannot cut the %s by tokens', (on, truncate) => {
    expect(plan(on, { truncate }).warnings).toEqual([expect.stringContaining('token limit')]);
  });
});
