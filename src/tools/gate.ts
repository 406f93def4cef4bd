/** A bound on calls in flight with a bounded queue behind it: beyond both, callers hear "busy" instead of waiting for ever. */
import { BedrockError } from '../bedrock-error.ts';

export interface Gate {
  /**
   * Runs `work` when there is room.
   * @throws BedrockError `busy` when the queue is full, `cancelled` when the caller left while waiting; else whatever `work` throws.
   */
  run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

const QUEUE_PER_SLOT = 20;

export function createGate(slots: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];

  const enter = (signal: AbortSignal): Promise<void> => {
    if (running < slots) {
      running += 1;
      return Promise.resolve();
    }
    if (waiting.length >= slots * QUEUE_PER_SLOT) {
      throw new BedrockError('busy', {
        message: `This server is making ${slots} calls and ${waiting.length} more are waiting.`,
        fix: 'Try again in a moment, or raise BEDROCK_MCP_MAX_CONCURRENCY.',
        retryable: true,
        retryAfterMs: 1_000,
      });
    }
    return new Promise((resolve, reject) => {
      const go = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        const at = waiting.indexOf(go);
        if (at >= 0) waiting.splice(at, 1);
        reject(
          new BedrockError('cancelled', {
            message: 'The call was cancelled while it waited for its turn.',
            fix: 'Nothing was sent and nothing was spent.',
          }),
        );
      };
      if (signal.aborted) return leave();
      waiting.push(go);
      signal.addEventListener('abort', leave, { once: true });
    });
  };

  return {
    async run(signal, work) {
      await enter(signal);
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        // The slot is handed over, so the count stays.
        if (next === undefined) running -= 1;
        else next();
      }
    },
  };
}
