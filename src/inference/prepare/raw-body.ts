/** A body that the caller wrote himself goes as it is: what else he gave for the model is not sent, and he is told. Pure. */
import type { InferenceRequest } from '../../messages/types.ts';

/** `response_schema` and `cache` have warnings of their own. */
export function besideRawBody(request: InferenceRequest): readonly string[] {
  const { rawBody, messages, system, inferenceConfig, toolConfig, reasoning } = request;
  if (rawBody === undefined) return [];
  const given = [
    ['prompt or messages', messages.length > 0],
    ['system', (system?.length ?? 0) > 0],
    ['max_tokens or sampling', inferenceConfig !== undefined && Object.keys(inferenceConfig).length > 0],
    ['tools', toolConfig !== undefined],
    ['reasoning', reasoning !== undefined],
    ['additional_model_request_fields', request.additionalModelRequestFields !== undefined],
    ['additional_model_response_field_paths', request.additionalModelResponseFieldPaths !== undefined],
    ['anthropic_beta', request.anthropicBeta !== undefined],
    ['prompt_variables', request.promptVariables !== undefined],
  ] as const;
  const names = given.flatMap(([name, isGiven]) => (isGiven ? [name] : []));
  return names.length === 0 ? [] : [`Not sent, because native_body goes as it is: ${names.join(', ')}.`];
}
