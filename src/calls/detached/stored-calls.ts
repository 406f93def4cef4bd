/** Calls as they are stored: written by the process that makes them, read by any. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelledError } from '../../aws/errors/errors.ts';
import { BedrockError, ERROR_CODES, type ErrorCode } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { isProcessGone } from '../../process-gone.ts';
import { wholeCharacters } from '../../surrogates.ts';
import type { CallFacts, CallState, Collected, Ended, Waiter } from './call-state.ts';
import type { ResultStore, StoredResult } from './store.ts';
import { noteOfText } from './streamed-text.ts';

/** Another process tells nobody when it is done. */
const LOOK_EVERY_MS = 500;
/** A process that could not say so itself has ended: calls have limits of their own, and this much is spared for writing. */
const GRACE_MS = 60_000;

/** How a finished call is written. */
export function storedEnd(facts: CallFacts, state: Ended): StoredResult {
  const { callId: call_id, tool, model, started } = facts;
  const head = { call_id, tool, model, started };
  if (state.status === 'done') return { ...head, status: 'done', answer: state.answer };
  const { code, message, fix, requestId, field } = state.error;
  return {
    ...head,
    status: 'failed',
    text: state.text,
    error: { code, message, fix, ...defined({ request_id: requestId, field }) },
  };
}

export function factsOf({ call_id, tool, model, started }: StoredResult): CallFacts {
  return { callId: call_id, tool, model, started };
}

/** The status as callers read it: who stopped a call did not see it fail. */
export function statusOf(state: CallState): CallState['status'] | 'cancelled' {
  return state.status === 'failed' && state.error.code === 'cancelled' ? 'cancelled' : state.status;
}

/** Characters of the text that a call has brought. */
export function charactersOf(state: CallState): number {
  return (state.status === 'done' ? state.answer.text : state.text)?.length ?? 0;
}

/**
 * Waits for a call of another process.
 * @throws BedrockError `unknown_call`, `cancelled`, `invalid_request` for a call that can only be stopped elsewhere, or
 *   `config` when the data folder cannot be read.
 */
export async function collectStored(
  store: ResultStore,
  callId: string,
  { waitMs, stop }: { readonly waitMs: number; readonly stop: boolean },
  { signal, progress }: Waiter,
): Promise<Collected> {
  const until = performance.now() + waitMs;
  for (;;) {
    const stored = await store.read(callId).catch((cause: unknown) => {
      throw unreadable(cause);
    });
    if (stored === undefined) throw unknownCall(callId);
    const state = stateOf(stored);
    if (state.status !== 'running') return { ...state, facts: factsOf(stored) };
    if (stop) throw notHere();
    if (state.text !== '') progress?.(noteOfText(state.text));
    if (performance.now() >= until) return { ...state, facts: factsOf(stored) };
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      throw cancelledError('The wait');
    });
  }
}

/** What a stored call has come to. */
export function stateOf(stored: StoredResult): CallState {
  const text = stored.text ?? '';
  if (stored.status === 'done') return { status: 'done', answer: stored.answer ?? {} };
  if (stored.status === 'failed') return { status: 'failed', error: errorOf(stored), text };
  if (isLost(stored, new Date()))
    return { status: 'failed', error: lost(), text: wholeCharacters(stored.so_far ?? text) };
  const runningMs = Date.now() - Date.parse(stored.started);
  return { status: 'running', text, runningMs, elsewhere: true };
}

/**
 * True when the process that made a running call has ended without saying so: killed, or its machine went down.
 * Not for calls that this process is making now.
 */
export function isLost({ status, by }: StoredResult, now: Date): boolean {
  if (status !== 'running') return false;
  if (by === undefined || now.getTime() > Date.parse(by.until) + GRACE_MS) return true;
  if (by.host !== hostname()) return false;
  // Containers give the same few IDs again and again; a call of this very process would be known here.
  return by.pid === process.pid || isProcessGone(by.pid);
}

function errorOf({ error }: StoredResult): BedrockError {
  if (error === undefined) return lost();
  const { code, message, fix, request_id, field } = error;
  return new BedrockError(isCode(code) ? code : 'internal', {
    message,
    fix,
    ...defined({ requestId: request_id, field }),
  });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

function lost(): BedrockError {
  return new BedrockError('incomplete', {
    message: 'The call was lost: the process that made it ended before the call did.',
    fix: 'Make the call again. What it may have cost is in get_usage as open spend.',
  });
}

function notHere(): BedrockError {
  return new BedrockError('invalid_request', {
    message: 'Another process of this server makes this call; it can only be stopped there.',
    fix: 'Stop it in the client that began it, or wait: it ends at its own time limit.',
    field: 'cancel',
  });
}

function unreadable(cause: unknown): BedrockError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BedrockError('config', {
    message: `The stored answers cannot be read: ${why}.`,
    fix: 'Make the data folder readable for this user, or set BEDROCK_MCP_DATA_DIR to another one.',
    cause,
  });
}

export function unknownCall(callId: string): BedrockError {
  return new BedrockError('unknown_call', {
    message: `No answer is stored under call_id "${callId.slice(0, 64)}".`,
    fix: 'Copy call_id from the answer that named it; get_result without call_id lists the recent calls.',
    field: 'call_id',
  });
}
