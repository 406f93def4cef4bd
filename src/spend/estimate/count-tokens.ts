/** Exact input tokens through CountTokens, where Bedrock offers it and the identity may call it. */

import type { BedrockRuntime } from '../../aws/types.ts';
import { BedrockError } from '../../bedrock-error.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import type { CodecModel, InferenceRequest } from '../../messages/types.ts';

export interface CountWith {
  /** Counted under its bare ID: CountTokens refuses profiles. */
  readonly model: ModelRecord;
  readonly region: string;
  readonly runtime: BedrockRuntime;
  /** The request as Converse takes it: money knows no codec. */
  readonly encode: (request: InferenceRequest, model: CodecModel) => Record<string, unknown>;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;

/**
 * Input tokens of a whole conversation, images and documents included.
 * @returns undefined when Bedrock does not say (unsupported model, no permission, no credentials): the caller estimates.
 * @throws BedrockError `cancelled`.
 */
export async function countExactly(
  request: InferenceRequest,
  { model, region, runtime, encode, signal }: CountWith,
): Promise<number | undefined> {
  const { messages, system, toolConfig } = encode(request, {
    id: model.id,
    family: model.family,
    features: model.features,
  });
  const converse = {
    messages,
    ...defined({ system, toolConfig }),
  };
  try {
    return await runtime.countTokens(
      { region, modelId: model.id, input: { converse } },
      { signal, totalTimeoutMs: TIMEOUT_MS },
    );
  } catch (error) {
    if (error instanceof BedrockError && error.code !== 'cancelled') return undefined;
    throw error;
  }
}
