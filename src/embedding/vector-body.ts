/** Reading vectors and token counts out of foreign answer bodies. */

import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import type { ResponseFacts } from '../messages/types.ts';

/** The error for an answer that does not hold what it should. `what` completes "The answer ...". */
export function incompleteAnswer(what: string, facts: ResponseFacts): BedrockError {
  return new BedrockError('incomplete', {
    message: `The answer ${what}.`,
    fix: 'Repeat the call. If it comes back the same, the model ID may belong to another kind of model: check it with list_models.',
    retryable: true,
    // Bedrock answered, so the call was billed and must not be repeated by itself.
    accepted: true,
    ...defined({ requestId: facts.requestId }),
  });
}

/** A JSON array of numbers as float32. Throws BedrockError `incomplete` for anything else. `where` names the member. */
export function readVector(value: unknown, where: string, facts: ResponseFacts): Float32Array {
  if (!Array.isArray(value) || value.length === 0) throw incompleteAnswer(`has no vector in ${where}`, facts);
  const vector = new Float32Array(value.length);
  for (let i = 0; i < value.length; i += 1) {
    const number: unknown = value[i];
    if (typeof number !== 'number') throw incompleteAnswer(`has no number in ${where}[${i}]`, facts);
    vector[i] = number;
    if (!Number.isFinite(vector[i])) throw incompleteAnswer(`has no finite number in ${where}[${i}]`, facts);
  }
  return vector;
}

/** `{ inputTokens }` from the body's own count, else from the response header, else nothing. */
export function readInputTokens(count: unknown, facts: ResponseFacts): { readonly inputTokens?: number } {
  const tokens =
    typeof count === 'number' && Number.isFinite(count) && count >= 0 ? count : facts.usage?.inputTokens;
  return tokens === undefined ? {} : { inputTokens: tokens };
}

/** The one text of a call to a model that takes one at a time. */
export function firstText(texts: readonly string[]): string {
  const text = texts[0];
  if (text === undefined || texts.length !== 1) {
    throw new BedrockError('internal', {
      message: `A call of this model carries one text, not ${texts.length}.`,
      fix: 'Report this as a bug.',
    });
  }
  return text;
}
