/** What has become of a call that may outlive the request which began it. */
import type { BedrockError } from '../../bedrock-error.ts';
import type { CallAnswer } from '../answer.ts';
import type { ProgressUpdate } from '../progress-update.ts';

/** What has become of a call. */
export type CallState =
  | {
      readonly status: 'running';
      readonly text: string;
      readonly runningMs: number;
      readonly elsewhere?: true;
    }
  | { readonly status: 'done'; readonly answer: CallAnswer }
  | { readonly status: 'failed'; readonly error: BedrockError; readonly text: string };

/** Facts that stay the same whatever becomes of the call. */
export interface CallFacts {
  readonly callId: string;
  readonly tool: string;
  readonly model: string;
  /** ISO time. */
  readonly started: string;
}

/** What `run` and `collect` come back with. */
export type Collected = CallState & {
  readonly facts: CallFacts;
  /** What the reader should know of how it is stored. */
  readonly note?: string;
};

export interface Waiter {
  /** The request's signal. */
  readonly signal: AbortSignal;
  readonly progress?: (update: ProgressUpdate) => void;
}

export type Ended = Exclude<CallState, { status: 'running' }>;
