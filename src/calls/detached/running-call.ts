/** One call while it runs: its work, who waits for it, and what of it is stored. */
import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { asBedrockError, BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { Logger } from '../../log.ts';
import { wholeCharacters } from '../../surrogates.ts';
import type { CallAnswer } from '../answer.ts';
import type { ProgressUpdate } from '../progress-update.ts';
import type { CallFacts, CallState, Collected, Ended, Waiter } from './call-state.ts';
import { collected, type RecentAnswers, remember } from './recent-answers.ts';
import type { ResultStore, StoredResult } from './store.ts';
import { storedEnd } from './stored-calls.ts';

/** What has arrived is stored this often, for whoever looks after a kill -9: no process can write anything then. */
const STORE_EVERY_MS = 5_000;

export interface CallJob {
  readonly callId: string;
  readonly tool: string;
  /** As the caller named it; a comparison names several. */
  readonly model: string;
  /** ms; then the request is answered and the call goes on. */
  readonly waitMs: number;
  /** ms; the call's own limit. */
  readonly timeoutMs: number;
  /** The text so far, as the answer will begin. */
  text(): string;
  /** All that has come, where that is more: stored for the case that this process is killed. */
  soFar?(): string;
  /** @param signal the call's own: it is not aborted by a request that has been answered. */
  work(signal: AbortSignal): Promise<CallAnswer>;
}

/** What all calls of this process share. */
export interface Registry {
  readonly store: ResultStore;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  readonly log: Logger;
  readonly running: Map<string, RunningCall>;
  readonly recent: RecentAnswers;
}

export interface RunningCall extends CallFacts {
  readonly job: CallJob;
  readonly startedAt: number;
  readonly controller: AbortController;
  readonly listeners: Set<(update: ProgressUpdate) => void>;
  lastUpdate: ProgressUpdate | undefined;
  /** How it ended, as soon as it has; `ended` comes when that is also written. */
  state: Ended | undefined;
  readonly ended: Promise<Collected & Ended>;
  /** Its writes, one after the other: the end must not be overwritten by the beginning. */
  written: Promise<string | undefined>;
  /** It is stored as running, or soon will be: the end must replace it. */
  isStored: boolean;
}

/** Begins the work at once. */
export function beginCall(registry: Registry, job: CallJob): RunningCall {
  const { stopping, running } = registry;
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
  const call: RunningCall = {
    ...facts,
    job,
    startedAt: performance.now(),
    controller,
    listeners: new Set(),
    lastUpdate: undefined,
    state: undefined,
    written: Promise.resolve(undefined),
    isStored: false,
    ended: ended.then((state) => {
      clearInterval(storing);
      return endCall(registry, call, facts, state);
    }),
  };
  running.set(callId, call);
  const storing = storeAsItGrows(registry, call);
  return call;
}

async function endCall(
  registry: Registry,
  call: RunningCall,
  facts: CallFacts,
  state: Ended,
): Promise<Collected & Ended> {
  call.state = state;
  const answer = remember(registry.recent, facts, state);
  // What nobody has seen yet, or only a part of, must survive this process.
  const isPart = state.status === 'failed' && state.text !== '';
  if (call.isStored || isPart) {
    answer.note = await writeNext(registry, call, () => storedEnd(facts, state));
    answer.isStored = answer.note === undefined;
  }
  registry.running.delete(call.callId);
  return collected(answer);
}

function storeAsItGrows(registry: Registry, call: RunningCall): NodeJS.Timeout {
  const { job } = call;
  let characters = 0;
  let busy = false;
  const timer = setInterval(async () => {
    const { length } = (job.soFar ?? job.text)();
    if (busy || length === characters) return;
    busy = true;
    characters = length;
    const problem = await storeRunning(registry, call, false);
    busy = false;
    // Reported once in the log; the end tries again.
    if (problem !== undefined) clearInterval(timer);
  }, STORE_EVERY_MS);
  timer.unref();
  return timer;
}

/** Stores how far the call has come. @returns a warning when it could not be written. */
export function storeRunning(
  registry: Registry,
  call: RunningCall,
  durable = true,
): Promise<string | undefined> {
  const { callId: call_id, tool, model, started, job } = call;
  call.isStored = true;
  const until = new Date(Date.now() + job.timeoutMs).toISOString();
  const by = { pid: process.pid, host: hostname(), until };
  const head = { call_id, tool, model, started, status: 'running' } as const;
  const make = () => ({ ...head, text: job.text(), ...defined({ so_far: job.soFar?.() }), by });
  return writeNext(registry, call, make, durable);
}

function writeNext(
  registry: Registry,
  call: RunningCall,
  make: () => StoredResult,
  durable?: boolean,
): Promise<string | undefined> {
  call.written = call.written.then(() => writeResult(registry, call.callId, make, durable));
  return call.written;
}

/** Never rejects. @returns a warning when it could not be written. */
export async function writeResult(
  { store, stopping, log }: Registry,
  callId: string,
  make: () => StoredResult,
  durable = true,
): Promise<string | undefined> {
  try {
    // A process that stops is gone within a second, however many parts it has to write.
    await store.write(make(), { durable: durable && !stopping.aborted });
    return undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    log.warn('An answer could not be stored.', { call_id: callId, error: why });
    return `The answer could not be written to the data folder (${why}); only this process can still give the rest.`;
  }
}

export function runningState({ job, startedAt }: RunningCall): CallState {
  return { status: 'running', text: job.text(), runningMs: Math.round(performance.now() - startedAt) };
}

/** The end of the call, or undefined when the time is over or the waiter left. */
export async function waitForEnd(
  call: RunningCall,
  waitMs: number,
  { signal, progress }: Waiter,
): Promise<(Collected & Ended) | undefined> {
  if (progress !== undefined) {
    call.listeners.add(progress);
    if (call.lastUpdate !== undefined) progress(call.lastUpdate);
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
    return await Promise.race([call.ended, left]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    if (progress !== undefined) call.listeners.delete(progress);
  }
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
  const error = asBedrockError(cause);
  return { status: 'failed', error, text: wholeCharacters(error.partialText ?? '') };
}
