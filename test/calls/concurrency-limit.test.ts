import { setMaxListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { createGate } from '../../src/calls/concurrency-limit.ts';

const { signal } = new AbortController();
setMaxListeners(0, signal);
const patient = { signal, timeoutMs: 60_000 };
const deferred = () => {
  let release: () => void = () => undefined;
  const promise = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { promise, release };
};

describe('the gate', () => {
  it('lets so many through and the next one when one is done', async () => {
    const gate = createGate(2);
    const [a, b] = [deferred(), deferred()];
    const started: string[] = [];
    const run = (name: string, until: Promise<void>) =>
      gate.run(patient, async () => {
        started.push(name);
        await until;
      });
    const first = run('a', a.promise);
    const second = run('b', b.promise);
    const third = run('c', Promise.resolve());
    await Promise.resolve();
    expect(started).toEqual(['a', 'b']);
    a.release();
    await Promise.all([first, third]);
    expect(started).toEqual(['a', 'b', 'c']);
    b.release();
    await second;
  });

  it('lets a caller who leaves out of the queue', async () => {
    const gate = createGate(1);
    const hold = deferred();
    const running = gate.run(patient, () => hold.promise);
    const leaving = new AbortController();
    const waiting = gate.run({ ...patient, signal: leaving.signal }, async () => 'ran');
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    hold.release();
    await running;
    await expect(gate.run(patient, async () => 'free again')).resolves.toBe('free again');
  });

  it('lets one whose time is over out of the queue, and says that nothing was sent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const gate = createGate(1);
    const hold = deferred();
    const running = gate.run(patient, () => hold.promise);
    // Half a second went by before it came here.
    const asked = { signal, timeoutMs: 2_000, deadline: performance.now() + 1_500 };
    const waiting = gate.run(asked, async () => 'ran');
    const late = expect(waiting).rejects.toMatchObject({
      code: 'timeout',
      message: expect.stringContaining('2000 ms'),
      fix: expect.stringContaining('Nothing was sent'),
    });
    vi.advanceTimersByTime(1_500);
    await late;
    vi.useRealTimers();
    hold.release();
    await running;
    await expect(gate.run(patient, async () => 'free again')).resolves.toBe('free again');
  });

  it('says busy when the queue is full', async () => {
    const gate = createGate(1);
    const hold = deferred();
    const calls = Array.from({ length: 22 }, () =>
      gate.run(patient, () => hold.promise).catch((error: unknown) => error),
    );
    hold.release();
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([
      expect.objectContaining({ code: 'busy', retryable: true }),
    ]);
  });

  it('frees its place when the work fails', async () => {
    const gate = createGate(1);
    await expect(gate.run(patient, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run(patient, async () => 1)).resolves.toBe(1);
  });
});
