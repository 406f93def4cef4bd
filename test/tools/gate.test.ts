import { setMaxListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createGate } from '../../src/tools/gate.ts';

const never = new AbortController().signal;
setMaxListeners(0, never);
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
      gate.run(never, async () => {
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
    const running = gate.run(never, () => hold.promise);
    const leaving = new AbortController();
    const waiting = gate.run(leaving.signal, async () => 'ran');
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    hold.release();
    await running;
    await expect(gate.run(never, async () => 'free again')).resolves.toBe('free again');
  });

  it('says busy when the queue is full', async () => {
    const gate = createGate(1);
    const hold = deferred();
    const calls = Array.from({ length: 22 }, () =>
      gate.run(never, () => hold.promise).catch((error: unknown) => error),
    );
    hold.release();
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter((outcome) => outcome !== undefined)).toEqual([
      expect.objectContaining({ code: 'busy', retryable: true }),
    ]);
  });

  it('frees its place when the work fails', async () => {
    const gate = createGate(1);
    await expect(gate.run(never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    await expect(gate.run(never, async () => 1)).resolves.toBe(1);
  });
});
