/** Calls that outlived their request end with the server: upstream first, then their text and their cost are written, then the process is gone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxRequest } from '../../src/sandbox/types.ts';
import {
  abortedUpstream,
  eventually,
  MAIN,
  type ServerProcess,
  sandboxEnvironment,
  startHttpServer,
  startServer,
  stopServers,
  upstreamCall,
} from './server-process.ts';

let sandbox: Sandbox;
let dataDir: string;
beforeAll(async () => {
  sandbox = await startSandbox();
});
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-detached-'));
});
afterEach(() => {
  stopServers();
  rmSync(dataDir, { recursive: true, force: true });
});
afterAll(() => sandbox.close());

const environment = () => sandboxEnvironment(sandbox, { BEDROCK_MCP_DATA_DIR: dataDir });
const report = (what: string, ms: number) => void process.stdout.write(`${what}: ${ms} ms\n`);
const at = (value: JsonValue | undefined, name: string) => (isJsonObject(value) ? value[name] : undefined);
const structuredOf = (message: JsonObject) => at(message['result'], 'structuredContent');

/** What the data folder knows of a call. */
function kept(callId: string): JsonObject {
  const value: unknown = JSON.parse(readFileSync(join(dataDir, 'results', `${callId}.json`), 'utf8'));
  return isJsonObject(value) ? value : {};
}

/** IDs of calls that have an intent in the ledger and no end. */
function openIntents(): string[] {
  const folder = join(dataDir, 'usage');
  const open = new Set<string>();
  let records = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.jsonl'))) {
    for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const record: unknown = JSON.parse(line);
      const [id, type] = isJsonObject(record) ? [String(record['id']), record['type']] : ['', ''];
      records += 1;
      if (type === 'intent') open.add(id);
      else open.delete(id);
    }
  }
  expect(records, 'the ledger was found and read').toBeGreaterThan(0);
  return [...open];
}

interface Detached {
  readonly callId: string;
  readonly upstream: SandboxRequest;
}

/** A call that has been answered with "running" and goes on upstream, with some text already here. */
async function detach(server: ServerProcess, mark: string): Promise<Detached> {
  server.call(mark, 'invoke_model', {
    model: 'nova-lite',
    prompt: `sandbox:slow 60 ${mark}`,
    wait_seconds: 1,
  });
  let state = structuredOf(await server.answer(mark));
  const callId = String(at(state, 'call_id'));
  for (let look = 1; at(state, 'text') === ''; look += 1) {
    server.call(`${mark} ${look}`, 'get_result', { call_id: callId, wait_seconds: 0.2 });
    state = structuredOf(await server.answer(`${mark} ${look}`));
  }
  expect(state).toMatchObject({ status: 'running', text: expect.stringMatching(/^one/) });
  const upstream = await upstreamCall(sandbox, mark);
  expect(upstream.state).toBe('in-flight');
  return { callId, upstream };
}

/** What must be true of every call when the server has gone. */
function expectInterrupted({ callId }: Detached): void {
  expect(kept(callId)).toMatchObject({
    status: 'failed',
    text: expect.stringMatching(/^one/),
    error: { code: 'cancelled' },
  });
}

describe('a call that goes on without its request', () => {
  const ENDS: readonly { what: string; end: (server: ServerProcess) => void; code: number }[] = [
    { what: 'the end of stdin', end: ({ child }) => child.stdin.end(), code: 0 },
    { what: 'SIGTERM', end: ({ child }) => child.kill('SIGTERM'), code: 143 },
    { what: 'SIGINT', end: ({ child }) => child.kill('SIGINT'), code: 130 },
  ];

  it.each(ENDS)('ends with $what', async ({ what, end, code }) => {
    const server = startServer([], environment());
    await server.initialize();
    const call = await detach(server, `until ${what}`);
    const since = Date.now();
    end(server);
    expect((await server.exited).code).toBe(code);
    const gone = Date.now() - since;
    report(`${what}, detached -> upstream closed`, await abortedUpstream(call.upstream, since));
    report(`${what}, detached -> process gone`, gone);
    expect(gone).toBeLessThan(5_000);
    expectInterrupted(call);
    expect(openIntents()).toEqual([]);
    expect(server.stderr()).not.toMatch(/\n\s+at |Stopped by a bug|was not handled|Warning/);
  });

  it('ends with an HTTP server', async () => {
    const server = await startHttpServer([], environment());
    const call = await detachOverHttp(server.url, 'over http');
    const since = Date.now();
    server.child.kill('SIGTERM');
    expect((await server.exited).code).toBe(143);
    const gone = Date.now() - since;
    report('SIGTERM, detached, HTTP -> upstream closed', await abortedUpstream(call.upstream, since));
    report('SIGTERM, detached, HTTP -> process gone', gone);
    expect(gone).toBeLessThan(5_000);
    expectInterrupted(call);
    expect(openIntents()).toEqual([]);
  });

  it('ends with fifty others: all are closed, written and settled', async () => {
    const server = startServer([], environment());
    await server.initialize();
    const calls = await Promise.all(
      Array.from({ length: 50 }, (_, number) => detach(server, `crowd-${number}-of-50`)),
    );
    const since = Date.now();
    server.child.kill('SIGTERM');
    expect((await server.exited).code).toBe(143);
    report('SIGTERM, 50 detached -> process gone', Date.now() - since);
    for (const { upstream } of calls) await abortedUpstream(upstream, since);
    for (const call of calls) expectInterrupted(call);
    expect(openIntents()).toEqual([]);
    expect(server.stderr()).not.toContain('Warning');
  });

  it('is not left behind by a host that is killed', async () => {
    const host = startHost('orphaned');
    const upstream = await upstreamCall(sandbox, 'orphaned');
    const pid = await host.serverPid;
    const callId = await eventually('the call on the disk', () => firstKept());
    const since = Date.now();
    host.process.kill('SIGKILL');
    report('host killed, detached -> upstream closed', await abortedUpstream(upstream, since));
    await eventually('the end of the server', () => !isAlive(pid));
    report('host killed, detached -> process gone', Date.now() - since);
    expect(kept(callId)).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(openIntents()).toEqual([]);
  });

  it('ends alone when it is stopped by get_result, and the server goes on', async () => {
    const server = startServer([], environment());
    await server.initialize();
    const call = await detach(server, 'stopped by hand');
    const other = await detach(server, 'the other one');
    const since = Date.now();
    server.call('stop', 'get_result', { call_id: call.callId, cancel: true });
    report('cancel: true -> upstream closed', await abortedUpstream(call.upstream, since));
    const stopped = structuredOf(await server.answer('stop'));
    expect(stopped).toMatchObject({ status: 'cancelled', incomplete: true, error: { code: 'cancelled' } });
    expectInterrupted(call);
    expect(other.upstream.state).toBe('in-flight');
    server.call('usage', 'get_usage', {});
    expect(structuredOf(await server.answer('usage'))).toMatchObject({ in_flight: { calls: 1 } });
  });

  it('goes on when only the wait for it is cancelled', async () => {
    const server = startServer([], environment());
    await server.initialize();
    const call = await detach(server, 'waited for');
    server.call('wait', 'get_result', { call_id: call.callId, wait_seconds: 60 }, 'progress of the wait');
    await eventually('progress', () =>
      server.messages().some(({ params }) => at(params, 'progressToken') === 'progress of the wait'),
    );
    server.send({ method: 'notifications/cancelled', params: { requestId: 'wait' } });
    server.call('look', 'get_result', { call_id: call.callId, wait_seconds: 0 });
    expect(structuredOf(await server.answer('look'))).toMatchObject({ status: 'running' });
    expect(server.messages().some(({ id }) => id === 'wait')).toBe(false);
    expect(call.upstream.state).toBe('in-flight');
  });
});

async function detachOverHttp(url: string, mark: string): Promise<Detached> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': 'tools/call',
      'mcp-name': 'invoke_model',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: {
        name: 'invoke_model',
        arguments: { model: 'nova-lite', prompt: `sandbox:slow 60 ${mark}`, wait_seconds: 3 },
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    }),
  });
  const callId = /"call_id":"([0-9a-f-]{36})"/.exec(await response.text())?.[1];
  expect(callId).toBeDefined();
  return { callId: callId ?? '', upstream: await upstreamCall(sandbox, mark) };
}

/** The ID of the first call that stands in the data folder. */
function firstKept(): string | undefined {
  try {
    const name = readdirSync(join(dataDir, 'results')).find((each) => each.endsWith('.json'));
    return name?.replace('.json', '');
  } catch {
    return undefined;
  }
}

/** A small MCP host whose server makes a call that goes on; then the host is killed. */
function startHost(mark: string): { process: ChildProcess; serverPid: Promise<number> } {
  const script = `
    const { spawn } = require('node:child_process');
    const server = spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: ['pipe', 'pipe', 'ignore'] });
    const send = (message) => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'host', version: '1' } } });
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/call', params: { name: 'invoke_model', arguments: { prompt: 'sandbox:slow 60 ${mark}', wait_seconds: 0 } } });
    process.stdout.write(server.pid + '\\n');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['-e', script], {
    env: environment(),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const serverPid = new Promise<number>((resolve) => {
    child.stdout.once('data', (text: Buffer) => resolve(Number(text.toString().trim())));
  });
  return { process: child, serverPid };
}

/** A process that nobody has waited for yet counts as gone: it runs no code and holds no connection. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
