/** What has arrived of a call is put away while it runs: a process that is killed can write nothing any more. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCalls } from '../../../src/calls/detached/call-registry.ts';
import { openResults } from '../../../src/calls/detached/file-results.ts';
import type { ResultStore, StoredResult } from '../../../src/calls/detached/store.ts';
import { createLogger, createRedact } from '../../../src/log.ts';
import { broken, hand } from '../../tools/call-in-hand.ts';

const MINUTE = 60_000;
const nobody = { signal: new AbortController().signal };
const log = createLogger('error', createRedact());

let dir: string;
let store: ResultStore;
let writes: StoredResult[];
beforeEach(() => {
  // setImmediate and promises stay real: they are what the disk needs.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  dir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-put-away-'));
  store = openResults({ dir, keepDays: 30 });
  writes = [];
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

function callsOf(folder = store) {
  const write: ResultStore['write'] = async (result, options) => {
    await folder.write(result, options);
    writes.push(result);
  };
  return createCalls({ store: { ...folder, write }, stopping: new AbortController().signal, log });
}

async function pass(written: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(5_000);
  await vi.waitFor(() => expect(writes).toHaveLength(written));
}

describe('a call that somebody still waits for', () => {
  it('stands on the disk with its text so far, and at the end with its answer', async () => {
    const call = hand(MINUTE);
    const answered = callsOf().run(call.job, nobody);
    call.say('one');
    await pass(1);
    expect(await store.read(call.callId)).toMatchObject({ status: 'running', text: 'one' });
    call.say(' two');
    await pass(2);
    expect(await store.read(call.callId)).toMatchObject({ status: 'running', text: 'one two' });
    call.answer({ text: 'one two three' });
    expect(await answered).toMatchObject({ status: 'done' });
    expect(await store.read(call.callId)).toMatchObject({
      status: 'done',
      answer: { text: 'one two three' },
    });
  });

  it('that has said nothing yet is not written, and one that says nothing new not again', async () => {
    const call = hand(MINUTE);
    const answered = callsOf().run(call.job, nobody);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(writes).toEqual([]);
    call.say('one');
    await pass(1);
    await vi.advanceTimersByTimeAsync(15_000);
    call.answer();
    await answered;
    expect(writes.map(({ status }) => status)).toEqual(['running', 'done']);
  });

  it('is nothing that runs any more when it failed without a part', async () => {
    const call = hand(MINUTE);
    const answered = callsOf().run(call.job, nobody);
    call.say('one');
    await pass(1);
    call.fail(broken('timeout', ''));
    expect(await answered).toMatchObject({ status: 'failed' });
    expect(await store.read(call.callId)).toMatchObject({ status: 'failed', error: { code: 'timeout' } });
  });

  it('is answered all the same when nothing can be written, with one try and no more', async () => {
    writeFileSync(join(dir, 'file'), '');
    const write = vi.fn(openResults({ dir: join(dir, 'file'), keepDays: 30 }).write);
    const call = hand(MINUTE);
    const answered = callsOf({ ...store, write }).run(call.job, nobody);
    call.say('one');
    await vi.advanceTimersByTimeAsync(5_000);
    await expect(write.mock.results[0]?.value).rejects.toThrow();
    call.say('two');
    await vi.advanceTimersByTimeAsync(15_000);
    expect(write).toHaveBeenCalledTimes(1);
    call.answer({ text: 'one two' });
    expect(await answered).toMatchObject({ status: 'done', answer: { text: 'one two' } });
  });
});

describe('a call whose text is not yet that of the answer', () => {
  it('has all that came put away apart from it', async () => {
    const call = hand(MINUTE);
    const answered = callsOf().run({ ...call.job, text: () => '', soFar: call.job.text }, nobody);
    call.say('{"a":');
    await pass(1);
    expect(await store.read(call.callId)).toMatchObject({ status: 'running', text: '', so_far: '{"a":' });
    call.answer({ parsed: { a: 1 } });
    await answered;
    expect(await store.read(call.callId)).not.toHaveProperty('so_far');
  });
});

describe('a call that goes on alone', () => {
  it('can be watched as it grows from another process', async () => {
    const call = hand();
    const running = callsOf().run(call.job, nobody);
    await vi.advanceTimersByTimeAsync(300);
    expect(await running).toMatchObject({ status: 'running' });
    call.say('more and more');
    await pass(2);
    expect(await store.read(call.callId)).toMatchObject({ status: 'running', text: 'more and more' });
    call.answer();
    await vi.waitFor(() => expect(writes.at(-1)).toMatchObject({ status: 'done' }));
  });
});
