/** Comparing vectors: cosine similarity, all against all, best matches. Sums in double precision, memory linear in the output. */
import { BedrockError } from '../bedrock-error.ts';

export type Vector = Float32Array | readonly number[];

// Models that round their numbers (Cohere v3: half precision) still come within 1e-3 of unit length.
const UNIT_TOLERANCE = 1e-3;

// Two lengths multiplied must stay a finite double. Float32 vectors never come near it.
const LARGEST_LENGTH = 1e150;

/** Euclidean length. */
export function vectorLength(vector: Vector): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1) {
    const x = vector[i] ?? 0;
    sum += x * x;
  }
  return Math.sqrt(sum);
}

export function isUnitLength(length: number): boolean {
  return Math.abs(length - 1) <= UNIT_TOLERANCE;
}

/** Scales to length 1, in place. A zero vector stays as it is. */
export function scaleToUnit(vector: Float32Array): void {
  const length = vectorLength(vector);
  if (length === 0) return;
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) / length;
}

/**
 * -1 to 1; 0 when one vector is all zeros. Throws BedrockError `invalid_request` when the lengths differ or a number is not finite.
 */
export function cosineSimilarity(a: Vector, b: Vector): number {
  return similarity(
    a,
    checkedLength(a, 'the first vector'),
    b,
    checkedLength(b, 'the second vector'),
    'the two vectors',
  );
}

/** All against all: row i, column j is the similarity of vectors i and j; symmetric, 1 on the diagonal of non-zero vectors. */
export function similarityMatrix(vectors: readonly Vector[]): readonly Float32Array[] {
  const lengths = vectors.map((vector, i) => checkedLength(vector, `vectors[${i}]`));
  const rows = vectors.map(() => new Float32Array(vectors.length));
  vectors.forEach((a, i) => {
    const row = rows[i];
    for (let j = i; j < vectors.length; j += 1) {
      const b = vectors[j];
      const mirrored = rows[j];
      if (row === undefined || b === undefined || mirrored === undefined) continue;
      const value =
        i === j && lengths[i] !== 0
          ? 1
          : similarity(a, lengths[i] ?? 0, b, lengths[j] ?? 0, `vectors[${i}] and vectors[${j}]`);
      row[j] = value;
      mirrored[i] = value;
    }
  });
  return rows;
}

export interface Match {
  /** Position in `documents`. */
  readonly index: number;
  readonly score: number;
}

/** The `k` most similar documents, best first, earlier document first on a tie. Places without a vector are left out. */
export function topMatches(
  query: Vector,
  documents: readonly (Vector | undefined)[],
  k: number,
): readonly Match[] {
  const queryLength = checkedLength(query, 'the query vector');
  const wanted = Math.min(Math.max(0, Math.floor(k) || 0), documents.length);
  const best: Match[] = [];
  documents.forEach((document, index) => {
    if (document === undefined || wanted === 0) return;
    const name = `documents[${index}]`;
    const score = similarity(
      query,
      queryLength,
      document,
      checkedLength(document, name),
      `the query and ${name}`,
    );
    const worst = best[wanted - 1];
    if (worst !== undefined && score <= worst.score) return;
    best.splice(placeFor(score, best), 0, { index, score });
    if (best.length > wanted) best.pop();
  });
  return best;
}

/** Where a score belongs in a list sorted from high to low: behind its equals. */
function placeFor(score: number, sorted: readonly Match[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.score ?? 0) >= score) low = middle + 1;
    else high = middle;
  }
  return low;
}

function similarity(a: Vector, lengthA: number, b: Vector, lengthB: number, names: string): number {
  if (a.length !== b.length) {
    throw new BedrockError('invalid_request', {
      message: `Vectors of different lengths cannot be compared: ${names} have ${a.length} and ${b.length} numbers.`,
      fix: 'Embed all texts with the same model and the same dimensions.',
    });
  }
  if (lengthA === 0 || lengthB === 0) return 0;
  let dot = 0;
  for (let i = 0; i < a.length; i += 1) dot += (a[i] ?? 0) * (b[i] ?? 0);
  // Rounding can pass 1 by a hair.
  return Math.min(1, Math.max(-1, dot / (lengthA * lengthB)));
}

function checkedLength(vector: Vector, name: string): number {
  const length = vectorLength(vector);
  if (length <= LARGEST_LENGTH) return length;
  throw new BedrockError('invalid_request', {
    message: `${name} contains a number that is not finite or is too large to compare.`,
    fix: 'Embed the text again.',
  });
}
