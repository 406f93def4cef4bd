/** Threads in a folder of their own, and turns to put into them. */

import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import type { ContentBlock, Message } from '../../src/messages/types.ts';
import { openThreads } from '../../src/threads/file/file-store.ts';
import type { ThreadStore } from '../../src/threads/store.ts';
import type { ThreadSetup, ThreadTurn } from '../../src/threads/thread.ts';
import { newThreadId } from '../../src/threads/thread-id.ts';

export const NOON = '2026-11-21T12:00:00.000Z';

export interface Fixture {
  readonly dir: string;
  readonly store: ThreadStore;
  /** Another process's view of the same folder. */
  another(keepDays?: number): ThreadStore;
  /** Sets the clock, ISO. */
  at(time: string): void;
  path(id: string): string;
  text(id: string): Promise<string>;
  lines(id: string): Promise<string[]>;
  /** Writes behind the store's back. */
  spoil(id: string, tail: string): Promise<void>;
  close(): Promise<void>;
}

export async function fixture(): Promise<Fixture> {
  const dir = await mkdtemp(join(tmpdir(), 'bedrock-mcp-threads-'));
  let now = NOON;
  const another = (keepDays = 30) => openThreads({ dir, keepDays, now: () => new Date(now) });
  const path = (id: string) => join(dir, 'threads', `${id}.jsonl`);
  const text = (id: string) => readFile(path(id), 'utf8');
  return {
    dir,
    store: another(),
    another,
    at: (time) => {
      now = time;
    },
    path,
    text,
    lines: async (id) => (await text(id)).split('\n').filter((line) => line !== ''),
    spoil: (id, tail) => appendFile(path(id), tail),
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

export function user(...content: readonly ContentBlock[]): Message {
  return { role: 'user', content };
}

export function assistant(...content: readonly ContentBlock[]): Message {
  return { role: 'assistant', content, family: 'claude' };
}

/** `said` and an answer to it. */
export function turn(said: string, over: Partial<ThreadTurn> = {}): ThreadTurn {
  return {
    time: NOON,
    callId: `call-${said}`,
    model: 'anthropic.claude-haiku-4-5-20251001-v1:0',
    modelId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    api: 'converse',
    added: [user({ text: said }), assistant({ text: `re: ${said}` })],
    stopReason: 'end_turn',
    usage: { inputTokens: 10, outputTokens: 5 },
    costUsd: '0.001',
    ...over,
  };
}

/** A turn whose answer calls a tool. */
export function asking(said: string, ...toolUseIds: readonly string[]): ThreadTurn {
  const calls = toolUseIds.map((toolUseId) => ({ toolUse: { toolUseId, name: 'look', input: {} } }));
  return turn(said, { added: [user({ text: said }), assistant(...calls)], stopReason: 'tool_use' });
}

/** A turn that answers tool calls. */
export function answering(said: string, ...toolUseIds: readonly string[]): ThreadTurn {
  const results = toolUseIds.map((toolUseId) => ({ toolResult: { toolUseId, content: [{ text: 'ok' }] } }));
  return turn(said, { added: [user(...results), assistant({ text: `re: ${said}` })] });
}

/** Puts turns into a new thread. @returns its ID. */
export async function kept(
  store: ThreadStore,
  turns: readonly ThreadTurn[],
  setup: ThreadSetup = {},
): Promise<string> {
  const id = newThreadId();
  for (const [after, each] of turns.entries())
    expect(await store.append(id, each, { after, setup })).toMatchObject({ stored: true });
  return id;
}

/** Call IDs of what a store reads, without `call-`. */
export async function saidIn(store: ThreadStore, id: string): Promise<string[]> {
  return (await store.read(id)).turns.map(({ callId }) => callId.replace('call-', ''));
}

export async function errorOf(promise: Promise<unknown>): Promise<BedrockError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BedrockError) return error;
  throw new Error(`no BedrockError but ${String(error)}`);
}
