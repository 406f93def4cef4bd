/** How long an answer may get when its caller set no limit. Pure. */
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { CodecModel, InferenceRequest } from '../../messages/types.ts';
import { BUDGETS, reasoningFields } from './reasoning.ts';

/** Tokens. The input is only estimated: with less room than this, Bedrock's own count decides. */
const LEAST_ROOM = 1_024;

/**
 * The request with `usual` tokens for the answer, and its thinking on top of them, at most what the model writes.
 * `room` is what the context window leaves for both, tokens. A request that names a limit, that takes none, or that is the provider's own body stays as it is.
 */
export function withDefaultLimit(
  request: InferenceRequest,
  model: CodecModel,
  usual: number,
  room = Number.POSITIVE_INFINITY,
): InferenceRequest {
  const { rawBody, inferenceConfig, reasoning } = request;
  if (rawBody !== undefined || inferenceConfig?.maxTokens !== undefined || takesNoLimit(request, model))
    return request;
  const most = Math.min(model.maxOutput ?? Number.POSITIVE_INFINITY, Math.max(room, LEAST_ROOM));
  const limited = (budget: number): InferenceRequest => ({
    ...request,
    inferenceConfig: { ...inferenceConfig, maxTokens: Math.min(budget + usual, most) },
  });
  const own = ownBudget(request.additionalModelRequestFields);
  if (reasoning === undefined || reasoning.effort === 'off' || model.features.reasoning !== 'claude-budget')
    return limited(own ?? 0);
  // A budget that we choose leaves room for the answer.
  const chosen = Math.min(BUDGETS[reasoning.effort], most - Math.min(usual, Math.floor(most / 2)));
  const budgetTokens = own ?? reasoning.budgetTokens ?? chosen;
  return { ...limited(budgetTokens), reasoning: { ...reasoning, budgetTokens } };
}

/** Tokens. The thinking budget in the provider's own fields, under either of the names that Claude takes. */
function ownBudget(fields: JsonObject | undefined): number | undefined {
  const given = fields?.['thinking'] ?? fields?.['reasoning_config'];
  if (!isJsonObject(given) || given['type'] === 'disabled') return undefined;
  const budget = given['budget_tokens'];
  return typeof budget === 'number' && Number.isSafeInteger(budget) && budget > 0 ? budget : undefined;
}

/** Nova at high effort refuses any limit, whichever way it was asked for. */
function takesNoLimit(
  { reasoning, additionalModelRequestFields }: InferenceRequest,
  model: CodecModel,
): boolean {
  const form = model.features.reasoning;
  if (form !== 'nova') return false;
  const own = additionalModelRequestFields?.['reasoningConfig'];
  if (isJsonObject(own) && own['maxReasoningEffort'] === 'high') return true;
  return (
    reasoning !== undefined &&
    reasoningFields(form, reasoning.effort, undefined, { maxTokens: 1 }).drop.includes('maxTokens')
  );
}

export interface Limited {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
}

/** The same, where input and answer share one window: our own limit gives way, and that is told. */
export function withFittingLimit(
  request: InferenceRequest,
  model: CodecModel,
  usual: number,
  window: { readonly tokens: number; readonly input: number } | undefined,
): Limited {
  const limited = withDefaultLimit(request, model, usual);
  if (window === undefined) return { request: limited, warnings: [] };
  const fitting = withDefaultLimit(request, model, usual, window.tokens - window.input);
  const { maxTokens } = fitting.inferenceConfig ?? {};
  if (maxTokens === undefined || maxTokens === limited.inferenceConfig?.maxTokens)
    return { request: limited, warnings: [] };
  const warning = `The answer was limited to ${maxTokens} tokens: the input has about ${window.input} of the ${window.tokens} that the model holds.`;
  return { request: fitting, warnings: [warning] };
}
