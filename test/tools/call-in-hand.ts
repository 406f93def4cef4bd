/** A job for `Calls` that a test holds in its hand: it says, answers and fails when it is told to. */
import { BedrockError } from '../../src/bedrock-error.ts';
import type { CallAnswer } from '../../src/calls/answer.ts';
import type { CallJob } from '../../src/calls/detached/running-call.ts';

export interface Hand {
  readonly job: CallJob;
  readonly callId: string;
  /** Of the job itself. */
  readonly signal: () => AbortSignal | undefined;
  say(text: string): void;
  answer(answer?: CallAnswer): void;
  fail(error: unknown): void;
}

let made = 0;
/** A job that goes on until it is told how to end, or aborted: then it fails with what it has said. */
export function hand(waitMs = 0): Hand {
  made += 1;
  const callId = `call-${String(made).padStart(6, '0')}`;
  let text = '';
  let signal: AbortSignal | undefined;
  let answer: Hand['answer'] = () => undefined;
  let fail: Hand['fail'] = () => undefined;
  const job: CallJob = {
    callId,
    tool: 'invoke_model',
    model: 'nova-lite',
    waitMs,
    timeoutMs: 60_000,
    text: () => text,
    work: (own) => {
      signal = own;
      return new Promise((resolve, reject) => {
        answer = (given = { text }) => resolve(given);
        fail = reject;
        const stop = () => reject(broken('cancelled', text));
        own.addEventListener('abort', stop, { once: true });
        if (own.aborted) stop();
      });
    },
  };
  return {
    job,
    callId,
    signal: () => signal,
    say: (more) => {
      text += more;
    },
    answer: (given) => answer(given),
    fail: (error) => fail(error),
  };
}

export function broken(code: 'cancelled' | 'timeout', partialText: string): BedrockError {
  return new BedrockError(code, { message: 'It ended.', fix: 'Nothing.', partialText });
}
