/** Tool definitions and the tool choice as callers write them, read into the neutral request. */
import { isJsonObject, type JsonObject } from '../../json.ts';
import type { Tool } from '../../messages/types.ts';
import { cachePointOf, withoutCacheControl } from './blocks/anthropic.ts';
import { readCachePoint } from './blocks/content-blocks.ts';
import { booleanAt, checkMembers, objectAt, stringAt, type Tell, wrong } from './fields.ts';

/** Members of Anthropic's tool definitions that only its own form has a place for. */
const ANTHROPIC_FIELDS = ['eager_input_streaming', 'input_examples', 'defer_loading', 'allowed_callers'];
/** Members of MCP's tool definitions that are for hosts. */
const FOR_HOSTS = ['title', 'outputSchema', 'execution'];
const SPEC = ['name', 'description', 'input_schema', 'inputSchema', 'parameters', 'strict', 'type'];

/**
 * Reads `tools`: `{name, description, input_schema}` (MCP's `inputSchema` and OpenAI's `{type: "function"}` are understood),
 * Converse's `{toolSpec}` / `{systemTool}` / `{cachePoint}`, or a provider's own typed tool. `cache_control` becomes a
 * cache point behind its tool.
 * @param tell takes sentences about what no model reads.
 * @throws BedrockError `invalid_request` naming `tools[i]`.
 */
export function readTools(tools: readonly unknown[], tell: Tell = () => undefined): Tool[] {
  return tools.flatMap((tool, at) => readTool(tool, `tools[${at}]`, tell));
}

function readTool(value: unknown, field: string, tell: Tell): readonly Tool[] {
  const tool = objectAt(value, field);
  const { type } = tool;
  if (typeof type === 'string' && type !== 'custom' && type !== 'function' && !hasSchema(tool))
    return [{ nativeTool: tool }];
  const cachePoint = cachePointOf(tool, field, tell);
  const read = readPlainTool(withoutCacheControl(tool), field, tell);
  return cachePoint === undefined ? [read] : [read, { cachePoint }];
}

function readPlainTool(tool: JsonObject, field: string, tell: Tell): Tool {
  const kind = ['toolSpec', 'systemTool', 'cachePoint'].find((name) => name in tool);
  if (kind !== undefined) {
    checkMembers(tool, [kind], field, tell);
    const place = `${field}.${kind}`;
    if (kind === 'cachePoint') return { cachePoint: readCachePoint(tool[kind], place, tell) };
    const inner = objectAt(tool[kind], place);
    if (kind === 'toolSpec') return readSpec(inner, place, tell);
    checkMembers(inner, ['name'], place, tell);
    return { systemTool: { name: stringAt(inner['name'], `${place}.name`) } };
  }
  if (tool['type'] !== 'function' || !isJsonObject(tool['function'])) return readSpec(tool, field, tell);
  checkMembers(tool, ['type', 'function'], field, tell);
  return readSpec(tool['function'], `${field}.function`, tell);
}

function hasSchema(value: JsonObject): boolean {
  return ['input_schema', 'inputSchema', 'parameters'].some((key) => Object.hasOwn(value, key));
}

function readSpec(value: JsonObject, field: string, tell: Tell): Tool {
  checkMembers(value, [...SPEC, ...ANTHROPIC_FIELDS], field, tell, FOR_HOSTS);
  const { name } = value;
  if (typeof name !== 'string' || name === '') throw wrong(`${field}.name`, 'must be text');
  const description = value['description'] ?? undefined;
  const strict = booleanAt(value['strict'] ?? false, `${field}.strict`);
  const own = ANTHROPIC_FIELDS.flatMap((each): [string, JsonObject[string]][] => {
    const member = value[each] ?? undefined;
    return member === undefined ? [] : [[each, member]];
  });
  return {
    toolSpec: {
      name,
      ...(description === undefined ? {} : { description: stringAt(description, `${field}.description`) }),
      inputSchema: readSchema(value, field) ?? { type: 'object', properties: {} },
      ...(strict ? { strict } : {}),
      ...(own.length === 0 ? {} : { anthropicFields: Object.fromEntries(own) }),
    },
  };
}

/** Converse wraps the schema in `json`. */
function readSchema(value: JsonObject, field: string): JsonObject | undefined {
  const given = value['input_schema'] ?? value['inputSchema'] ?? value['parameters'] ?? undefined;
  if (given === undefined) return undefined;
  if (!isJsonObject(given)) throw wrong(`${field}.input_schema`, 'must be a JSON Schema object');
  return isJsonObject(given['json']) && Object.keys(given).length === 1 ? given['json'] : given;
}
