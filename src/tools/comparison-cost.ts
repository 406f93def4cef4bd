/** The most that a comparison may cost, all its calls together, checked before the first is sent. */
import { Big } from 'big.js';
import { BedrockError } from '../bedrock-error.ts';
import { type InferenceCall, planInference } from '../inference/plan.ts';
import { JUDGE_MAX_TOKENS } from './blind-judge.ts';
import type { Services } from './services.ts';
import { checkConfirmation, dearest, type WorstCase, worstCaseOf } from './spend.ts';

/** Tokens that a judge reads beside the answers: its instructions, the question's frame, the schema. */
const JUDGE_FRAME = 1_000;
/** Two orders, each with at most one repair round. */
const JUDGE_CALLS = 4;

export interface PlannedRow {
  /** As asked for. */
  readonly model: string;
  readonly worst?: WorstCase;
  /** Why this model cannot be asked at all. */
  readonly error?: BedrockError;
}

/**
 * Plans each model's call.
 * @throws BedrockError of the first model when none can be asked, or `cancelled`.
 */
export async function planRows(
  models: readonly string[],
  call: Omit<InferenceCall, 'asked'>,
  services: Services,
): Promise<readonly PlannedRow[]> {
  const deps = await services.inference();
  const rows = await Promise.all(
    models.map(async (model): Promise<PlannedRow> => {
      try {
        const own = { ...call, asked: model };
        const worst = await worstCaseOf(await planInference(own, deps), own, services);
        return { model, worst };
      } catch (error) {
        if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
        return { model, error };
      }
    }),
  );
  const [first] = rows;
  if (first?.error !== undefined && rows.every(({ error }) => error !== undefined)) {
    const all = rows.map(({ model, error }) => `${model}: ${error?.message ?? ''}`).join(' ');
    throw first.error.with({ message: `None of the models can be asked. ${all}`.slice(0, 1_000) });
  }
  return rows;
}

export interface ComparisonLimits {
  readonly judge: string | undefined;
  /** USD for everything together. */
  readonly maxUsd: number | undefined;
  readonly confirmedUsd: number | undefined;
}

/**
 * Checks the sum against `maxUsd`, the server's limit for one call, and what it asks before.
 * @returns true when somebody agreed to the sum, so that the single calls need not ask again.
 * @throws BedrockError `budget_exceeded`, `confirmation_required`, or what is wrong with the judge.
 */
export async function checkComparison(
  rows: readonly PlannedRow[],
  { judge, maxUsd, confirmedUsd }: ComparisonLimits,
  call: Omit<InferenceCall, 'asked'>,
  services: Services,
): Promise<boolean> {
  const worst = rows.flatMap((row) => (row.worst === undefined ? [] : [row.worst]));
  const costs = worst.map(({ usd }) => usd);
  if (judge !== undefined) costs.push(await judgeAtMost(judge, worst, call, services));
  const total = costs.some((usd) => usd === null)
    ? null
    : costs.reduce((sum, usd) => sum.plus(usd ?? 0), new Big(0)).toFixed();
  const limits = [
    [maxUsd, 'max_cost_usd'],
    [services.config.budget_usd_per_call, "the server's limit for one call"],
  ] as const;
  for (const [limit, name] of limits) {
    if (limit === undefined) continue;
    if (total === null) {
      if (services.config.budget_unknown_price === 'allow') continue;
      throw overBudget('The price of one of these models is not known', name, limit);
    }
    if (new Big(total).gt(limit))
      throw overBudget(`This comparison may cost up to ${total} USD`, name, limit);
  }
  checkConfirmation(total, confirmedUsd, services);
  return services.config.confirm_above_usd !== undefined;
}

async function judgeAtMost(
  judge: string,
  worst: readonly WorstCase[],
  call: Omit<InferenceCall, 'asked'>,
  services: Services,
): Promise<string | null> {
  const answers = worst.reduce((sum, { usage }) => sum + usage.outputTokens, 0);
  const question = Math.max(0, ...worst.map(({ usage }) => usage.inputTokens));
  const usage = { inputTokens: answers + question + JUDGE_FRAME, outputTokens: JUDGE_MAX_TOKENS };
  const own = {
    ...call,
    asked: judge,
    request: {
      messages: [{ role: 'user' as const, content: [{ text: 'Judge.' }] }],
      inferenceConfig: { maxTokens: JUDGE_MAX_TOKENS },
    },
  };
  const planned = await planInference(own, await services.inference());
  const { usd } = await dearest(usage, planned, own, services);
  return usd === null ? null : new Big(usd).times(JUDGE_CALLS).toFixed();
}

function overBudget(what: string, name: string, limit: number): BedrockError {
  return new BedrockError('budget_exceeded', {
    message: `${what}; ${name} is ${limit} USD. Nothing was sent.`,
    fix: 'Compare fewer or cheaper models, lower max_tokens, leave out the judge, or raise the limit (estimate_cost shows prices).',
    field: 'max_cost_usd',
  });
}
