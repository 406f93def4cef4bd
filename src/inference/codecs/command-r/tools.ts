/** Tools in Cohere's form: parameters are a flat list with Python's type names, and results repeat the call. */
import { isJsonObject, type JsonObject, jsonFields, listOf, objectOf, textOf } from '../../../json.ts';
import type {
  CodecModel,
  InferenceRequest,
  Message,
  ToolResultBlock,
  ToolUseBlock,
} from '../../../messages/types.ts';
import { badRequest, cannotCarry, checkCachePoint } from '../fields/refusals.ts';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['string', 'str'],
  ['integer', 'int'],
  ['number', 'float'],
  ['boolean', 'bool'],
  ['array', 'list'],
  ['object', 'dict'],
]);

/** Nested schemas lose their inside: Cohere's form knows `list` and `dict`, but not of what. */
export function encodeCohereTools(
  { tools, toolChoice }: NonNullable<InferenceRequest['toolConfig']>,
  model: CodecModel,
  form: string,
): JsonObject[] {
  if (toolChoice !== undefined && !('auto' in toolChoice)) {
    throw cannotCarry(form, 'a forced tool choice', 'toolConfig.toolChoice');
  }
  return tools.flatMap((tool, at) => {
    const field = `toolConfig.tools[${at}]`;
    if ('nativeTool' in tool) return [tool.nativeTool];
    if ('systemTool' in tool) throw cannotCarry(form, "Bedrock's system tools", `${field}.systemTool`);
    if ('cachePoint' in tool) {
      checkCachePoint(form, model, `${field}.cachePoint`);
      return [];
    }
    const { name, description = '', inputSchema } = tool.toolSpec;
    return [jsonFields({ name, description, parameter_definitions: parameters(inputSchema) })];
  });
}

function parameters(schema: JsonObject): JsonObject {
  const required = new Set(listOf(schema['required']));
  const definitions = Object.entries(objectOf(schema['properties']) ?? {}).map(
    ([name, property]): [string, JsonObject] => {
      const described = isJsonObject(property) ? property : {};
      return [
        name,
        jsonFields({
          type: TYPES.get(textOf(described['type']) ?? '') ?? 'str',
          description: textOf(described['description']),
          required: required.has(name),
        }),
      ];
    },
  );
  return Object.fromEntries(definitions);
}

/**
 * `exchange`: the messages after the question, tool uses and their results in turn; `offset`: their place in the
 * request. What the model said beside its tool uses has no place in Cohere's form and is left out.
 */
export function encodeToolResults(exchange: readonly Message[], offset: number, form: string): JsonObject[] {
  const calls = new Map<string, ToolUseBlock>();
  const results: JsonObject[] = [];
  exchange.forEach((message, at) => {
    message.content.forEach((block, index) => {
      const field = `messages[${offset + at}].content[${index}]`;
      if ('toolUse' in block) calls.set(block.toolUse.toolUseId, block.toolUse);
      else if ('toolResult' in block) results.push(encodeResult(block.toolResult, calls, field, form));
      else if (message.role === 'user' || !('text' in block || 'reasoningContent' in block)) {
        throw cannotCarry(form, 'other content beside tool results', field);
      }
    });
  });
  return results;
}

function encodeResult(
  result: ToolResultBlock,
  calls: ReadonlyMap<string, ToolUseBlock>,
  field: string,
  form: string,
): JsonObject {
  const call = calls.get(result.toolUseId);
  if (call === undefined) {
    throw badRequest(
      `The tool result ${result.toolUseId} has no tool use before it.`,
      'Send the assistant message with the tool use too.',
      `${field}.toolResult.toolUseId`,
    );
  }
  const outputs = result.content.map((part): JsonObject => {
    if ('text' in part) return result.status === 'error' ? { error: part.text } : { result: part.text };
    if ('json' in part) return isJsonObject(part.json) ? part.json : { result: part.json };
    throw cannotCarry(form, 'media in a tool result', `${field}.toolResult.content`);
  });
  return { call: { name: call.name, parameters: call.input }, outputs };
}

/** Cohere's calls have no IDs; one is made of the answer's own ID and the call's place, so that it is unique and repeatable. */
export function toolCallOf(call: JsonObject, at: number, generation: string | undefined): ToolUseBlock {
  const { parameters: input = {} } = call;
  return { toolUseId: `${generation ?? 'call'}_${at}`, name: textOf(call['name']) ?? '', input };
}
