/**
 * Calls that may outlive the request which began them. A host waits for a minute and gives up; a model may think for
 * ten. So after a while the request is answered with what there is, the call goes on, and `get_result` collects it: in
 * this process as it grows, from any process that shares the store once it has ended.
 */

import { cancelledError } from '../../aws/errors/errors.ts';
import { defined } from '../../defined.ts';
import type { Logger } from '../../log.ts';
import type { CallAnswer } from '../answer.ts';
import type { ProgressUpdate } from '../progress-update.ts';
import type { CallFacts, CallState, Collected, Waiter } from './call-state.ts';
import { collected, remember } from './recent-answers.ts';
import {
  beginCall,
  type CallJob,
  type Registry,
  type RunningCall,
  runningState,
  storeRunning,
  waitForEnd,
  writeResult,
} from './running-call.ts';
import type { ResultStore } from './store.ts';
import { charactersOf, collectStored, factsOf, stateOf, statusOf, storedEnd } from './stored-calls.ts';

/** What a caller that wants no waiting still gets told at once: refusals, mistakes, very quick answers. */
const LEAST_WAIT_MS = 300;

export interface CallRow extends CallFacts {
  readonly status: ReturnType<typeof statusOf>;
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
   *   that can only be stopped elsewhere, or `config` when the store cannot be read.
   */
  collect(
    callId: string,
    options: { readonly waitMs: number; readonly stop: boolean },
    waiter: Waiter,
  ): Promise<Collected>;
  /** Remembers an answer that came another way, such as one row of a comparison. */
  finished(facts: CallFacts, answer: CallAnswer): void;
  /**
   * Makes sure that an answer of which only a part is delivered is stored.
   * @returns a warning when it could not be written.
   */
  save(facts: CallFacts, answer: CallAnswer): Promise<string | undefined>;
  /** Newest first. */
  recent(limit: number): Promise<readonly CallRow[]>;
  /** Resolves when every call that is still running has ended and was written. */
  settled(): Promise<void>;
}

export interface CallsOptions {
  readonly store: ResultStore;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
}

/** One registry for all calls of the process. */
export function createCalls({ store, stopping, log }: CallsOptions): Calls {
  const registry: Registry = { store, stopping, log, running: new Map(), recent: new Map() };
  const { running, recent } = registry;
  // One listener for all calls: hundreds may run, and none of them may stay behind on a signal that lives as long as the process.
  const stopAll = () => {
    for (const { controller } of running.values()) controller.abort();
  };
  stopping.addEventListener('abort', stopAll, { once: true });
  return {
    report(callId, update) {
      const call = running.get(callId);
      if (call === undefined) return;
      call.lastUpdate = update;
      for (const listener of call.listeners) listener(update);
    },
    run: (job, waiter) => runCall(registry, job, waiter),
    collect: (callId, options, waiter) => collectCall(registry, callId, options, waiter),
    finished(facts, answer) {
      remember(recent, facts, { status: 'done', answer });
    },
    save: (facts, answer) => saveAnswer(registry, facts, answer),
    recent: (limit) => recentCalls(registry, limit),
    async settled() {
      await Promise.allSettled([...running.values()].map(({ ended }) => ended));
    },
  };
}

async function runCall(registry: Registry, job: CallJob, waiter: Waiter): Promise<Collected> {
  const call = beginCall(registry, job);
  const { signal } = waiter;
  const cancel = () => call.controller.abort();
  signal.addEventListener('abort', cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    const state = await waitForEnd(call, Math.max(LEAST_WAIT_MS, job.waitMs), waiter);
    if (state !== undefined) return state;
    // Whoever cancels is told when the call has really ended, which takes a moment; an end that is being written is one.
    if (signal.aborted || call.state !== undefined) return await call.ended;
    const detached = await detach(registry, call);
    return signal.aborted ? await call.ended : detached;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** Lets the call go on without its request. What it comes to from here on is written. */
async function detach(registry: Registry, call: RunningCall): Promise<Collected> {
  const note = await storeRunning(registry, call);
  // It may have ended while that was written.
  if (call.state !== undefined) return call.ended;
  return { ...runningState(call), facts: call, ...defined({ note }) };
}

async function collectCall(
  { store, running, recent }: Registry,
  callId: string,
  { waitMs, stop }: { readonly waitMs: number; readonly stop: boolean },
  waiter: Waiter,
): Promise<Collected> {
  const call = running.get(callId);
  if (call === undefined) {
    const answer = recent.get(callId);
    return answer === undefined ? collectStored(store, callId, { waitMs, stop }, waiter) : collected(answer);
  }
  if (stop) call.controller.abort();
  const state = stop ? await call.ended : await waitForEnd(call, waitMs, waiter);
  if (state !== undefined) return state;
  // An end that is still being written is an end.
  if (call.state !== undefined) return { ...call.state, facts: call };
  if (waiter.signal.aborted) throw cancelledError('The wait');
  return { ...runningState(call), facts: call };
}

async function saveAnswer(
  registry: Registry,
  given: CallFacts,
  answer: CallAnswer,
): Promise<string | undefined> {
  const { callId } = given;
  const here = registry.recent.get(callId);
  if (here?.isStored === true) return undefined;
  // What has left the memory may be stored already.
  const stored = here === undefined ? await registry.store.read(callId).catch(() => undefined) : undefined;
  if (stored?.status === 'done') return undefined;
  const facts = here?.facts ?? given;
  const note = await writeResult(registry, callId, () => storedEnd(facts, { status: 'done', answer }));
  if (here !== undefined) here.isStored = note === undefined;
  return note;
}

async function recentCalls({ store, log, running, recent }: Registry, limit: number): Promise<CallRow[]> {
  const stored = await store.recent(limit).catch((cause: unknown) => {
    log.warn('The stored answers cannot be read.', { error: String(cause) });
    return [];
  });
  const rows = new Map<string, CallRow>();
  for (const each of stored) rows.set(each.call_id, rowOf(factsOf(each), stateOf(each)));
  for (const call of running.values()) rows.set(call.callId, rowOf(call, runningState(call)));
  for (const { facts, state } of recent.values()) rows.set(facts.callId, rowOf(facts, state));
  return [...rows.values()].sort((a, b) => (a.started < b.started ? 1 : -1)).slice(0, limit);
}

function rowOf({ callId, tool, model, started }: CallFacts, state: CallState): CallRow {
  return { callId, tool, model, started, status: statusOf(state), characters: charactersOf(state) };
}
