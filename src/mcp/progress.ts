/** Progress at a human pace: the first note at once, then at most every half second, and never silence for five. */
import type { ProgressUpdate } from '../calls/progress-update.ts';

const PACE_MS = 500;
const HEARTBEAT_MS = 2_000;

export interface PacedProgress {
  report(update: ProgressUpdate): void;
  stop(): void;
}

/**
 * Paces updates and repeats the last one, a little further, while nothing new comes: the note's `progress` must grow,
 * and hosts take silence for death.
 */
export function paced(
  send: (update: ProgressUpdate) => void,
  now: () => number = () => performance.now(),
): PacedProgress {
  const started = now();
  let last: ProgressUpdate | undefined;
  let pending: ProgressUpdate | undefined;
  let sentAt = Number.NEGATIVE_INFINITY;
  let shown = -1;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const flush = (update: ProgressUpdate) => {
    // The protocol wants growth, also when two updates carry the same count.
    const progress = update.progress > shown ? update.progress : shown + 0.001;
    shown = progress;
    sentAt = now();
    pending = undefined;
    last = update;
    send({ ...update, progress });
    arm(HEARTBEAT_MS);
  };
  const arm = (ms: number) => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => {
      if (pending !== undefined) return flush(pending);
      const seconds = Math.round((now() - started) / 1000);
      flush({
        progress: last?.progress ?? 0,
        ...(last?.total === undefined ? {} : { total: last.total }),
        message: `${last?.message ?? 'waiting for Bedrock'} (${seconds} s)`,
      });
      if (last !== undefined) last = { ...last, message: last.message.replace(/ \(\d+ s\)$/, '') };
    }, ms);
    timer.unref();
  };
  arm(1_000);

  return {
    report(update) {
      if (stopped) return;
      const wait = PACE_MS - (now() - sentAt);
      if (wait <= 0) return flush(update);
      const armed = pending !== undefined;
      pending = update;
      if (!armed) arm(wait);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
