import { Server } from '@modelcontextprotocol/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger, createRedact } from '../../src/log.ts';
import { createSessions, type SessionOptions, type Sessions } from '../../src/mcp/http-sessions.ts';

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};
const IDLE_MS = 60_000;

/** Calls that run until they are aborted, and how they ended. */
let ended: string[];
let sessions: Sessions;

function factory(): Server {
  const server = new Server({ name: 'test', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/call', async (request, ctx) => {
    if (request.params.name === 'quick') return { content: [] };
    await new Promise<void>((resolve) => {
      ctx.mcpReq.signal.addEventListener('abort', () => {
        ended.push(request.params.name);
        resolve();
      });
    });
    return { content: [] };
  });
  return server;
}

function create(options: Partial<SessionOptions> = {}): Sessions {
  const log = createLogger('error', createRedact());
  sessions = createSessions({ factory, log, idleMs: IDLE_MS, ...options });
  return sessions;
}

function send(
  body: unknown,
  session?: string,
  signal?: AbortSignal,
  method = 'POST',
): Promise<Response | undefined> {
  const request = new Request('http://127.0.0.1/mcp', {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined ? {} : { 'mcp-session-id': session }),
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return sessions.handle(request, body);
}

async function open(): Promise<string> {
  const response = await send(INITIALIZE);
  await response?.text();
  return response?.headers.get('mcp-session-id') ?? 'none';
}

const call = (name: string) => ({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } });

beforeEach(() => {
  vi.useFakeTimers();
  ended = [];
});
afterEach(async () => {
  await sessions.close();
  vi.useRealTimers();
});

describe('a session', () => {
  it('is opened by initialize and by nothing else', async () => {
    create();
    expect(await send(call('quick'))).toBeUndefined();
    expect(sessions.size).toBe(0);
    expect(await open()).toMatch(/^[0-9a-f-]{36}$/);
    expect(sessions.size).toBe(1);
  });

  it('ends when nobody has used it for the idle time', async () => {
    create();
    const id = await open();
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    await (await send(call('quick'), id))?.text();
    await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
    expect(sessions.size).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(sessions.size).toBe(0);
    expect((await send(call('quick'), id))?.status).toBe(404);
  });

  it('does not end while a call runs or a stream is open', async () => {
    create();
    const [calling, listening] = [await open(), await open()];
    const leave = new AbortController();
    await send(call('endless'), calling);
    await send(undefined, listening, leave.signal, 'GET');
    // A call that ends beside the open stream does not make the session idle.
    await (await send(call('quick'), listening))?.text();
    await vi.advanceTimersByTimeAsync(IDLE_MS * 10);
    expect(sessions.size).toBe(2);
    leave.abort();
    await vi.advanceTimersByTimeAsync(IDLE_MS);
    expect(sessions.size).toBe(1);
    expect(ended).toEqual([]);
  });

  it('stops the call whose client went away', async () => {
    create();
    const id = await open();
    const leave = new AbortController();
    await send(call('endless'), id, leave.signal);
    leave.abort();
    await vi.advanceTimersByTimeAsync(0);
    expect(ended).toEqual(['endless']);
    expect(sessions.size).toBe(1);
  });

  it('ends with DELETE, and its calls with it', async () => {
    create();
    const id = await open();
    await send(call('endless'), id);
    expect((await send(undefined, id, undefined, 'DELETE'))?.status).toBe(200);
    expect(ended).toEqual(['endless']);
    expect(sessions.size).toBe(0);
  });

  it.each(['__proto__', 'constructor', 'toString', '', ' ', '0'])('named %j does not exist', async (id) => {
    create();
    await open();
    expect((await send(call('quick'), id))?.status).toBe(404);
  });
});

describe('too many sessions', () => {
  it('push out the one that was not used for longest', async () => {
    create({ maxSessions: 3 });
    const ids = [await open(), await open(), await open()];
    await (await send(call('quick'), ids[0]))?.text();
    await open();
    expect(sessions.size).toBe(3);
    const alive = await Promise.all(ids.map(async (id) => (await send(call('quick'), id))?.status));
    expect(alive).toEqual([200, 404, 200]);
  });

  it('do not push out one that is busy', async () => {
    create({ maxSessions: 2 });
    const busy = [await open(), await open()];
    for (const id of busy) await send(call('endless'), id);
    expect((await send(INITIALIZE))?.status).toBe(503);
    expect(ended).toEqual([]);
  });

  it('stay within the limit, however many are abandoned', async () => {
    create({ maxSessions: 50 });
    for (let at = 0; at < 300; at += 1) await open();
    expect(sessions.size).toBe(50);
  });
});

it('close ends every session and every call', async () => {
  create();
  for (let at = 0; at < 3; at += 1) await send(call('endless'), await open());
  await sessions.close();
  expect(sessions.size).toBe(0);
  expect(ended).toHaveLength(3);
});
