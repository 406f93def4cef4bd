/** A turn of now, for a process that runs without the test runner. */
import type { ThreadTurn } from '../../src/threads/thread.ts';

export function turn(callId: string): ThreadTurn {
  return {
    time: new Date().toISOString(),
    callId,
    model: 'm',
    modelId: 'us.m',
    api: 'native',
    added: [
      // Larger than a page and a pipe, so that writes of two processes could mix.
      { role: 'user', content: [{ text: `${callId} `.repeat(20_000) }] },
      { role: 'assistant', content: [{ text: callId }] },
    ],
    stopReason: 'end_turn',
  };
}
