/**
 * What refusals have taught this process, so that the second call goes straight: capabilities per model, the profile
 * that worked where a bare ID was refused, and targets for which the IAM policy refuses streaming.
 */
import type { ModelFeatures, ModelRecord } from '../catalog/types.ts';

export interface Learned {
  /** The record with the learned capabilities laid over it. */
  apply(model: ModelRecord): ModelRecord;
  feature(modelId: string, features: Partial<ModelFeatures>): void;
  profileFor(modelId: string, region: string): string | undefined;
  profile(modelId: string, region: string, profileId: string): void;
  streamingDenied(sentId: string): boolean;
  denyStreaming(sentId: string): void;
}

/** Bounded: a process that sees ever new ARNs must not grow for ever. */
const LIMIT = 2_000;

export function createLearned(): Learned {
  const features = new Map<string, Partial<ModelFeatures>>();
  const profiles = new Map<string, string>();
  const denied = new Map<string, true>();
  return {
    apply(model) {
      const known = features.get(model.id);
      return known === undefined ? model : { ...model, features: { ...model.features, ...known } };
    },
    feature: (modelId, learned) => put(features, modelId, { ...features.get(modelId), ...learned }),
    profileFor: (modelId, region) => profiles.get(`${region} ${modelId}`),
    profile: (modelId, region, profileId) => put(profiles, `${region} ${modelId}`, profileId),
    streamingDenied: (sentId) => denied.has(sentId),
    denyStreaming: (sentId) => put(denied, sentId, true),
  };
}

function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > LIMIT && oldest.done === false) map.delete(oldest.value);
}
