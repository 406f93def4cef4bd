/** The provider's own switch for thinking, given beside `reasoning`: laid over each other they would contradict. Pure. */
import type { InferenceRequest } from '../../messages/types.ts';

/** The names that Claude, Nova and OpenAI's shape have for it. */
const OWN_SWITCHES = ['thinking', 'reasoning_config', 'reasoningConfig', 'reasoning_effort'];

/** The more particular wish wins, and the other one is told to have been left out. */
export function withOneReasoning(request: InferenceRequest): {
  readonly request: InferenceRequest;
  readonly warnings: readonly string[];
} {
  const { reasoning, ...rest } = request;
  const { additionalModelRequestFields: own } = request;
  const name = OWN_SWITCHES.find((each) => own !== undefined && Object.hasOwn(own, each));
  if (reasoning === undefined || name === undefined || request.rawBody !== undefined)
    return { request, warnings: [] };
  return {
    request: rest,
    warnings: [`reasoning was left out: options.additional_model_request_fields says ${name}.`],
  };
}
