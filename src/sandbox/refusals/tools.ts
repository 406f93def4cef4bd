/** What models refuse about tools, on both APIs. Each function returns the complaint, or undefined. */
import type { ModelRecord, ToolChoiceKind } from '../../catalog/types.ts';

/** Recorded with Opus 5.5. */
export const FORCED_CHOICE_COMPLAINT = 'tool_choice: type "tool" and "any" are not supported for this model.';

/** Does the model's own validation refuse this choice? Converse says it in words of its own for the other families. */
export function refusesForcedChoice(model: ModelRecord, kind: ToolChoiceKind): boolean {
  return model.family === 'claude' && kind !== 'auto' && model.features.toolChoice?.includes(kind) === false;
}

/** Does the model refuse `strict` in a tool? */
export function refusesStrict({ features }: ModelRecord): boolean {
  return (features.strictTools ?? features.structuredOutput) === false;
}
