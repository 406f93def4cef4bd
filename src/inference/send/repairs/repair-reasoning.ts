/** Repairs of a refused way to reason: the same wish is told in the form that the model takes, and that is remembered. */
import type { ReasoningForm } from '../../../catalog/types.ts';
import { EFFORTS, isEffort } from '../../prepare/reasoning.ts';
import type { Row } from './repair-row.ts';

/** AWS's words (earendil-works/pi#6212, recorded) -> the form that is left. */
const FORMS: readonly (readonly [words: RegExp, form: ReasoningForm])[] = [
  [/thinking\.type\.enabled["'`]? is not supported/, 'claude-adaptive-hidden'],
  [/thinking\.type\.disabled["'`]? is not supported/, 'claude-adaptive-only'],
  [/adaptive thinking is not supported|thinking\.type\.adaptive["'`]? is not supported/, 'claude-budget'],
  [/unsupported value: 'none' is not supported/, 'gpt-always'],
];

const formLeft = (said: string): ReasoningForm | undefined => FORMS.find(([words]) => words.test(said))?.[1];

/** `'max' is not supported with the 'gpt-5.6-sol' model. Supported values are: 'low', and 'high'.` */
const EFFORT = /unsupported value: '(\w+)' is not supported(?:.{0,100}supported values are: (.{1,200}))?/;

export const REASONING_REPAIRS: readonly Row[] = [
  {
    cause: 'reasoning-form',
    matches: (said) => formLeft(said) !== undefined,
    repair(request, said, { features }) {
      const form = formLeft(said);
      if (form === undefined || form === features.reasoning || request.reasoning === undefined)
        return undefined;
      const warning = 'The model refused how it was told to reason, so it was told in another form.';
      return { request, warning, learned: { reasoning: form } };
    },
  },
  {
    cause: 'reasoning-effort',
    matches: (said) => EFFORT.test(said),
    repair(request, said, { features }) {
      const [, refused = '', listed = ''] = EFFORT.exec(said) ?? [];
      const { effort } = request.reasoning ?? {};
      if (effort === undefined || !isEffort(refused)) return undefined;
      const others = EFFORTS.filter((each) => listed !== '' && !listed.includes(`'${each}'`));
      const refusedEfforts = [...new Set([...(features.refusedEfforts ?? []), refused, ...others])];
      if (EFFORTS.every((each) => refusedEfforts.includes(each))) return undefined;
      const warning = `The model refused the reasoning effort ${refused}.`;
      return { request, warning, learned: { refusedEfforts } };
    },
  },
];
