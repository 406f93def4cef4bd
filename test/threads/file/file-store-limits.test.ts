/** What becomes of threads that are too old, too large, or on a disk that takes nothing. */

import {
  chmod,
  mkdir,
  readdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openThreads } from '../../../src/threads/file/file-store.ts';
import { newThreadId } from '../../../src/threads/thread-id.ts';
import { errorOf, type Fixture, fixture, kept, NOON, saidIn, turn } from '../thread-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

describe('an expired thread', () => {
  const LATER = '2026-12-21T12:00:00.001Z';
  /** As if nobody had touched the file since. */
  const aged = (id: string) => utimes(on.path(id), new Date(NOON), new Date(NOON));

  it('is swept away, and a young one with an old file date is not', async () => {
    const old = await kept(on.store, [turn('a')]);
    const young = await kept(on.store, [turn('b', { time: '2026-12-20T00:00:00.000Z' })]);
    const foreign = join(on.store.place, 'notes.jsonl');
    await writeFile(foreign, 'mine');
    await utimes(foreign, new Date(NOON), new Date(NOON));
    await Promise.all([aged(old), aged(young)]);
    on.at(LATER);
    const { threads, warnings } = await on.another().list();
    expect(threads.map(({ id }) => id)).toEqual([young]);
    expect(warnings).toEqual([]);
    expect((await readdir(on.store.place)).sort()).toEqual(['notes.jsonl', `${young}.jsonl`]);
  });

  it('is swept only once by a store, and is left out of the list in any case', async () => {
    const id = await kept(on.store, [turn('a')]);
    const store = on.another();
    expect((await store.list()).threads).toHaveLength(1);
    await aged(id);
    on.at(LATER);
    expect((await store.list()).threads).toEqual([]);
    expect(await readdir(on.store.place)).toHaveLength(1);
  });

  it('is not swept while a call has it', async () => {
    const id = await kept(on.store, [turn('a')]);
    await aged(id);
    on.at(LATER);
    const store = on.another();
    const release = store.claim(id, 'c');
    await store.list();
    expect(await readdir(on.store.place)).toHaveLength(1);
    release();
  });
});

describe('a file that is too large', () => {
  const LARGEST = 256 * 1024 * 1024;

  it('is refused, with what to do', async () => {
    const id = await kept(on.store, [turn('a')]);
    await truncate(on.path(id), LARGEST + 1);
    const error = await errorOf(on.store.read(id));
    expect(error.code).toBe('content_too_long');
    expect(error.message).toContain('257 MiB');
    expect(error.fix).toMatch(/thread_id "new".*threads delete/);
    expect(await on.store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({
      stored: false,
      reason: expect.stringContaining('256 MiB'),
    });
  });

  it('is never made', async () => {
    const id = await kept(on.store, [turn('a')]);
    await truncate(on.path(id), LARGEST - 200);
    expect(await on.store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({
      stored: false,
      reason: expect.stringContaining('256 MiB'),
    });
    expect((await stat(on.path(id))).size).toBe(LARGEST - 200);
  });
});

describe('a folder that cannot be written', () => {
  it('a file where it should be: says so, and works again once it is mended', async () => {
    await writeFile(on.store.place, '');
    const id = newThreadId();
    const error = await errorOf(on.store.append(id, turn('a'), { after: 0, setup: {} }));
    expect(error.code).toBe('config');
    expect(error.message).toContain(on.store.place);
    expect(error.message).toMatch(/ENOTDIR|EEXIST/);
    expect(error.fix).toContain('BEDROCK_MCP_DATA_DIR');
    expect((await errorOf(on.store.list())).code).toBe('config');
    expect((await errorOf(on.store.read(id))).code).toBe('config');
    await rm(on.store.place);
    expect(await on.store.append(id, turn('a'), { after: 0, setup: {} })).toMatchObject({ stored: true });
  });

  it('a full disk: says so, and the thread goes on when there is space', async () => {
    // Linux keeps a device that is always full.
    if ((await stat('/dev/full').catch(() => undefined)) === undefined) return;
    const id = newThreadId();
    await mkdir(on.store.place);
    await symlink('/dev/full', on.path(id));
    const error = await errorOf(on.store.append(id, turn('a'), { after: 0, setup: {} }));
    expect(error.code).toBe('config');
    expect(error.message).toMatch(/the disk is full \(ENOSPC\)/);
    expect(error.fix).toMatch(/Free some space.*BEDROCK_MCP_DATA_DIR/);
    await rename(on.path(id), join(on.dir, 'full'));
    expect(await on.store.append(id, turn('a'), { after: 0, setup: {} })).toMatchObject({ stored: true });
  });

  it.skipIf(process.getuid?.() === 0)('a read-only folder: says so', async () => {
    await mkdir(on.store.place);
    await chmod(on.store.place, 0o500);
    const error = await errorOf(on.store.append(newThreadId(), turn('a'), { after: 0, setup: {} }));
    expect(error.message).toMatch(/no permission \(EACCES\)/);
    await chmod(on.store.place, 0o700);
  });
});

describe('a store', () => {
  it('takes the real clock when it is given none', async () => {
    const store = openThreads({ dir: on.dir, keepDays: 1 });
    const id = await kept(store, [turn('a', { time: new Date().toISOString() })]);
    expect(await saidIn(store, id)).toEqual(['a']);
    const gone = await kept(store, [turn('b', { time: '2020-01-01T00:00:00.000Z' })]);
    expect((await errorOf(store.read(gone))).message).toContain('has expired');
  });
});
