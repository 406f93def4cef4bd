import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createBedrockRuntime } from '../../src/aws/clients.ts';
import type { AwsSettings } from '../../src/aws/types.ts';
import { ASK, failureOf, json, loopback, settingsFor, WHOLE } from '../aws/loopback.ts';

let proxy: http.Server;
let url: string;
let asked: string[];
let answer: ((socket: { end(text: string): unknown }) => void) | undefined;

beforeEach(async () => {
  asked = [];
  answer = (socket) =>
    void socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
  for (const name of [
    'HTTP_PROXY',
    'http_proxy',
    'https_proxy',
    'NO_PROXY',
    'no_proxy',
    'ALL_PROXY',
    'all_proxy',
  ]) {
    vi.stubEnv(name, undefined);
  }
  proxy = http.createServer();
  proxy.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.on('error', () => {});
    answer?.(socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  vi.stubEnv('HTTPS_PROXY', url);
});
afterEach(() => {
  vi.unstubAllEnvs();
  proxy.closeAllConnections();
  proxy.close();
});

const { runtimeEndpoint: _, ...REAL } = settingsFor('');
async function call(settings: Partial<AwsSettings> = {}) {
  const runtime = createBedrockRuntime({ ...REAL, ...settings });
  const error = await failureOf(runtime.converse(ASK, {}));
  runtime.close();
  return error;
}

describe('a proxy in HTTPS_PROXY', () => {
  it('gets the request for the Region’s host, and its refusal is named', async () => {
    const error = await call();
    expect(asked).toEqual(['bedrock-runtime.us-east-1.amazonaws.com:443']);
    expect(error.code).toBe('not_bedrock');
    expect(error.fix).toContain('HTTPS_PROXY');
  });

  it('that never answers is given up', async () => {
    answer = undefined;
    const error = await call({ connectTimeoutMs: 150 });
    expect(error).toMatchObject({ code: 'network', retryable: true });
  });

  it('is left out for the hosts in NO_PROXY', async () => {
    vi.stubEnv('NO_PROXY', 'bedrock.invalid');
    await call({ runtimeEndpoint: 'https://bedrock.invalid' });
    expect(asked).toEqual([]);
  });

  it('is left out for plain http', async () => {
    vi.stubEnv('HTTP_PROXY', url);
    const server = await loopback((_request, response) => json(response, 200, WHOLE));
    const runtime = createBedrockRuntime(settingsFor(server.url));
    await runtime.converse(ASK, {});
    runtime.close();
    await server.close();
    expect(asked).toEqual([]);
  });

  it.each(['socks5://127.0.0.1:1', 'http://'])('that is none is refused: %s', async (value) => {
    vi.stubEnv('HTTPS_PROXY', value);
    expect((await call()).code).toBe('config');
  });

  it('never shows its password', async () => {
    vi.stubEnv('HTTPS_PROXY', 'socks5://user:hunter2secret@127.0.0.1:1');
    const error = await call();
    expect(`${error.message} ${error.fix}`).not.toContain('hunter2secret');
  });
});
