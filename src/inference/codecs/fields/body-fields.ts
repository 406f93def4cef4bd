/** Puts the neutral settings of a request where a family's body wants them. */
import { type JsonObject, jsonFields, mergeDeep } from '../../../json.ts';
import type { InferenceConfig, InferenceRequest } from '../../../messages/types.ts';
import { settingName } from '../../prepare/argument-names.ts';
import { cannotCarry } from './refusals.ts';

/** The family's names; a member that is left out cannot be sent. */
export interface ConfigNames {
  readonly maxTokens?: string;
  readonly temperature?: string;
  readonly topP?: string;
  readonly topK?: string;
  readonly stopSequences?: string;
}

const MEMBERS = ['maxTokens', 'temperature', 'topP', 'topK'] as const;

/** Only what the caller gave, under the family's names. Throws unsupported_feature for a setting without a name. */
export function configFields(
  config: InferenceConfig | undefined,
  names: ConfigNames,
  form: string,
): JsonObject {
  const fields = new Map<string, number | string[]>();
  for (const member of MEMBERS) {
    const value = config?.[member];
    if (value !== undefined) fields.set(nameOf(names, member, form), value);
  }
  const stops = config?.stopSequences;
  if (stops !== undefined && stops.length > 0) {
    fields.set(nameOf(names, 'stopSequences', form), [...stops]);
  }
  return Object.fromEntries(fields);
}

function nameOf(names: ConfigNames, member: keyof ConfigNames, form: string): string {
  const name = names[member];
  if (name === undefined) throw cannotCarry(form, settingName(member), `inferenceConfig.${member}`);
  return name;
}

/** The body with what is the same for all families: the guardrail's stream mode, then the caller's own fields on top. */
export function finishBody(body: JsonObject, request: InferenceRequest): JsonObject {
  const mode = request.guardrailConfig?.streamProcessingMode;
  const guarded = mergeDeep(
    body,
    jsonFields({
      'amazon-bedrock-guardrailConfig':
        mode === undefined
          ? undefined
          : { streamProcessingMode: mode === 'sync' ? 'SYNCHRONOUS' : 'ASYNCHRONOUS' },
    }),
  );
  return mergeDeep(guarded, request.additionalModelRequestFields ?? {});
}
