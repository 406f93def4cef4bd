/** Thread IDs: 80 random bits, short enough for a language model to copy, and safe as a file's name everywhere. */
import { randomBytes } from 'node:crypto';
import { BedrockError } from '../bedrock-error.ts';

// Without i, l, o and u, which are misread.
const LETTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 16;
const FORM = /^t[0-9a-hjkmnp-tv-z]{16}$/;

export function newThreadId(): string {
  return `t${[...randomBytes(LENGTH)].map((byte) => LETTERS.charAt(byte % LETTERS.length)).join('')}`;
}

/** IDs come from strangers and become paths: nothing else passes. */
export function isThreadId(id: string): boolean {
  return FORM.test(id);
}

/** @throws BedrockError `unknown_thread`. */
export function checkThreadId(id: string): void {
  if (isThreadId(id)) return;
  throw unknownThread(
    `${JSON.stringify(id.slice(0, 40))} is not in the form of a thread ID (the letter t and ${LENGTH} letters and digits)`,
  );
}

/** @param what without its full stop. */
export function unknownThread(what: string): BedrockError {
  return new BedrockError('unknown_thread', {
    message: `${what}.`,
    fix: 'Start a conversation with thread_id "new"; `bedrock-mcp threads` lists the ones that are stored.',
    field: 'thread_id',
  });
}
