/**
 * Members of Anthropic's tool definitions (`input_examples`, `defer_loading` ...). Converse's toolSpec has no place for
 * them, and InvokeModel refuses each without its beta: `tools.0.custom.defer_loading: Extra inputs are not permitted`.
 */
import { APIS, isOwnForm } from '../../../messages/apis.ts';
import type { InferenceRequest, Tool, ToolSpec } from '../../../messages/types.ts';
import { quoted, type Rule, type RuleContext } from './rule.ts';
import { mapSpecs } from './tool-definitions.ts';

/** By the member that needs it (AWS "Tool use" for Claude; litellm-docs#1550). */
const BETAS: Readonly<Record<string, string>> = {
  eager_input_streaming: 'fine-grained-tool-streaming-2025-05-14',
  input_examples: 'tool-examples-2025-10-29',
  defer_loading: 'tool-search-tool-2025-10-19',
};
/** Models from before tool search and tool examples. */
const BEFORE_TOOL_SEARCH = /claude-(?:3|(?:sonnet|opus)-4-2025|opus-4-1)/;
/** They refuse the member `eager_input_streaming`, and the beta does the same (claude-agent-sdk-python#694). */
const EAGER_BY_BETA = /claude-(?:3|(?:sonnet|opus)-4-2025|opus-4-1|(?:haiku|sonnet|opus)-4-5)/;

/** The tools' members that only Anthropic's own form carries. */
export function anthropicFieldsOf(tools: readonly Tool[]): readonly string[] {
  const names = tools.flatMap((tool) =>
    'toolSpec' in tool ? Object.keys(tool.toolSpec.anthropicFields ?? {}) : [],
  );
  return [...new Set(names)];
}

/** Is the member sent as it is? Code that calls tools (`allowed_callers`) does not run on Bedrock. */
function isSent(name: string, { model, api }: RuleContext): boolean {
  if (!isOwnForm(api, model.family, 'claude')) return false;
  if (name === 'eager_input_streaming') return !EAGER_BY_BETA.test(model.id);
  if (model.features.refused?.includes(`anthropicBeta.${BETAS[name]}`)) return false;
  return Object.hasOwn(BETAS, name) && !BEFORE_TOOL_SEARCH.test(model.id);
}

function toolFields(request: InferenceRequest, context: RuleContext): InferenceRequest {
  const { model, api, warn } = context;
  const betas = new Set<string>();
  const needBeta = (name: string) => {
    const beta = BETAS[name];
    if (beta === undefined || request.anthropicBeta?.includes(beta) === true) return;
    betas.add(beta);
    warn(`The beta ${beta} was added, because ${name} needs it.`);
  };
  const leave = (name: string, spec: ToolSpec) =>
    warn(
      `${name} was left out of the tool ${quoted(spec.name)}: ${APIS[api].form === 'common' ? APIS[api].name : model.id} has no place for it.`,
    );
  const mapped = mapSpecs(request, (spec) => {
    const { anthropicFields, ...plain } = spec;
    if (anthropicFields === undefined) return spec;
    const sent = Object.entries(anthropicFields).filter(([name, value]) => {
      if (isSent(name, context)) {
        if (name !== 'eager_input_streaming') needBeta(name);
        return true;
      }
      const byBeta = name === 'eager_input_streaming' && isOwnForm(api, model.family, 'claude');
      if (byBeta && value === true) needBeta(name);
      else leave(name, spec);
      return false;
    });
    if (sent.length === Object.keys(anthropicFields).length) return spec;
    return sent.length === 0 ? plain : { ...plain, anthropicFields: Object.fromEntries(sent) };
  });
  if (betas.size === 0) return mapped;
  return { ...mapped, anthropicBeta: [...(mapped.anthropicBeta ?? []), ...betas] };
}

export const TOOL_FIELD_RULES: readonly Rule[] = [{ name: 'anthropic-tool-fields', apply: toolFields }];
