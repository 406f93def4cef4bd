import type { ModelFeatures } from '../../src/catalog/types.ts';
import type { CodecModel, InferenceRequest } from '../../src/messages/types.ts';

/** A model of a family with nothing known about it but the features given. */
export function modelOf(
  family: string,
  features: ModelFeatures = {},
  id = `test.${family}-v1:0`,
): CodecModel {
  return { id, family, features };
}

/** One user message, and whatever else the test is about. */
export function asking(more: Partial<InferenceRequest> = {}): InferenceRequest {
  return { messages: [{ role: 'user', content: [{ text: 'Hello' }] }], ...more };
}

/** Freezes a value all the way down, so that a mutation throws. Bytes cannot be frozen and are left. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
