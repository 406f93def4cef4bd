/** Members of `inferenceConfig` that Converse itself refuses for a model, in the words recorded with GPT-5.6 Sol. */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { invalid } from '../refusal.ts';

export function checkInferenceFields({ family, features }: ModelRecord, config: JsonObject): void {
  const refused = [
    ...(family === 'gpt' && features.sampling === 'none' ? ['temperature', 'topP'] : []),
    // gpt-oss (crewAIInc/crewAI#3317), Qwen (langgenius/dify-official-plugins#1767), GPT-5.6 (recorded).
    ...(features.stopSequences === false ? ['stopSequences'] : []),
  ];
  const sent = refused.find((name) => Object.hasOwn(config, name) && !isEmpty(config[name]));
  if (sent !== undefined)
    throw invalid(`This model doesn't support the ${sent} field. Remove ${sent} and try again.`);
}

function isEmpty(value: JsonValue | undefined): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
