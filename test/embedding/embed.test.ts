import { describe, expect, test, vi } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { type EmbeddingReply, embedTexts } from '../../src/embedding/embed.ts';
import type { EmbeddingModel } from '../../src/embedding/types.ts';
import type { JsonObject } from '../../src/json.ts';

const TITAN: EmbeddingModel = { id: 'amazon.titan-embed-text-v2:0', family: 'titan-embed' };
const TITAN_V1: EmbeddingModel = { id: 'amazon.titan-embed-text-v1', family: 'titan-embed' };
const COHERE: EmbeddingModel = { id: 'cohere.embed-english-v3', family: 'cohere-embed' };
const NOVA: EmbeddingModel = { id: 'amazon.nova-2-multimodal-embeddings-v1:0', family: 'nova-embed' };

const request = (count: number) => ({
  texts: Array.from({ length: count }, (_, i) => `text ${i}`),
  inputType: 'document' as const,
});
const failure = (code: 'throttled' | 'access_denied' | 'budget_exceeded' | 'cancelled') =>
  new BedrockError(code, { message: `it was ${code}`, fix: 'wait' });
const titan = (embedding: number[], inputTextTokenCount = 2): EmbeddingReply => ({
  output: { embedding, inputTextTokenCount },
  facts: {},
});
/** A vector that tells which text it is of: text 7 -> [1, 7]. */
const markOf = (text: unknown): number[] => [1, Number(String(text).split(' ')[1])];

/** Every promise that can go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Calls that wait until the test answers them. */
function controlled() {
  const calls: {
    body: JsonObject;
    answer: (reply: EmbeddingReply) => void;
    fail: (error: unknown) => void;
  }[] = [];
  let inFlight = 0;
  let most = 0;
  const send = (body: JsonObject): Promise<EmbeddingReply> => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    return new Promise<EmbeddingReply>((resolve, reject) => {
      calls.push({
        body,
        answer: (reply) => {
          inFlight -= 1;
          resolve(reply);
        },
        fail: (error) => {
          inFlight -= 1;
          reject(error);
        },
      });
    });
  };
  return { calls, send, most: () => most };
}

describe('order and concurrency', () => {
  test('vectors stand in the order of the texts whatever order the answers come in', async () => {
    const { calls, send, most } = controlled();
    const result = embedTexts(request(23), { model: TITAN, send, concurrency: 4 });
    let answered = 0;
    let seed = 12345;
    const open = new Set<number>();
    let known = 0;
    while (answered < 23) {
      await settled();
      expect(calls.length).toBe(Math.min(23, answered + 4));
      for (; known < calls.length; known += 1) open.add(known);
      seed = (seed * 1103515245 + 12345) % 2147483648;
      const chosen = [...open][seed % open.size];
      if (chosen === undefined) throw new Error('nothing in flight');
      open.delete(chosen);
      const call = calls[chosen];
      call?.answer(titan(markOf(call.body.inputText)));
      answered += 1;
    }
    const { vectors, inputTokens, perItemErrors } = await result;
    expect(vectors.map((vector) => vector?.[1])).toEqual(Array.from({ length: 23 }, (_, i) => i));
    expect(inputTokens).toBe(46);
    expect(perItemErrors).toEqual([]);
    expect(most()).toBe(4);
  });

  test.each([
    [undefined, 8],
    [5, 5],
    [1, 1],
    [0, 1],
    [Number.NaN, 1],
    [1000, 8],
  ])('concurrency %s keeps %d calls in flight', async (concurrency, expected) => {
    const { calls, send, most } = controlled();
    const result = embedTexts(request(8), {
      model: TITAN,
      send,
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    for (let i = 0; i < 8; i += 1) {
      await settled();
      expect(calls.length).toBe(Math.min(8, i + expected));
      calls[i]?.answer(titan([1, 0]));
    }
    await result;
    expect(most()).toBe(expected);
  });

  test('fewer calls are in flight when some had to be repeated', async () => {
    let inFlight = 0;
    const seen: number[] = [];
    const send = async () => {
      inFlight += 1;
      seen.push(inFlight);
      await settled();
      inFlight -= 1;
      return { ...titan([1, 0]), attempts: 2 };
    };
    const { perItemErrors } = await embedTexts(request(60), { model: TITAN, send, concurrency: 8 });
    expect(perItemErrors).toEqual([]);
    expect(Math.max(...seen)).toBe(8);
    expect(Math.max(...seen.slice(30))).toBeLessThanOrEqual(2);
  });

  test('batched answers are spread over their texts', async () => {
    const result = await embedTexts(request(100), {
      model: COHERE,
      send: async (body) => ({
        output: { embeddings: Array.isArray(body.texts) ? body.texts.map(markOf) : [] },
        facts: { usage: { inputTokens: 50 } },
      }),
    });
    expect(result.vectors.map((vector) => vector?.[1])).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(result.inputTokens).toBe(100);
    expect(result.dimensions).toBe(2);
  });

  test('progress counts texts up to the total', async () => {
    const seen: [number, number][] = [];
    await embedTexts(request(100), {
      model: COHERE,
      concurrency: 1,
      send: async (body) => ({
        output: { embeddings: Array.isArray(body.texts) ? body.texts.map(markOf) : [] },
        facts: {},
      }),
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(seen).toEqual([
      [96, 100],
      [100, 100],
    ]);
  });
});

describe('failures', () => {
  test('one failed call costs only its own texts', async () => {
    const result = await embedTexts(request(5), {
      model: TITAN,
      send: async (body, index) => {
        if (index === 2) throw failure('throttled');
        return titan(markOf(body.inputText));
      },
    });
    expect(result.vectors.map((vector) => vector?.[1])).toEqual([0, 1, undefined, 3, 4]);
    expect(result.perItemErrors).toEqual([
      { index: 2, error: expect.objectContaining({ code: 'throttled' }) },
    ]);
    expect(result.inputTokens).toBe(8);
  });

  test('a failed batch gives each of its texts the error', async () => {
    const result = await embedTexts(request(100), {
      model: COHERE,
      send: async (body, index) => {
        if (index === 0) throw failure('throttled');
        return { output: { embeddings: Array.isArray(body.texts) ? body.texts.map(markOf) : [] }, facts: {} };
      },
    });
    expect(result.perItemErrors.map(({ index }) => index)).toEqual(Array.from({ length: 96 }, (_, i) => i));
    expect(result.vectors.filter((vector) => vector !== undefined)).toHaveLength(4);
  });

  test('when everything failed, the first error is thrown', async () => {
    const { calls, send } = controlled();
    const result = embedTexts(request(2), { model: TITAN, send });
    await settled();
    expect(calls).toHaveLength(2);
    const first = failure('throttled');
    calls[1]?.fail(failure('throttled'));
    calls[0]?.fail(first);
    await expect(result).rejects.toBe(first);
  });

  test('an answer with too few or too many vectors fails its call: nobody knows which text is missing', async () => {
    for (const embeddings of [[], [[1]], [[1], [1], [1]]]) {
      const result = embedTexts(request(2), {
        model: COHERE,
        send: async () => ({ output: { embeddings }, facts: {} }),
      });
      await expect(result).rejects.toMatchObject({ code: 'incomplete' });
    }
  });

  test('an error that every call would meet stops the sending, and no text goes missing', async () => {
    let sent = 0;
    const result = await embedTexts(request(1000), {
      model: TITAN,
      concurrency: 1,
      send: async (body) => {
        sent += 1;
        if (sent > 3) throw failure('budget_exceeded');
        return titan(markOf(body.inputText));
      },
    });
    expect(sent).toBe(4);
    expect(result.perItemErrors).toHaveLength(997);
    expect(result.perItemErrors.every(({ error }) => error.code === 'budget_exceeded')).toBe(true);
    expect(result.vectors.slice(0, 4).map((vector) => vector?.[1])).toEqual([0, 1, 2, undefined]);
  });

  test('access denied on the first call is thrown without a thousand more calls', async () => {
    const send = vi.fn(async (): Promise<EmbeddingReply> => {
      throw failure('access_denied');
    });
    await expect(embedTexts(request(1000), { model: TITAN, send })).rejects.toMatchObject({
      code: 'access_denied',
    });
    expect(send).toHaveBeenCalledTimes(32);
  });

  test('something that is no BedrockError becomes one', async () => {
    const send = async (): Promise<EmbeddingReply> => {
      throw new TypeError('boom');
    };
    await expect(embedTexts(request(1), { model: TITAN, send })).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('boom'),
    });
  });

  test('bad texts are refused before any call', async () => {
    const send = vi.fn(async () => titan([1]));
    await expect(
      embedTexts({ texts: ['a', ''], inputType: 'document' }, { model: TITAN, send }),
    ).rejects.toMatchObject({ code: 'invalid_request', field: 'texts[1]' });
    expect(send).not.toHaveBeenCalled();
  });
});

describe('stopping', () => {
  test('an abort ends the request at once, and nothing more is sent or reported', async () => {
    const { calls, send } = controlled();
    const controller = new AbortController();
    const onVector = vi.fn();
    const onProgress = vi.fn();
    const result = embedTexts(request(50), {
      model: TITAN,
      send,
      concurrency: 3,
      signal: controller.signal,
      onVector,
      onProgress,
    });
    await settled();
    expect(calls).toHaveLength(3);
    controller.abort();
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    calls[0]?.answer(titan([1, 0]));
    calls[1]?.fail(failure('throttled'));
    await settled();
    expect(calls).toHaveLength(3);
    expect(onVector).not.toHaveBeenCalled();
    expect(onProgress).not.toHaveBeenCalled();
  });

  test('a signal that was aborted before sends nothing, and its own BedrockError is kept', async () => {
    const send = vi.fn(async () => titan([1]));
    const timeout = new BedrockError('timeout', { message: 'too late', fix: 'wait longer' });
    await expect(
      embedTexts(request(3), { model: TITAN, send, signal: AbortSignal.abort(timeout) }),
    ).rejects.toBe(timeout);
    expect(send).not.toHaveBeenCalled();
  });

  test('a call that says it was cancelled ends the request', async () => {
    const { calls, send } = controlled();
    const onVector = vi.fn();
    const result = embedTexts(request(20), { model: TITAN, send, concurrency: 2, onVector });
    await settled();
    expect(calls).toHaveLength(2);
    calls[0]?.fail(failure('cancelled'));
    await expect(result).rejects.toMatchObject({ code: 'cancelled' });
    calls[1]?.answer(titan([1]));
    await settled();
    expect(calls).toHaveLength(2);
    expect(onVector).not.toHaveBeenCalled();
  });

  test('a progress callback that throws ends the request instead of being swallowed', async () => {
    const send = vi.fn(async () => titan([1, 0]));
    const onProgress = () => {
      throw new Error('disk full');
    };
    await expect(embedTexts(request(50), { model: TITAN, send, concurrency: 1, onProgress })).rejects.toThrow(
      'disk full',
    );
    expect(send).toHaveBeenCalledTimes(1);
  });
});

describe('what the result says about the vectors', () => {
  const one = (
    model: EmbeddingModel,
    vector: number[],
    options: { normalize?: boolean; dimensions?: number } = {},
  ) => embedTexts({ ...request(1), ...options }, { model, send: async () => titan(vector) });

  test('normalized is measured', async () => {
    expect((await one(TITAN, [0.6, 0.8])).normalized).toBe(true);
    expect((await one(TITAN, [3, 4])).normalized).toBe(false);
    expect((await one(TITAN, [0, 0])).normalized).toBe(false);
  });

  test('unit length that the model cannot give is made here, and said', async () => {
    const result = await one(TITAN_V1, [3, 4], { normalize: true });
    expect([...(result.vectors[0] ?? [])]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
    expect(result.normalized).toBe(true);
    expect(result.warnings).toEqual([expect.stringContaining('scaled to unit length')]);
  });

  test('a wish for unnormalized vectors that the model cannot fulfil is said', async () => {
    expect((await one(TITAN_V1, [0.6, 0.8], { normalize: false })).warnings).toEqual([
      expect.stringContaining('normalize: false'),
    ]);
    expect((await one(TITAN, [0.6, 0.8], { normalize: false })).warnings).toEqual([]);
  });

  test('vectors of another length than asked are said', async () => {
    const result = await one(TITAN, [0.6, 0.8], { dimensions: 256 });
    expect(result.dimensions).toBe(2);
    expect(result.warnings).toEqual(['256 dimensions were asked, the vectors have 2.']);
  });

  test('tokens are left out when one call did not report them', async () => {
    const result = await embedTexts(request(2), {
      model: TITAN,
      send: async (_body, index) => (index === 0 ? titan([1]) : { output: { embedding: [1] }, facts: {} }),
    });
    expect(result).not.toHaveProperty('inputTokens');
  });

  test('texts that the model cut are named', async () => {
    const result = await embedTexts(request(2), {
      model: NOVA,
      send: async (_body, index) => ({
        output: { embeddings: [{ embedding: [1], ...(index === 1 ? { truncatedCharLength: 8000 } : {}) }] },
        facts: {},
      }),
    });
    expect(result.warnings).toEqual(['The model cut texts[1] at character 8000: over its token limit.']);
  });

  test('vectors can go to a sink without being kept', async () => {
    const seen = new Map<number, number | undefined>();
    const result = await embedTexts(request(10), {
      model: TITAN,
      send: async (body) => titan(markOf(body.inputText)),
      keepVectors: false,
      onVector: (index, vector) => seen.set(index, vector[1]),
    });
    expect(seen.size).toBe(10);
    expect([...seen].every(([index, mark]) => index === mark)).toBe(true);
    expect(result.vectors).toEqual(new Array(10).fill(undefined));
    expect(result.dimensions).toBe(2);
  });
});
