/** Names near to a text that names nothing. */

export interface Candidate {
  /** A name that is compared. */
  readonly name: string;
  /** What is printed for it. */
  readonly shown: string;
  /** Candidates of one model share this; it is suggested once. */
  readonly model: string;
  /** Living models come before retired ones of the same likeness. */
  readonly living: boolean;
}

/** Longer texts are cut: likeness beyond this says nothing, and the comparison is quadratic. */
const MAX_COMPARED = 64;
/** Taken off the likeness of a retired model: exact old names resolve anyway, so a suggestion should be callable. */
const RETIRED_PENALTY = 0.25;

/** The `count` nearest candidates, best first, one per model. Likeness = half edit distance, half shared words. */
export function nearest(text: string, candidates: readonly Candidate[], count: number): string[] {
  const wanted = plain(text);
  const words = wordsOf(wanted);
  const best = new Map<string, { shown: string; score: number }>();
  for (const candidate of candidates) {
    const name = plain(candidate.name);
    const score =
      likeness(wanted, name) / 2 +
      overlap(words, wordsOf(name)) / 2 -
      (candidate.living ? 0 : RETIRED_PENALTY);
    const known = best.get(candidate.model);
    if (known === undefined || score > known.score) {
      best.set(candidate.model, { shown: candidate.shown, score });
    }
  }
  return [...best.values()]
    .sort((a, b) => b.score - a.score || (a.shown < b.shown ? -1 : 1))
    .slice(0, Math.max(0, count))
    .map(({ shown }) => shown);
}

function plain(text: string): string {
  return text
    .slice(0, MAX_COMPARED)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-');
}

/** `claude-haiku-45` -> claude, haiku, 45 */
function wordsOf(text: string): ReadonlySet<string> {
  return new Set(text.match(/[a-z]+|\d+/g) ?? []);
}

/** Shared words over all words, 0 to 1. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = [...a].filter((word) => b.has(word)).length;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}

/** 1 = equal, 0 = nothing alike: one minus the edit distance over the longer length. */
function likeness(a: string, b: string): number {
  const longest = Math.max(a.length, b.length);
  return longest === 0 ? 0 : 1 - distance(a, b) / longest;
}

function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** `Did you mean a, b, c? `, or nothing when no name is near. */
export function didYouMean(
  name: string,
  catalog: { suggest(name: string, count?: number): readonly string[] },
): string {
  const near = catalog.suggest(name, 3);
  return near.length === 0 ? '' : `Did you mean ${near.join(', ')}? `;
}
