/** Everything that can end a server ends it, and the call that costs money ends first. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import {
  abortedUpstream,
  eventually,
  MAIN,
  type ServerProcess,
  sandboxEnvironment,
  startServer,
  stopServers,
  upstreamCall,
} from './server-process.ts';

/** Waited for inside a call, so that "in the middle of the call" is not a guess. */
const BUSY = 'sandbox:slow 30 busy';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(stopServers);
afterAll(() => sandbox.close());

async function start(args: readonly string[] = [], extra = {}): Promise<ServerProcess> {
  const server = startServer(args, sandboxEnvironment(sandbox, extra));
  await server.initialize();
  return server;
}

/** A call that is being answered by the sandbox now. */
async function busyWith(server: ServerProcess, mark: string) {
  server.call(mark, 'invoke_model', { prompt: `${BUSY} ${mark}` }, `progress of ${mark}`);
  const request = await upstreamCall(sandbox, `busy ${mark}`);
  await eventually('progress', () => server.messages().some(({ method }) => method !== undefined));
  expect(request.state).toBe('in-flight');
  return request;
}

function report(what: string, ms: number): void {
  process.stdout.write(`${what}: ${ms} ms\n`);
}

describe('in the middle of a call', () => {
  it('a cancelled call is closed upstream, gets no answer, and the server goes on', async () => {
    const server = await start();
    const request = await busyWith(server, 'cancelled');
    const since = Date.now();
    server.send({ method: 'notifications/cancelled', params: { requestId: 'cancelled' } });
    report('notifications/cancelled -> upstream closed', await abortedUpstream(request, since));
    server.send({ id: 'after', method: 'ping' });
    await server.answer('after');
    expect(server.messages().some(({ id }) => id === 'cancelled')).toBe(false);
  });

  it('one of two calls is cancelled, the other one is answered', async () => {
    const server = await start();
    const request = await busyWith(server, 'first');
    server.call('second', 'invoke_model', { prompt: 'sandbox:slow 1 the second' });
    await upstreamCall(sandbox, 'the second');
    server.send({ method: 'notifications/cancelled', params: { requestId: 'first' } });
    expect(await server.answer('second')).not.toHaveProperty('result.isError');
    await abortedUpstream(request, 0);
  });

  const ENDS: readonly { what: string; end: (server: ServerProcess) => void; code: number | null }[] = [
    { what: 'the end of stdin', end: ({ child }) => child.stdin.end(), code: 0 },
    { what: 'SIGTERM', end: ({ child }) => child.kill('SIGTERM'), code: 143 },
    { what: 'SIGINT', end: ({ child }) => child.kill('SIGINT'), code: 130 },
    { what: 'SIGHUP', end: ({ child }) => child.kill('SIGHUP'), code: 129 },
    { what: 'a closed stdout', end: ({ child }) => child.stdout.destroy(), code: 0 },
    {
      what: 'a closed stdout and stderr',
      end: ({ child }) => {
        child.stderr.destroy();
        child.stdout.destroy();
      },
      code: 0,
    },
  ];
  it.each(ENDS)('$what closes the upstream request, then the process ends', async ({ what, end, code }) => {
    const server = await start();
    const request = await busyWith(server, what);
    const since = Date.now();
    end(server);
    const { code: exitCode } = await server.exited;
    const gone = Date.now() - since;
    report(`${what} -> upstream closed`, await abortedUpstream(request, since));
    report(`${what} -> process gone`, gone);
    expect(exitCode).toBe(code);
    expect(gone).toBeLessThan(5_000);
    expect(server.stderr()).not.toMatch(/\n\s+at |Stopped by a bug|was not handled/);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('a second %s keeps no call from being settled', async (signal) => {
    const own = { BEDROCK_MCP_DATA_DIR: mkdtempSync(join(tmpdir(), 'bedrock-mcp-stop-')) };
    const server = await start([], own);
    // So many that writing them takes a while, in which the second one comes.
    const calls = 100;
    for (let at = 0; at < calls; at += 1)
      server.call(`many ${at}`, 'invoke_model', { prompt: `sandbox:slow 30 many ${signal} ${at}` });
    await eventually('all calls upstream', () => sandbox.record.inFlight === calls);
    server.child.kill(signal);
    await eventually('the first call closed', () => sandbox.record.inFlight < calls);
    server.child.kill(signal);
    expect(await server.exited).toEqual({ code: signal === 'SIGTERM' ? 143 : 130, signal: null });
    const again = await start([], own);
    again.call('usage', 'get_usage', {});
    const usage = await again.answer('usage');
    expect(usage).toHaveProperty('result.structuredContent.total.calls', calls);
    expect(usage).not.toHaveProperty('result.structuredContent.open_spend');
    rmSync(own.BEDROCK_MCP_DATA_DIR, { recursive: true });
  });

  it('a client that no longer reads is noticed also when nothing is written to it', async () => {
    const server = await start();
    server.call('silent', 'invoke_model', { prompt: 'sandbox:hang silent' });
    const request = await upstreamCall(sandbox, 'hang silent');
    server.child.stdout.destroy();
    expect((await server.exited).code).toBe(0);
    await abortedUpstream(request, 0);
  });

  it('a stderr that nobody reads any more ends nothing', async () => {
    const server = startServer(['--log', 'debug'], sandboxEnvironment(sandbox));
    await server.initialize();
    server.child.stderr.destroy();
    for (const id of ['one', 'two']) {
      server.child.stdin.write('this is no message, and is warned about\n');
      server.call(id, 'invoke_model', { prompt: 'Hello' });
      expect(await server.answer(id)).toHaveProperty('result.structuredContent.text');
    }
  });

  it('a call that came together with the end of stdin is given a moment and then closed', async () => {
    const server = await start();
    server.call('late', 'invoke_model', { prompt: `${BUSY} late` });
    server.child.stdin.end();
    const { code } = await server.exited;
    expect(code).toBe(0);
    await eventually('no open request', () => sandbox.record.inFlight === 0);
  });

  it('leaves no orphan behind when the host is killed', async () => {
    const host = startHost();
    const pid = await host.serverPid;
    const request = await upstreamCall(sandbox, 'busy orphan');
    const since = Date.now();
    host.process.kill('SIGKILL');
    report('host killed -> upstream closed', await abortedUpstream(request, since));
    await eventually('the end of the server', () => !isAlive(pid));
    report('host killed -> process gone', Date.now() - since);
  });

  it('leaves no orphan behind when the host is killed while someone else holds its pipes', async () => {
    // Another child of the host has inherited the write end of stdin: no end of input tells the server anything.
    const host = startHost('keep');
    const pid = await host.serverPid;
    const request = await upstreamCall(sandbox, 'busy keep');
    host.process.kill('SIGKILL');
    try {
      await abortedUpstream(request, 0);
      await eventually('the end of the server', () => !isAlive(pid));
    } finally {
      process.kill(await host.holderPid, 'SIGKILL');
    }
  });
});

describe('without a call', () => {
  it.each<{ what: string; end: (server: ServerProcess) => void; code: number }>([
    { what: 'the end of stdin', end: ({ child }) => child.stdin.end(), code: 0 },
    { what: 'SIGTERM', end: ({ child }) => child.kill('SIGTERM'), code: 143 },
  ])('$what ends the process', async ({ what, end, code }) => {
    const server = await start();
    const since = Date.now();
    end(server);
    expect(await server.exited).toEqual({ code, signal: null });
    report(`${what}, idle -> process gone`, Date.now() - since);
  });

  it('stdin that is closed from the start ends the process', async () => {
    const server = startServer([], sandboxEnvironment(sandbox));
    server.child.stdin.end();
    expect((await server.exited).code).toBe(0);
    expect(server.messages()).toEqual([]);
  });

  it('a client that no longer reads is noticed', async () => {
    const server = await start();
    server.child.stdout.destroy();
    expect((await server.exited).code).toBe(0);
    expect(server.stderr()).not.toMatch(/EPIPE|\n\s+at /);
  });
});

describe('a pipe (printf ... | bedrock-mcp)', () => {
  const LINES = [
    {
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'sh', version: '1' } },
    },
    { method: 'notifications/initialized' },
    { id: 2, method: 'tools/list' },
    { id: 3, method: 'tools/call', params: { name: 'invoke_model', arguments: { prompt: 'from a pipe' } } },
  ].map((message) => JSON.stringify({ jsonrpc: '2.0', ...message }));

  // Draining is counted in turns of the server's own loop, so a starved machine gets as many of them as a quick one.
  it.each([
    ['with', '\n'],
    ['without', ''],
  ])('answers everything before it ends, %s a line end after the last line', async (_, last) => {
    const server = startServer(['--sandbox'], sandboxEnvironment(sandbox));
    server.child.stdin.end(`${LINES.join('\n')}${last}`);
    expect((await server.exited).code).toBe(0);
    expect(server.messages().map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(JSON.stringify(server.messages())).toContain('from a pipe');
  });
});

/** A small MCP host that makes a call and is then killed. With `keep` a sleeping child holds its end of the server's stdin. */
function startHost(keep?: 'keep'): {
  process: ChildProcess;
  serverPid: Promise<number>;
  holderPid: Promise<number>;
} {
  const script = `
    const { spawn } = require('node:child_process');
    const server = spawn(process.execPath, [${JSON.stringify(MAIN)}], { stdio: ['pipe', 'pipe', 'ignore'] });
    const holder = ${keep === undefined ? '{ pid: 0 }' : "spawn('sleep', ['60'], { stdio: [server.stdin._handle.fd, 'ignore', 'ignore', server.stdin._handle.fd] })"};
    const send = (message) => server.stdin.write(JSON.stringify({ jsonrpc: '2.0', ...message }) + '\\n');
    send({ id: 1, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'host', version: '1' } } });
    send({ method: 'notifications/initialized' });
    send({ id: 2, method: 'tools/call', params: { name: 'invoke_model', arguments: { prompt: '${BUSY} ${keep ?? 'orphan'}' } } });
    process.stdout.write(server.pid + ' ' + holder.pid + '\\n');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['-e', script], {
    env: sandboxEnvironment(sandbox),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const pids = new Promise<readonly number[]>((resolve) => {
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim().split(' ').map(Number)));
  });
  return {
    process: child,
    serverPid: pids.then(([pid]) => pid ?? 0),
    holderPid: pids.then(([, pid]) => pid ?? 0),
  };
}

/** A process that nobody has waited for yet counts as gone: it runs no code and holds no connection. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
