/**
 * Calls that may outlive the request which began them. A host waits for a minute and gives up; a model may think for
 * ten. So after a while the request is answered with what there is, the call goes on, and `get_result` collects it: in
 * this process as it grows, from any process on the same data folder once it has ended.
 */
import { hostname } from 'node:os';
import { cancelledError } from '../aws/errors.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { Logger } from '../log.ts';
import type { KeptResult, ResultStore } from '../results/result-store.ts';
import { charactersOf, collectKept, factsOf, keptOf, stateOf } from './kept-calls.ts';
import type { ProgressUpdate } from './tool.ts';

/** What a caller that asks for no waiting still gets told at once: refusals, mistakes, very quick answers. */
const LEAST_WAIT_MS = 300;
/** Finished answers that stay at hand in this process, for hosts that dropped or cut the first delivery. */
const MOST_AT_HAND = 100;
const MOST_CHARACTERS = 20_000_000;

export interface CallJob {
  readonly callId: string;
  readonly tool: string;
  /** As asked for; a comparison names several. */
  readonly model: string;
  /** ms; then the request is answered and the call goes on. */
  readonly waitMs: number;
  /** ms; the call's own limit. */
  readonly timeoutMs: number;
  /** The text so far. */
  text(): string;
  /** @param signal the call's own: it is not aborted by a request that has been answered. */
  work(signal: AbortSignal): Promise<Record<string, unknown>>;
}

/** What `run` and `collect` come back with. */
export type CallState =
  | {
      readonly status: 'running';
      readonly text: string;
      readonly runningMs: number;
      readonly elsewhere?: true;
    }
  | { readonly status: 'done'; readonly answer: Record<string, unknown> }
  | { readonly status: 'failed'; readonly error: BedrockError; readonly text: string };

/** Facts that stay the same whatever becomes of the call. */
export interface CallFacts {
  readonly callId: string;
  readonly tool: string;
  readonly model: string;
  /** ISO time. */
  readonly started: string;
}

export interface CallRow extends CallFacts {
  readonly status: CallState['status'];
  /** Of the text so far. */
  readonly characters: number;
}

export interface Waiter {
  /** The request's signal. */
  readonly signal: AbortSignal;
  readonly progress?: (update: ProgressUpdate) => void;
}

export interface Calls {
  /** Makes a progress note reach whoever waits for this call now. */
  report(callId: string, update: ProgressUpdate): void;
  /** Runs the job until it ends or `waitMs` is over. Never rejects for what became of the job. */
  run(job: CallJob, waiter: Waiter): Promise<CallState>;
  /**
   * Waits for a call that was begun before.
   * @throws BedrockError `unknown_call`, or `cancelled` when the waiter left (the call goes on).
   */
  collect(
    callId: string,
    options: { readonly waitMs: number; readonly stop: boolean },
    waiter: Waiter,
  ): Promise<CallState & { readonly facts: CallFacts }>;
  /** Remembers an answer that came another way, such as one row of a comparison. */
  finished(facts: CallFacts, answer: Record<string, unknown>): void;
  /** Writes an answer to the data folder, so that the rest of it can be had later. @returns a warning when it could not be. */
  keep(callId: string): Promise<string | undefined>;
  /** Newest first. */
  recent(limit: number): Promise<readonly CallRow[]>;
  /** Resolves when every call that is still running has ended and was written. */
  settled(): Promise<void>;
}

interface Entry extends CallFacts {
  readonly job: CallJob;
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly listeners: Set<(update: ProgressUpdate) => void>;
  readonly ended: Promise<Ended>;
  detached: boolean;
}

export type Ended = Exclude<CallState, { status: 'running' }>;
interface AtHand {
  readonly facts: CallFacts;
  readonly state: Ended;
}

export interface CallsOptions {
  readonly store: ResultStore;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

export function createCalls({ store, stopping, log }: CallsOptions): Calls {
  const running = new Map<string, Entry>();
  const atHand = new Map<string, AtHand>();

  const write = async (result: Omit<KeptResult, 'v'>): Promise<string | undefined> => {
    try {
      await store.keep(result);
      return undefined;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      log.warn('An answer could not be kept.', { call_id: result.call_id, error: why });
      return `The answer could not be written to the data folder (${why}); only this process can still give the rest.`;
    }
  };

  const begin = (job: CallJob): Entry => {
    const controller = new AbortController();
    const stop = () => controller.abort();
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
    const { callId, tool, model } = job;
    const facts: CallFacts = { callId, tool, model, started: new Date().toISOString() };
    const ended = job.work(controller.signal).then((answer): Ended => ({ status: 'done', answer }), failed);
    const entry: Entry = {
      ...facts,
      job,
      startedAt: performance.now(),
      controller,
      listeners: new Set(),
      detached: false,
      ended: ended.then(async (state) => {
        stopping.removeEventListener('abort', stop);
        remember(atHand, callId, { facts, state });
        // What nobody has seen yet, or only a part of, must survive this process.
        const isPart = state.status === 'failed' && state.text !== '';
        if (entry.detached || isPart) await write(keptOf(facts, state));
        running.delete(callId);
        return state;
      }),
    };
    running.set(callId, entry);
    return entry;
  };

  const runningState = ({ job, startedAt }: Entry): CallState => ({
    status: 'running',
    text: job.text(),
    runningMs: Math.round(performance.now() - startedAt),
  });

  /** The end of the call, or undefined when the time is over or the waiter left. */
  const waitFor = async (entry: Entry, waitMs: number, { signal, progress }: Waiter) => {
    if (progress !== undefined) entry.listeners.add(progress);
    const left = new AbortController();
    const leave = () => left.abort();
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      return await Promise.race([entry.ended, pause(waitMs, left.signal)]);
    } finally {
      left.abort();
      signal.removeEventListener('abort', leave);
      if (progress !== undefined) entry.listeners.delete(progress);
    }
  };

  return {
    report(callId, update) {
      for (const listener of running.get(callId)?.listeners ?? []) listener(update);
    },

    async run(job, waiter) {
      const entry = begin(job);
      const { signal } = waiter;
      const cancel = () => entry.controller.abort();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      try {
        const wait = Math.max(LEAST_WAIT_MS, job.waitMs);
        const state = await waitFor(entry, wait, waiter);
        // Whoever cancels is told when the call has really ended, which takes a moment.
        if (state !== undefined) return state;
        if (signal.aborted) return await entry.ended;
        entry.detached = true;
        const until = new Date(Date.now() + job.timeoutMs).toISOString();
        const by = { pid: process.pid, host: hostname(), until };
        const { callId: call_id, tool, model, started } = entry;
        await write({ call_id, tool, model, started, status: 'running', text: job.text(), by });
        // It may have ended while that was written, and its end must not be overwritten by its beginning.
        const ended = atHand.get(call_id);
        if (ended !== undefined) {
          await write(keptOf(entry, ended.state));
          return ended.state;
        }
        return runningState(entry);
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },

    async collect(callId, { waitMs, stop }, waiter) {
      const entry = running.get(callId);
      if (entry !== undefined) {
        if (stop) entry.controller.abort();
        const state = stop ? await entry.ended : await waitFor(entry, waitMs, waiter);
        if (state === undefined && waiter.signal.aborted) throw cancelledError('The wait');
        return { ...(state ?? runningState(entry)), facts: entry };
      }
      const here = atHand.get(callId);
      if (here !== undefined) return { ...here.state, facts: here.facts };
      return collectKept(store, callId, { waitMs, stop }, waiter);
    },

    finished(facts, answer) {
      remember(atHand, facts.callId, { facts, state: { status: 'done', answer } });
    },

    async keep(callId) {
      const here = atHand.get(callId);
      return here === undefined ? undefined : write(keptOf(here.facts, here.state));
    },

    async recent(limit) {
      const rows = new Map<string, CallRow>();
      for (const kept of await store.recent(limit))
        rows.set(kept.call_id, rowOf(factsOf(kept), stateOf(kept)));
      for (const { facts, state } of atHand.values()) rows.set(facts.callId, rowOf(facts, state));
      for (const entry of running.values()) rows.set(entry.callId, rowOf(entry, runningState(entry)));
      return [...rows.values()].sort((a, b) => (a.started < b.started ? 1 : -1)).slice(0, limit);
    },

    async settled() {
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };
}

function rowOf({ callId, tool, model, started }: CallFacts, state: CallState): CallRow {
  return { callId, tool, model, started, status: state.status, characters: charactersOf(state) };
}

function failed(cause: unknown): Ended {
  const error =
    cause instanceof BedrockError
      ? cause
      : new BedrockError('internal', {
          message: 'The call failed in a way that was not foreseen.',
          fix: 'Try again; if it stays so, report it with the line that the server wrote to stderr.',
          cause,
        });
  return { status: 'failed', error, text: error.partialText ?? '' };
}

function remember(atHand: Map<string, AtHand>, callId: string, entry: AtHand): void {
  atHand.set(callId, entry);
  let characters = 0;
  for (const { state } of atHand.values()) characters += charactersOf(state);
  for (const [oldest, { state }] of atHand) {
    if (oldest === callId || (atHand.size <= MOST_AT_HAND && characters <= MOST_CHARACTERS)) return;
    characters -= charactersOf(state);
    atHand.delete(oldest);
  }
}

/** Resolves with nothing when the time is over or somebody has had enough. */
function pause(ms: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve(undefined);
    };
    // setTimeout counts in 32 bits.
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
