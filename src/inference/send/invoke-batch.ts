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
  readonly asked: string;
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
  let targets: readonly Target[] = batch.resolution.targets;
  const healing = new Map<string, Promise<readonly Target[]>>();
  /** Once for all bodies of the batch that met the same refusal. */
  const heal = (refused: Target): Promise<readonly Target[]> => {
    const key = keyOf(refused);
    const known = healing.get(key);
    if (known !== undefined) return known;
    deps.learned.refuse(refused.modelId, refused.region);
    const found = resolveModel(batch.asked, batch.region, deps, { network: 'fresh', signal: batch.signal })
      .then((fresh) => fresh.targets.filter((target) => keyOf(target) !== key))
      .catch((error: unknown) => {
        if (error instanceof BedrockError && error.code !== 'cancelled') return [];
        throw error;
      })
      .then((others) => {
        if (others.length === 0) deps.learned.forgive(refused.modelId, refused.region);
        else targets = others;
        return others;
      });
    healing.set(key, found);
    return found;
  };

  return async (body) => {
    const limits = { deadline: performance.now() + batch.timeoutMs, signal: batch.signal };
    const queue = new TargetQueue(targets, {
      health: deps.health,
      maxRetries: deps.maxRetries,
      fallbacks: [],
      targetsOf: async () => [],
    });
    let attempts = 0;
    let target = await queue.next();
    if (target === undefined) throw nothingToCall(batch.asked);
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
        const next: Target | undefined = await afterFailure(error, target, queue, limits);
        if (next === undefined) throw batch.signal.aborted ? cancelledError('InvokeModel') : error;
        target = next;
      }
    }
  };

  async function afterFailure(
    error: BedrockError,
    failed: Target,
    queue: TargetQueue,
    limits: WaitLimits,
  ): Promise<Target | undefined> {
    if (!error.accepted && isIdentifierRefused(error, failed)) {
      queue.replace(failed, await heal(failed));
      return queue.untried();
    }
    const patience = patienceFor(error);
    if (patience === undefined) return undefined;
    if (patience.rests) deps.health.rest(keyOf(failed), error.retryAfterMs);
    queue.note(failed, error.retryAfterMs, patience);
    const same = patience.where === 'here' ? await queue.again(limits, failed) : undefined;
    return same ?? (await queue.next()) ?? queue.again(limits);
  }
}

function nothingToCall(asked: string): BedrockError {
  return new BedrockError('not_allowed', {
    message: `Nothing can be called for ${asked}.`,
    fix: 'Choose another model: list_inference_profiles shows what can be called.',
  });
}
