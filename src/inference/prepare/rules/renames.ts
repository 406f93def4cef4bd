/**
 * Reversible names for one request: Bedrock limits tool names and tool-use IDs, MCP and OpenAI do not.
 * A name depends on the original alone (a hash), not on its neighbours, so that a conversation keeps its prompt cache.
 */
import { createHash } from 'node:crypto';

export interface Renames {
  /** Names that are fine as they are. To be called before `rename`, so that a made name never takes one of them. */
  keep(name: string): void;
  /**
   * The name to send instead of `original`; `make(attempt)` proposes candidates until one is free.
   * @param nth of what is called the same in one request and needs a name each.
   */
  rename(original: string, make: (attempt: number) => string, nth?: number): string;
  /** The name to send: the replacement if there is one, else the name itself. */
  sent(original: string): string;
  /** Is it a name of this request, as it was sent or before? */
  knows(name: string): boolean;
  /** The original of a name that was sent; names that were never replaced come back as they are. */
  restore(sent: string): string;
}

export function createRenames(): Renames {
  const bySent = new Map<string, string>();
  const byOriginal = new Map<string, string>();
  return {
    keep(name) {
      bySent.set(name, name);
    },
    rename(original, make, nth = 0) {
      const key = nth === 0 ? original : `${original}\n${nth}`;
      const known = byOriginal.get(key);
      if (known !== undefined) return known;
      let attempt = 0;
      let candidate = make(attempt);
      while (bySent.has(candidate)) {
        attempt += 1;
        candidate = make(attempt);
      }
      bySent.set(candidate, original);
      byOriginal.set(key, candidate);
      return candidate;
    },
    sent: (original) => byOriginal.get(original) ?? original,
    knows: (name) => bySent.has(name) || byOriginal.has(name),
    restore: (sent) => bySent.get(sent) ?? sent,
  };
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` letters and digits (at most 20) from a SHA-256 of the text and the attempt. */
export function shortHash(text: string, attempt: number, length: number): string {
  const digest = createHash('sha256').update(`${attempt} ${text}`).digest();
  let rest = digest.readBigUInt64BE(0) * 2n ** 64n + digest.readBigUInt64BE(8);
  let out = '';
  for (let place = 0; place < length; place += 1) {
    out += BASE62.charAt(Number(rest % 62n));
    rest /= 62n;
  }
  return out;
}
