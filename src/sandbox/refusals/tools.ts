/** What models refuse about tools, on both APIs. Each function returns the complaint, or undefined. */
import type { ModelRecord, ToolChoiceKind } from '../../catalog/types.ts';
import { Refusal } from '../refusal.ts';

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

/** What Nova answers when it fails to write a call: with a hyphen in the name of the tool each time. */
export const invalidToolSequence = (): Refusal =>
  new Refusal(
    424,
    'ModelErrorException',
    'Model produced invalid sequence as part of ToolUse. Please refer to the model tool use troubleshooting guide.',
  );
