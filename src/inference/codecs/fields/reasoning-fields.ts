/** The one place where `request.reasoning` becomes fields of a native body, for every codec. */
import type { JsonObject } from '../../../json.ts';
import type { CodecModel, InferenceConfig, InferenceRequest } from '../../../messages/types.ts';
import { reasoningFields } from '../../prepare/reasoning.ts';

export interface NativeReasoning {
  /** Top-level members of the body. */
  readonly fields: JsonObject;
  /** The caller's settings without those that the model refuses beside its reasoning. */
  readonly config: InferenceConfig | undefined;
}

/**
 * Uses the model's own reasoning form. A model whose form nobody knows gets nothing, as on Converse; the checks of the
 * request say so to the caller.
 */
export function nativeReasoning(request: InferenceRequest, model: CodecModel): NativeReasoning {
  const { reasoning, inferenceConfig } = request;
  const how = model.features.reasoning;
  if (reasoning === undefined || how === undefined) return { fields: {}, config: inferenceConfig };
  const { fields, drop, maxTokens } = reasoningFields(
    how,
    reasoning.effort,
    reasoning.budgetTokens,
    inferenceConfig,
    model.maxOutput,
  );
  const kept = Object.entries(inferenceConfig ?? {}).filter(
    ([name]) => !drop.some((member) => member === name),
  );
  return {
    fields,
    config: { ...Object.fromEntries(kept), ...(maxTokens === undefined ? {} : { maxTokens }) },
  };
}
