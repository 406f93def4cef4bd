/** Exact input tokens through CountTokens, where Bedrock offers it and the identity may call it. */
import type { BedrockRuntime } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';

export interface CountWith {
  /** Bare model ID: CountTokens refuses profiles. */
  readonly modelId: string;
  readonly region: string;
  readonly runtime: BedrockRuntime;
  readonly signal: AbortSignal;
}

const TIMEOUT_MS = 10_000;

/**
 * Tokens of one user turn.
 * @returns undefined when Bedrock does not say (unsupported model, no permission, no credentials): the caller estimates.
 * @throws BedrockError `cancelled`.
 */
export async function countExactly(
  text: string,
  { modelId, region, runtime, signal }: CountWith,
): Promise<number | undefined> {
  if (text.trim() === '') return 0;
  try {
    return await runtime.countTokens(
      { region, modelId, input: { converse: { messages: [{ role: 'user', content: [{ text }] }] } } },
      { signal, totalTimeoutMs: TIMEOUT_MS },
    );
  } catch (error) {
    if (error instanceof BedrockError && error.code !== 'cancelled') return undefined;
    throw error;
  }
}
