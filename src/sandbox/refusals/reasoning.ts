/**
 * How the models are told to reason, as Bedrock refuses it: what GPT does not know on Converse, which efforts it has,
 * and whether Claude shows what it thought. Refusals of `reasoning_effort` and `reasoningConfig` are recorded with
 * GPT-5.6 Sol; the words about a value are OpenAI's own.
 */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import { objectOf, own } from '../json-read.ts';

/** Switches and sampling parameters of other providers. */
const FOREIGN = ['reasoning_effort', 'reasoning_config', 'reasoningConfig', 'thinking', 'top_k', 'min_p'];
const EFFORTS = ['none', 'low', 'medium', 'high', 'xhigh', 'max'];

function openAiError(code: string, message: string, param: string): string {
  return JSON.stringify({ error: { code, message, param, type: 'invalid_request_error' } });
}

/** What GPT says about `additionalModelRequestFields`, or undefined. */
export function gptComplaint(model: ModelRecord, fields: JsonObject): string | undefined {
  if (model.family !== 'gpt') return undefined;
  const unknown = FOREIGN.find((name) => own(fields, name) !== undefined);
  if (unknown !== undefined)
    return openAiError('unknown_parameter', `Unknown parameter: '${unknown}'.`, unknown);
  const effort = own(objectOf(own(fields, 'reasoning')), 'effort');
  const known = EFFORTS.filter((each) => each !== 'none' || model.features.reasoning === 'gpt');
  if (effort === undefined || known.some((each) => each === effort)) return undefined;
  const name = model.id.replace('openai.', '');
  const list = known.map((each) => `'${each}'`);
  return openAiError(
    'unsupported_value',
    `Unsupported value: '${String(effort)}' is not supported with the '${name}' model. Supported values are: ${list.slice(0, -1).join(', ')}, and ${list.at(-1)}.`,
    'reasoning.effort',
  );
}

/** From Opus 4.7 on a thinking block comes with an empty text, unless its display was asked for. */
export function hidesThinking(model: ModelRecord, fields: JsonObject): boolean {
  const { reasoning } = model.features;
  const isHidden =
    reasoning === 'claude-adaptive-hidden' ||
    reasoning === 'claude-adaptive-on' ||
    reasoning === 'claude-adaptive-only';
  return isHidden && own(objectOf(own(fields, 'thinking')), 'display') !== 'summarized';
}
