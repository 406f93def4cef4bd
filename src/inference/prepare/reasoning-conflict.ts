/**
 * The provider's own switch for thinking, as a caller wrote it: beside `reasoning` the two would contradict, and many a
 * caller writes the form of an older model. Pure.
 */
import type { ReasoningForm } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { CodecModel, InferenceRequest } from '../../messages/types.ts';
import { effortFor } from './reasoning.ts';

/** The names that Claude, Nova and OpenAI's shapes have for it. */
const OWN_SWITCHES = ['thinking', 'reasoning_config', 'reasoningConfig', 'reasoning_effort', 'reasoning'];
const OPTION = 'options.additional_model_request_fields';

interface OneReasoning {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
}

/** The more particular wish wins, in the form that this model takes; what was left out or rewritten is told. */
export function withOneReasoning(request: InferenceRequest, model: CodecModel): OneReasoning {
  const { reasoning, ...rest } = request;
  const { additionalModelRequestFields: own } = request;
  const name = OWN_SWITCHES.find((each) => own !== undefined && Object.hasOwn(own, each));
  if (own === undefined || name === undefined || request.rawBody !== undefined)
    return { request, warnings: [] };
  const rewritten = inFormOf(own, model.features.reasoning);
  const one = rewritten === undefined ? rest : { ...rest, additionalModelRequestFields: rewritten.fields };
  return {
    request: reasoning === undefined && rewritten === undefined ? request : one,
    warnings: [
      ...(reasoning === undefined ? [] : [`reasoning was left out: ${OPTION} says ${name}.`]),
      ...(rewritten === undefined ? [] : [rewritten.warning]),
    ],
  };
}

interface Rewritten {
  readonly fields: JsonObject;
  readonly warning: string;
}

/** undefined = the model takes it as it is, or nobody knows better. */
function inFormOf(own: JsonObject, form: ReasoningForm | undefined): Rewritten | undefined {
  switch (form) {
    case 'claude-adaptive-hidden':
    case 'claude-adaptive-on':
    case 'claude-adaptive-only':
      return adaptiveOnly(own, form);
    case 'gpt':
    case 'gpt-always':
      return nestedEffort(own, form);
    default:
      return undefined;
  }
}

/** A budget becomes an effort. The text of `enabled` thinking was always shown, so it is asked for. */
function adaptiveOnly(own: JsonObject, form: ReasoningForm): Rewritten | undefined {
  // Claude reads either name (recorded with Haiku 4.5).
  const { thinking: named, reasoning_config: other, output_config: config, ...rest } = own;
  const given = named ?? other;
  if (!isJsonObject(given)) return undefined;
  const { type, budget_tokens: budget, display = 'summarized' } = given;
  if (type === 'adaptive' && given['display'] === undefined) {
    return {
      fields: {
        ...rest,
        ...(config === undefined ? {} : { output_config: config }),
        thinking: { ...given, display },
      },
      warning: `display: summarized was added to thinking in ${OPTION}: without it this model gives the text of its thinking back empty.`,
    };
  }
  const output = isJsonObject(config) ? config : {};
  if (type === 'disabled' && form === 'claude-adaptive-only') {
    const { effort = 'low' } = output;
    return {
      fields: { ...rest, output_config: { ...output, effort } },
      warning: `${OPTION} has thinking disabled; this model always thinks, so the effort ${String(effort)} was sent instead.`,
    };
  }
  if (type !== 'enabled') return undefined;
  const { effort = typeof budget === 'number' ? effortFor(budget) : 'high' } = output;
  return {
    fields: {
      ...rest,
      thinking: { type: 'adaptive', display },
      output_config: { ...output, effort },
    },
    warning: `The thinking budget in ${OPTION} was sent as the effort ${String(effort)}: this model takes adaptive thinking only.`,
  };
}

/** Converse wants GPT's effort inside `reasoning`; no GPT there knows `minimal`, and some not `none`. */
function nestedEffort(own: JsonObject, form: ReasoningForm): Rewritten | undefined {
  const { reasoning_effort: flat, reasoning, ...rest } = own;
  const nested = isJsonObject(reasoning) ? reasoning : {};
  const asked = nested['effort'] ?? flat;
  const isRefused = asked === 'minimal' || (asked === 'none' && form === 'gpt-always');
  if (asked === undefined || (flat === undefined && !isRefused)) return undefined;
  const effort = isRefused ? 'low' : asked;
  const warning = isRefused
    ? `The effort ${String(asked)} in ${OPTION} was sent as low, the lowest this model has.`
    : `reasoning_effort in ${OPTION} was sent as reasoning.effort, the form that this model takes.`;
  return { fields: { ...rest, reasoning: { ...nested, effort } }, warning };
}
