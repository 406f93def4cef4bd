/** The tool calls of an answer, parted into those that can be answered and those that are not whole. Pure. */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '../../json.ts';
import { isOpenCall } from '../../messages/server-tools.ts';
import type { ContentBlock, IncompleteCall, InferenceResult, ToolUseBlock } from '../../messages/types.ts';

/** Models were seen to write the JSON of an input as a text, and that as a text once more. */
const MOST_WRAPS = 3;

/**
 * A call whose input is an object stays, also where a JSON text holds the object. Any other one stands apart with what
 * the model wrote, and the stop reason is the model's own. Calls without an ID, or with that of another one, get their own.
 * @param newId makes an ID that no other call has.
 */
export function settleCalls(result: InferenceResult, newId: () => string): InferenceResult {
  if (!result.content.some(isOpenCall)) return result;
  const seen = new Set<string>();
  const incomplete: IncompleteCall[] = [];
  const content = result.content.flatMap((block): ContentBlock[] => {
    if (!isOpenCall(block)) return [block];
    const { toolUse } = block;
    const toolUseId = toolUse.toolUseId === '' || seen.has(toolUse.toolUseId) ? newId() : toolUse.toolUseId;
    seen.add(toolUseId);
    const input = inputOf(toolUse);
    if (input === undefined) {
      incomplete.push({ toolUseId, name: toolUse.name, rawInput: rawOf(toolUse.input) });
      return [];
    }
    const isSame = input === toolUse.input && toolUseId === toolUse.toolUseId;
    return [isSame ? block : { toolUse: { ...toolUse, toolUseId, input } }];
  });
  return { ...result, content, ...(incomplete.length === 0 ? {} : { incompleteCalls: incomplete }) };
}

function inputOf({ name, input }: ToolUseBlock): JsonObject | undefined {
  if (name.trim() === '') return undefined;
  let value: JsonValue | undefined = input;
  for (let wraps = 0; typeof value === 'string' && wraps < MOST_WRAPS; wraps += 1)
    // No input at all is an empty object (recorded with a Nova tool that has no parameters).
    value = value.trim() === '' ? {} : parseJson(value);
  return isJsonObject(value) ? value : undefined;
}

function rawOf(input: JsonValue): string {
  return typeof input === 'string' ? input : JSON.stringify(input);
}
