/** Calls that outlive their request, with jobs and a disk that the tests hold in their hands: every order of events is made, not waited for. */
import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Calls, createCalls } from '../../../src/calls/detached/call-registry.ts';
import { openResults } from '../../../src/calls/detached/file-results.ts';
import type { CallJob } from '../../../src/calls/detached/running-call.ts';
import type { ResultStore } from '../../../src/calls/detached/store.ts';
import type { ProgressUpdate } from '../../../src/calls/progress-update.ts';
import { createLogger, createRedact } from '../../../src/log.ts';
import { broken, hand } from '../../tools/call-in-hand.ts';

const MINUTE = 60_000;
/** The least that a caller is made to wait. */
const AT_ONCE = { waitMs: 0, stop: false };
const log = createLogger('error', createRedact());
const nobody = { signal: new AbortController().signal };

let dir: string;
let store: ResultStore;
let stopping: AbortController;
let calls: Calls;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-calls-'));
  store = openResults({ dir, keepDays: 30 });
  stopping = new AbortController();
  calls = createCalls({ store, stopping: stopping.signal, log });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(dir, { recursive: true, force: true });
});

/** Lets everything that can happen without the disk happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
}

/** The store, with writes that wait until they are let go, one by one. */
function heldStore() {
  const held: { readonly status: string; readonly go: () => void }[] = [];
  const slow: ResultStore = {
    ...store,
    write: async ({ status, ...rest }) => {
      await new Promise<void>((resolve) => held.push({ status, go: resolve }));
      await store.write({ status, ...rest });
    },
  };
  const next = async () => {
    while (held.length === 0) await nextTurn();
    return held.shift() ?? { status: 'none', go: () => undefined };
  };
  return { calls: createCalls({ store: slow, stopping: stopping.signal, log }), next, held };
}

describe('a call that ends in time', () => {
  it('is answered whole and leaves nothing on the disk', async () => {
    const call = hand(MINUTE);
    const answered = calls.run(call.job, nobody);
    call.answer({ text: 'hello' });
    expect(await answered).toMatchObject({ status: 'done', answer: { text: 'hello' } });
    expect(await store.recent(9)).toEqual([]);
  });

  it('is aborted with its request, and the request hears of the end', async () => {
    const call = hand(MINUTE);
    const request = new AbortController();
    const answered = calls.run(call.job, request);
    call.say('so far');
    request.abort();
    expect(call.signal()?.aborted).toBe(true);
    expect(await answered).toMatchObject({ status: 'failed', text: 'so far', error: { code: 'cancelled' } });
  });

  it('is not begun for a request that has been given up', async () => {
    const call = hand(MINUTE);
    const gone = { signal: AbortSignal.abort() };
    expect(await calls.run(call.job, gone)).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
  });

  it.each([
    [
      'throws what was not foreseen',
      () => {
        throw new Error('a bug');
      },
    ],
    ['rejects so', () => Promise.reject('a bug')],
  ])('and %s has failed as internal', async (_, work) => {
    const state = await calls.run({ ...hand(MINUTE).job, work }, nobody);
    expect(state).toMatchObject({ status: 'failed', error: { code: 'internal' } });
    await calls.settled();
  });

  it('and broke off keeps its part on the disk before the request is answered', async () => {
    const call = hand(MINUTE);
    const answered = calls.run(call.job, nobody);
    call.fail(broken('timeout', 'half of it'));
    expect(await answered).toMatchObject({ status: 'failed', text: 'half of it' });
    expect(await store.read(call.callId)).toMatchObject({
      status: 'failed',
      text: 'half of it',
      error: { code: 'timeout' },
    });
  });
});

describe('a call that goes on', () => {
  it('is answered with what there is, stands on the disk as running, and is collected at its end', async () => {
    const call = hand();
    const begun = calls.run(call.job, nobody);
    call.say('so far');
    expect(await begun).toMatchObject({ status: 'running', text: 'so far' });
    expect(await store.read(call.callId)).toMatchObject({ status: 'running', by: { pid: process.pid } });
    const collected = calls.collect(call.callId, { waitMs: MINUTE, stop: false }, nobody);
    call.answer({ text: 'so far and so on' });
    expect(await collected).toMatchObject({ status: 'done', answer: { text: 'so far and so on' } });
    expect(await store.read(call.callId)).toMatchObject({ status: 'done' });
  });

  it('does not end with the request that began it, nor with one that waits for it', async () => {
    const call = hand();
    const request = new AbortController();
    await calls.run(call.job, request);
    request.abort();
    const waiter = new AbortController();
    const waiting = calls.collect(call.callId, { waitMs: MINUTE, stop: false }, waiter);
    waiter.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    expect(call.signal()?.aborted).toBe(false);
    call.answer({ text: 'still here' });
    expect(await calls.collect(call.callId, AT_ONCE, nobody)).toMatchObject({ status: 'done' });
  });

  it('is stopped by whoever asks for it; asked again nothing changes', async () => {
    const call = hand();
    await calls.run(call.job, nobody);
    call.say('part');
    const stop = { waitMs: 0, stop: true };
    const stopped = { status: 'failed', text: 'part', error: { code: 'cancelled' } };
    expect(await calls.collect(call.callId, stop, nobody)).toMatchObject(stopped);
    expect(await calls.collect(call.callId, stop, nobody)).toMatchObject(stopped);
    expect(await store.read(call.callId)).toMatchObject({ status: 'failed', text: 'part' });
  });

  it('ends with the process: every part is written before settled resolves', async () => {
    const hands = Array.from({ length: 50 }, () => hand());
    const begun = hands.map((each) => calls.run(each.job, new AbortController()));
    hands.forEach((each, at) => {
      each.say(`part ${at}`);
    });
    await Promise.all(begun);
    stopping.abort();
    await calls.settled();
    for (const [at, { callId }] of hands.entries())
      expect(await store.read(callId)).toMatchObject({
        status: 'failed',
        text: `part ${at}`,
        error: { code: 'cancelled', message: 'The server was stopped while the call ran.' },
      });
  });
});

describe('the end and the beginning of a call on the disk', () => {
  it('keep their order when the call ends while its beginning is being written', async () => {
    const disk = heldStore();
    const call = hand();
    const begun = disk.calls.run(call.job, nobody);
    const beginning = await disk.next();
    expect(beginning.status).toBe('running');
    call.answer({ text: 'all' });
    await settle();
    expect(disk.held, 'the end waits for its turn').toEqual([]);
    beginning.go();
    const end = await disk.next();
    expect(end.status).toBe('done');
    end.go();
    expect(await begun).toMatchObject({ status: 'done', answer: { text: 'all' } });
    expect(await store.read(call.callId)).toMatchObject({ status: 'done', answer: { text: 'all' } });
    expect(disk.held).toEqual([]);
  });

  it('keep their order also when the answer has left the memory by then', async () => {
    const disk = heldStore();
    const call = hand();
    const begun = disk.calls.run(call.job, nobody);
    const beginning = await disk.next();
    call.answer({ text: 'all' });
    for (let other = 0; other <= 100; other += 1) {
      const facts = { callId: `row-${other}`, tool: 't', model: 'm', started: '2026-11-21T10:00:00Z' };
      disk.calls.finished(facts, { text: 'x' });
    }
    beginning.go();
    (await disk.next()).go();
    await begun;
    expect(await store.read(call.callId)).toMatchObject({ status: 'done', answer: { text: 'all' } });
  });

  it('a request that is given up while the beginning is written still stops its call', async () => {
    const disk = heldStore();
    const call = hand();
    const request = new AbortController();
    const begun = disk.calls.run(call.job, request);
    const beginning = await disk.next();
    request.abort();
    expect(call.signal()?.aborted).toBe(true);
    beginning.go();
    (await disk.next()).go();
    expect(await begun).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
    expect(await store.read(call.callId)).toMatchObject({ status: 'failed' });
  });

  it('and hears of its end, also when that takes longer than the disk', async () => {
    const disk = heldStore();
    const call = hand();
    const request = new AbortController();
    const slow: CallJob = { ...call.job, work: () => call.job.work(new AbortController().signal) };
    const begun = disk.calls.run(slow, request);
    const beginning = await disk.next();
    request.abort();
    beginning.go();
    // The beginning stands on the disk, the work is still ending.
    while ((await store.read(call.callId)) === undefined) await nextTurn();
    await settle();
    call.fail(broken('cancelled', 'part'));
    (await disk.next()).go();
    expect(await begun).toMatchObject({ status: 'failed', error: { code: 'cancelled' } });
  });

  it('a stop while the beginning is written waits for the end on the disk', async () => {
    const disk = heldStore();
    const call = hand();
    const begun = disk.calls.run(call.job, nobody);
    const beginning = await disk.next();
    call.say('part');
    stopping.abort();
    let settled = false;
    const all = disk.calls.settled().then(() => {
      settled = true;
    });
    await settle();
    expect(settled).toBe(false);
    beginning.go();
    (await disk.next()).go();
    await all;
    expect(await begun).toMatchObject({ status: 'failed', text: 'part' });
    expect(await store.read(call.callId)).toMatchObject({ status: 'failed', text: 'part' });
  });

  it('a call whose broken-off part is being written is not announced as running', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const disk = heldStore();
    const call = hand();
    const begun = disk.calls.run(call.job, nobody);
    call.fail(broken('timeout', 'part'));
    const end = await disk.next();
    expect(end.status).toBe('failed');
    // The wait is over long before the disk is done.
    vi.advanceTimersByTime(MINUTE);
    await settle();
    end.go();
    expect(await begun).toMatchObject({ status: 'failed', text: 'part' });
    expect(disk.held).toEqual([]);
  });
});

describe('answers that are cut', () => {
  const facts = { callId: 'cut-answer', tool: 'invoke_model', model: 'm', started: '2026-11-21T10:00:00Z' };
  const answer = { text: 'long' };
  const push = (count: number) => {
    for (let at = 0; at < count; at += 1) calls.finished({ ...facts, callId: `other-${at}` }, { text: 'x' });
  };

  it('are on the disk once they are kept, and can be had when memory has forgotten them', async () => {
    calls.finished(facts, answer);
    expect(await calls.save(facts, answer)).toBeUndefined();
    push(100);
    expect(await calls.collect(facts.callId, AT_ONCE, nobody)).toMatchObject({ status: 'done', answer });
  });

  it('are at hand while fewer than a hundred others came after them', async () => {
    calls.finished(facts, answer);
    push(99);
    expect(await calls.collect(facts.callId, AT_ONCE, nobody)).toMatchObject({ status: 'done', answer });
  });

  it('are kept also when memory has forgotten them before the first part was delivered', async () => {
    calls.finished(facts, answer);
    push(100);
    await expect(calls.collect(facts.callId, AT_ONCE, nobody)).rejects.toMatchObject({
      code: 'unknown_call',
    });
    expect(await calls.save(facts, answer)).toBeUndefined();
    expect(await calls.collect(facts.callId, AT_ONCE, nobody)).toMatchObject({ status: 'done', answer });
  });

  it('are written once, however many parts are read', async () => {
    let writes = 0;
    const counted: ResultStore = {
      ...store,
      write: async (result) => {
        writes += 1;
        await store.write(result);
      },
    };
    const counting = createCalls({ store: counted, stopping: stopping.signal, log });
    counting.finished(facts, answer);
    for (let part = 0; part < 5; part += 1) await counting.save(facts, answer);
    expect(writes).toBe(1);
    const later = createCalls({ store: counted, stopping: stopping.signal, log });
    await later.save(facts, answer);
    expect(writes, 'also by another process').toBe(1);
  });

  it('give way by their size, wherever in the answer it is', async () => {
    const big = () => ({ results: [{ model: 'm', text: 'x'.repeat(11_000_000) }] });
    calls.finished(facts, big());
    calls.finished({ ...facts, callId: 'another-big-one' }, big());
    await expect(calls.collect(facts.callId, AT_ONCE, nobody)).rejects.toMatchObject({
      code: 'unknown_call',
    });
    expect(await calls.collect('another-big-one', AT_ONCE, nobody)).toMatchObject({ status: 'done' });
  });
});

describe('a data folder that cannot be written', () => {
  beforeEach(() => {
    writeFileSync(join(dir, 'results'), 'a file where the folder should be');
  });

  it('does not stop a call from going on and being collected here, and says so', async () => {
    const call = hand();
    const begun = await calls.run(call.job, nobody);
    expect(begun).toMatchObject({ status: 'running', note: expect.stringMatching(/could not be written/) });
    call.answer({ text: 'all' });
    await calls.settled();
    expect(await calls.collect(call.callId, AT_ONCE, nobody)).toMatchObject({
      status: 'done',
      answer: { text: 'all' },
      note: expect.stringMatching(/only this process/),
    });
    expect(await calls.recent(5)).toMatchObject([{ callId: call.callId, status: 'done' }]);
  });

  it('does not lose an answer that no file can hold either', async () => {
    const call = hand();
    await calls.run(call.job, nobody);
    let deep: Record<string, unknown> = {};
    for (let level = 0; level < 100_000; level += 1) deep = { deep };
    call.answer({ text: 'all', parsed: deep });
    await calls.settled();
    expect(await calls.collect(call.callId, AT_ONCE, nobody)).toMatchObject({ status: 'done' });
  });
});

describe('many calls at once', () => {
  it('leave nothing behind: no warning, no listener, no running call', async () => {
    const warnings: string[] = [];
    const hear = (warning: Error) => warnings.push(warning.message);
    process.on('warning', hear);
    const requests = Array.from({ length: 50 }, () => ({ ...hand(), request: new AbortController() }));
    await Promise.all(requests.map(({ job, request }) => calls.run(job, request)));
    expect((await calls.recent(100)).map(({ status }) => status)).toEqual(Array(50).fill('running'));
    expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(1);
    const waits = requests.map(({ callId, request }) =>
      calls.collect(callId, { waitMs: MINUTE, stop: false }, request),
    );
    for (const each of requests) each.answer({ text: each.callId });
    await Promise.all(waits);
    await settle();
    process.off('warning', hear);
    expect((await calls.recent(100)).filter(({ status }) => status === 'running')).toEqual([]);
    expect(getEventListeners(stopping.signal, 'abort')).toHaveLength(1);
    for (const { request } of requests) expect(getEventListeners(request.signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
  });
});

describe('progress', () => {
  it('reaches every request that waits, the one that comes later at once with the last note', async () => {
    const call = hand();
    const first: ProgressUpdate[] = [];
    const begun = calls.run(call.job, { ...nobody, progress: (update) => first.push(update) });
    calls.report(call.callId, { progress: 1, message: 'one' });
    await begun;
    calls.report(call.callId, { progress: 2, message: 'while nobody waits' });
    const second: ProgressUpdate[] = [];
    const waiting = calls.collect(
      call.callId,
      { waitMs: MINUTE, stop: false },
      { ...nobody, progress: (update) => second.push(update) },
    );
    calls.report(call.callId, { progress: 3, message: 'three' });
    call.answer();
    await waiting;
    calls.report(call.callId, { progress: 4, message: 'after the end' });
    expect(first.map(({ progress }) => progress)).toEqual([1]);
    expect(second.map(({ progress }) => progress)).toEqual([2, 3]);
  });
});
