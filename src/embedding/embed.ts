/** One embedding request of any size: batches, bounded parallel calls, vectors back in the order of the texts. */

import { BedrockError, type ErrorCode } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import type { JsonObject } from '../json.ts';
import type { ResponseFacts } from '../messages/types.ts';
import { embeddingCodec } from './codecs.ts';
import { planEmbeddings } from './plan.ts';
import { isUnitLength, scaleToUnit, vectorLength } from './similarity.ts';
import type {
  EmbeddingAnswer,
  EmbeddingCall,
  EmbeddingModel,
  EmbeddingPlan,
  EmbeddingRequest,
} from './types.ts';
import { incompleteAnswer } from './vector-body.ts';

/** Some models take one text a call, so a request of any size lives from this. */
export const DEFAULT_EMBEDDING_CONCURRENCY = 32;
/** Calls in flight that are left when Bedrock keeps refusing some. */
const LEAST_CONCURRENCY = 2;

/** `output` is the parsed answer body, untyped on purpose: the codec checks its shape. */
export interface EmbeddingReply {
  readonly output: unknown;
  readonly facts: ResponseFacts;
  /** Requests that it took; more than one = Bedrock was asked too fast. */
  readonly attempts?: number;
}

export interface EmbedDependencies {
  readonly model: EmbeddingModel;
  /** Of this very request, where it was planned before. */
  readonly plan?: EmbeddingPlan;
  /** Sends one call; `index` counts the calls of this request from 0. Retries, deadlines and cancelling are its business. */
  send(body: JsonObject, index: number): Promise<EmbeddingReply>;
  /** Calls in flight at once. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Texts that have a vector or an error so far. What it throws ends the request. */
  onProgress?(done: number, total: number): void;
  /** Each vector as it comes, in any order, for writing to a file. */
  onVector?(index: number, vector: Float32Array): void;
  /** false = vectors are only given to `onVector`, so that memory stays flat. */
  readonly keepVectors?: boolean;
}

export interface EmbeddingItemError {
  /** Position in `texts`. */
  readonly index: number;
  readonly error: BedrockError;
}

export interface EmbeddingResult {
  /** One place per text, in input order; undefined where `perItemErrors` has the reason (or where vectors were not kept). */
  readonly vectors: readonly (Float32Array | undefined)[];
  /** Length of the vectors, as received. */
  readonly dimensions: number;
  /** Measured: true when every vector has unit length. */
  readonly normalized: boolean;
  /** Tokens; absent when any answered call did not report them. */
  readonly inputTokens?: number;
  /** In the order of the texts. */
  readonly perItemErrors: readonly EmbeddingItemError[];
  readonly warnings: readonly string[];
}

// These refuse every call of the request alike, so the rest is not sent.
const ENDS_THE_REQUEST: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unknown_model',
  'unsupported_model',
  'not_allowed',
  'end_of_life',
  'legacy_model',
  'profile_required',
  'config',
  'missing_region',
  'unreachable_region',
  'no_credentials',
  'expired_credentials',
  'invalid_credentials',
  'clock_skew',
  'access_denied',
  'model_access',
  'data_retention',
  'quota_exceeded',
  'not_bedrock',
  'budget_exceeded',
]);

/** What the finished calls have brought so far. */
interface Collected {
  readonly vectors: (Float32Array | undefined)[];
  readonly errors: EmbeddingItemError[];
  readonly lengths: Set<number>;
  readonly cut: { readonly index: number; readonly kept: number }[];
  /** undefined once a call did not report its tokens. */
  inputTokens: number | undefined;
  received: number;
  scaled: number;
  allUnit: boolean;
}

/**
 * Embeds `request.texts`. A failed call becomes an error of each of its texts; the others go on. When no text got a
 * vector, the first error (by text) is thrown. An error that every call would meet (credentials, access, budget ...)
 * stops the sending, and the texts not sent carry it too.
 *
 * Throws BedrockError: `invalid_request` / `unsupported_model` before anything is sent; `cancelled`, or the signal's own
 * BedrockError, at once when the signal aborts.
 */
export async function embedTexts(
  request: EmbeddingRequest,
  deps: EmbedDependencies,
): Promise<EmbeddingResult> {
  const plan = deps.plan ?? planEmbeddings(request, deps.model);
  const total = request.texts.length;
  const collected: Collected = {
    vectors: new Array<Float32Array | undefined>(total).fill(undefined),
    errors: [],
    lengths: new Set(),
    cut: [],
    inputTokens: 0,
    received: 0,
    scaled: 0,
    allUnit: true,
  };
  if (deps.signal?.aborted) throw abortError(deps.signal);
  await untilAborted(runCalls(plan.calls, request, deps, collected), deps.signal);

  collected.errors.sort((a, b) => a.index - b.index);
  const firstError = collected.errors[0];
  if (collected.received === 0 && firstError !== undefined) throw firstError.error;
  const [dimensions = 0] = collected.lengths;
  return {
    vectors: collected.vectors,
    dimensions,
    normalized: collected.allUnit,
    ...defined({ inputTokens: collected.inputTokens }),
    perItemErrors: collected.errors,
    warnings: [...plan.warnings, ...resultWarnings(request, deps.model, collected)],
  };
}

async function runCalls(
  calls: readonly EmbeddingCall[],
  request: EmbeddingRequest,
  deps: EmbedDependencies,
  collected: Collected,
): Promise<void> {
  let next = 0;
  let done = 0;
  let halted: BedrockError | undefined;
  let closed = false;
  const isOver = (): boolean => closed || deps.signal?.aborted === true;
  const parallel = Math.max(
    1,
    Math.min(Math.floor(deps.concurrency ?? DEFAULT_EMBEDDING_CONCURRENCY) || 1, calls.length),
  );
  let allowed = parallel;
  const slowDown = (): void => {
    allowed = Math.max(Math.min(allowed, LEAST_CONCURRENCY), Math.floor(allowed / 2));
  };
  const enter = (call: EmbeddingCall, answer: EmbeddingAnswer | BedrockError): void => {
    if (answer instanceof BedrockError) {
      if (answer.code === 'cancelled') throw answer;
      if (ENDS_THE_REQUEST.has(answer.code)) halted ??= answer;
      recordFailure(call, answer, collected);
    } else recordAnswer(call, answer, request, deps, collected);
    done += call.indexes.length;
    deps.onProgress?.(done, request.texts.length);
  };
  const worker = async (place: number): Promise<void> => {
    while (!isOver() && place < allowed) {
      const index = next;
      const call = calls[index];
      if (call === undefined) return;
      next += 1;
      const answer = halted ?? (await attempt(call, index, deps, slowDown));
      // The caller has its answer already: nothing of a late call may reach onVector or onProgress.
      if (isOver()) return;
      enter(call, answer);
    }
  };
  const guarded = async (place: number): Promise<void> => {
    try {
      await worker(place);
    } catch (error) {
      closed = true;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, place) => guarded(place)));
}

/** The decoded answer of one call, or why there is none. Never rejects. */
async function attempt(
  call: EmbeddingCall,
  index: number,
  deps: EmbedDependencies,
  slowDown: () => void,
): Promise<EmbeddingAnswer | BedrockError> {
  try {
    const { output, facts, attempts = 1 } = await deps.send(call.body, index);
    if (attempts > 1) slowDown();
    const answer = embeddingCodec(deps.model).decode(output, facts);
    if (answer.vectors.length !== call.indexes.length) {
      const counts = `${answer.vectors.length} vectors for ${call.indexes.length} texts`;
      return incompleteAnswer(`has ${counts}, so they cannot be told apart`, facts);
    }
    return answer;
  } catch (error) {
    if (error instanceof BedrockError) return error;
    return new BedrockError('internal', {
      message: `The call failed in an unforeseen way: ${error instanceof Error ? error.message : String(error)}`,
      fix: 'Report this as a bug.',
      cause: error,
    });
  }
}

function recordFailure(call: EmbeddingCall, error: BedrockError, collected: Collected): void {
  for (const index of call.indexes) collected.errors.push({ index, error });
}

function recordAnswer(
  call: EmbeddingCall,
  answer: EmbeddingAnswer,
  request: EmbeddingRequest,
  deps: EmbedDependencies,
  collected: Collected,
): void {
  if (answer.inputTokens === undefined) collected.inputTokens = undefined;
  else if (collected.inputTokens !== undefined) collected.inputTokens += answer.inputTokens;
  call.indexes.forEach((index, position) => {
    const vector = answer.vectors[position];
    if (vector === undefined) return;
    const kept = answer.truncatedAt?.get(position);
    if (kept !== undefined) collected.cut.push({ index, kept });
    const length = vectorLength(vector);
    if (request.normalize === true && !isUnitLength(length) && length > 0) {
      scaleToUnit(vector);
      collected.scaled += 1;
    } else if (!isUnitLength(length)) {
      collected.allUnit = false;
    }
    collected.lengths.add(vector.length);
    collected.received += 1;
    deps.onVector?.(index, vector);
    if (deps.keepVectors !== false) collected.vectors[index] = vector;
  });
}

function resultWarnings(request: EmbeddingRequest, model: EmbeddingModel, collected: Collected): string[] {
  const warnings: string[] = [];
  const cut = collected.cut.toSorted((a, b) => a.index - b.index);
  const named = cut.slice(0, 5).map(({ index, kept }) => `texts[${index}] at character ${kept}`);
  if (cut.length > named.length) named.push(`${cut.length - named.length} more`);
  if (cut.length > 0) warnings.push(`The model cut ${named.join(', ')}: over its token limit.`);
  if (collected.scaled > 0) {
    warnings.push(
      `The model does not normalize; ${collected.scaled} vectors were scaled to unit length by this server.`,
    );
  }
  if (
    request.normalize === false &&
    collected.allUnit &&
    !embeddingCodec(model).rules(model.id).normalizeSwitch
  ) {
    warnings.push(`${model.id} returns vectors of unit length; normalize: false changes nothing.`);
  }
  const lengths = [...collected.lengths];
  if (lengths.length > 1) {
    warnings.push(`The vectors have different lengths (${lengths.join(', ')}), so they cannot be compared.`);
  } else if (request.dimensions !== undefined && lengths[0] !== request.dimensions) {
    warnings.push(`${request.dimensions} dimensions were asked, the vectors have ${lengths[0]}.`);
  }
  return warnings;
}

/** `work`, or the abort error as soon as the signal fires, without waiting for calls that ignore it. */
function untilAborted(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortError(signal));
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function abortError(signal: AbortSignal): BedrockError {
  if (signal.reason instanceof BedrockError) return signal.reason;
  return new BedrockError('cancelled', {
    message: 'The caller cancelled the embedding.',
    fix: 'Call again when the vectors are wanted. Calls that Bedrock had already answered were billed.',
    cause: signal.reason,
  });
}
