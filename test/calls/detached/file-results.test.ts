/** What is kept of a call on the disk: whole files, for their owner only, that nobody's ID can point elsewhere. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openResults } from '../../../src/calls/detached/file-results.ts';
import { done, ID } from './store-contract.ts';

const OTHER = '0a1b2c3d-1111-4222-8333-777788889999';
const DAY_MS = 86_400_000;

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-results-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const open = (now?: () => Date) => openResults({ dir, keepDays: 30, ...(now === undefined ? {} : { now }) });
const fileOf = (id: string) => join(dir, 'results', `${id}.json`);
const names = () => readdirSync(join(dir, 'results')).sort();

describe('keeping an answer', () => {
  it.skipIf(process.platform === 'win32')('shows it to its owner only', async () => {
    await open().write(done(ID, 'private'));
    expect(statSync(fileOf(ID)).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, 'results')).mode & 0o777).toBe(0o700);
  });

  it('puts a later state in place of an earlier one and leaves nothing else behind', async () => {
    const store = open();
    await store.write({ ...done(ID, ''), status: 'running', answer: undefined, text: 'so far' });
    await store.write(done(ID, 'all of it'));
    expect(await store.read(ID)).toMatchObject({ status: 'done', answer: { text: 'all of it' } });
    expect(names()).toEqual([`${ID}.json`]);
  });

  it('leaves nothing else behind, however many write at once', async () => {
    const store = open();
    await Promise.all(Array.from({ length: 20 }, () => store.write(done(ID, 'x'))));
    expect(names()).toEqual([`${ID}.json`]);
  });

  it('leaves no draft behind when the file cannot be put in place', async () => {
    mkdirSync(join(fileOf(ID), 'in-the-way'), { recursive: true });
    await expect(open().write(done(ID, 'x'))).rejects.toThrow();
    expect(names()).toEqual([`${ID}.json`]);
  });

  it('says so when the folder cannot be made', async () => {
    writeFileSync(join(dir, 'results'), 'a file where the folder should be');
    await expect(open().write(done(ID, 'x'))).rejects.toThrow(/EEXIST|ENOTDIR/);
  });
});

describe('reading', () => {
  it.each([
    '../secret-file',
    '..',
    '__proto__',
    `${ID}/../${ID}`,
    `${ID}\0`,
    'ﬀ-unicode-ﬀ',
    ID.toUpperCase(),
    '-0a1b2c3d',
    '',
  ])('has nothing under the ID %j, and writes nothing there', async (id) => {
    writeFileSync(join(dir, 'secret-file.json'), JSON.stringify({ v: 1, ...done(ID, 'secret') }));
    await open().write(done(ID, 'x'));
    expect(await open().read(id)).toBeUndefined();
    await expect(open().write(done(id, 'x'))).rejects.toThrow('call ID');
    expect(names()).toEqual([`${ID}.json`]);
    expect(readFileSync(join(dir, 'secret-file.json'), 'utf8')).toContain('secret');
  });

  it.each([
    ['nothing', ''],
    ['half a file', JSON.stringify({ v: 1, ...done(ID, 'x') }).slice(0, -10)],
    ['another format', JSON.stringify({ ...done(ID, 'x'), v: 2 })],
    ['a list', '[]'],
    ['an answer of another form', JSON.stringify({ v: 1, ...done(ID, 'x'), answer: { text: 5 } })],
    ['an unknown status', JSON.stringify({ v: 1, ...done(ID, 'x'), status: 'odd' })],
  ])('takes %s for no answer', async (_, text) => {
    mkdirSync(join(dir, 'results'));
    writeFileSync(fileOf(ID), text);
    expect(await open().read(ID)).toBeUndefined();
    expect(await open().recent(5)).toEqual([]);
  });

  it('has nothing where there is no folder, or a file in its place', async () => {
    expect(await open().read(ID)).toBeUndefined();
    expect(await open().recent(5)).toEqual([]);
    writeFileSync(join(dir, 'results'), '');
    expect(await open().read(ID)).toBeUndefined();
    expect(await open().recent(5)).toEqual([]);
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'fails on a file that may not be read',
    async () => {
      await open().write(done(ID, 'x'));
      chmodSync(fileOf(ID), 0o000);
      await expect(open().read(ID)).rejects.toThrow('EACCES');
    },
  );
});

describe('recent answers', () => {
  it('are those that can be read, whatever else lies in the folder', async () => {
    const store = open();
    await store.write(done(ID, 'here'));
    for (let at = 0; at < 5; at += 1) {
      mkdirSync(join(dir, 'results', `a-folder-${at}.json`));
      writeFileSync(join(dir, 'results', `damaged-${at}.json`), '{');
    }
    expect((await store.recent(2)).map(({ call_id }) => call_id)).toEqual([ID]);
  });

  it('do not count a draft that a killed process left', async () => {
    await open().write(done(ID, 'whole'));
    const draft = { v: 1, ...done(ID, 'older'), status: 'running' };
    writeFileSync(`${fileOf(ID)}.abcdef.tmp`, JSON.stringify(draft));
    writeFileSync(`${fileOf(OTHER)}.abcdef.tmp`, '{"v":1');
    expect(await open().recent(1)).toMatchObject([{ status: 'done' }]);
  });
});

describe('old answers', () => {
  const old = (id: string, days: number, suffix = '') => {
    const path = `${fileOf(id)}${suffix}`;
    mkdirSync(join(dir, 'results'), { recursive: true });
    writeFileSync(path, JSON.stringify({ v: 1, ...done(id, 'old') }));
    const seconds = Date.now() / 1_000 - days * 86_400;
    utimesSync(path, seconds, seconds);
  };

  it('go when they are older than they are kept, drafts too; others stay', async () => {
    old(OTHER, 31);
    old(OTHER, 31, '.abcdef.tmp');
    const young = OTHER.replace(/^./, 'f');
    old(young, 29);
    await open().write(done(ID, 'new'));
    await vi.waitFor(() => expect(names()).toEqual([`${ID}.json`, `${young}.json`]));
  });

  it('are looked for again the next day, in a server that runs for weeks', async () => {
    let time = Date.now();
    const store = open(() => new Date(time));
    await store.write(done(ID, 'first day'));
    old(OTHER, 40);
    time += DAY_MS;
    await store.write(done(ID, 'next day'));
    await vi.waitFor(() => expect(names()).toEqual([`${ID}.json`]));
    expect(readFileSync(fileOf(ID), 'utf8')).toContain('next day');
  });
});
