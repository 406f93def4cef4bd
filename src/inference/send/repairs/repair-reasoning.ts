/** A refused way to reason: the same wish is told in the form that the model takes, and that is remembered. */
import type { ReasoningForm } from '../../../catalog/types.ts';
import { EFFORTS, isEffort } from '../../prepare/reasoning.ts';
import { withOneReasoning } from '../../prepare/reasoning-conflict.ts';
import { again, type Healing, type Refusal } from './repair-row.ts';

/** AWS's words (earendil-works/pi#6212, anthropics/claude-code#30795, recorded) -> the form that is left. */
const FORMS: readonly (readonly [words: RegExp, form: ReasoningForm])[] = [
  [/thinking\.type\.enabled["'`]? is not supported/, 'claude-adaptive-hidden'],
  [/thinking\.type\.disabled["'`]? is not supported/, 'claude-adaptive-only'],
  [/thinking\.adaptive\.display: extra inputs/, 'claude-adaptive'],
  [/adaptive thinking is not supported|thinking\.type\.adaptive["'`]? is not supported/, 'claude-budget'],
  [/input tag 'adaptive'|output_config\.effort: extra inputs|not support the effort/, 'claude-budget'],
  [/unsupported value: 'none' is not supported/, 'gpt-always'],
];
/** GPT's alone: other models with that parameter have none in its place. */
const FLAT_EFFORT = "unknown parameter: 'reasoning_effort'";

function formLeft({ said, model }: Refusal): ReasoningForm | undefined {
  const isFlat = model.family.startsWith('gpt') && said.includes(FLAT_EFFORT);
  return isFlat ? 'gpt' : FORMS.find(([words]) => words.test(said))?.[1];
}

/** `'max' is not supported with the 'gpt-5.6-sol' model. Supported values are: 'low', and 'high'.` */
const EFFORT = /unsupported value: '(\w+)' is not supported(?:.{0,100}supported values are: (.{1,200}))?/;

/** undefined where no other form or effort is known. The caller's own switch is rewritten where its form is known. */
export function reasonedOtherwise(at: Refusal): Healing | undefined {
  const { request, model } = at;
  const { features } = model;
  const form = formLeft(at);
  if (form === undefined || form === features.reasoning) return otherEffort(at);
  const { request: rewritten } = withOneReasoning(request, {
    ...model,
    features: { ...features, reasoning: form },
  });
  return again(
    request.reasoning !== undefined || rewritten !== request,
    request,
    'The model refused how it was told to reason, so it was told in another form.',
    { reasoning: form },
  );
}

function otherEffort({ request, said, model: { features } }: Refusal): Healing | undefined {
  const [, refused = '', listed = ''] = EFFORT.exec(said) ?? [];
  if (!isEffort(refused)) return undefined;
  const others = EFFORTS.filter((each) => listed !== '' && !listed.includes(`'${each}'`));
  const refusedEfforts = [...new Set([...(features.refusedEfforts ?? []), refused, ...others])];
  if (EFFORTS.every((each) => refusedEfforts.includes(each))) return undefined;
  const warning = `The model refused the reasoning effort ${refused}.`;
  return again(request.reasoning !== undefined, request, warning, { refusedEfforts });
}
