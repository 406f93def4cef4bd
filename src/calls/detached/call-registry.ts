/**
 * Calls that may outlive the request which began them. A host waits for a minute and gives up; a model may think for
 * ten. So after a while the request is answered with what there is, the call goes on, and `get_result` collects it: in
 * this process as it grows, from any process on the same data folder once it has ended.
 */

import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { cancelledError } from '../../aws/errors/errors.ts';
import { BedrockError } from '../../bedrock-error.ts';
import type { Logger } from '../../log.ts';
import { wholeCharacters } from '../../surrogates.ts';
import type { ProgressUpdate } from '../progress-update.ts';
import type { CallFacts, CallState, Collected, Ended, Waiter } from './call-state.ts';
import type { KeptResult, ResultStore } from './result-store.ts';
import { charactersOf, collectKept, factsOf, keptOf, sizeOf, stateOf } from './stored-calls.ts';

/** What a caller that asks for no waiting still gets told at once: refusals, mistakes, very quick answers. */
const LEAST_WAIT_MS = 300;
/** Finished answers that stay at hand in this process, for hosts that dropped or cut the first delivery. */
export const MOST_AT_HAND = 100;
const MOST_CHARACTERS = 20_000_000;
/** What has arrived is put away this often, for whoever looks after a kill -9: no process can write anything then. */
export const PUT_AWAY_EVERY_MS = 5_000;

export interface CallJob {
  readonly callId: string;
  readonly tool: string;
  /** As asked for; a comparison names several. */
  readonly model: string;
  /** ms; then the request is answered and the call goes on. */
  readonly waitMs: number;
  /** ms; the call's own limit. */
  readonly timeoutMs: number;
  /** The text so far, as the answer will begin. */
  text(): string;
  /** All that has come, where that is more: kept for the case that this process is killed. */
  soFar?(): string;
  /** @param signal the call's own: it is not aborted by a request that has been answered. */
  work(signal: AbortSignal): Promise<Record<string, unknown>>;
}

export interface CallRow extends CallFacts {
  readonly status: CallState['status'];
  /** Of the text so far. */
  readonly characters: number;
}

export interface Calls {
  /** Makes a progress note reach whoever waits for this call now. */
  report(callId: string, update: ProgressUpdate): void;
  /** Runs the job until it ends or `waitMs` is over. Never rejects for what became of the job. */
  run(job: CallJob, waiter: Waiter): Promise<Collected>;
  /**
   * Waits for a call that was begun before.
   * @throws BedrockError `unknown_call`, `cancelled` when the waiter left (the call goes on), `invalid_request` for a call
   *   that can only be stopped elsewhere, or `config` when the data folder cannot be read.
   */
  collect(
    callId: string,
    options: { readonly waitMs: number; readonly stop: boolean },
    waiter: Waiter,
  ): Promise<Collected>;
  /** Remembers an answer that came another way, such as one row of a comparison. */
  finished(facts: CallFacts, answer: Record<string, unknown>): void;
  /**
   * Makes sure that an answer of which only a part is delivered is in the data folder.
   * @returns a warning when it could not be written.
   */
  keep(facts: CallFacts, answer: Record<string, unknown>): Promise<string | undefined>;
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
  /** How it ended, as soon as it has; `ended` comes when that is also written. */
  state: Ended | undefined;
  readonly ended: Promise<Collected & Ended>;
  /** The writes of its file, one after the other: the end must not be overwritten by the beginning. */
  written: Promise<string | undefined>;
  lastUpdate: ProgressUpdate | undefined;
  /** There is a file that says "running", or soon will be: the end must replace it. */
  onDisk: boolean;
}

interface AtHand {
  readonly facts: CallFacts;
  readonly state: Ended;
  /** Characters, about. */
  readonly size: number;
  isKept: boolean;
  note: string | undefined;
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
  // One listener for all calls: hundreds may run, and none of them may stay behind on a signal that lives as long as the process.
  const stopAll = () => {
    for (const { controller } of running.values()) controller.abort();
  };
  stopping.addEventListener('abort', stopAll, { once: true });

  /** Never rejects. @returns a warning when it could not be written. */
  const write = async (
    callId: string,
    make: () => Omit<KeptResult, 'v'>,
    inHurry = false,
  ): Promise<string | undefined> => {
    try {
      // A process that stops is gone within a second, however many parts it has to write.
      await store.keep(make(), inHurry || stopping.aborted);
      return undefined;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      log.warn('An answer could not be kept.', { call_id: callId, error: why });
      return `The answer could not be written to the data folder (${why}); only this process can still give the rest.`;
    }
  };

  const writeNext = (entry: Entry, make: () => Omit<KeptResult, 'v'>, inHurry?: boolean) => {
    entry.written = entry.written.then(() => write(entry.callId, make, inHurry));
    return entry.written;
  };

  const begin = (job: CallJob): Entry => {
    const controller = new AbortController();
    // A comparison asks many models under this one signal.
    setMaxListeners(0, controller.signal);
    if (stopping.aborted) controller.abort();
    const { callId, tool, model } = job;
    const facts: CallFacts = { callId, tool, model, started: new Date().toISOString() };
    const work = async () => job.work(controller.signal);
    const ended = work().then(
      (answer): Ended => ({ status: 'done', answer }),
      (cause: unknown) => failed(stopping.aborted ? stoppedWith(cause) : cause),
    );
    const entry: Entry = {
      ...facts,
      job,
      startedAt: performance.now(),
      controller,
      listeners: new Set(),
      state: undefined,
      written: Promise.resolve(undefined),
      lastUpdate: undefined,
      onDisk: false,
      ended: ended.then(async (state) => {
        clearInterval(putAway);
        entry.state = state;
        const here = remember(atHand, facts, state);
        // What nobody has seen yet, or only a part of, must survive this process.
        const isPart = state.status === 'failed' && state.text !== '';
        if (entry.onDisk || isPart) {
          here.note = await writeNext(entry, () => keptOf(facts, state));
          here.isKept = here.note === undefined;
        }
        running.delete(callId);
        return collected(here);
      }),
    };
    running.set(callId, entry);
    let characters = 0;
    let busy = false;
    const putAway = setInterval(async () => {
      const { length } = (job.soFar ?? job.text)();
      if (busy || length === characters) return;
      busy = true;
      characters = length;
      const problem = await writeRunning(entry, true);
      busy = false;
      // Said once in the log; the end tries again.
      if (problem !== undefined) clearInterval(putAway);
    }, PUT_AWAY_EVERY_MS);
    putAway.unref();
    return entry;
  };

  /** Writes how far the call has come. @returns a warning when it could not be written. */
  const writeRunning = (entry: Entry, inHurry = false): Promise<string | undefined> => {
    const { callId: call_id, tool, model, started, job } = entry;
    entry.onDisk = true;
    const until = new Date(Date.now() + job.timeoutMs).toISOString();
    const by = { pid: process.pid, host: hostname(), until };
    const head = { call_id, tool, model, started };
    const make = () => {
      const more = job.soFar === undefined ? {} : { so_far: job.soFar() };
      return { ...head, status: 'running' as const, text: job.text(), ...more, by };
    };
    return writeNext(entry, make, inHurry);
  };

  const runningState = ({ job, startedAt }: Entry): CallState => ({
    status: 'running',
    text: job.text(),
    runningMs: Math.round(performance.now() - startedAt),
  });

  /** The end of the call, or undefined when the time is over or the waiter left. */
  const waitFor = async (entry: Entry, waitMs: number, { signal, progress }: Waiter) => {
    if (progress !== undefined) {
      entry.listeners.add(progress);
      if (entry.lastUpdate !== undefined) progress(entry.lastUpdate);
    }
    let leave: () => void = () => undefined;
    const left = new Promise<undefined>((resolve) => {
      leave = () => resolve(undefined);
    });
    // setTimeout counts in 32 bits.
    const timer = setTimeout(leave, Math.min(waitMs, 2 ** 31 - 1));
    signal.addEventListener('abort', leave, { once: true });
    if (signal.aborted) leave();
    try {
      return await Promise.race([entry.ended, left]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
      if (progress !== undefined) entry.listeners.delete(progress);
    }
  };

  /** Lets the call go on without its request. What it comes to from here on is written. */
  const detach = async (entry: Entry): Promise<Collected> => {
    const note = await writeRunning(entry);
    // It may have ended while that was written.
    if (entry.state !== undefined) return entry.ended;
    return { ...runningState(entry), facts: entry, ...(note === undefined ? {} : { note }) };
  };

  return {
    report(callId, update) {
      const entry = running.get(callId);
      if (entry === undefined) return;
      entry.lastUpdate = update;
      for (const listener of entry.listeners) listener(update);
    },

    async run(job, waiter) {
      const entry = begin(job);
      const { signal } = waiter;
      const cancel = () => entry.controller.abort();
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
      try {
        const state = await waitFor(entry, Math.max(LEAST_WAIT_MS, job.waitMs), waiter);
        if (state !== undefined) return state;
        // Whoever cancels is told when the call has really ended, which takes a moment; an end that is being written is one.
        if (signal.aborted || entry.state !== undefined) return await entry.ended;
        const detached = await detach(entry);
        return signal.aborted ? await entry.ended : detached;
      } finally {
        signal.removeEventListener('abort', cancel);
      }
    },

    async collect(callId, { waitMs, stop }, waiter) {
      const entry = running.get(callId);
      if (entry !== undefined) {
        if (stop) entry.controller.abort();
        const state = stop ? await entry.ended : await waitFor(entry, waitMs, waiter);
        if (state !== undefined) return state;
        // An end that is still being written is an end.
        if (entry.state !== undefined) return { ...entry.state, facts: entry };
        if (waiter.signal.aborted) throw cancelledError('The wait');
        return { ...runningState(entry), facts: entry };
      }
      const here = atHand.get(callId);
      if (here !== undefined) return collected(here);
      return collectKept(store, callId, { waitMs, stop }, waiter);
    },

    finished(facts, answer) {
      remember(atHand, facts, { status: 'done', answer });
    },

    async keep(given, answer) {
      const { callId } = given;
      const here = atHand.get(callId);
      if (here?.isKept === true) return undefined;
      // What has left the memory may be on the disk already.
      const onDisk = here === undefined ? await store.read(callId).catch(() => undefined) : undefined;
      if (onDisk?.status === 'done') return undefined;
      const note = await write(callId, () => keptOf(here?.facts ?? given, { status: 'done', answer }));
      if (here !== undefined) here.isKept = note === undefined;
      return note;
    },

    async recent(limit) {
      const kept = await store.recent(limit).catch((cause: unknown) => {
        log.warn('The kept answers cannot be read.', { error: String(cause) });
        return [];
      });
      const rows = new Map<string, CallRow>();
      for (const each of kept) rows.set(each.call_id, rowOf(factsOf(each), stateOf(each)));
      for (const entry of running.values()) rows.set(entry.callId, rowOf(entry, runningState(entry)));
      for (const { facts, state } of atHand.values()) rows.set(facts.callId, rowOf(facts, state));
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

/** Nobody cancelled a call that ended with the server. */
function stoppedWith(cause: unknown): unknown {
  if (!(cause instanceof BedrockError) || cause.code !== 'cancelled') return cause;
  return cause.with({
    message: 'The server was stopped while the call ran.',
    fix: 'Make the call again if the answer is still wanted.',
  });
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
  return { status: 'failed', error, text: wholeCharacters(error.partialText ?? '') };
}

function collected({ facts, state, note }: AtHand): Collected & Ended {
  return { ...state, facts, ...(note === undefined ? {} : { note }) };
}

/** Puts the end of a call at hand; the oldest ones make room for it. */
function remember(atHand: Map<string, AtHand>, facts: CallFacts, state: Ended): AtHand {
  const size = sizeOf(state.status === 'done' ? state.answer : state.text);
  const entry: AtHand = { facts, state, size, isKept: false, note: undefined };
  atHand.delete(facts.callId);
  atHand.set(facts.callId, entry);
  let characters = 0;
  for (const each of atHand.values()) characters += each.size;
  for (const [oldest, each] of atHand) {
    if (each === entry || (atHand.size <= MOST_AT_HAND && characters <= MOST_CHARACTERS)) break;
    characters -= each.size;
    atHand.delete(oldest);
  }
  return entry;
}
