/** What a door hands down with a request: the services, the signal, and what the caller takes. */
import type { ProgressUpdate } from './progress-update.ts';
import type { Services } from './services.ts';

export interface CallContext {
  readonly services: Services;
  /** Aborted when the caller cancels, goes away, or the server stops. */
  readonly signal: AbortSignal;
  /** USD that a person has agreed to spend on this very call. */
  readonly confirmedUsd?: number;
  /** Absent when the caller did not ask for progress. */
  readonly progress?: (update: ProgressUpdate) => void;
  /** Characters of text that this client takes in one reply, where that is known. */
  readonly answerChars?: number;
}
