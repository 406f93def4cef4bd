/** Calls as they stand on the disk: written by this process, read by any. */
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelledError } from '../../aws/errors/errors.ts';
import { BedrockError, ERROR_CODES, type ErrorCode } from '../../bedrock-error.ts';
import { isJsonObject } from '../../json.ts';
import { toWireJson } from '../../messages/wire-json.ts';
import { wholeCharacters } from '../../surrogates.ts';
import type { CallFacts, CallState, Collected, Ended, Waiter } from './call-state.ts';
import { isLost, type KeptResult, type ResultStore } from './result-store.ts';
import { noteOfText } from './streamed-text.ts';

/** Another process tells nobody when it is done. */
const LOOK_EVERY_MS = 500;

/** How a finished call is written. */
export function keptOf(facts: CallFacts, state: Ended): Omit<KeptResult, 'v'> {
  const { callId: call_id, tool, model, started } = facts;
  const head = { call_id, tool, model, started };
  if (state.status === 'done') {
    const answer = toWireJson(state.answer);
    return { ...head, status: 'done', answer: isJsonObject(answer) ? answer : {} };
  }
  const { code, message, fix, requestId, field } = state.error;
  return {
    ...head,
    status: 'failed',
    text: state.text,
    error: {
      code,
      message,
      fix,
      ...(requestId === undefined ? {} : { request_id: requestId }),
      ...(field === undefined ? {} : { field }),
    },
  };
}

export function factsOf({ call_id, tool, model, started }: KeptResult): CallFacts {
  return { callId: call_id, tool, model, started };
}

/** Characters of the text that a call has brought. */
export function charactersOf(state: CallState): number {
  if (state.status !== 'done') return state.text.length;
  const { text } = state.answer;
  return typeof text === 'string' ? text.length : 0;
}

/** Characters that an answer takes in memory, about: those of all its texts, wherever they stand. */
export function sizeOf(value: unknown): number {
  let size = 0;
  const left = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'string' || next instanceof Uint8Array) size += next.length;
    else if (typeof next === 'object' && next !== null) {
      for (const member of Object.values(next)) if (member !== undefined) left.push(member);
    } else size += 1;
  }
  return size;
}

/**
 * Waits for a call of another process.
 * @throws BedrockError `unknown_call`, `cancelled`, `invalid_request` for a call that can only be stopped elsewhere, or
 *   `config` when the data folder cannot be read.
 */
export async function collectKept(
  store: ResultStore,
  callId: string,
  { waitMs, stop }: { readonly waitMs: number; readonly stop: boolean },
  { signal, progress }: Waiter,
): Promise<Collected> {
  const until = performance.now() + waitMs;
  for (;;) {
    const kept = await store.read(callId).catch((cause: unknown) => {
      throw unreadable(cause);
    });
    if (kept === undefined) throw unknownCall(callId);
    const state = stateOf(kept);
    if (state.status !== 'running') return { ...state, facts: factsOf(kept) };
    if (stop) throw notHere();
    if (state.text !== '') progress?.(noteOfText(state.text));
    if (performance.now() >= until) return { ...state, facts: factsOf(kept) };
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {
      throw cancelledError('The wait');
    });
  }
}

/** What a kept call has come to. */
export function stateOf(kept: KeptResult): CallState {
  const text = kept.text ?? '';
  if (kept.status === 'done') return { status: 'done', answer: kept.answer ?? {} };
  if (kept.status === 'failed') return { status: 'failed', error: errorOf(kept), text };
  if (isLost(kept, new Date()))
    return { status: 'failed', error: lost(), text: wholeCharacters(kept.so_far ?? text) };
  const runningMs = Date.now() - Date.parse(kept.started);
  return { status: 'running', text, runningMs, elsewhere: true };
}

function errorOf({ error }: KeptResult): BedrockError {
  if (error === undefined) return lost();
  const { code, message, fix, request_id, field } = error;
  return new BedrockError(isCode(code) ? code : 'internal', {
    message,
    fix,
    ...(request_id === undefined ? {} : { requestId: request_id }),
    ...(field === undefined ? {} : { field }),
  });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

function lost(): BedrockError {
  return new BedrockError('incomplete', {
    message: 'The call was lost: the process that made it ended before the call did.',
    fix: 'Make the call again. What it may have cost stands in get_usage as open spend.',
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
    message: `The kept answers cannot be read: ${why}.`,
    fix: 'Make the data folder readable for this user, or set BEDROCK_MCP_DATA_DIR to another one.',
    cause,
  });
}

export function unknownCall(callId: string): BedrockError {
  return new BedrockError('unknown_call', {
    message: `No answer is kept under call_id "${callId.slice(0, 64)}".`,
    fix: 'Copy call_id from the answer that named it; get_result without call_id lists the recent calls.',
    field: 'call_id',
  });
}
