/** The registry: every tool there is. Adding one is a file, a line here, and `npm run docs`. */
import { defined } from '../defined.ts';
import { compareModels } from './compare-models.ts';
import { publishedSchema } from './definition/published-schema.ts';
import type { AnyTool } from './definition/tool.ts';
import { embedText } from './embed-text.ts';
import { estimateCost } from './estimate-cost.ts';
import { getResult } from './get-result.ts';
import { getUsage } from './get-usage.ts';
import { invokeModel } from './invoke-model.ts';
import { listInferenceProfiles } from './list-inference-profiles.ts';
import { listModels } from './list-models.ts';
import type { ListedTool } from './tool-set.ts';

export const ALL_TOOLS: readonly AnyTool[] = [
  compareModels,
  embedText,
  estimateCost,
  getResult,
  getUsage,
  invokeModel,
  listInferenceProfiles,
  listModels,
];

/** What `published.json` must hold. */
export function publishTools(): ListedTool[] {
  const tools = [...ALL_TOOLS].sort((a, b) => (a.name < b.name ? -1 : 1));
  return tools.map((tool) => ({
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: publishedSchema(tool.input, 'input', tool.rare),
    outputSchema: publishedSchema(tool.output, 'output'),
    annotations: tool.annotations,
    ...defined({ sets: tool.sets, longAnswer: tool.longAnswer }),
  }));
}
