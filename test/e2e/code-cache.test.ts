/** The built server keeps V8's code cache of its start on the user's machine; with or without it the server answers the same. */
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  cleanEnvironment,
  eventually,
  MAIN,
  type ServerProcess,
  startServer,
  stopServers,
} from './server-process.ts';

const home = mkdtempSync(join(tmpdir(), 'bedrock-mcp-cache-'));
const data = join(home, 'data');
afterAll(() => {
  stopServers();
  rmSync(home, { recursive: true, force: true });
});

/** A server that a host has opened, and the tools that it listed. */
async function open(dataDir: string): Promise<{ server: ServerProcess; tools: string }> {
  const server = startServer([], cleanEnvironment({ BEDROCK_MCP_DATA_DIR: dataDir }));
  await server.initialize();
  server.send({ id: 'list', method: 'tools/list' });
  return { server, tools: JSON.stringify(await server.answer('list')) };
}

function cachesIn(dataDir: string): string[] {
  const folder = join(dataDir, 'code-cache');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => (name.endsWith('.cache') ? [join(folder, name)] : []));
}
const cached = () => cachesIn(data)[0];

/** Names every chunk that is loaded before the list of tools is answered. */
const TELL_CHUNKS = `const module_ = require('node:module');
const load = module_._load;
let listed = false;
require('node:diagnostics_channel').subscribe('bedrock-mcp:listed', () => { listed = true; });
module_._load = function (request) {
  if (!listed && /^\\.\\/chunks\\//.test(request)) process.stderr.write(request);
  return load.apply(this, arguments);
};`;

let first: string;
beforeAll(async () => {
  const { server, tools } = await open(data);
  await eventually('the cache is there', cached, server.exited);
  server.child.stdin.end();
  await server.exited;
  first = tools;
});

describe('a start', () => {
  it('runs nothing but the start file until its tools are listed, so that one cache holds all of it', async () => {
    const hook = join(home, 'hook.cjs');
    writeFileSync(hook, TELL_CHUNKS);
    const server = startServer([], cleanEnvironment({ NODE_OPTIONS: `--require ${hook}` }));
    await server.initialize();
    server.send({ id: 'list', method: 'tools/list' });
    await server.answer('list');
    server.child.stdin.end();
    await server.exited;
    expect(server.stderr()).toBe('');
  });
});

describe('the code cache of the start', () => {
  it('is no part of the package', () => {
    expect(first).toContain('"name":"invoke_model"');
    expect(readdirSync(dirname(MAIN)).filter((name) => name.endsWith('.cache'))).toEqual([]);
  });

  it('is the own file of the user who started the server, whole and without leftovers', () => {
    const path = cached() ?? '';
    expect(statSync(path).size).toBeGreaterThan(100_000);
    expect(readdirSync(dirname(path))).toHaveLength(1);
    if (process.platform === 'win32') return;
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  });

  it('stays as it is when the next start takes it', async () => {
    const path = cached() ?? '';
    const before = statSync(path).mtimeMs;
    const { server, tools } = await open(data);
    expect(tools).toBe(first);
    // Another server, opened later, has to make its own; by then this one would have, too.
    const elsewhere = join(home, 'other');
    const other = await open(elsewhere);
    await eventually('the other cache is there', () => cachesIn(elsewhere)[0], other.server.exited);
    expect(server.isRunning()).toBe(true);
    expect(statSync(path).mtimeMs).toBe(before);
  });

  it.each([
    ['of other bytes', (whole: Buffer) => Buffer.alloc(whole.length, 'x')],
    ['that was cut', (whole: Buffer) => whole.subarray(0, whole.length >> 1)],
    ['that is empty', () => Buffer.alloc(0)],
  ])('%s is refused, made anew, and changes no answer', async (_what, spoil) => {
    const path = cached() ?? '';
    const whole = readFileSync(path);
    const spoilt = spoil(whole);
    writeFileSync(path, spoilt);
    const { server, tools } = await open(data);
    expect(tools).toBe(first);
    await eventually('the cache is made anew', () => !readFileSync(path).equals(spoilt), server.exited);
    expect(readFileSync(path).length).toBeGreaterThan(whole.length / 2);
  });

  it.skipIf(process.platform === 'win32')('is not taken when others may have written it', async () => {
    const path = cached() ?? '';
    chmodSync(path, 0o666);
    const { tools } = await open(data);
    expect(tools).toBe(first);
    // A cache that was taken stays; this one was replaced by an own one.
    await eventually('an own cache is there', () => (statSync(path).mode & 0o777) === 0o600);
  });

  it('is done without where no folder can be made for it', async () => {
    const file = join(home, 'a-file');
    writeFileSync(file, '');
    const { server, tools } = await open(file);
    expect(tools).toBe(first);
    server.child.stdin.end();
    expect((await server.exited).code).toBe(0);
    expect(server.stderr()).toBe('');
  });
});
