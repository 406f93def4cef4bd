/** What of a request stands before its cache points, so that it is written to the cache or read from it. */
import type { JsonValue } from '../../json.ts';
import { objectOf } from '../json-read.ts';

export interface CachedPrefix {
  /** Everything before the last cache point. */
  readonly text: string;
  /** The part of it before the last cache point of one hour. */
  readonly hourText: string;
}

/** A piece of the request, in the order in which the model reads it. */
export interface CachePiece {
  readonly text: string;
  /** The cache point behind it, as it was sent. */
  readonly point?: JsonValue | undefined;
}

/** Nothing for a request without cache points. */
export function cachedPrefix(pieces: readonly CachePiece[]): { cache?: CachedPrefix } {
  const until = (last: number): string =>
    pieces
      .slice(0, last + 1)
      .map(({ text }) => text)
      .join('');
  const last = pieces.findLastIndex(({ point }) => point !== undefined);
  if (last < 0) return {};
  const hour = pieces.findLastIndex(({ point }) => objectOf(point)['ttl'] === '1h');
  return { cache: { text: until(last), hourText: until(hour) } };
}
