/** The two arguments of every call that may take long or answer at length. */
import * as z from 'zod';
import type { CallContext } from '../../calls/call-context.ts';
import { DEFAULT_ANSWER_CHARACTERS } from '../output/reply-size.ts';

/** Many clients give up after 60 s. */
export const DEFAULT_WAIT_SECONDS = 50;

export const waitSeconds = z.number().min(0).max(86_400).optional();
/** At four bytes a character, twice (text and structured), this is still one protocol message. */
export const MOST_OUTPUT_CHARACTERS = 1_000_000;
export const maxOutputChars = z.int().min(100).max(MOST_OUTPUT_CHARACTERS).optional();

/** Of tools that list the two among their rare arguments. */
export const waitFields = { wait_seconds: waitSeconds, max_output_chars: maxOutputChars };

export interface WaitArguments {
  readonly wait_seconds?: number | undefined;
  readonly max_output_chars?: number | undefined;
}

/** ms */
export function waitOf(args: WaitArguments): number {
  return (args.wait_seconds ?? DEFAULT_WAIT_SECONDS) * 1_000;
}

/** Characters of text in one reply: as asked for, as the client is known to take, or what is safe. */
export function charactersOf(args: WaitArguments, { answerChars }: CallContext): number {
  return args.max_output_chars ?? answerChars ?? DEFAULT_ANSWER_CHARACTERS;
}
