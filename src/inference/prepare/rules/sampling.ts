/** Rules about sampling, reasoning and the provider's own switches. */

import { isJsonObject } from '../../../json.ts';
import type { CodecModel, InferenceConfig, InferenceRequest } from '../../../messages/types.ts';
import { allowedEffort, reasoningFields, refusedWhileThinking, type SamplingMember } from '../reasoning.ts';
import type { Rule, RuleContext } from './rule.ts';
import { forceAutoToolChoice, isForced } from './tool-choice.ts';

/** The request without some members of inferenceConfig; the same object when none of them was set. */
export function withoutSampling(
  request: InferenceRequest,
  members: readonly (SamplingMember | 'maxTokens')[],
): InferenceRequest {
  const config = request.inferenceConfig;
  const set = members.filter((member) => config?.[member] !== undefined);
  if (config === undefined || set.length === 0) return request;
  const kept = Object.entries(config).filter(([member]) => !set.some((dropped) => dropped === member));
  const inferenceConfig: InferenceConfig = Object.fromEntries(kept);
  return { ...request, inferenceConfig };
}

/** Does Claude think in this request, asked through `reasoning` or through the provider's own field? */
export function isThinking(request: InferenceRequest, model: CodecModel): boolean {
  if (!model.family.startsWith('claude')) return false;
  const form = model.features.reasoning;
  if (form === 'claude-adaptive-only') return true;
  const { reasoning } = request;
  if (reasoning !== undefined) return reasoning.effort !== 'off' && form !== undefined && form !== 'none';
  return thinksByField(request);
}

/** `thinking` or, as recorded with Claude Haiku 4.5, `reasoning_config`, given by the caller. */
function thinksByField(request: InferenceRequest): boolean {
  const fields = request.additionalModelRequestFields;
  const given = fields?.['thinking'] ?? fields?.['reasoning_config'];
  return isJsonObject(given) && (given['type'] === 'enabled' || given['type'] === 'adaptive');
}

/** Does the model itself choose whether to call a tool, because it thinks? Most refuse to be forced then. */
export function choosesItself(request: InferenceRequest, model: CodecModel): boolean {
  const { reasoning, forcedToolWhileThinking } = model.features;
  return isThinking(request, model) && !(forcedToolWhileThinking ?? reasoning === 'claude-adaptive-on');
}

function settleReasoning(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { reasoning, ...rest } = request;
  if (reasoning === undefined) return request;
  const form = context.model.features.reasoning;
  if (form === undefined) {
    context.warn(
      `The reasoning effort was left out: it is not known how ${context.model.id} is told to reason. Use options.additional_model_request_fields.`,
    );
    return rest;
  }
  const { budgetTokens } = reasoning;
  const [effort, notes] = allowedEffort(reasoning.effort, context.model.features.refusedEfforts);
  notes.forEach(context.warn);
  if (form === 'claude-budget' && effort !== 'off' && beginsWithoutThinking(request)) {
    context.warn(NO_THINKING_FIRST);
    return rest;
  }
  const { inferenceConfig } = request;
  const settled = reasoningFields(form, effort, budgetTokens, inferenceConfig, context.model.maxOutput);
  settled.warnings.forEach(context.warn);
  const budget = settled.budgetTokens;
  const changed: InferenceRequest = {
    ...withoutSampling(rest, settled.drop),
    reasoning: { effort, ...(budget === undefined ? {} : { budgetTokens: budget }) },
  };
  const { maxTokens } = settled;
  const roomy: InferenceRequest =
    maxTokens === undefined
      ? changed
      : { ...changed, inferenceConfig: { ...changed.inferenceConfig, maxTokens } };
  return freedChoice(roomy, context);
}

/** Thinking with a budget must stand in front of an open round of tool calls; another model's rounds have none of this one. */
function beginsWithoutThinking({ messages }: InferenceRequest): boolean {
  const [round, results] = messages.slice(-2);
  return (
    round?.role === 'assistant' &&
    round.content.some((block) => 'toolUse' in block) &&
    results?.content.some((block) => 'toolResult' in block) === true &&
    !round.content.slice(0, 1).some((block) => 'reasoningContent' in block)
  );
}

function freedChoice(request: InferenceRequest, context: RuleContext): InferenceRequest {
  if (!isForced(request) || !choosesItself(request, context.model)) return request;
  context.warn('The forced tool choice was changed to auto, because Claude refuses it while it thinks.');
  return forceAutoToolChoice(request);
}

function settleOwnThinking(request: InferenceRequest, context: RuleContext): InferenceRequest {
  if (request.reasoning !== undefined || !isThinking(request, context.model)) return request;
  const calm = withoutSampling(request, refusedWhileThinking(request.inferenceConfig));
  if (calm !== request)
    context.warn('Sampling parameters were left out: Claude refuses them while it thinks.');
  return freedChoice(calm, context);
}

function allowedSampling(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { sampling } = context.model.features;
  if (sampling === 'none') {
    const bare = withoutSampling(request, ['temperature', 'topP', 'topK']);
    if (bare !== request)
      context.warn('temperature, top_p and top_k were left out, because the model refuses them.');
    return bare;
  }
  const config = request.inferenceConfig;
  if (sampling !== 'temperature-or-top-p' || config?.temperature === undefined) return request;
  const one = withoutSampling(request, ['topP']);
  if (one !== request) {
    context.warn('top_p was left out, because the model takes temperature or top_p but not both.');
  }
  return one;
}

/** Families whose request has no place for topK (AWS parameter pages). */
const NO_TOP_K: ReadonlySet<string> = new Set([
  'llama2',
  'llama3',
  'llama4',
  'titan-text',
  'gpt-oss',
  'gpt',
  'jurassic-2',
  'jamba',
  'deepseek-r1',
]);

/** Also of the second try, where only the refusal told it. */
export const NO_THINKING_FIRST =
  'The model did not think before this answer: the tool calls of the conversation are not its own.';

export const SAMPLING_RULES: readonly Rule[] = [
  { name: 'reasoning-settled', apply: settleReasoning },
  { name: 'own-thinking-field', apply: settleOwnThinking },
  { name: 'allowed-sampling', apply: allowedSampling },
  {
    name: 'top-k-has-a-place',
    apply(request, context) {
      if (!NO_TOP_K.has(context.model.family)) return request;
      const without = withoutSampling(request, ['topK']);
      if (without !== request) context.warn('top_k was left out, because the model has no such parameter.');
      return without;
    },
  },
  {
    name: 'anthropic-betas-for-claude',
    apply(request, context) {
      const { anthropicBeta, ...rest } = request;
      const { family } = context.model;
      if (anthropicBeta === undefined || family === 'unknown' || family.startsWith('claude')) return request;
      context.warn('Anthropic beta names were left out: the model is not a Claude.');
      return rest;
    },
  },
];
