/**
 * InvokeModel for models that do not answer prompts (embeddings, rerank, images): the same targets, retries, healing and
 * deadline as a text call, without routes and streams.
 */
import type { ResponseHeaders } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { JsonObject } from '../json.ts';
import { backoff, sleep } from './pacing.ts';
import type { InferenceDeps } from './plan.ts';
import { type Resolution, resolveModel } from './resolution.ts';
import type { Target } from './target.ts';

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
  let healed: Promise<readonly Target[]> | undefined;
  const heal = async (refused: Target) => {
    const fresh = await resolveModel(batch.asked, batch.region, deps, {
      network: 'fresh',
      signal: batch.signal,
    });
    const others = fresh.targets.filter((target) => target.modelId !== refused.modelId);
    const [next] = others;
    if (next !== undefined) deps.learned.profile(refused.model.id, refused.region, next.modelId);
    return others;
  };
  return async (body) => {
    const deadline = performance.now() + batch.timeoutMs;
    let attempts = 0;
    for (let tries = 0; ; tries += 1) {
      const target =
        targets.find((each) => deps.health.restingFor(`${each.region} ${each.modelId}`) === 0) ?? targets[0];
      if (target === undefined) throw nothingToCall(batch.asked);
      try {
        attempts += 1;
        const limits = {
          signal: batch.signal,
          idleTimeoutMs: batch.idleTimeoutMs,
          totalTimeoutMs: Math.max(1, deadline - performance.now()),
        };
        const answer = await deps.runtime.invoke(
          { region: target.region, modelId: target.modelId, body },
          limits,
        );
        return { ...answer, target, attempts };
      } catch (error) {
        if (!(error instanceof BedrockError) || error.accepted || batch.signal.aborted) throw error;
        if (
          (error.code === 'profile_required' || error.code === 'unknown_model') &&
          target.via !== 'arn' &&
          attempts < 4
        ) {
          healed ??= heal(target);
          const others = await healed;
          if (others.length === 0 || others[0]?.modelId === target.modelId) throw error;
          targets = others;
          continue;
        }
        if (!error.retryable || tries >= deps.maxRetries) throw error;
        if ((error.code === 'throttled' || error.code === 'overloaded') && targets.length > 1) {
          deps.health.rest(`${target.region} ${target.modelId}`, error.retryAfterMs);
          continue;
        }
        const wait = backoff(tries + 1, error.retryAfterMs);
        if (performance.now() + wait >= deadline) throw error;
        await sleep(wait, batch.signal);
      }
    }
  };
}

function nothingToCall(asked: string): BedrockError {
  return new BedrockError('not_allowed', {
    message: `Nothing can be called for ${asked}.`,
    fix: 'Choose another model: list_inference_profiles shows what can be called.',
  });
}
