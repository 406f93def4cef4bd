/**
 * The port behind which answers are stored that can be collected later: of calls that went on after their request was
 * answered, that were longer than one reply, or that broke off with part of the answer in hand. Files are its first
 * adapter (`file-results.ts`); another one writes and reads one value under a key, and lists the newest keys.
 * Every adapter passes `test/calls/detached/store-contract.ts`.
 */
import * as z from 'zod';
import { callAnswer } from '../answer.ts';

/** Nothing else is an ID: it comes from a caller, and may become a path or a key. */
const CALL_ID = /^[a-z0-9][a-z0-9-]{7,63}$/;

export function isCallId(text: string): boolean {
  return CALL_ID.test(text);
}

/** For adapters: what is read must be in this form. */
export const storedResult = z.object({
  call_id: z.string().regex(CALL_ID),
  tool: z.string(),
  model: z.string(),
  /** ISO time. */
  started: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  /** The whole structured answer; only when done. */
  answer: callAnswer.optional(),
  /** What had arrived; when failed or still running. */
  text: z.string().optional(),
  /** All that had arrived, where `text` may not yet be read as the beginning of the answer; only while running. */
  so_far: z.string().optional(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      fix: z.string(),
      request_id: z.string().optional(),
      field: z.string().optional(),
    })
    .optional(),
  /** Who makes the call and by when it must have ended; only while running. */
  by: z.object({ pid: z.int(), host: z.string(), until: z.string() }).optional(),
});

/** The state of one call. */
export type StoredResult = z.output<typeof storedResult>;

export interface ResultStore {
  /**
   * Stores the state of a call whole, in place of an earlier one, and resolves when it outlives this process. `durable`
   * (default): also a power failure.
   * @throws what the store says when it cannot.
   */
  write(result: StoredResult, options?: { readonly durable: boolean }): Promise<void>;
  /** undefined when there is none under this ID, it is too old, or it is damaged. @throws when it cannot be read. */
  read(callId: string): Promise<StoredResult | undefined>;
  /** The calls that were written last, newest first. @throws when they cannot be read. */
  recent(limit: number): Promise<readonly StoredResult[]>;
}
