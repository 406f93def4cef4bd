import { inflateSync } from 'node:zlib';
import { InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/json.ts';
import { tinyPng } from '../../../src/sandbox/answers/images.ts';
import { embed, quantise, similarity } from '../../../src/sandbox/answers/vectors.ts';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { runtimeClient } from '../clients.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ retired: 'serve' });
});
afterAll(() => sandbox.close());

async function invoke(modelId: string, body: object, region = 'us-west-2'): Promise<JsonObject> {
  const command = new InvokeModelCommand({ modelId, body: JSON.stringify(body) });
  const answer = await runtimeClient(sandbox.url, { region }).send(command);
  const value: JsonValue = JSON.parse(answer.body.transformToString());
  return isJsonObject(value) ? value : {};
}

const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector);

describe('vectors', () => {
  it('put texts that share words nearer than texts that do not', () => {
    const question = 'How do I reset my password?';
    const near = similarity(question, 'Resetting a forgotten password');
    const far = similarity(question, 'The weather in Oslo is cold');
    expect(near).toBeGreaterThan(far + 0.2);
    expect(similarity(question, question)).toBeCloseTo(1);
  });

  it('are the same for the same text, and have length 1', () => {
    expect(embed('one two', 256)).toEqual(embed('one two', 256));
    expect(lengthOf(embed('one two', 256))).toBeCloseTo(1);
    expect(lengthOf(embed('?!', 256))).toBeCloseTo(1);
  });

  it.each([
    ['int8', 4, -128, 127],
    ['uint8', 4, 0, 255],
    ['binary', 1, -128, 127],
    ['ubinary', 1, 0, 255],
  ])('%s keeps to its range', (type, length, least, most) => {
    const values = quantise([0.5, -0.5, 1, -1], type);
    expect(values).toHaveLength(length);
    expect(values.every((value) => Number.isInteger(value) && value >= least && value <= most)).toBe(true);
  });
});

describe('embedding models', () => {
  it('Titan v2: dimensions, types and no normalisation', async () => {
    const body = await invoke('amazon.titan-embed-text-v2:0', { inputText: 'words', dimensions: 256 });
    expect(body).toMatchObject({ inputTextTokenCount: 2, embedding: expect.any(Array) });
    expect(body['embedding']).toHaveLength(256);
    const long = await invoke('amazon.titan-embed-text-v2:0', {
      inputText: 'many different words here',
      normalize: false,
      embeddingTypes: ['float', 'binary'],
    });
    const { embeddingsByType } = long;
    const byType = isJsonObject(embeddingsByType) ? embeddingsByType : {};
    const floats = Array.isArray(byType['float']) ? byType['float'].map(Number) : [];
    expect(lengthOf(floats)).toBeGreaterThan(1.5);
    expect(new Set(Array.isArray(byType['binary']) ? byType['binary'] : [])).toEqual(new Set([0, 1]));
  });

  it('Cohere v3 answers plain floats, and by type when asked', async () => {
    const plain = await invoke('cohere.embed-english-v3', {
      texts: ['a', 'b'],
      input_type: 'search_document',
    });
    expect(Object.keys(plain)).toEqual(['embeddings', 'id', 'response_type', 'texts']);
    expect(plain['response_type']).toBe('embeddings_floats');
    const typed = await invoke('cohere.embed-english-v3', {
      texts: ['a'],
      input_type: 'search_query',
      embedding_types: ['int8', 'float'],
    });
    expect(typed).toMatchObject({
      response_type: 'embeddings_by_type',
      embeddings: { int8: [expect.any(Array)] },
    });
  });

  it('Cohere v4 always answers by type, with its own dimensions and interleaved inputs', async () => {
    const input = { content: [{ type: 'text', text: 'a' }] };
    const body = await invoke('us.cohere.embed-v4:0', { inputs: [input], input_type: 'search_query' });
    expect(body['response_type']).toBe('embeddings_by_type');
    const { embeddings } = body;
    const floats = isJsonObject(embeddings) ? embeddings['float'] : undefined;
    expect(Array.isArray(floats) ? floats[0] : []).toHaveLength(1536);
  });

  it.each([
    ['amazon.titan-embed-text-v1', { inputText: 'a' }, 'embedding', 1536],
    [
      'amazon.titan-embed-image-v1',
      { inputText: 'a', embeddingConfig: { outputEmbeddingLength: 384 } },
      'embedding',
      384,
    ],
  ])('have vectors of the length that was asked for: %s', async (modelId, body, key, dimensions) => {
    expect((await invoke(modelId, body))[key]).toHaveLength(dimensions);
  });

  it('Marengo and Nova answer with lists of embeddings', async () => {
    const asked = { inputType: 'text', text: { inputText: 'a' } };
    const marengo = await invoke('us.twelvelabs.marengo-embed-3-0-v1:0', asked, 'us-east-1');
    expect(marengo).toMatchObject({ data: [{ embedding: expect.any(Array) }] });
    const singleEmbeddingParams = {
      embeddingPurpose: 'GENERIC_INDEX',
      embeddingDimension: 256,
      text: { truncationMode: 'END', value: 'a' },
    };
    const nova = await invoke(
      'amazon.nova-2-multimodal-embeddings-v1:0',
      { taskType: 'SINGLE_EMBEDDING', singleEmbeddingParams },
      'us-east-1',
    );
    expect(nova).toMatchObject({ embeddings: [{ embeddingType: 'TEXT' }] });
  });
});

describe('rerank and images', () => {
  it.each([
    ['cohere.rerank-v3-5:0', { api_version: 2 }],
    ['amazon.rerank-v1:0', {}],
  ])('%s puts the document that shares words first', async (modelId, more) => {
    const documents = ['Bread recipes', 'The capital of France is Paris', 'Cars'];
    const body = await invoke(modelId, { query: 'capital of France', documents, top_n: 2, ...more });
    const { results } = body;
    expect(results).toHaveLength(2);
    expect(Array.isArray(results) ? results[0] : {}).toMatchObject({ index: 1 });
  });

  it('image models answer a PNG that decodes, another one for another prompt', async () => {
    const body = await invoke('stability.sd3-5-large-v1:0', { prompt: 'a cat' });
    const image = Array.isArray(body['images']) ? String(body['images'][0]) : '';
    expect(body).toMatchObject({ finish_reasons: [null], seeds: [0] });
    const bytes = Buffer.from(image, 'base64');
    expect(bytes.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    const start = bytes.indexOf('IDAT');
    const length = bytes.readUInt32BE(start - 4);
    expect(inflateSync(bytes.subarray(start + 4, start + 4 + length))).toHaveLength(16 * (1 + 16 * 3));
    expect(tinyPng('a dog')).not.toBe(tinyPng('a cat'));
  });

  it('Nova Canvas answers as many images as asked for', async () => {
    const command = new InvokeModelCommand({
      modelId: 'amazon.nova-canvas-v1:0',
      body: JSON.stringify({
        taskType: 'TEXT_IMAGE',
        textToImageParams: { text: 'a cat' },
        imageGenerationConfig: { numberOfImages: 3 },
      }),
    });
    const answer = await runtimeClient(sandbox.url).send(command);
    expect(JSON.parse(answer.body.transformToString()).images).toHaveLength(3);
  });
});
