/**
 * Members of Claude's tool definitions on InvokeModel: `tools.0.custom.eager_input_streaming: Extra inputs are not
 * permitted` (claude-agent-sdk-python#694, on Opus 4.1 and the 4.5 generation), the same for members without their beta.
 */
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';

const PLAIN = ['type', 'name', 'description', 'input_schema', 'cache_control', 'strict'];
const WITH_BETA: Readonly<Record<string, string>> = {
  input_examples: 'tool-examples-',
  defer_loading: 'tool-search-tool-',
};

function takes(model: ModelRecord, member: string, betas: readonly string[]): boolean {
  if (PLAIN.includes(member)) return true;
  if (member === 'eager_input_streaming') return !/claude-(?:3|\w+-4-(?:2025|1-|5-))/.test(model.id);
  const beta = WITH_BETA[member];
  const isOld = /claude-(?:3|\w+-4-(?:2025|1-))/.test(model.id);
  return beta !== undefined && !isOld && betas.some((name) => name.startsWith(beta));
}

/** What Claude says about a tool with a member that it does not take. */
export function toolFieldComplaint(
  model: ModelRecord,
  tool: JsonObject,
  index: number,
  betas: readonly string[],
): string | undefined {
  const extra = Object.keys(tool).find((member) => !takes(model, member, betas));
  return extra === undefined ? undefined : `tools.${index}.custom.${extra}: Extra inputs are not permitted`;
}
