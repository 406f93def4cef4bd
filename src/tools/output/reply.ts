/** What a tool that asks models replies with: an answer or a part of it, and what has become of its call. */
import type { CallAnswer } from '../../calls/answer.ts';
import type { statusOf } from '../../calls/detached/stored-calls.ts';

export type Reply = CallAnswer & {
  /** Absent when the call was answered at once. */
  status?: ReturnType<typeof statusOf>;
  tool?: string;
  running_seconds?: number;
  next?: string;
  note?: string;
};
