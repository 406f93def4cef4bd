/** The HTTP door as anyone on this machine can reach it: guarded, readable in its refusals, and stoppable. */
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import {
  abortedUpstream,
  eventually,
  type HttpServerProcess,
  modelCalls,
  sandboxEnvironment,
  startHttpServer,
  startServer,
  stopServers,
  upstreamCall,
} from './server-process.ts';

const MIB = 1024 * 1024;
const HEADERS = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'curl', version: '1' } },
};

let sandbox: Sandbox;
let server: HttpServerProcess;
beforeAll(async () => {
  sandbox = await startSandbox();
  server = await startHttpServer([], sandboxEnvironment(sandbox));
});
afterAll(async () => {
  stopServers();
  await sandbox.close();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** node:http, because fetch does not let a caller choose Host and Origin. */
function send(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      new URL(path, server.url),
      { method: options.method ?? 'POST', headers: { ...HEADERS, ...options.headers } },
      (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on('error', reject);
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  send('/mcp', { body: JSON.stringify(body), headers });

/** The messages of an answer, whether it came as JSON or as an event stream. */
function messagesOf({ text, headers }: Answer): JsonObject[] {
  const isStream = String(headers['content-type']).startsWith('text/event-stream');
  const parts = isStream
    ? text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []))
    : [text];
  return parts.map((part): unknown => JSON.parse(part)).filter(isJsonObject);
}

async function openSession(): Promise<Record<string, string>> {
  const answer = await post(INITIALIZE);
  expect(answer.status).toBe(200);
  const session = { 'mcp-session-id': String(answer.headers['mcp-session-id']) };
  expect((await post({ jsonrpc: '2.0', method: 'notifications/initialized' }, session)).status).toBe(202);
  return session;
}

const call = (id: number | string, prompt: string) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name: 'invoke_model', arguments: { prompt } },
});

/** The same in the 2026 era, where every request says all about itself. */
const MODERN_HEADERS = {
  'mcp-protocol-version': '2026-07-28',
  'mcp-method': 'tools/call',
  'mcp-name': 'invoke_model',
};
function modernCall(id: number | string, prompt: string) {
  const { params, ...rest } = call(id, prompt);
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return { ...rest, params: { ...params, _meta: envelope } };
}

describe('the guard', () => {
  const FOREIGN: readonly [string, Record<string, string>][] = [
    ['a foreign Host', { host: 'evil.example' }],
    ['a foreign Host with the right port', { host: 'evil.example:8808' }],
    ['a Host that begins like ours', { host: 'localhost.evil.example' }],
    ['a Host with ours as user name', { host: 'localhost@evil.example' }],
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['an Origin of nothing', { origin: 'null' }],
    ['an Origin that begins like ours', { origin: 'http://localhost.evil.example' }],
    ['an Origin from a file', { origin: 'file://' }],
  ];
  const PATHS = ['/mcp', '/', '/healthz', '/v1/chat/completions', '/nowhere'];

  it.each(FOREIGN)('refuses %s on every path and for every method', async (_, headers) => {
    for (const path of PATHS) {
      for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS']) {
        const answer = await send(path, {
          method,
          headers,
          body: method === 'POST' ? JSON.stringify(INITIALIZE) : '',
        });
        expect(answer.status, `${method} ${path}`).toBe(403);
        expect(answer.headers['access-control-allow-origin']).toBeUndefined();
        expect(answer.headers['mcp-session-id']).toBeUndefined();
      }
    }
  });

  it.each([{ host: 'localhost:1234' }, { host: '[::1]' }, { origin: 'http://localhost:6274' }])(
    'lets %j in',
    async (headers) => {
      expect((await post(INITIALIZE, headers)).status).toBe(200);
    },
  );
});

describe('refusals', () => {
  const ROWS: readonly {
    what: string;
    path?: string;
    method?: string;
    headers?: Record<string, string>;
    body?: string | Buffer;
    status: number;
    says: RegExp;
  }[] = [
    { what: 'an unknown path', path: '/nowhere', status: 404, says: /\/mcp/ },
    { what: 'a path below /mcp', path: '/mcp/x', status: 404, says: /\/mcp/ },
    { what: 'GET without a session', method: 'GET', status: 405, says: /not allowed/i },
    { what: 'DELETE without a session', method: 'DELETE', status: 405, says: /not allowed/i },
    { what: 'PUT', method: 'PUT', status: 405, says: /not allowed/i },
    { what: 'OPTIONS', method: 'OPTIONS', status: 405, says: /not allowed/i },
    {
      what: 'a form',
      headers: { 'content-type': 'text/plain' },
      body: '{}',
      status: 415,
      says: /application\/json/,
    },
    { what: 'a body that is no JSON', body: '{"jsonrpc":', status: 400, says: /JSON/ },
    { what: 'an empty body', body: '', status: 400, says: /JSON/ },
    { what: 'JSON that is no message', body: '{"a":1}', status: 400, says: /JSON-RPC/ },
    { what: 'null', body: 'null', status: 400, says: /JSON-RPC/ },
    { what: 'a body over the limit', body: Buffer.alloc(17 * MIB, ' '), status: 413, says: /16777216/ },
    {
      what: 'an unknown session',
      headers: { 'mcp-session-id': 'nobody' },
      body: JSON.stringify(call(1, 'x')),
      status: 404,
      says: /Session/,
    },
    {
      what: 'the session __proto__',
      headers: { 'mcp-session-id': '__proto__' },
      body: JSON.stringify(call(1, 'x')),
      status: 404,
      says: /Session/,
    },
    {
      what: 'the session constructor',
      headers: { 'mcp-session-id': 'constructor' },
      body: JSON.stringify(call(1, 'x')),
      status: 404,
      says: /Session/,
    },
    {
      what: 'a stream of an unknown session',
      method: 'GET',
      headers: { 'mcp-session-id': 'nobody' },
      status: 404,
      says: /Session/,
    },
    {
      what: 'an end of an unknown session',
      method: 'DELETE',
      headers: { 'mcp-session-id': 'nobody' },
      status: 404,
      says: /Session/,
    },
  ];

  it.each(ROWS)(
    '$what gets $status as JSON',
    async ({ path = '/mcp', status, says, what: _, ...options }) => {
      const answer = await send(path, options);
      expect(answer.status).toBe(status);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      expect(JSON.parse(answer.text)).toHaveProperty('error.message', expect.stringMatching(says));
    },
  );

  it('what is no HTTP gets 400 and a closed connection', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () =>
        socket.write('EHLO there\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('a body of 12 MiB is read', async () => {
    const body = {
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'estimate_cost',
        arguments: { models: ['mistral.mistral-7b-instruct-v0:2'], prompt: 'x'.repeat(12 * MIB) },
      },
    };
    const [answer] = messagesOf(await post(body));
    expect(answer).toHaveProperty('result.structuredContent.estimates');
  });
});

describe('sessions of 2025-era clients', () => {
  it('have IDs that cannot be guessed', async () => {
    const ids = await Promise.all([openSession(), openSession(), openSession()]);
    const texts = ids.map((session) => session['mcp-session-id']);
    expect(new Set(texts).size).toBe(3);
    for (const text of texts)
      expect(text).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
  });

  it('end with DELETE, and then are not found', async () => {
    const session = await openSession();
    expect((await send('/mcp', { method: 'DELETE', headers: session })).status).toBe(200);
    expect((await post(call(2, 'x'), session)).status).toBe(404);
  });

  it('are not needed: a single request without one is answered', async () => {
    const [answer] = messagesOf(await post({ jsonrpc: '2.0', id: 9, method: 'tools/list' }));
    expect(answer).toHaveProperty('result.tools');
  });

  it('keep equal IDs of two clients apart', async () => {
    const [first, second] = await Promise.all([openSession(), openSession()]);
    const rounds = Array.from({ length: 10 }, (_, id) => id);
    const answers = await Promise.all(
      rounds.flatMap((id) => [
        post(call(id, `first ${id}.`), first),
        post(call(id, `second ${id}.`), second),
      ]),
    );
    for (const [at, answer] of answers.entries()) {
      const owner = `${at % 2 === 0 ? 'first' : 'second'} ${Math.floor(at / 2)}.`;
      expect(messagesOf(answer).filter(({ id }) => id !== undefined)).toHaveLength(1);
      expect(answer.text).toContain(owner);
    }
  });

  it('cannot cancel the calls of another session', async () => {
    const [owner, other] = await Promise.all([openSession(), openSession()]);
    const answer = post(call(5, 'sandbox:slow 1 not yours'), owner);
    await upstreamCall(sandbox, 'not yours');
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 5 } };
    expect((await post(cancel, other)).status).toBe(202);
    expect(messagesOf(await answer).at(-1)).toHaveProperty('result.structuredContent');
  });

  it('end the stream of a cancelled call', async () => {
    const session = await openSession();
    const answer = post(call(5, 'sandbox:slow 30 mine'), session);
    const request = await upstreamCall(sandbox, 'mine');
    await post({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 5 } }, session);
    await abortedUpstream(request, 0);
    expect(messagesOf(await answer).some(({ id }) => id === 5)).toBe(false);
  });
});

describe('a client that goes away in the middle of a call', () => {
  it.each([
    ['2026', async () => MODERN_HEADERS, modernCall],
    ['2025, with a session', openSession, call],
    ['2025, without a session', async () => ({}), call],
  ] as const)('closes the upstream request (%s)', async (era, headers, body) => {
    const leave = new AbortController();
    const answer = fetch(server.url, {
      method: 'POST',
      headers: { ...HEADERS, ...(await headers()) },
      body: JSON.stringify(body(1, `sandbox:slow 30 gone ${era}`)),
      signal: leave.signal,
    }).then(
      (response) => response.text(),
      () => 'left',
    );
    const request = await upstreamCall(sandbox, `gone ${era}`);
    expect(request.state).toBe('in-flight');
    const since = Date.now();
    leave.abort();
    await answer.catch(() => 'left');
    const ms = await abortedUpstream(request, since);
    process.stdout.write(`client gone -> upstream closed, ${era}: ${ms} ms\n`);
    expect(
      modelCalls(sandbox).filter((each) => JSON.stringify(each.body).includes(`gone ${era}`)),
    ).toHaveLength(1);
  });
});

describe('the address', () => {
  it.each(['0.0.0.0', '::', '192.168.1.5', 'example.org', '127.0.0.1.evil.example'])(
    'refuses to bind to %s',
    async (host) => {
      const refused = startServer(['--http', '--port', '0', '--host', host], sandboxEnvironment(sandbox));
      expect((await refused.exited).code).toBe(2);
      expect(refused.stderr()).toContain(host);
      expect(refused.stderr()).toContain('127.0.0.1');
      expect(refused.stdout()).toHaveLength(0);
    },
  );

  it('says which port is taken', async () => {
    const { port } = new URL(server.url);
    const refused = startServer(['--http', '--port', port], sandboxEnvironment(sandbox));
    expect((await refused.exited).code).toBe(2);
    expect(refused.stderr()).toContain(`127.0.0.1:${port}`);
    expect(refused.stderr()).toMatch(/taken/);
  });
});

describe('the end', () => {
  it('SIGTERM during a call closes the upstream request, the port and the process', async () => {
    const other = await startHttpServer([], sandboxEnvironment(sandbox));
    const answer = fetch(other.url, {
      method: 'POST',
      headers: { ...HEADERS, ...MODERN_HEADERS },
      body: JSON.stringify(modernCall(1, 'sandbox:slow 30 the end')),
    }).then(
      (response) => response.text(),
      () => 'lost',
    );
    const request = await upstreamCall(sandbox, 'the end');
    const since = Date.now();
    other.child.kill('SIGTERM');
    const ms = await abortedUpstream(request, since);
    expect((await other.exited).code).toBe(143);
    process.stdout.write(`SIGTERM over HTTP -> upstream closed: ${ms} ms, gone: ${Date.now() - since} ms\n`);
    await answer.catch(() => 'lost');
    await eventually('nothing in flight', () => sandbox.record.inFlight === 0);
    expect(other.stdout()).toHaveLength(0);
  });
});
