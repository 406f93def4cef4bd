/** The most that a comparison may cost, all its calls together, checked before the first is sent. */

import { Big } from 'big.js';
import { BedrockError } from '../../bedrock-error.ts';
import type { ModelFeatures, ReasoningForm } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import { type InferenceCall, type PlannedCall, planInference } from '../../inference/send/plan-call.ts';
import type { ContentBlock } from '../../messages/types.ts';
import { estimateTextTokens, estimateTokens } from '../../spend/estimate/tokens.ts';
import { checkConfirmation, dearest, type WorstCase, worstCaseOf } from '../billing.ts';
import { callRegion } from '../call-region.ts';
import type { PriceServices, Services } from '../services.ts';

/** Tokens that a judge reads beside the answers: its instructions, the frames, the schema. */
const JUDGE_FRAME = 1_000;
/** Two orders, each with at most one repair round. */
const JUDGE_CALLS = 4;
/** Every model counts tokens in its own way. */
const READ_BY_ANOTHER = 1.5;
/** Tokens of a verdict, and of one by a model that thinks whether it is asked to or not. */
const VERDICT_TOKENS = 2_000;
const THOUGHTFUL_VERDICT_TOKENS = 8_192;
const THINKS_UNASKED: readonly ReasoningForm[] = [
  'claude-adaptive-on',
  'claude-adaptive-only',
  'effort',
  'gpt',
  'gpt-always',
  'always',
];

/** A call to one of the models; what it is asked and in which Region is the row's own. */
export type SharedCall = Omit<InferenceCall, 'asked' | 'region'>;

/** One model of a comparison. */
export interface ComparedModel {
  /** As asked for. */
  readonly model: string;
  /** Its number among those of the same name, from 1; absent when there is one only. */
  readonly sample?: number;
  /** What tells it from the others. */
  readonly name: string;
}

export interface PlannedRow extends ComparedModel {
  readonly call?: InferenceCall;
  readonly worst?: WorstCase;
  /** Bare model ID. */
  readonly modelId?: string;
  /** Why this model cannot be asked at all. */
  readonly error?: BedrockError;
}

/** The models in their order; one that is asked several times gets numbers. */
export function tellApart(models: readonly string[]): readonly ComparedModel[] {
  return models.map((model, at) => {
    if (models.filter((each) => each === model).length === 1) return { model, name: model };
    const sample = models.slice(0, at + 1).filter((each) => each === model).length;
    return { model, sample, name: `${model} #${sample}` };
  });
}

/**
 * Plans each model's call.
 * @param region as asked for.
 * @throws BedrockError `cancelled`; what is wrong with a model stays in its row.
 */
export async function planRows(
  models: readonly ComparedModel[],
  call: SharedCall,
  region: string | undefined,
  services: PriceServices & Pick<Services, 'inference' | 'region'>,
): Promise<readonly PlannedRow[]> {
  const deps = await services.inference();
  return Promise.all(
    models.map(async (row): Promise<PlannedRow> => {
      try {
        const own = { ...call, asked: row.model, region: await callRegion(region, row.model, services) };
        const planned = await planInference(own, deps);
        const worst = await worstCaseOf(planned, own, services);
        return { ...row, call: own, worst, modelId: planned.target.model.id };
      } catch (error) {
        if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
        return { ...row, error };
      }
    }),
  );
}

export interface JudgeRequest {
  readonly model: string;
  readonly criteria: string | undefined;
  /** What was given with the question. */
  readonly files: readonly ContentBlock[];
}

export interface PlannedJudge {
  readonly call: Omit<InferenceCall, 'request'>;
  /** Plain decimal; null = unknown. */
  readonly atMostUsd: string | null;
  /** Bare model ID. */
  readonly modelId: string;
}

/**
 * Plans the judge's calls, for the longest answers that there may be.
 * @throws BedrockError what is wrong with the judge, as `field` judge.
 */
export async function planJudge(
  { model, criteria = '', files }: JudgeRequest,
  rows: readonly PlannedRow[],
  { request: _, ...call }: SharedCall,
  region: string | undefined,
  services: PriceServices & Pick<Services, 'inference' | 'region'>,
): Promise<PlannedJudge> {
  const worst = rows.flatMap((row) => row.worst ?? []);
  try {
    const own = { ...call, asked: model, region: await callRegion(region, model, services) };
    const messages = [{ role: 'user' as const, content: [...files, { text: 'Judge.' }] }];
    const trial = { ...own, defaultMaxTokens: VERDICT_TOKENS, request: { messages } };
    const planned = await planInference(trial, await services.inference());
    const defaultMaxTokens = verdictTokens(planned);
    const question = Math.max(0, ...worst.map(({ usage }) => usage.inputTokens));
    const answers = worst.reduce((sum, { usage }) => sum + usage.outputTokens, 0);
    const read = answers + estimateTextTokens(criteria) + estimateTokens(planned.prepared.request);
    const usage = {
      // A repair round reads the first verdict too.
      inputTokens: Math.ceil(question + read * READ_BY_ANOTHER) + JUDGE_FRAME + defaultMaxTokens,
      outputTokens: defaultMaxTokens,
    };
    const { usd } = await dearest(usage, planned, trial, services);
    return {
      call: { ...own, defaultMaxTokens },
      atMostUsd: usd === null ? null : new Big(usd).times(JUDGE_CALLS).toFixed(),
      modelId: planned.target.model.id,
    };
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
    throw error.with({ message: `The judge cannot be asked: ${error.message}`, field: 'judge' });
  }
}

function verdictTokens({ model }: PlannedCall): number {
  const { reasoning }: ModelFeatures = model.features;
  const wanted =
    reasoning !== undefined && THINKS_UNASKED.includes(reasoning)
      ? THOUGHTFUL_VERDICT_TOKENS
      : VERDICT_TOKENS;
  return Math.min(wanted, model.maxOutput ?? wanted);
}

export interface ComparisonLimits {
  /** USD for everything together, as the caller wants it. */
  readonly maxUsd: number | undefined;
  /** USD that somebody agreed to. */
  readonly confirmedUsd: number | undefined;
  /** As named by the caller, for whoever is asked about the cost. */
  readonly models: readonly string[];
  readonly judge: string | undefined;
}

/**
 * Checks the sum against `maxUsd`, the server's limits for one call, and what it asks before.
 * @throws BedrockError `budget_exceeded` or `confirmation_required`.
 */
export function checkComparison(
  costs: readonly (string | null)[],
  { maxUsd, confirmedUsd, models, judge }: ComparisonLimits,
  services: Pick<Services, 'config'>,
): void {
  const known = costs.reduce((sum: Big, usd) => sum.plus(usd ?? 0), new Big(0));
  const isKnown = !costs.includes(null);
  const { budget_usd_per_call, budgets, budget_unknown_price, confirm_above_usd } = services.config;
  const ofServer = budgets.flatMap(({ scope, usd, soft, model, thread }) =>
    scope === 'call' && !soft && model === undefined && thread === undefined ? (usd ?? []) : [],
  );
  const limits = [
    { limit: maxUsd, name: 'max_cost_usd', field: 'max_cost_usd' },
    ...[budget_usd_per_call, ...ofServer].map((limit) => ({
      limit,
      name: "the server's limit for one call",
      field: undefined,
    })),
  ];
  for (const { limit, name, field } of limits) {
    if (limit === undefined) continue;
    const over = (what: string) => overBudget(`${what}; ${name} is ${limit} USD`, field);
    if (known.gt(limit))
      throw over(`This comparison may cost ${isKnown ? 'up to' : 'more than'} ${known.toFixed()} USD`);
    if (!isKnown && budget_unknown_price !== 'allow')
      throw over('The price of one of these models is not known');
  }
  if (confirm_above_usd === undefined) return;
  const what = `A comparison of ${models.join(', ')}${judge === undefined ? '' : ` and the judge ${judge}`}`;
  if (!isKnown) checkConfirmation(null, confirmedUsd, what, services);
  checkConfirmation(known.toFixed(), confirmedUsd, what, services);
}

function overBudget(what: string, field: string | undefined): BedrockError {
  return new BedrockError('budget_exceeded', {
    message: `${what}. Nothing was sent.`,
    fix: 'Compare fewer or cheaper models, lower max_tokens, leave out the judge, or raise the limit (estimate_cost shows prices).',
    ...defined({ field }),
  });
}
