/** Real answers of Bedrock, through the real AWS SDK: our bodies are the recorded ones, and what comes back decodes. */
import { isDeepStrictEqual } from 'node:util';
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Family } from '../../src/catalog/types.ts';
import { embedTexts } from '../../src/embedding/embed.ts';
import { decodeRerank, encodeRerank } from '../../src/embedding/rerank.ts';
import type { EmbeddingRequest } from '../../src/embedding/types.ts';
import type { JsonObject } from '../../src/json.ts';
import { type Loopback, loopback, refuse } from '../aws/loopback.ts';
import { ROWS } from '../recorded/corpus.ts';
import { answerWith } from '../recorded/replay.ts';

describe('recorded answers', () => {
  let server: Loopback;
  let client: BedrockRuntimeClient;

  beforeAll(async () => {
    // A body that differs from every recorded one is not answered.
    server = await loopback((request, response, _number, body) => {
      const path = decodeURIComponent(request.url ?? '');
      const row = ROWS.find(
        (each) =>
          decodeURIComponent(each.path) === path &&
          each.status === 200 &&
          isDeepStrictEqual(each.request_body, JSON.parse(body)),
      );
      if (row === undefined) refuse(response, 400, 'ValidationException', `No recording has ${body}`);
      else answerWith(row, response);
    });
    client = new BedrockRuntimeClient({
      region: 'us-east-1',
      endpoint: server.url,
      credentials: { accessKeyId: 'AKIDTEST', secretAccessKey: 'test' },
      requestHandler: new NodeHttpHandler(),
      maxAttempts: 1,
    });
  });
  afterAll(async () => {
    client.destroy();
    await server.close();
  });

  const send = async (modelId: string, body: JsonObject) => {
    const answer = await client.send(
      new InvokeModelCommand({ modelId, body: JSON.stringify(body), contentType: 'application/json' }),
    );
    const output: unknown = JSON.parse(answer.body.transformToString());
    return { output, facts: {} };
  };

  const rows: [string, Family, EmbeddingRequest, { dimensions: number; inputTokens?: number }][] = [
    [
      'amazon.titan-embed-text-v2:0',
      'titan-embed',
      {
        texts: [
          'Embeddings turn text into numeric vectors for similarity search.',
          'Rust cassette replay keeps Bedrock tests deterministic.',
        ],
        inputType: 'document',
        dimensions: 256,
        normalize: true,
      },
      { dimensions: 256, inputTokens: 23 },
    ],
    [
      'us.cohere.embed-v4:0',
      'cohere-embed',
      { texts: ["Ruby is a programmer's best friend"], inputType: 'document' },
      { dimensions: 1536 },
    ],
    [
      'us.cohere.embed-v4:0',
      'cohere-embed',
      { texts: ['Ruby', 'Python', 'JavaScript'], inputType: 'document', dimensions: 512 },
      { dimensions: 512 },
    ],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      'nova-embed',
      {
        texts: ["Ruby is a programmer's best friend"],
        inputType: 'document',
        dimensions: 256,
        truncate: 'end',
      },
      { dimensions: 256 },
    ],
    [
      'amazon.nova-2-multimodal-embeddings-v1:0',
      'nova-embed',
      { texts: ['Test Nova dimensions'], inputType: 'query', dimensions: 256 },
      { dimensions: 256 },
    ],
  ];

  test.each(rows)('%s %s %j', async (id, family, request, expected) => {
    const result = await embedTexts(request, { model: { id, family }, send: (body) => send(id, body) });
    expect(result).toMatchObject({ ...expected, normalized: true, perItemErrors: [], warnings: [] });
    expect(result.vectors).toHaveLength(request.texts.length);
    for (const vector of result.vectors) expect(vector).toHaveLength(expected.dimensions);
  });

  test('Cohere Rerank 3.5', async () => {
    const request = {
      query: 'What is the capital of the United States?',
      documents: [
        'Carson City is the capital city of the American state of Nevada.',
        'The Commonwealth of the Northern Mariana Islands is a group of islands in the Pacific Ocean. Its capital is Saipan.',
        'Washington, D.C. (also known as simply Washington or D.C., and officially as the District of Columbia) is the capital of the United States. It is a federal district.',
        'Capitalization or capitalisation in English grammar is the use of a capital letter at the start of a word. English usage varies from capitalization in other languages.',
        'Capital punishment has existed in the United States since beforethe United States was a country. As of 2017, capital punishment is legal in 30 of the 50 states.',
      ],
      topN: 3,
    };
    const id = 'cohere.rerank-v3-5:0';
    const { output, facts } = await send(id, encodeRerank(request, { id, family: 'cohere-rerank' }));
    expect(decodeRerank(output, facts, request.documents.length)).toEqual({
      results: [
        { index: 2, score: 0.8742601 },
        { index: 0, score: 0.1728413 },
        { index: 4, score: 0.10793502 },
      ],
    });
  });
});
