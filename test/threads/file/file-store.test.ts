import { chmod, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ThreadSetup } from '../../../src/threads/thread.ts';
import { newThreadId } from '../../../src/threads/thread-id.ts';
import { type Fixture, fixture, kept, turn } from '../thread-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

describe('a thread on disk', () => {
  it('is one line a turn, in a file and a folder that only this user can read', async () => {
    const id = await kept(on.store, [turn('a'), turn('b')]);
    expect((await on.text(id)).split('\n')).toHaveLength(3);
    expect((await stat(on.path(id))).mode & 0o777).toBe(0o600);
    expect((await stat(on.store.place)).mode & 0o777).toBe(0o700);
    await chmod(on.path(id), 0o644);
    await on.store.append(id, turn('c'), { after: 2, setup: {} });
    expect((await stat(on.path(id))).mode & 0o777).toBe(0o600);
  });

  it('has its setup only in the lines where that changed', async () => {
    const brief: ThreadSetup = { system: [{ text: 'Be brief.' }] };
    const id = newThreadId();
    const setups: readonly ThreadSetup[] = [{}, brief, { ...brief, toolConfig: undefined }, {}];
    for (const [after, setup] of setups.entries())
      await on.store.append(id, turn(String(after)), { after, setup });
    const stored = (await on.lines(id)).map((line) => JSON.parse(line).setup);
    expect(stored).toEqual([undefined, brief, undefined, {}]);
  });

  it('has the size of its file', async () => {
    const id = await kept(on.store, [turn('a')]);
    expect(await on.store.read(id)).toMatchObject({ bytes: (await stat(on.path(id))).size });
    expect(await on.store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({
      thread: { bytes: (await stat(on.path(id))).size },
    });
  });

  it('leaves no file behind when it is deleted', async () => {
    const id = await kept(on.store, [turn('a')]);
    await on.store.remove(id);
    await on.store.append(id, turn('b'), { after: 1, setup: {} });
    expect(await readdir(on.store.place)).toEqual([]);
  });
});

describe('a thread ID', () => {
  it('is new each time, short, and lower-case letters and digits', () => {
    const ids = Array.from({ length: 500 }, () => newThreadId());
    expect(new Set(ids).size).toBe(500);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{17}$/);
  });

  it('touches no file', async () => {
    newThreadId();
    expect(await readdir(on.dir)).toEqual([]);
    expect(await on.store.list()).toEqual({ threads: [], warnings: [] });
    expect(await readdir(on.dir)).toEqual([]);
  });
});

describe('the list', () => {
  it('tells of files that cannot be read, and of no other', async () => {
    const id = await kept(on.store, [turn('a')]);
    const large = newThreadId();
    await writeFile(on.path(large), '');
    await truncate(on.path(large), 256 * 1024 * 1024 + 1);
    await writeFile(on.path(newThreadId()), '');
    await writeFile(join(on.store.place, 'notes.txt'), 'mine');
    const { threads, warnings } = await on.store.list();
    expect(threads.map((each) => each.id)).toEqual([id]);
    expect(warnings).toEqual([expect.stringContaining(`The thread ${large} is left out: `)]);
  });
});
