/**
 * What the models themselves refuse, on both APIs: thinking, sampling, prefill, schema keywords.
 * Each function returns the model's complaint, or undefined. Converse wraps it in a sentence of its own.
 */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { inputTokens, type Turn } from '../answers/turn.ts';
import { listOf, numberOf, objectOf, own } from '../json-read.ts';

export interface Sampling {
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
}

const BUDGET_DOCS =
  'Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking';

/** Recorded for Claude 4.5 and 4.6; `temperature` is named deprecated from Opus 4.7 on. */
export function samplingComplaint(model: ModelRecord, sampling: Sampling): string | undefined {
  const { temperature, topP, topK } = sampling;
  if (model.family === 'claude' && model.features.sampling === 'none') {
    const values = [
      ['temperature', temperature],
      ['top_p', topP],
      ['top_k', topK],
    ] as const;
    const sent = values.find(([, value]) => value !== undefined)?.[0];
    return sent === undefined ? undefined : `\`${sent}\` is deprecated for this model.`;
  }
  if (model.features.sampling === 'temperature-or-top-p' && temperature !== undefined && topP !== undefined) {
    return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
  }
  return undefined;
}

/** Sources write 8,000 for 8,192 and 64,000 for 65,536: nothing between the two is refused. */
export const exceedsOutput = (model: ModelRecord, maxTokens: number | undefined): boolean =>
  model.maxOutput !== undefined && maxTokens !== undefined && maxTokens > Math.ceil(model.maxOutput * 1.024);

const MOST_TEXT_BYTES = 9_000_000;

/** The limits on the size of the input: Claude counts bytes of text before it counts tokens (recorded). */
export function sizeComplaint(model: ModelRecord, turn: Turn): string | undefined {
  const texts = turn.messages.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])),
  );
  const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), Buffer.byteLength(turn.system));
  if (model.family === 'claude' && bytes > MOST_TEXT_BYTES) {
    return `too many total text bytes: ${bytes} > ${MOST_TEXT_BYTES}`;
  }
  if (model.contextWindow === undefined) return undefined;
  const input = inputTokens(turn);
  if (input <= model.contextWindow) {
    const { maxTokens = 0 } = turn;
    // AWS's words in a dozen public reports, such as continuedev/continue#6080.
    return model.family === 'claude' && input + maxTokens > model.contextWindow
      ? `input length and \`max_tokens\` exceed context limit: ${input} + ${maxTokens} > ${model.contextWindow}, decrease input length or \`max_tokens\` and try again`
      : undefined;
  }
  return model.family === 'nova'
    ? 'Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.'
    : 'Input is too long for requested model.';
}

export const PREFILL_WITH_TOOLS_COMPLAINT =
  'Your API request included an `assistant` message in the final position, which would pre-fill the `assistant` response. When using tools, pre-filling the `assistant` response is not supported.';

export const PREFILL_COMPLAINT =
  'This model does not support assistant message prefill. The conversation must end with a user message.';

/** Opus 4.7 and later refuse `thinking.type: enabled`. */
const refusesEnabledThinking = ({ features }: ModelRecord): boolean =>
  features.reasoning === 'claude-adaptive-hidden' ||
  features.reasoning === 'claude-adaptive-on' ||
  features.reasoning === 'claude-adaptive-only';

interface BesideThinking extends Sampling {
  readonly maxTokens: number | undefined;
  readonly toolForced: boolean;
}

/** Rules of Claude's `thinking` and `output_config` (native members, or additionalModelRequestFields on Converse). */
export function thinkingComplaint(
  model: ModelRecord,
  fields: JsonObject,
  settings: BesideThinking,
): string | undefined {
  const form = model.features.reasoning;
  const thinking = own(fields, 'thinking');
  const effort = own(objectOf(own(fields, 'output_config')), 'effort');
  if (effort !== undefined && (form === 'none' || form === 'claude-budget')) {
    return 'output_config.effort: Extra inputs are not permitted';
  }
  if (thinking === undefined) return undefined;
  if (form === 'none') return 'thinking: Extra inputs are not permitted';
  const { type, budget_tokens: budgetValue, ...rest } = objectOf(thinking);
  if (type !== 'enabled' && type !== 'adaptive' && type !== 'disabled') {
    return `thinking: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'`;
  }
  const extra = Object.keys(rest).find((key) => key !== 'display');
  if (extra !== undefined) return `thinking.${type}.${extra}: Extra inputs are not permitted`;
  if (type === 'disabled') {
    return form === 'claude-adaptive-only'
      ? '"thinking.type.disabled" is not supported for this model.'
      : undefined;
  }
  if (type === 'adaptive') {
    return form === 'claude-budget' ? 'adaptive thinking is not supported on this model' : undefined;
  }
  if (refusesEnabledThinking(model)) {
    return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  }
  return budgetComplaint(numberOf(budgetValue), settings);
}

/** What `thinking.type: enabled` asks of its budget, and of the settings beside it. */
function budgetComplaint(budget: number | undefined, settings: BesideThinking): string | undefined {
  if (budget === undefined) return 'thinking.enabled.budget_tokens: Field required';
  if (budget < 1024) {
    return 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024';
  }
  if (settings.maxTokens !== undefined && settings.maxTokens <= budget) {
    return `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. ${BUDGET_DOCS}#max-tokens-and-context-window-size`;
  }
  if (settings.temperature !== undefined && settings.temperature !== 1) {
    return `\`temperature\` may only be set to 1 when thinking is enabled. ${BUDGET_DOCS}#important-considerations-when-using-extended-thinking`;
  }
  if (settings.topK !== undefined) {
    return `\`top_k\` must be unset when thinking is enabled. ${BUDGET_DOCS}#important-considerations-when-using-extended-thinking`;
  }
  return settings.toolForced ? 'Thinking may not be enabled when tool_choice forces tool use.' : undefined;
}

/** Does the model think in this request, so that the answer carries reasoning? */
export function thinks(model: ModelRecord, fields: JsonObject): boolean {
  // Converse also takes Claude's thinking as `reasoning_config` (recorded).
  const type = own(objectOf(own(fields, 'thinking') ?? own(fields, 'reasoning_config')), 'type');
  switch (model.features.reasoning) {
    case 'claude-budget':
    case 'claude-adaptive':
    case 'claude-adaptive-hidden':
    case 'claude-adaptive-on':
    case 'claude-adaptive-only':
      // Recorded: the 5-series shows no reasoning when `thinking` is left out, although it thinks and bills.
      return type === 'enabled' || type === 'adaptive';
    case 'always':
      return true;
    case 'nova':
      return objectOf(own(fields, 'reasoningConfig'))['type'] === 'enabled';
    case 'effort':
      return true;
    case 'gpt':
    case 'gpt-always':
      return (
        objectOf(own(fields, 'reasoning'))['effort'] !== 'none' && own(fields, 'reasoning') !== undefined
      );
    case 'deepseek-effort':
      return own(fields, 'reasoning_effort') !== undefined;
    case 'reasoning-config':
    case 'deepseek':
      return own(fields, 'reasoning_config') !== undefined;
    case 'reasoning-config-high':
      return own(fields, 'reasoning_config') === 'high';
    default:
      return false;
  }
}

const REFUSED_KEYWORDS: readonly (readonly [string, readonly string[]])[] = [
  ['array', ['maxItems', 'uniqueItems', 'contains']],
  ['string', ['minLength', 'maxLength']],
  ['integer', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ['number', ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']],
  ['object', ['minProperties', 'maxProperties']],
];

/**
 * What strict tools and structured output refuse in a schema. The wording for arrays and multipleOf is recorded;
 * the other keywords follow AWS's page on structured output.
 */
export function schemaComplaint(schema: JsonValue, depth = 0): string | undefined {
  if (!isJsonObject(schema) || depth > 40) return undefined;
  const type = schema['type'];
  for (const [name, keywords] of REFUSED_KEYWORDS) {
    const used = type === name ? keywords.find((keyword) => Object.hasOwn(schema, keyword)) : undefined;
    if (used !== undefined) return `For '${name}' type, property '${used}' is not supported`;
  }
  const minItems = schema['minItems'];
  if (type === 'array' && minItems !== undefined && minItems !== 0 && minItems !== 1) {
    return `For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: ${JSON.stringify(minItems)})`;
  }
  if (type === 'object' && schema['additionalProperties'] !== false) {
    return "For 'object' type, 'additionalProperties' must be explicitly set to false";
  }
  const children = [
    ...Object.values(objectOf(schema['properties'])),
    ...Object.values(objectOf(schema['$defs'])),
    ...listOf(schema['anyOf']),
    ...listOf(schema['allOf']),
    schema['items'] ?? null,
  ];
  for (const child of children) {
    const complaint = schemaComplaint(child, depth + 1);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

/** The first bytes of image formats; undefined bytes mean that the model cannot read the image. */
const IMAGE_STARTS: readonly (readonly [string, string, number])[] = [
  ['png', '89504e470d0a1a0a', 0],
  ['jpeg', 'ffd8ff', 0],
  ['gif', '47494638', 0],
  ['webp', '57454250', 8],
];

/** The format that base64 `data` really has, when it is a known image of more than a header. */
export function imageFormat(data: string): string | undefined {
  const bytes = Buffer.from(data, 'base64');
  if (bytes.length < 12) return undefined;
  return IMAGE_STARTS.find(
    ([, start, at]) => bytes.toString('hex', at, at + start.length / 2) === start,
  )?.[0];
}
