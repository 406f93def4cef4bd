/** The names under which callers of the tools give what the neutral request calls otherwise. */

/** Member of the request -> argument. Whatever starts with a member belongs to its argument. */
const ARGUMENTS: readonly (readonly [member: string, argument: string])[] = [
  ['toolConfig.toolChoice', 'tool_choice'],
  ['toolConfig.tools', 'tools'],
  ['toolConfig', 'tools'],
  ['inferenceConfig.maxTokens', 'max_tokens'],
  ['inferenceConfig.temperature', 'temperature'],
  ['inferenceConfig.topP', 'top_p'],
  ['inferenceConfig.topK', 'top_k'],
  ['inferenceConfig.stopSequences', 'stop_sequences'],
  ['outputSchema.schema', 'response_schema'],
  ['outputSchema', 'response_schema'],
  ['guardrailConfig', 'options.guardrail'],
  ['requestMetadata', 'options.request_metadata'],
  ['performanceConfig', 'options.latency'],
  ['serviceTier', 'options.service_tier'],
  ['promptVariables', 'options.prompt_variables'],
  ['additionalModelRequestFields', 'options.additional_model_request_fields'],
  ['additionalModelResponseFieldPaths', 'options.additional_model_response_field_paths'],
  ['anthropicBeta', 'options.anthropic_beta'],
  ['rawBody', 'options.native_body'],
];

/**
 * `toolConfig.tools[1].toolSpec.inputSchema` -> `tools[1].input_schema`. Paths into the messages stay: callers write
 * those in the request's own words.
 */
export function argumentOf(path: string): string {
  const found = ARGUMENTS.find(
    ([member]) => path === member || path.startsWith(`${member}.`) || path.startsWith(`${member}[`),
  );
  if (found === undefined) return path;
  const [member, argument] = found;
  if (argument === 'tool_choice') return argument;
  return `${argument}${path.slice(member.length)}`
    .replace(/^(tools\[\d+\])\.toolSpec\.inputSchema/, '$1.input_schema')
    .replace(/^(tools\[\d+\])\.toolSpec/, '$1');
}

/** A setting of `inferenceConfig`, as callers name it. */
export function settingName(member: 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'stopSequences'): string {
  return argumentOf(`inferenceConfig.${member}`);
}
