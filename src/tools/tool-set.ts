/** The registry: every tool, and which of them are offered. */
import { BedrockError } from '../bedrock-error.ts';
import { embedText } from './embed-text.ts';
import { estimateCost } from './estimate-cost.ts';
import { invokeModel } from './invoke-model.ts';
import { listInferenceProfiles } from './list-inference-profiles.ts';
import { listModels } from './list-models.ts';
import type { AnyTool } from './tool.ts';

export const ALL_TOOLS: readonly AnyTool[] = [
  embedText,
  estimateCost,
  invokeModel,
  listInferenceProfiles,
  listModels,
];
const CORE: readonly string[] = [
  'invoke_model',
  'embed_text',
  'list_inference_profiles',
  'estimate_cost',
  'get_result',
];

/**
 * The tools for `core`, `all`, or a list of names (which may mix sets and names).
 * @throws BedrockError `config` for a name that is no tool.
 */
export function toolSet(names: readonly string[]): readonly AnyTool[] {
  const wanted = new Set<string>();
  for (const name of names) {
    if (name === 'all') for (const tool of ALL_TOOLS) wanted.add(tool.name);
    else if (name === 'core') for (const tool of CORE) wanted.add(tool);
    else if (ALL_TOOLS.some((tool) => tool.name === name)) wanted.add(name);
    else {
      throw new BedrockError('config', {
        message: `BEDROCK_MCP_TOOLS names "${name.slice(0, 64)}", which is no tool.`,
        fix: `Use core, all, or names of: ${ALL_TOOLS.map((tool) => tool.name).join(', ')}.`,
      });
    }
  }
  return ALL_TOOLS.filter((tool) => wanted.has(tool.name));
}
