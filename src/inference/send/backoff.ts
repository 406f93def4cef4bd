/** Waiting between attempts. */
import { randomInt } from 'node:crypto';

const LONGEST_PAUSE_MS = 20_000;
/** Spreads the calls that were told the same `retry-after`. */
const SPREAD_MS = 100;

/**
 * Milliseconds to wait before pause number `pauses` (from 1) ends: the service's own word when it gave one, otherwise
 * `baseMs` doubled with every pause, half of it random, at most 20 s.
 */
export function backoff(pauses: number, baseMs: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined) return retryAfterMs + randomInt(SPREAD_MS);
  const full = Math.min(LONGEST_PAUSE_MS, baseMs * 2 ** pauses);
  return full / 2 + randomInt(Math.max(1, Math.floor(full / 2)));
}

/** Waits, or returns early when the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
