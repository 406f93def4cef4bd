import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openThreads } from '../../../src/threads/file/file-store.ts';
import { newThreadId } from '../../../src/threads/thread-id.ts';
import { type Fixture, fixture, kept, saidIn, turn } from '../thread-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

describe('a record of another store', () => {
  it('a record that came too late stays aside for ever, also with its own setup', async () => {
    const id = await kept(on.store, [turn('a')]);
    const [first = ''] = await on.lines(id);
    const { key } = JSON.parse(first);
    const late = {
      ...JSON.parse(first),
      key: 'late',
      n: 2,
      after: key,
      setup: { system: [{ text: 'late' }] },
    };
    await on.store.append(id, turn('b'), { after: 1, setup: {} });
    await on.spoil(id, `${JSON.stringify(late)}\n`);
    await on.spoil(id, `${JSON.stringify({ ...late, key: 'later', n: 3, after: 'late' })}\n`);
    await on.spoil(id, `${first}\n`);
    expect(await saidIn(on.store, id)).toEqual(['a', 'b']);
    expect(await on.store.read(id)).toMatchObject({ setup: {}, warnings: [] });
    expect(await on.store.append(id, turn('c'), { after: 2, setup: {} })).toMatchObject({ stored: true });
    expect(await saidIn(on.another(), id)).toEqual(['a', 'b', 'c']);
  });
});

describe('other processes on one thread', () => {
  let script: string;
  beforeEach(async () => {
    script = join(on.dir, 'worker.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('./append-worker.ts', import.meta.url))],
      outfile: script,
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    });
  });

  it('lose nothing that was stored, and keep one order', async () => {
    const id = newThreadId();
    const outputs = await Promise.all(
      ['x', 'y'].map((name) => run(process.execPath, [script, on.dir, id, name, '15'])),
    );
    const stored = outputs.flatMap((output) => output.trim().split('\n'));
    expect(stored).toHaveLength(30);
    const { turns, warnings } = await openThreads({ dir: on.dir, keepDays: 30 }).read(id);
    expect(turns.map(({ callId }, at) => `${at} ${callId}`)).toEqual(
      stored.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
    );
    expect(warnings).toEqual([]);
  });

  it.skipIf(process.platform === 'win32')(
    'one that can write only half a turn says so, and the next one goes on',
    async () => {
      const id = newThreadId();
      // The limit plays a disk that becomes full within a write.
      const limited = ['-c', 'ulimit -f 8; exec "$@"', 'sh', process.execPath, script, on.dir, id, 'x', '1'];
      await expect(run('sh', limited)).rejects.toThrow(/disk is full \(ENOSPC\)/);
      expect((await stat(on.path(id))).size).toBeGreaterThan(0);
      expect(await run(process.execPath, [script, on.dir, id, 'y', '1'])).toBe('0 y-0\n');
      expect((await openThreads({ dir: on.dir, keepDays: 30 }).read(id)).warnings).toEqual([
        "Line 1 of the thread's file is not whole; it is left out.",
      ]);
    },
  );
});

function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let errors = '';
    child.stdout.on('data', (part: Buffer) => {
      output += part.toString();
    });
    child.stderr.on('data', (part: Buffer) => {
      errors += part.toString();
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`the worker ended with ${code}: ${errors}`));
    });
  });
}
