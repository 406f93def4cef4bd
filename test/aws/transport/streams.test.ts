import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { createBedrockRuntime } from '../../../src/aws/clients.ts';
import type { BedrockRuntime } from '../../../src/aws/types.ts';
import { BedrockError } from '../../../src/bedrock-error.ts';
import {
  type Answer,
  ASK,
  CALL,
  chunk,
  collect,
  DELTA,
  event,
  exception,
  failureOf,
  frame,
  json,
  type Loopback,
  loopback,
  refuse,
  START,
  STOP,
  settingsFor,
  streamHead,
} from '../loopback.ts';

let server: Loopback;
let runtime: BedrockRuntime;

async function start(answer: Answer, more: Parameters<typeof settingsFor>[1] = {}): Promise<void> {
  server = await loopback(answer);
  runtime = createBedrockRuntime(settingsFor(server.url, more));
}

afterEach(async () => {
  runtime.close();
  await server.close();
});

/** Everything that was delivered, and how it ended. */
async function read(limits = {}): Promise<{ events: unknown[]; error?: BedrockError }> {
  const events: unknown[] = [];
  try {
    const answer = await runtime.converseStream(ASK, limits);
    for await (const one of answer.events) events.push(one);
    return { events };
  } catch (error) {
    if (error instanceof BedrockError) return { events, error };
    throw error;
  }
}

const damaged = Buffer.from(DELTA);
damaged[damaged.length - 6] = (damaged[damaged.length - 6] ?? 0) ^ 0xff;

describe('streams', () => {
  it('delivers the events of ConverseStream in order, with the headers, and releases the socket for the next call', async () => {
    await start((_, response) => {
      streamHead(response, { 'x-amzn-bedrock-input-token-count': '9' });
      response.end(Buffer.concat([START, DELTA, STOP]));
    });
    for (let n = 0; n < 5; n += 1) {
      const answer = await runtime.converseStream(ASK, {});
      expect(answer.headers).toEqual({ requestId: 'req-stream', inputTokens: 9 });
      expect(await collect(answer.events)).toEqual([
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } },
        { messageStop: { stopReason: 'end_turn' } },
      ]);
    }
    expect(server.opened()).toBe(1);
  });

  it('delivers native chunks as JSON', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([chunk({ a: 1 }), chunk([2]), chunk('"three"')]));
    });
    const { events } = await runtime.invokeStream({ ...CALL, body: {} }, {});
    expect(await collect(events)).toEqual([{ a: 1 }, [2], 'three']);
  });

  it.each(['{"a":', '', 'hello'])('refuses the native chunk %j, which is not JSON', async (text) => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([chunk({ a: 1 }), chunk(text)]));
    });
    const { events } = await runtime.invokeStream({ ...CALL, body: {} }, {});
    const error = await failureOf(collect(events));
    expect(error).toMatchObject({ code: 'incomplete', requestId: 'req-stream' });
  });

  it('skips events that it does not know', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([START, event('surpriseEvent', { x: 1 }), STOP]));
    });
    expect((await read()).events).toHaveLength(2);
  });

  it('a clean end without an end marker simply ends', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([START, DELTA]));
    });
    const { events, error } = await read();
    expect(events).toHaveLength(2);
    expect(error).toBeUndefined();
  });
});

describe('streams that break', () => {
  const exceptions: readonly (readonly [string, unknown, string])[] = [
    ['throttlingException', { message: 'Too many requests' }, 'throttled'],
    ['serviceUnavailableException', { message: 'Busy' }, 'overloaded'],
    ['internalServerException', { message: 'Oops' }, 'service_error'],
    ['validationException', { message: 'Input is too long for requested model.' }, 'content_too_long'],
    [
      'modelStreamErrorException',
      { message: 'x', originalStatusCode: 500, originalMessage: 'boom' },
      'model_error',
    ],
    ['modelTimeoutException', { message: 'late' }, 'model_timeout'],
    ['overloaded_error', { message: 'Overloaded' }, 'overloaded'],
    ['brandNewException', { message: 'Something new' }, 'service_error'],
  ];
  it.each(exceptions)('exception frame %s', async (name, payload, code) => {
    await start((request, response) => {
      streamHead(response);
      const first = request.url?.includes('first') === true ? [] : [START, DELTA];
      response.end(Buffer.concat([...first, exception(name, payload)]));
    });
    const late = await read();
    expect(late.events).toHaveLength(2);
    expect(late.error).toMatchObject({ code, requestId: 'req-stream', accepted: false });
    expect(late.error?.httpStatus).toBeUndefined();
    const first = await failureOf(
      runtime.converseStream({ ...ASK, modelId: 'amazon.first-v1:0' }, {}).then((a) => collect(a.events)),
    );
    expect(first).toMatchObject({ code, requestId: 'req-stream', accepted: false });
  });

  it('closes the connection after an exception, also when the server leaves it open', async () => {
    await start((_, response) => {
      streamHead(response);
      response.write(exception('throttlingException', { message: 'x' }));
    });
    expect((await read()).error?.code).toBe('throttled');
    await server.closed(0);
  });

  it('shows what the model itself said', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(exception('modelStreamErrorException', { message: 'failed', originalMessage: 'boom' }));
    });
    expect((await read()).error?.message).toContain('boom');
  });

  it('error frame', async () => {
    await start((_, response) => {
      streamHead(response);
      const headers = {
        ':message-type': 'error',
        ':error-code': 'InternalFailure',
        ':error-message': 'broken',
      };
      response.end(Buffer.concat([START, frame(headers, Buffer.alloc(0))]));
    });
    expect((await read()).error).toMatchObject({ code: 'service_error', requestId: 'req-stream' });
  });

  it('a wrong checksum', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([START, damaged, STOP]));
    });
    const { events, error } = await read();
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'network',
      accepted: true,
      retryable: false,
      requestId: 'req-stream',
    });
  });

  it('half a frame', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([START, DELTA.subarray(0, 20)]));
    });
    expect((await read()).error).toMatchObject({
      code: 'incomplete',
      accepted: true,
      requestId: 'req-stream',
    });
  });

  it('a connection that is reset', async () => {
    await start((_, response) => {
      streamHead(response);
      response.write(Buffer.concat([START, DELTA]), () => response.destroy());
    });
    const { events, error } = await read();
    expect(events).toHaveLength(2);
    expect(error).toMatchObject({
      code: 'network',
      accepted: true,
      retryable: false,
      requestId: 'req-stream',
    });
  });

  it.each(['text/event-stream', 'application/json', 'text/html'])('an answer of type %s', async (type) => {
    await start((_, response) => {
      response.writeHead(200, { 'content-type': type });
      response.write('data: {"a":1}\n\n');
    });
    expect((await read()).error).toMatchObject({ code: 'not_bedrock' });
    // The server had more to say: the connection was cut.
    await server.closed(0);
  });

  it('a refusal before the stream', async () => {
    await start((_, response) =>
      refuse(response, 429, 'ThrottlingException', 'Too many tokens per day, please wait'),
    );
    expect((await read()).error).toMatchObject({ code: 'quota_exceeded', retryable: false, httpStatus: 429 });
    expect(server.requests).toHaveLength(1);
  });

  it('an empty stream ends without events', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end();
    });
    expect(await read()).toEqual({ events: [] });
  });
});

describe('leaving a stream', () => {
  const endless: Answer = (_, response) => {
    streamHead(response);
    response.write(Buffer.concat([START, DELTA]));
  };

  it('break closes the upstream connection', async () => {
    await start(endless);
    for await (const _one of (await runtime.converseStream(ASK, {})).events) break;
    await server.closed(0);
  });

  it('return() closes it also while the next event is awaited', async () => {
    await start(endless);
    const iterator = (await runtime.converseStream(ASK, {})).events[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const pending = iterator.next().catch((error: unknown) => error);
    await iterator.return?.();
    await server.closed(0);
    await pending;
  });

  it('cancelling closes it and says cancelled, in the middle of an event wait', async () => {
    await start(endless);
    const controller = new AbortController();
    const { events } = await runtime.converseStream(ASK, { signal: controller.signal });
    const seen: unknown[] = [];
    const error = await failureOf(
      (async () => {
        for await (const one of events) {
          seen.push(one);
          if (seen.length === 2) setTimeout(() => controller.abort(), 5);
        }
      })(),
    );
    expect(error.code).toBe('cancelled');
    expect(seen).toHaveLength(2);
    await server.closed(0);
  });

  it('cancelling between two events is seen at the next one', async () => {
    await start(endless);
    const controller = new AbortController();
    const { events } = await runtime.converseStream(ASK, { signal: controller.signal });
    const iterator = events[Symbol.asyncIterator]();
    await iterator.next();
    controller.abort();
    await server.closed(0);
    expect((await failureOf(iterator.next())).code).toBe('cancelled');
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('a finished stream leaves no listener on the caller’s signal', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([START, STOP]));
    });
    const controller = new AbortController();
    await collect((await runtime.converseStream(ASK, { signal: controller.signal })).events);
    controller.abort();
    // The kept connection is still good: the next call needs no new one.
    await collect((await runtime.converseStream(ASK, {})).events);
    expect(server.opened()).toBe(1);
  });
});

describe('silence', () => {
  it('is measured from event to event: a stream with pauses below the limit goes on', async () => {
    await start((_, response) => {
      streamHead(response);
      response.write(START);
      let left = 6;
      const timer = setInterval(() => {
        response.write(DELTA);
        left -= 1;
        if (left > 0) return;
        clearInterval(timer);
        response.end(STOP);
      }, 100);
    });
    const { events, error } = await read({ idleTimeoutMs: 400 });
    expect(error).toBeUndefined();
    expect(events).toHaveLength(8);
  });

  it('ends the call when no next event comes, although bytes drip', async () => {
    await start((_, response) => {
      streamHead(response);
      response.write(START);
      let at = 0;
      const timer = setInterval(() => {
        response.write(DELTA.subarray(at, at + 1));
        at += 1;
      }, 50);
      response.on('close', () => clearInterval(timer));
    });
    const { events, error } = await read({ idleTimeoutMs: 200 });
    expect(events).toHaveLength(1);
    expect(error).toMatchObject({
      code: 'timeout',
      accepted: true,
      retryable: false,
      requestId: 'req-stream',
    });
    await server.closed(0);
  });

  it('a slow reader is no silence', async () => {
    await start((_, response) => {
      streamHead(response);
      response.end(Buffer.concat([START, DELTA, STOP]));
    });
    const { events } = await runtime.converseStream(ASK, { idleTimeoutMs: 60 });
    let count = 0;
    for await (const _one of events) {
      count += 1;
      await once(AbortSignal.timeout(100), 'abort');
    }
    expect(count).toBe(3);
  });

  it('before the first event counts too', async () => {
    await start((_, response) => {
      streamHead(response);
      response.flushHeaders();
    });
    expect((await read({ idleTimeoutMs: 100 })).error).toMatchObject({ code: 'timeout', accepted: true });
    await server.closed(0);
  });
});

it('a JSON answer to a stream request with an error status keeps its own meaning', async () => {
  await start((_, response) =>
    json(response, 404, { message: 'Model not found.' }, { 'x-amzn-errortype': 'ResourceNotFoundException' }),
  );
  expect((await read()).error?.code).toBe('unknown_model');
});
