/** A bug that a user reports has to name the place in the source, although the server is one bundle. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cleanEnvironment, startServer, stopServers } from './server-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'bedrock-mcp-stack-'));
afterAll(() => {
  stopServers();
  rmSync(folder, { recursive: true, force: true });
});

/** Breaks a function of Node once the server has listed its tools, so that the next call meets a bug. */
const BREAK = `require('node:diagnostics_channel').subscribe('bedrock-mcp:listed', () => {
  performance.now = () => { throw new Error('the clock is broken'); };
});`;

it('the stack on stderr names functions and places of the source, in lazy chunks and in the start file', async () => {
  const broken = join(folder, 'break.cjs');
  writeFileSync(broken, BREAK);
  const server = startServer(['--sandbox'], cleanEnvironment({ NODE_OPTIONS: `--require ${broken}` }));
  await server.initialize();
  server.send({ id: 'list', method: 'tools/list' });
  await server.answer('list');
  server.call('one', 'invoke_model', { model: 'nova-lite', prompt: 'Hello' });
  expect(await server.answer('one')).toHaveProperty('result.isError', true);
  const line =
    server
      .stderr()
      .split('\n')
      .find((each) => each.includes('the clock is broken')) ?? '';
  const frames = line.split('\\n    at ').slice(1);
  // Outermost frame of ours: the tool set, which is part of the start file.
  expect(frames.find((frame) => frame.includes('src/tools/tool-set.ts'))).toMatch(
    /^\S.* \(src\/tools\/tool-set\.ts:\d+:\d+\)/,
  );
  // A function by its own name, in a chunk that came with the call.
  expect(frames.some((frame) => /^(async )?\w{4,} \(src\/calls\/[\w/-]+\.ts:\d+:\d+\)/.test(frame))).toBe(
    true,
  );
  expect(frames.join('\n')).not.toMatch(/dist\/(start|chunks)/);
});
