/**
 * What refusals have taught this process, so that the second call goes straight: capabilities per model, identifiers
 * that Bedrock does not take in a Region, and targets that answer only whole.
 */
import type { ModelFeatures, ModelRecord } from '../../catalog/types.ts';
import { createReasoningOrigins, type ReasoningOrigins } from './reasoning-origins.ts';

export interface Learned {
  /** The record with the learned capabilities laid over it. */
  apply(model: ModelRecord): ModelRecord;
  feature(modelId: string, features: Partial<ModelFeatures>): void;
  /** Bedrock refused the identifier itself: it needs a profile there, or is not known there. */
  refuse(sentId: string, region: string): void;
  isRefused(sentId: string, region: string): boolean;
  /** Why this identifier is to be asked for whole answers; undefined while streaming is worth a try. */
  wholeBecause(sentId: string): string | undefined;
  takeWhole(sentId: string, because: string): void;
  /** Takes both kinds of refusal back: nothing else worked either, so they may have had another reason. */
  forgive(sentId: string, region: string): void;
  readonly reasoning: ReasoningOrigins;
}

/** Bounded: a process that sees ever new ARNs must not grow for ever. */
const LIMIT = 2_000;

export function createLearned(): Learned {
  const features = new Map<string, Partial<ModelFeatures>>();
  const refused = new Map<string, true>();
  const whole = new Map<string, string>();
  return {
    reasoning: createReasoningOrigins(),
    apply(model) {
      const known = features.get(model.id);
      return known === undefined ? model : { ...model, features: { ...model.features, ...known } };
    },
    feature: (modelId, learned) => put(features, modelId, { ...features.get(modelId), ...learned }),
    refuse: (sentId, region) => put(refused, `${region} ${sentId}`, true),
    isRefused: (sentId, region) => refused.has(`${region} ${sentId}`),
    wholeBecause: (sentId) => whole.get(sentId),
    takeWhole: (sentId, because) => put(whole, sentId, because),
    forgive: (sentId, region) => {
      refused.delete(`${region} ${sentId}`);
      whole.delete(sentId);
    },
  };
}

function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > LIMIT && oldest.done === false) map.delete(oldest.value);
}
