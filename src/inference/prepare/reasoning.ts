/**
 * How each model is told to reason, and what that costs the rest of the request. Pure tables.
 * Sources: AWS "Adaptive thinking" and "Extended thinking" pages for Claude, the Nova 2 user guide, recorded calls
 * to Claude Sonnet 4.6, Nova 2 Lite, gpt-oss, Qwen3 and GPT-5.6; for GPT also anomalyco/opencode#48195 and
 * stdapi-ai/stdapi.ai#283 (probed on Converse, September 2026), for Kimi K2.5 and GLM 4.7 LibreChat#11974, for the
 * display of Claude's thinking oh-my-pi#1373 and zed#54217.
 */
import type { ReasoningForm } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import type { InferenceConfig, ReasoningEffort } from '../../messages/types.ts';
import { settingName } from './argument-names.ts';

export type SamplingMember = 'temperature' | 'topP' | 'topK';

export interface ReasoningFields {
  /** Members for Converse's additionalModelRequestFields; native bodies carry the same at their top level. */
  readonly fields: JsonObject;
  /** Members of inferenceConfig that are set and must not be sent beside these fields. */
  readonly drop: readonly (SamplingMember | 'maxTokens')[];
  /** Tokens. Replaces inferenceConfig.maxTokens when it left no room for the answer. */
  readonly maxTokens?: number;
  /** Tokens. The thinking budget that was settled on; calling again with it gives the same fields. */
  readonly budgetTokens?: number;
  /** One sentence per thing that is not as it was asked for. */
  readonly warnings: readonly string[];
}

/** Claude refuses a smaller budget. */
const SMALLEST_BUDGET = 1024;
/** Tokens. What an effort means to a Claude that takes a budget. */
export const BUDGETS: Readonly<Record<Exclude<ReasoningEffort, 'off'>, number>> = {
  low: 2048,
  medium: 8192,
  high: 16_384,
  max: 32_000,
};
const SAMPLING: readonly SamplingMember[] = ['temperature', 'topP', 'topK'];
/** From the lowest on. */
export const EFFORTS = ['low', 'medium', 'high', 'max'] as const;
const LOW_TO_HIGH = ['low', 'medium', 'high'] as const;
/** From Opus 4.7 on the text of thinking comes back empty unless it is asked for. */
const SHOWN: JsonObject = { type: 'adaptive', display: 'summarized' };

/**
 * The provider's fields for an effort. `budget` is in tokens and counts for Claude 3.7 to 4.5 only, as does
 * `maxOutput`, the most that the model writes.
 * `effort: 'off'` sends what stops the reasoning, or warns where nothing can.
 */
export function reasoningFields(
  form: ReasoningForm,
  effort: ReasoningEffort,
  budget: number | undefined,
  inferenceConfig: InferenceConfig = {},
  maxOutput = Number.POSITIVE_INFINITY,
): ReasoningFields {
  const result = FORMS[form](effort, budget, inferenceConfig, maxOutput);
  if (budget === undefined || form === 'claude-budget' || effort === 'off') return result;
  return {
    ...result,
    warnings: [
      ...result.warnings,
      'The reasoning budget was left out: this model takes an effort, not a number of tokens.',
    ],
  };
}

type Form = (
  effort: ReasoningEffort,
  budget: number | undefined,
  inferenceConfig: InferenceConfig,
  maxOutput: number,
) => ReasoningFields;

const NOTHING: ReasoningFields = { fields: {}, drop: [], warnings: [] };

const FORMS: Readonly<Record<ReasoningForm, Form>> = {
  none: (effort) =>
    effort === 'off' ? NOTHING : warned('The reasoning effort was left out: this model does not reason.'),

  always: (effort) =>
    effort === 'off'
      ? warned('This model always reasons; it cannot be switched off.')
      : warned('The reasoning effort was left out: this model always reasons and cannot be steered.'),

  'claude-budget': claudeBudget,

  'claude-adaptive': (effort, _budget, config) =>
    effort === 'off' ? NOTHING : adaptive(effort, config, { type: 'adaptive' }),

  'claude-adaptive-hidden': (effort, _budget, config) =>
    effort === 'off' ? NOTHING : adaptive(effort, config, SHOWN),

  // Left out, `thinking` is on (and billed): only `disabled` stops it. No effort beside it: Opus 5 caps it then.
  'claude-adaptive-on': (effort, _budget, config) =>
    effort === 'off'
      ? { ...NOTHING, fields: { thinking: { type: 'disabled' } } }
      : adaptive(effort, config, SHOWN),

  'claude-adaptive-only': (effort, _budget, config) => {
    const set = SAMPLING.filter((member) => config[member] !== undefined);
    const without = dropped(set, 'by a model that always thinks');
    if (effort !== 'off')
      return { ...NOTHING, ...without, fields: { thinking: SHOWN, output_config: { effort } } };
    return {
      ...NOTHING,
      ...without,
      fields: { output_config: { effort: 'low' } },
      warnings: ['This model always thinks; the effort was set to low instead of off.', ...without.warnings],
    };
  },

  nova: novaFields,

  effort: leveled((effort) => ({ reasoning_effort: effort }), LOW_TO_HIGH, 'lowest'),
  'deepseek-effort': leveled((effort) => ({ reasoning_effort: effort }), LOW_TO_HIGH, 'left out'),
  gpt: leveled((effort) => ({ reasoning: { effort } }), EFFORTS, 'none'),
  'gpt-always': leveled((effort) => ({ reasoning: { effort } }), EFFORTS, 'lowest'),
  // DeepSeek V3.1 documents low, medium and high, Qwen3 low and high, Kimi and GLM high; none has a word for off.
  deepseek: leveled((effort) => ({ reasoning_config: effort }), LOW_TO_HIGH, 'left out'),
  'reasoning-config': leveled((effort) => ({ reasoning_config: effort }), ['low', 'high'], 'left out'),
  'reasoning-config-high': leveled((effort) => ({ reasoning_config: effort }), ['high'], 'left out'),
};

function warned(sentence: string): ReasoningFields {
  return { ...NOTHING, warnings: [sentence] };
}

/** Sampling members that are set and that Claude refuses while it thinks. temperature 1 is its default (recorded: accepted). */
export function refusedWhileThinking(config: InferenceConfig = {}): readonly SamplingMember[] {
  return SAMPLING.filter(
    (member) => config[member] !== undefined && !(member === 'temperature' && config.temperature === 1),
  );
}

function dropped(drop: readonly SamplingMember[], why: string): Pick<ReasoningFields, 'drop' | 'warnings'> {
  return { drop, warnings: drop.length === 0 ? [] : [`${settingNames(drop)} left out: refused ${why}.`] };
}

/** Settings in a sentence, as callers name them. */
export function settingNames(members: readonly (SamplingMember | 'maxTokens')[]): string {
  return members.map(settingName).join(', ');
}

function dropWhileThinking(config: InferenceConfig): Pick<ReasoningFields, 'drop' | 'warnings'> {
  return dropped(refusedWhileThinking(config), 'while Claude thinks');
}

function adaptive(effort: ReasoningEffort, config: InferenceConfig, thinking: JsonObject): ReasoningFields {
  return { ...NOTHING, fields: { thinking, output_config: { effort } }, ...dropWhileThinking(config) };
}

/** A form that is one word: the effort itself where the model has it, else the next one above, else its highest. */
function leveled(
  fields: (effort: string) => JsonObject,
  levels: readonly [ReasoningEffort, ...ReasoningEffort[]],
  off: 'left out' | 'none' | 'lowest',
): Form {
  return (effort) => {
    if (effort === 'off') {
      if (off !== 'lowest') return { ...NOTHING, fields: off === 'none' ? fields('none') : {} };
      const warnings = [`This model cannot be told not to reason; the effort was set to ${levels[0]}.`];
      return { ...NOTHING, fields: fields(levels[0]), warnings };
    }
    const [sent, warnings] = nearest(effort, levels);
    return { ...NOTHING, fields: fields(sent), warnings };
  };
}

export const isEffort = (word: string): word is (typeof EFFORTS)[number] =>
  EFFORTS.some((each) => each === word);

/** The effort itself, or the nearest that was not refused, with the sentence about it. */
export function allowedEffort(
  effort: ReasoningEffort,
  refused: readonly ReasoningEffort[] = [],
): [sent: ReasoningEffort, warnings: string[]] {
  return effort === 'off'
    ? [effort, []]
    : nearest(
        effort,
        EFFORTS.filter((each) => !refused.includes(each)),
      );
}

function nearest(
  effort: Exclude<ReasoningEffort, 'off'>,
  levels: readonly ReasoningEffort[],
): [sent: ReasoningEffort, warnings: string[]] {
  const sent = EFFORTS.slice(EFFORTS.indexOf(effort)).find((each) => levels.includes(each)) ?? levels.at(-1);
  if (sent === undefined || sent === effort) return [effort, []];
  return [sent, [`The reasoning effort ${effort} was sent as ${sent}, the nearest this model has.`]];
}

/** The effort that stands for so many tokens of thinking, for models that take no budget. */
export function effortFor(budgetTokens: number): Exclude<ReasoningEffort, 'off'> {
  return EFFORTS.find((effort) => budgetTokens <= BUDGETS[effort]) ?? 'max';
}

function novaFields(
  effort: ReasoningEffort,
  _budget: number | undefined,
  config: InferenceConfig,
): ReasoningFields {
  if (effort === 'off') return NOTHING; // off is Nova's default
  const [sent, warnings] = nearest(effort, LOW_TO_HIGH);
  const refused: readonly (SamplingMember | 'maxTokens')[] =
    sent === 'high' ? ['temperature', 'topP', 'maxTokens'] : [];
  const drop = refused.filter((member) => config[member] !== undefined);
  return {
    ...NOTHING,
    fields: { reasoningConfig: { type: 'enabled', maxReasoningEffort: sent } },
    drop,
    warnings:
      drop.length === 0
        ? warnings
        : [...warnings, `${settingNames(drop)} left out: Nova refuses them with high reasoning effort.`],
  };
}

function claudeBudget(
  effort: ReasoningEffort,
  asked: number | undefined,
  config: InferenceConfig,
  maxOutput: number,
): ReasoningFields {
  if (effort === 'off') return NOTHING;
  const warnings: string[] = [];
  let budget = asked ?? BUDGETS[effort];
  if (budget < SMALLEST_BUDGET) {
    warnings.push(
      `The thinking budget was raised from ${budget} to ${SMALLEST_BUDGET} tokens, the smallest.`,
    );
    budget = SMALLEST_BUDGET;
  }
  const limit = config.maxTokens;
  let maxTokens: number | undefined;
  if (limit !== undefined && limit <= budget) {
    const half = Math.floor(limit / 2);
    // The caller's limit on output is a limit on money: a budget that we chose gives way first.
    if (asked === undefined && half >= SMALLEST_BUDGET) {
      warnings.push(`The thinking budget was set to ${half} tokens, half of max_tokens.`);
      budget = half;
    } else {
      if (asked === undefined) budget = SMALLEST_BUDGET;
      maxTokens = Math.max(limit, Math.min(budget + limit, maxOutput));
      if (budget >= maxTokens) {
        const fitting = maxTokens - Math.min(limit, Math.floor(maxTokens / 2));
        warnings.push(
          `The thinking budget was lowered from ${budget} to ${fitting} tokens: the model writes ${maxTokens} at most.`,
        );
        budget = fitting;
      }
      if (maxTokens > limit) {
        warnings.push(
          `max_tokens was raised from ${limit} to ${maxTokens}: it must exceed the thinking budget of ${budget} tokens.`,
        );
      }
    }
  }
  const sampling = dropWhileThinking(config);
  return {
    fields: { thinking: { type: 'enabled', budget_tokens: budget } },
    drop: sampling.drop,
    ...(maxTokens === undefined ? {} : { maxTokens }),
    budgetTokens: budget,
    warnings: [...warnings, ...sampling.warnings],
  };
}
