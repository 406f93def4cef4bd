/**
 * One table from every family's word for "why it stopped" to Converse's.
 * Words were read in recorded answers (Claude, Nova, Titan, Llama, Mistral, Cohere, AI21, gpt-oss) and on the
 * providers' parameter pages; they differ in case between providers and even between the answers of one model
 * (Command R said `max_tokens` whole and `MAX_TOKENS` streamed), so the look-up ignores case.
 */
import type { StopReason } from '../../../messages/types.ts';

const STOP_REASONS: ReadonlyMap<string, StopReason> = new Map([
  ['end_turn', 'end_turn'],
  ['stop', 'end_turn'],
  ['finish', 'end_turn'],
  ['complete', 'end_turn'],
  ['endoftext', 'end_turn'],
  ['eos', 'end_turn'],
  ['eos_token', 'end_turn'],
  ['max_tokens', 'max_tokens'],
  ['length', 'max_tokens'],
  ['stop_sequence', 'stop_sequence'],
  ['stop_criteria_met', 'stop_sequence'],
  ['tool_use', 'tool_use'],
  ['tool_calls', 'tool_use'],
  ['tool_call', 'tool_use'],
  ['function_call', 'tool_use'],
  ['refusal', 'content_filtered'],
  ['content_filter', 'content_filtered'],
  ['content_filtered', 'content_filtered'],
  ['error_toxic', 'content_filtered'],
  ['guardrail_intervened', 'guardrail_intervened'],
  ['intervened', 'guardrail_intervened'],
  ['model_context_window_exceeded', 'model_context_window_exceeded'],
  ['error_limit', 'model_context_window_exceeded'],
  ['malformed_model_output', 'malformed_model_output'],
  ['malformed_tool_use', 'malformed_tool_use'],
]);

export interface NormalStop {
  readonly stopReason: StopReason;
  /** The provider's own word, when it differs. */
  readonly stopReasonRaw?: string;
}

/** `raw` is the provider's word; a missing or unknown one gives `other`. */
export function stopReasonOf(raw: string | undefined): NormalStop {
  if (raw === undefined) return { stopReason: 'other' };
  const stopReason = STOP_REASONS.get(raw.toLowerCase()) ?? 'other';
  return raw === stopReason ? { stopReason } : { stopReason, stopReasonRaw: raw };
}

/** Did the model come to an end by itself (as opposed to being cut, filtered, or calling a tool)? */
export function endedByItself(raw: string | undefined): boolean {
  const { stopReason } = stopReasonOf(raw);
  return stopReason === 'end_turn' || stopReason === 'stop_sequence';
}
