/** Calls as another process finds them on the disk. */
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import type { CallState, Ended } from '../../../src/calls/detached/call-state.ts';
import type { ResultStore, StoredResult } from '../../../src/calls/detached/store.ts';
import {
  charactersOf,
  collectStored,
  isLost,
  stateOf,
  storedEnd,
} from '../../../src/calls/detached/stored-calls.ts';
import type { ProgressUpdate } from '../../../src/calls/progress-update.ts';
import { done, ID } from './store-contract.ts';

const FACTS = {
  callId: '0a1b2c3d-1111-4222-8333-444455556666',
  tool: 'invoke_model',
  model: 'nova-lite',
  started: new Date().toISOString(),
};
const AT_ONCE = { waitMs: 0, stop: false };
const nobody = { signal: new AbortController().signal };

/** What comes back after it was written and read. */
const kept = (state: Ended): StoredResult => JSON.parse(JSON.stringify(storedEnd(FACTS, state)));
const elsewhere: StoredResult = {
  call_id: FACTS.callId,
  tool: FACTS.tool,
  model: FACTS.model,
  started: new Date(Date.now() - 3_000).toISOString(),
  status: 'running',
  text: 'so far',
  by: { pid: process.pid, host: 'another machine', until: new Date(Date.now() + 60_000).toISOString() },
};

/** A disk that shows one state after the other, the last one for ever. */
function disk(...states: readonly (StoredResult | undefined)[]): ResultStore & { looks: () => number } {
  let at = 0;
  return {
    write: async () => undefined,
    recent: async () => [],
    read: async () => {
      at += 1;
      return states[Math.min(at, states.length) - 1];
    },
    looks: () => at,
  };
}

describe('the end of a call', () => {
  it('comes back from the disk as it was: an answer', () => {
    const answer = {
      text: 'hello',
      reasoning: [{ redacted: 'AAAA' }],
      receipt: {
        call_id: FACTS.callId,
        model_asked: 'm',
        model_id: 'm',
        region: 'us-east-1',
        api: 'converse',
      },
    };
    expect(stateOf(kept({ status: 'done', answer }))).toEqual({ status: 'done', answer });
  });

  it('comes back from the disk as it was: an error with the part that had come', () => {
    const error = new BedrockError('timeout', {
      message: 'It took too long.',
      fix: 'Raise it.',
      requestId: 'req-1',
      field: 'timeout_ms',
    });
    const state = stateOf(kept({ status: 'failed', error, text: 'half' }));
    expect(state).toMatchObject({ status: 'failed', text: 'half' });
    const back = state.status === 'failed' ? state.error : undefined;
    expect(back).toMatchObject({
      code: 'timeout',
      message: 'It took too long.',
      fix: 'Raise it.',
      requestId: 'req-1',
      field: 'timeout_ms',
    });
  });

  it('with a code of another version is internal, not a crash', () => {
    const { error: _, ...rest } = kept({ status: 'done', answer: {} });
    const odd: StoredResult = {
      ...rest,
      status: 'failed',
      error: { code: 'toString', message: 'odd', fix: 'none' },
    };
    expect(stateOf(odd)).toMatchObject({ status: 'failed', error: { code: 'internal', message: 'odd' } });
  });

  it('that never came makes the call lost, with the text it had', () => {
    const { by: _, ...orphan } = elsewhere;
    expect(stateOf(orphan)).toMatchObject({
      status: 'failed',
      text: 'so far',
      error: { code: 'incomplete', message: expect.stringContaining('lost') },
    });
  });

  it('that never came has all that was put away, and no half of a character', () => {
    const { by: _, ...lost } = elsewhere;
    expect(stateOf({ ...lost, text: '', so_far: 'more than the text \ud83d' })).toMatchObject({
      status: 'failed',
      text: 'more than the text ',
    });
  });

  it('counts its characters', () => {
    const states: readonly [CallState, number][] = [
      [{ status: 'done', answer: { text: '12345' } }, 5],
      [{ status: 'done', answer: {} }, 0],
      [{ status: 'running', text: '123', runningMs: 1 }, 3],
    ];
    for (const [state, count] of states) expect(charactersOf(state)).toBe(count);
  });
});

describe('collecting a call of another process', () => {
  it('waits until it has ended', async () => {
    const store = disk(elsewhere, elsewhere, kept({ status: 'done', answer: { text: 'all' } }));
    const collected = await collectStored(store, FACTS.callId, { waitMs: 30_000, stop: false }, nobody);
    expect(collected).toMatchObject({
      status: 'done',
      answer: { text: 'all' },
      facts: { model: 'nova-lite' },
    });
    expect(store.looks()).toBe(3);
  });

  it('tells how far it has come while it is waited for', async () => {
    const grown = { ...elsewhere, text: 'so far and further' };
    const store = disk({ ...elsewhere, text: '' }, elsewhere, grown, kept({ status: 'done', answer: {} }));
    const updates: ProgressUpdate[] = [];
    const progress = (update: ProgressUpdate) => updates.push(update);
    await collectStored(store, FACTS.callId, { waitMs: 30_000, stop: false }, { ...nobody, progress });
    expect(updates.map(({ progress }) => progress)).toEqual([2, 5]);
    expect(updates[1]?.message).toBe('answering, about 5 tokens: …so far and further');
  });

  it('says that it runs elsewhere when the wait is over', async () => {
    const collected = await collectStored(disk(elsewhere), FACTS.callId, AT_ONCE, nobody);
    expect(collected).toMatchObject({ status: 'running', elsewhere: true, text: 'so far' });
    expect(collected.status === 'running' && collected.runningMs).toBeGreaterThanOrEqual(3_000);
  });

  it('ends only the wait when the waiter leaves', async () => {
    const leaving = new AbortController();
    const waiting = collectStored(disk(elsewhere), FACTS.callId, { waitMs: 30_000, stop: false }, leaving);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('cannot stop it, and says where it can be stopped', async () => {
    const stopping = collectStored(disk(elsewhere), FACTS.callId, { waitMs: 0, stop: true }, nobody);
    await expect(stopping).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'cancel',
      message: expect.stringContaining('can only be stopped there'),
    });
    const ended = disk(kept({ status: 'done', answer: { text: 'all' } }));
    expect(await collectStored(ended, FACTS.callId, { waitMs: 0, stop: true }, nobody)).toMatchObject({
      status: 'done',
    });
  });

  it('explains an unknown call and a folder that cannot be read', async () => {
    await expect(collectStored(disk(undefined), 'nothing', AT_ONCE, nobody)).rejects.toMatchObject({
      code: 'unknown_call',
      field: 'call_id',
    });
    const broken = { ...disk(), read: () => Promise.reject(new Error('EACCES: permission denied')) };
    await expect(collectStored(broken, FACTS.callId, AT_ONCE, nobody)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining('EACCES'),
      fix: expect.stringContaining('BEDROCK_MCP_DATA_DIR'),
    });
  });
});

describe('a call is lost', () => {
  /** No process has it: larger than the largest that Linux gives. */
  const NOBODY = 2 ** 22 + 1;
  const NOW = new Date('2026-11-21T12:00:00Z');
  const by = { pid: process.ppid, host: hostname(), until: '2026-11-21T12:10:00Z' };
  const running: StoredResult = { ...done(ID, ''), status: 'running' };
  it.each<{ what: string; stored: StoredResult; lost: boolean }>([
    { what: 'never when it is done', stored: { ...running, status: 'done' }, lost: false },
    { what: 'not while its process lives', stored: { ...running, by }, lost: false },
    { what: 'when its process is gone', stored: { ...running, by: { ...by, pid: NOBODY } }, lost: true },
    {
      what: 'when its process had the ID of this one',
      stored: { ...running, by: { ...by, pid: process.pid } },
      lost: true,
    },
    {
      what: 'not on another machine, before its time is over',
      stored: { ...running, by: { ...by, pid: NOBODY, host: 'elsewhere' } },
      lost: false,
    },
    {
      what: 'on another machine, when its time is over',
      stored: { ...running, by: { ...by, host: 'elsewhere', until: '2026-11-21T11:58:00Z' } },
      lost: true,
    },
    { what: 'when nobody says who makes it', stored: running, lost: true },
  ])('$what', ({ stored, lost }) => {
    expect(isLost(stored, NOW)).toBe(lost);
  });
});
