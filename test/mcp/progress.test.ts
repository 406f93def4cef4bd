import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ProgressUpdate } from '../../src/calls/progress-update.ts';
import { paced } from '../../src/mcp/progress.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What was sent, and when (ms since the start). */
function record() {
  const start = Date.now();
  const notes: (ProgressUpdate & { at: number })[] = [];
  const progress = paced(
    (update) => notes.push({ ...update, at: Date.now() - start }),
    () => Date.now(),
  );
  return { notes, progress };
}

describe('paced progress', () => {
  it('passes the first update on at once', () => {
    const { notes, progress } = record();
    progress.report({ progress: 1, message: 'one' });
    expect(notes).toEqual([{ progress: 1, message: 'one', at: 0 }]);
  });

  it('sends at most one note each half second, and the newest one', () => {
    const { notes, progress } = record();
    for (let step = 1; step <= 100; step += 1) {
      progress.report({ progress: step, message: `step ${step}` });
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(500);
    expect(notes.map(({ at }) => at)).toEqual([0, 500, 1000]);
    expect(notes.map(({ message }) => message)).toEqual(['step 1', 'step 50', 'step 100']);
  });

  it('is never silent for more than two seconds, also before the first update', () => {
    const { notes, progress } = record();
    vi.advanceTimersByTime(10_000);
    progress.stop();
    expect(notes[0]?.at).toBeLessThanOrEqual(2_000);
    const gaps = notes.map(({ at }, index) => at - (notes[index - 1]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(2_000);
    expect(notes.every(({ message }) => /^waiting for Bedrock \(\d+ s\)$/.test(message))).toBe(true);
  });

  it('repeats the last message while nothing new comes, with the seconds once', () => {
    const { notes, progress } = record();
    progress.report({ progress: 5, total: 10, message: 'half' });
    vi.advanceTimersByTime(6_000);
    expect(notes.map(({ message }) => message)).toEqual(['half', 'half (2 s)', 'half (4 s)', 'half (6 s)']);
    expect(notes.every(({ total }) => total === 10)).toBe(true);
  });

  it('only grows, also when updates stand still or go back', () => {
    const { notes, progress } = record();
    for (const step of [3, 3, 2, 0, 7, 7]) {
      progress.report({ progress: step, message: 'x' });
      vi.advanceTimersByTime(3_000);
    }
    const steps = notes.map((note) => note.progress);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
    expect(steps).toContain(7);
  });

  it('says nothing after the end', () => {
    const { notes, progress } = record();
    progress.report({ progress: 1, message: 'one' });
    progress.report({ progress: 2, message: 'two' });
    progress.stop();
    progress.report({ progress: 3, message: 'three' });
    vi.advanceTimersByTime(60_000);
    expect(notes).toHaveLength(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
