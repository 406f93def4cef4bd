/**
 * The port behind which conversations are stored, so that any model and either API can continue them. Files are its first
 * adapter (`file/`); one in a database appends under the condition that the thread has as many turns as the caller has read.
 * Every adapter passes `test/threads/store-contract.ts`.
 */
import type { Thread, ThreadSetup, ThreadSummary, ThreadTurn } from './thread.ts';

export type Appended =
  | { readonly stored: true; readonly thread: ThreadSummary }
  /** A sentence why; the thread is as it was. */
  | { readonly stored: false; readonly reason: string };

export interface ThreadList {
  /** Newest first. */
  readonly threads: readonly ThreadSummary[];
  /** Sentences about threads that cannot be read. */
  readonly warnings: readonly string[];
}

export interface ThreadStore {
  /** Where it is, for people. */
  readonly place: string;
  /**
   * @throws BedrockError `unknown_thread`: no such form, not there, or expired; `content_too_long`: too large to read;
   * `config`: the store fails.
   */
  read(id: string): Promise<Thread>;
  /**
   * Adds a turn behind the `after` turns that the caller had read, and resolves when it outlives a power failure. With no
   * turn before it, it begins the thread. Not stored when another call was faster, when the thread was deleted, or when it
   * would grow too large: of several that follow the same turn exactly one is.
   * @throws BedrockError `config`: the store fails; `unknown_thread`: no such form.
   */
  append(
    id: string,
    turn: ThreadTurn,
    options: { readonly after: number; readonly setup: ThreadSetup },
  ): Promise<Appended>;
  /**
   * Takes a thread for one call of this process.
   * @returns gives it back; more than once does no harm.
   * @throws BedrockError `busy` naming the call that has it, `unknown_thread`: no such form.
   */
  claim(id: string, callId: string): () => void;
  /** Without expired ones. @throws BedrockError `config` when the store cannot be read. */
  list(): Promise<ThreadList>;
  /** @returns false when there was none. @throws BedrockError `config` when the store fails. */
  remove(id: string): Promise<boolean>;
}
