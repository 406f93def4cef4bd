/** Waiting between attempts. */
import { randomInt } from 'node:crypto';

/** Milliseconds to wait before try number `tries + 1`: full jitter, base 400 ms, cap 20 s; the service's own word wins. */
export function backoff(tries: number, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined) return retryAfterMs + randomInt(100);
  return randomInt(50, Math.min(20_000, 400 * 2 ** tries));
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
