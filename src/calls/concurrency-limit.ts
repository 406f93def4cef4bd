/** A bound on calls in flight with a bounded queue behind it: beyond both, callers hear "busy" instead of waiting for ever. */
import { BedrockError } from '../bedrock-error.ts';

export interface Gate {
  /**
   * Runs `work` when there is room.
   * @throws BedrockError `busy` when the queue is full, `cancelled` or `timeout` when the caller left or the time was over
   *   before there was room; else whatever `work` throws.
   */
  run<T>(caller: Queued, work: () => Promise<T>): Promise<T>;
}

export interface Queued {
  readonly signal: AbortSignal;
  /** ms; the longest wait. */
  readonly timeoutMs: number;
  /** When that is over, on the clock of `performance.now()`; counted from now when absent. */
  readonly deadline?: number;
}

const QUEUE_PER_SLOT = 20;

export function createGate(slots: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  const enter = async (caller: Queued): Promise<void> => {
    if (running < slots) {
      running += 1;
      return;
    }
    if (waiting.length >= slots * QUEUE_PER_SLOT) throw busy(slots, waiting.length);
    await queued(waiting, caller, slots);
  };
  return {
    async run(caller, work) {
      await enter(caller);
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

/** Resolves when it is the caller's turn. */
function queued(waiting: (() => void)[], { signal, timeoutMs, deadline }: Queued, slots: number) {
  return new Promise<void>((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    };
    const go = () => {
      settle();
      resolve();
    };
    const giveUp = (error: BedrockError) => {
      const at = waiting.indexOf(go);
      if (at >= 0) waiting.splice(at, 1);
      settle();
      reject(error);
    };
    const leave = () => giveUp(left());
    // setTimeout counts in 32 bits.
    const rest = deadline === undefined ? timeoutMs : deadline - performance.now();
    const timer = setTimeout(() => giveUp(late(timeoutMs, slots)), Math.max(0, Math.min(rest, 2 ** 31 - 1)));
    if (signal.aborted) return leave();
    waiting.push(go);
    signal.addEventListener('abort', leave, { once: true });
  });
}

function busy(slots: number, waiting: number): BedrockError {
  return new BedrockError('busy', {
    message: `This server is making ${slots} calls and ${waiting} more are waiting.`,
    fix: 'Try again in a moment, or raise BEDROCK_MCP_MAX_CONCURRENCY.',
    retryable: true,
    retryAfterMs: 1_000,
  });
}

function left(): BedrockError {
  return new BedrockError('cancelled', {
    message: 'The call was cancelled while it waited for its turn.',
    fix: 'Nothing was sent and nothing was spent.',
  });
}

function late(timeoutMs: number, slots: number): BedrockError {
  return new BedrockError('timeout', {
    message: `The time limit of ${timeoutMs} ms was over while the call waited for its turn behind ${slots} others.`,
    fix: 'Nothing was sent and nothing was spent. Call again later with a longer timeout_ms, or raise BEDROCK_MCP_MAX_CONCURRENCY.',
    retryable: true,
  });
}
