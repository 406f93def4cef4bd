/**
 * The limits of one call: caller's abort, longest silence, total time. The SDK's own time-outs only warn, do not
 * cover streams, or count as transient and send the prompt again, so none of them is used: these timers abort the
 * request themselves, which destroys the upstream socket at once.
 */
import { setMaxListeners } from 'node:events';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { cancelledError } from '../errors/errors.ts';
import type { HeaderBag } from '../response-headers.ts';
import type { CallLimits } from '../types.ts';

// setTimeout takes a signed 32-bit number; anything larger would fire at once.
const LONGEST_TIMER = 2_147_483_647;

export interface CallGuard {
  /** Aborted when the call has to end; the transport destroys its socket on it. */
  readonly signal: AbortSignal;
  /** Why the call was ended; undefined while it may go on. */
  readonly failure: BedrockError | undefined;
  /** The response head, once it arrived. */
  readonly head: { readonly status: number; readonly headers: HeaderBag } | undefined;
  /**
   * The request is being handed to the network: silence counts from here, and a time-out may have been billed.
   * (Loading the SDK and reading credentials comes before and has limits of its own.)
   */
  sent(): void;
  answered(status: number, headers: HeaderBag): void;
  /** Starts the silence timer again. */
  alive(): void;
  /** Stops the silence timer while the consumer works, so that a slow reader is no silence of Bedrock's. */
  rest(): void;
  /** The promise, or the guard's failure as soon as there is one. One race at a time. */
  race<T>(promise: Promise<T>): Promise<T>;
  /** Nobody wants the rest: closes the upstream connection. */
  abandon(): void;
  /** The call is over: timers and listeners go. */
  done(): void;
}

function timer(milliseconds: number | undefined, run: () => void): NodeJS.Timeout | undefined {
  if (milliseconds === undefined || !(milliseconds > 0) || milliseconds === Number.POSITIVE_INFINITY)
    return undefined;
  return setTimeout(run, Math.min(milliseconds, LONGEST_TIMER));
}

interface GuardState {
  readonly operation: string;
  readonly limits: CallLimits;
  readonly idleMs: number;
  readonly controller: AbortController;
  readonly onCancel: () => void;
  failure: BedrockError | undefined;
  head: CallGuard['head'];
  sent: boolean;
  over: boolean;
  rejectRace: ((error: BedrockError) => void) | undefined;
  idle: NodeJS.Timeout | undefined;
  total: NodeJS.Timeout | undefined;
}

/**
 * Starts the limits of one call. Times are ms; zero, negative or infinite means no limit.
 * Throws `cancelled` when the signal is already aborted, so that nothing is dialled.
 */
export function guardCall(operation: string, limits: CallLimits, defaultIdleMs: number): CallGuard {
  if (limits.signal?.aborted === true) throw cancelledError(operation);
  const state: GuardState = {
    operation,
    limits,
    idleMs: limits.idleTimeoutMs ?? defaultIdleMs,
    controller: new AbortController(),
    onCancel: () => fail(state, cancelledError(operation)),
    failure: undefined,
    head: undefined,
    sent: false,
    over: false,
    rejectRace: undefined,
    idle: undefined,
    total: timer(limits.totalTimeoutMs, () => fail(state, totalTimeout(state))),
  };
  if (limits.signal !== undefined) {
    // Many calls may share one signal (a batch), which is no leak: each removes its listener.
    setMaxListeners(0, limits.signal);
    limits.signal.addEventListener('abort', state.onCancel, { once: true });
  }
  return guardOf(state);
}

function guardOf(state: GuardState): CallGuard {
  return {
    signal: state.controller.signal,
    get failure() {
      return state.failure;
    },
    get head() {
      return state.head;
    },
    sent: () => {
      state.sent = true;
      state.head = undefined;
      alive(state);
    },
    answered: (status, headers) => {
      state.head = { status, headers };
      alive(state);
    },
    alive: () => alive(state),
    rest: () => {
      clearTimeout(state.idle);
      state.idle = undefined;
    },
    race: (promise) =>
      new Promise((resolve, reject) => {
        if (state.failure !== undefined) reject(state.failure);
        state.rejectRace = reject;
        promise.then(resolve, reject);
      }),
    abandon: () => {
      clear(state);
      state.controller.abort();
    },
    done: () => clear(state),
  };
}

function alive(state: GuardState): void {
  if (state.over) return;
  if (state.idle === undefined) state.idle = timer(state.idleMs, () => fail(state, silence(state)));
  else state.idle.refresh();
}

function clear(state: GuardState): void {
  state.over = true;
  clearTimeout(state.idle);
  clearTimeout(state.total);
  state.limits.signal?.removeEventListener('abort', state.onCancel);
}

function fail(state: GuardState, error: BedrockError): void {
  if (state.over) return;
  state.failure = error;
  clear(state);
  state.controller.abort();
  state.rejectRace?.(error);
}

function silence(state: GuardState): BedrockError {
  const { operation, idleMs, head } = state;
  return timeout(
    state,
    `${operation}: nothing came from Bedrock for ${Math.ceil(idleMs)} ms${head === undefined ? '' : ' in the middle of the answer'}, so the call was ended.`,
    'Raise BEDROCK_IDLE_TIMEOUT (ms) for models that think long, or ask for less; the request is not sent again because it may be billed twice.',
  );
}

function totalTimeout(state: GuardState): BedrockError {
  const { operation, limits } = state;
  return timeout(
    state,
    `${operation} took longer than its total time limit of ${Math.ceil(limits.askedTimeoutMs ?? limits.totalTimeoutMs ?? 0)} ms${spentBefore(limits)}, so the call was ended.`,
    'Raise timeout_ms of the call (or BEDROCK_TIMEOUT, ms), or ask for a shorter answer; the request is not sent again because it may be billed twice.',
  );
}

function timeout({ sent, head }: GuardState, message: string, fix: string): BedrockError {
  return new BedrockError('timeout', {
    message,
    fix,
    // It may still be running, and be billed, on the other side: never send it again.
    accepted: sent,
    retryable: false,
    ...defined({ requestId: head?.headers['x-amzn-requestid'] }),
  });
}

/** Too little to tell is not told. */
const WORTH_TELLING_MS = 100;

function spentBefore({ askedTimeoutMs, totalTimeoutMs }: CallLimits): string {
  const before = Math.round((askedTimeoutMs ?? 0) - (totalTimeoutMs ?? 0));
  return askedTimeoutMs === undefined || before < WORTH_TELLING_MS
    ? ''
    : ` (${before} ms of it went by before this request was sent)`;
}
