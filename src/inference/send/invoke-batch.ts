/**
 * InvokeModel for models that do not answer prompts (embeddings, rerank, images): the same targets, retries, healing and
 * deadline as a text call, without routes and streams.
 */
import { cancelledError } from '../../aws/errors/errors.ts';
import type { ResponseHeaders } from '../../aws/types.ts';
import { BedrockError } from '../../bedrock-error.ts';
import type { JsonObject } from '../../json.ts';
import { type Resolution, resolveModel } from '../resolve/resolve-model.ts';
import type { Target } from '../resolve/target.ts';
import { isIdentifierRefused, patienceFor } from './next-step.ts';
import type { InferenceDeps } from './plan-call.ts';
import { keyOf, TargetQueue, type WaitLimits } from './target-queue.ts';

export interface NativeBatch {
  readonly requested: string;
  readonly region: string;
  readonly resolution: Resolution;
  /** ms, for each call. */
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

export interface NativeAnswer {
  readonly output: unknown;
  readonly headers: ResponseHeaders;
  readonly target: Target;
  /** Requests sent for this answer. */
  readonly attempts: number;
}

/**
 * A sender for many bodies of one batch: what one call learns (a profile in place of the bare ID) the next ones use.
 * The returned function throws BedrockError.
 */
export function nativeSender(
  batch: NativeBatch,
  deps: InferenceDeps,
): (body: JsonObject) => Promise<NativeAnswer> {
  const targets = new BatchTargets(batch, deps);
  return async (body) => {
    const limits = { deadline: performance.now() + batch.timeoutMs, signal: batch.signal };
    const queue = new TargetQueue(targets.current, {
      health: deps.health,
      maxRetries: deps.maxRetries,
      fallbacks: [],
      targetsOf: async () => [],
    });
    let attempts = 0;
    let target = await queue.next();
    if (target === undefined) throw nothingToCall(batch.requested);
    for (;;) {
      try {
        queue.count(target);
        attempts += 1;
        const { region, modelId } = target;
        const totalTimeoutMs = Math.max(1, limits.deadline - performance.now());
        const answer = await deps.runtime.invoke(
          { region, modelId, body },
          { signal: batch.signal, idleTimeoutMs: batch.idleTimeoutMs, totalTimeoutMs },
        );
        return { ...answer, target, attempts };
      } catch (error) {
        if (!(error instanceof BedrockError) || batch.signal.aborted) throw error;
        const next: Target | undefined = await targets.afterFailure(error, target, queue, limits);
        if (next === undefined) throw batch.signal.aborted ? cancelledError('InvokeModel') : error;
        target = next;
      }
    }
  };
}

/** What can be called for the batch, as far as its calls have learned. */
class BatchTargets {
  current: readonly Target[];
  readonly #batch: NativeBatch;
  readonly #deps: InferenceDeps;
  /** Once for all bodies of the batch that met the same refusal. */
  readonly #healing = new Map<string, Promise<readonly Target[]>>();

  constructor(batch: NativeBatch, deps: InferenceDeps) {
    this.#batch = batch;
    this.#deps = deps;
    this.current = batch.resolution.targets;
  }

  /** The target to try next, after the wait that the failure asks for; undefined when the call has failed. */
  async afterFailure(
    error: BedrockError,
    failed: Target,
    queue: TargetQueue,
    limits: WaitLimits,
  ): Promise<Target | undefined> {
    if (!error.accepted && isIdentifierRefused(error, failed)) {
      queue.replace(failed, await this.#heal(failed));
      return queue.untried();
    }
    const patience = patienceFor(error);
    if (patience === undefined) return undefined;
    if (patience.rests) this.#deps.health.rest(keyOf(failed), error.retryAfterMs);
    queue.note(failed, error.retryAfterMs, patience);
    const same = patience.where === 'here' ? await queue.again(limits, failed) : undefined;
    return same ?? (await queue.next()) ?? queue.again(limits);
  }

  #heal(refused: Target): Promise<readonly Target[]> {
    const key = keyOf(refused);
    const healing = this.#healing.get(key) ?? this.#askAgain(refused);
    this.#healing.set(key, healing);
    return healing;
  }

  async #askAgain(refused: Target): Promise<readonly Target[]> {
    const { requested, region, signal } = this.#batch;
    const { learned } = this.#deps;
    learned.refuse(refused.modelId, refused.region);
    const others = await resolveModel(requested, region, this.#deps, { network: 'fresh', signal })
      .then((fresh) => fresh.targets.filter((target) => keyOf(target) !== keyOf(refused)))
      .catch((error: unknown) => {
        if (error instanceof BedrockError && error.code !== 'cancelled') return [];
        throw error;
      });
    if (others.length === 0) learned.forgive(refused.modelId, refused.region);
    else this.current = others;
    return others;
  }
}

function nothingToCall(requested: string): BedrockError {
  return new BedrockError('not_allowed', {
    message: `Nothing can be called for ${requested}.`,
    fix: 'Choose another model: list_inference_profiles shows what can be called.',
  });
}
