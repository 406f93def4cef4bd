/**
 * System messages among the turns: Opus 4.8, Opus 5 and Fable 5 take them behind a user turn, and last or in front of an
 * answer. The words for the first place are Anthropic's (LeenHawk/gproxy#209), those for a wrong place are our belief.
 */
import type { ModelRecord } from '../../catalog/types.ts';

export function systemTurnComplaint(model: ModelRecord, roles: readonly string[]): string | undefined {
  const index = roles.findIndex((role, at) => role === 'system' && !mayStand(model, roles, at));
  if (index < 0) return undefined;
  if (model.features.systemTurns !== true)
    return `messages.${index}.role: Input should be 'user' or 'assistant'`;
  return index === 0
    ? "messages.0: use the top-level 'system' parameter for the initial system prompt; the directive-only form (content: [] with output_config) is accepted at any position"
    : `messages.${index}: a 'system' message must follow a 'user' message and be last or followed by an 'assistant' message`;
}

function mayStand(model: ModelRecord, roles: readonly string[], at: number): boolean {
  const after = roles[at + 1];
  return (
    model.features.systemTurns === true &&
    roles[at - 1] === 'user' &&
    (after === undefined || after === 'assistant')
  );
}
