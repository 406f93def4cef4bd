import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createBedrockRuntime } from '../../../src/aws/clients.ts';
import type { BedrockRuntime } from '../../../src/aws/types.ts';
import {
  type Answer,
  ASK,
  CALL,
  failureOf,
  json,
  type Loopback,
  loopback,
  settingsFor,
  WHOLE,
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

const silent: Answer = () => {};
/** One byte of a good answer every 40 ms. */
const drip: Answer = (_, response) => {
  const text = JSON.stringify(WHOLE);
  response.writeHead(200, { 'content-type': 'application/json', 'x-amzn-requestid': 'req-drip' });
  let at = 0;
  const timer = setInterval(() => {
    response.write(text.slice(at, at + 12));
    at += 12;
    if (at < text.length) return;
    clearInterval(timer);
    response.end();
  }, 40);
  response.on('close', () => clearInterval(timer));
};

describe('a server that never answers', () => {
  it.each([
    ['converse', () => runtime.converse(ASK, { idleTimeoutMs: 100 })],
    ['converseStream', () => runtime.converseStream(ASK, { idleTimeoutMs: 100 })],
    ['invoke', () => runtime.invoke({ ...CALL, body: {} }, { idleTimeoutMs: 100 })],
    ['invokeStream', () => runtime.invokeStream({ ...CALL, body: {} }, { idleTimeoutMs: 100 })],
    ['countTokens', () => runtime.countTokens({ ...CALL, input: { converse: {} } }, { idleTimeoutMs: 100 })],
  ])('%s ends at the silence limit, closes the connection, is sent once', async (_name, call) => {
    await start(silent);
    const error = await failureOf(call());
    expect(error).toMatchObject({ code: 'timeout', accepted: true, retryable: false });
    expect(error.fix).toContain('BEDROCK_IDLE_TIMEOUT');
    await server.closed(0);
    expect(server.requests).toHaveLength(1);
  });

  it('the setting holds when the call names no limit', async () => {
    await start(silent, { idleTimeoutMs: 100 });
    expect((await failureOf(runtime.converse(ASK, {}))).code).toBe('timeout');
  });

  it('the total limit ends it too, and may be absurdly long', async () => {
    await start(silent);
    const error = await failureOf(runtime.converse(ASK, { totalTimeoutMs: 99.954695, idleTimeoutMs: 1e15 }));
    expect(error.code).toBe('timeout');
    expect(error.message).toContain('limit of 100 ms');
    expect(error.fix).toContain('BEDROCK_TIMEOUT');
    await server.closed(0);
  });
});

describe('a slow answer', () => {
  it('is waited for as long as bytes come', async () => {
    await start(drip);
    const answer = await runtime.converse(ASK, { idleTimeoutMs: 300 });
    expect(answer.output).toMatchObject({ stopReason: 'end_turn' });
  });

  it('is ended by the total limit', async () => {
    await start(drip);
    const error = await failureOf(runtime.converse(ASK, { idleTimeoutMs: 300, totalTimeoutMs: 150 }));
    expect(error).toMatchObject({ code: 'timeout', accepted: true, requestId: 'req-drip' });
    await server.closed(0);
  });

  it('that stops in the middle is ended by the silence limit', async () => {
    await start((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"output":');
    });
    const error = await failureOf(runtime.invoke({ ...CALL, body: {} }, { idleTimeoutMs: 120 }));
    expect(error).toMatchObject({ code: 'timeout', accepted: true });
    await server.closed(0);
  });
});

describe('a limit of which some was gone before', () => {
  it('is told as it was asked for, with what was gone', async () => {
    await start(silent);
    const limits = { totalTimeoutMs: 60, askedTimeoutMs: 2_060 };
    const error = await failureOf(runtime.converse(ASK, limits));
    expect(error.message).toMatch(/limit of 2060 ms \(2000 ms of it went by before this request was sent\)/);
  });
});

describe('cancelling', () => {
  it('closes the upstream connection', async () => {
    await start(silent);
    const controller = new AbortController();
    const call = failureOf(runtime.converse(ASK, { signal: controller.signal }));
    await server.arrived(0);
    controller.abort(new Error('a reason'));
    expect((await call).code).toBe('cancelled');
    await server.closed(0);
  });

  it('before the call sends nothing', async () => {
    await start((_, response) => json(response, 200, WHOLE));
    expect((await failureOf(runtime.converse(ASK, { signal: AbortSignal.abort() }))).code).toBe('cancelled');
    expect(server.opened()).toBe(0);
  });

  it('one call leaves the others alone', async () => {
    await start((_, response, number) => void (number === 0 ? undefined : json(response, 200, WHOLE)));
    const controller = new AbortController();
    const hung = failureOf(runtime.converse(ASK, { signal: controller.signal }));
    await server.arrived(0);
    const others = await Promise.all(Array.from({ length: 5 }, () => runtime.converse(ASK, {})));
    controller.abort();
    expect((await hung).code).toBe('cancelled');
    expect(others).toHaveLength(5);
  });

  it('60 hung calls do not stop a healthy one', async () => {
    await start((_, response, number) => void (number < 60 ? undefined : json(response, 200, WHOLE)));
    const controller = new AbortController();
    const hung = Array.from({ length: 60 }, () =>
      failureOf(runtime.converse(ASK, { signal: controller.signal })),
    );
    await server.arrived(59);
    expect((await runtime.converse(ASK, {})).output).toBeDefined();
    controller.abort();
    expect(new Set((await Promise.all(hung)).map((error) => error.code))).toEqual(new Set(['cancelled']));
  });
});

describe('connecting', () => {
  it('gives up on a server that accepts but never finishes the TLS handshake', async () => {
    await start(silent);
    const mute = net.createServer((socket) => void socket.on('error', () => {}));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const slow = createBedrockRuntime(settingsFor(`https://127.0.0.1:${port}`, { connectTimeoutMs: 150 }));
    const error = await failureOf(slow.converse(ASK, {}));
    expect(error).toMatchObject({ code: 'network', retryable: true, accepted: false });
    expect(error.message).toContain('connection time limit');
    slow.close();
    mute.close();
  });

  it('a host that does not exist is a Region problem without an override, a network problem with one', async () => {
    await start(silent);
    const { runtimeEndpoint: _, ...bare } = settingsFor(server.url);
    const nowhere = createBedrockRuntime({ ...bare, runtimeEndpoint: 'http://bedrock.invalid' });
    expect(['network', 'unreachable_region']).toContain((await failureOf(nowhere.converse(ASK, {}))).code);
    nowhere.close();
  });
});
