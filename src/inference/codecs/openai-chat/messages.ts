/** Neutral messages -> OpenAI chat messages. */
import { type JsonObject, jsonFields } from '../../../json.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceRequest,
  Message,
  ToolResultBlock,
  ToolResultContent,
} from '../../../messages/types.ts';
import { cannotCarry, checkCachePoint } from '../fields/refusals.ts';
import { BLOCK_NAMES, imageBase64 } from '../prompt-text/prompt-turns.ts';
import type { ChatForm } from './chat-form.ts';

/** What one message has, sorted into the places of the OpenAI form. */
interface Sorted {
  readonly parts: JsonObject[];
  readonly texts: string[];
  readonly toolCalls: JsonObject[];
  readonly toolMessages: JsonObject[];
}

interface Context {
  readonly model: CodecModel;
  readonly form: ChatForm;
  /** Tool-use ID -> tool name, of the messages so far. */
  readonly toolNames: Map<string, string>;
}

/**
 * Text blocks of one message become one string, joined by a newline, unless there are images beside them. Tool results
 * become `tool` messages before the rest of their turn. Reasoning of earlier turns is left out: these models sign none,
 * and gpt-oss leaks replayed reasoning into its answer. A failed tool result says so in its text, for want of a field.
 */
export function encodeChatMessages(
  request: InferenceRequest,
  model: CodecModel,
  form: ChatForm,
): JsonObject[] {
  const context: Context = { model, form, toolNames: new Map() };
  const system = (request.system ?? []).flatMap((block) => ('text' in block ? [block.text] : []));
  return [
    ...(system.length === 0 ? [] : [{ role: 'system', content: system.join('\n\n') }]),
    ...request.messages.flatMap((message, at) => encodeMessage(message, at, context)),
  ];
}

function encodeMessage(message: Message, at: number, context: Context): JsonObject[] {
  const sorted: Sorted = { parts: [], texts: [], toolCalls: [], toolMessages: [] };
  message.content.forEach((block, index) => {
    sort(block, `messages[${at}].content[${index}]`, sorted, context);
  });
  const { parts, texts, toolCalls, toolMessages } = sorted;
  const hasImages = parts.length > texts.length;
  if (parts.length === 0 && toolCalls.length === 0) return toolMessages;
  const own = jsonFields({
    role: message.role,
    content: hasImages ? parts : texts.join('\n'),
    tool_calls: toolCalls.length === 0 ? undefined : toolCalls,
  });
  return [...toolMessages, own];
}

function sort(block: ContentBlock, field: string, sorted: Sorted, context: Context): void {
  const { form, model, toolNames } = context;
  if ('text' in block) addText(block.text, sorted);
  else if ('citationsContent' in block) {
    addText(block.citationsContent.content.map((part) => part.text).join(''), sorted);
  } else if ('image' in block && form.images && model.features.images !== false) {
    const data = imageBase64(block.image, form.form, field);
    sorted.parts.push({
      type: 'image_url',
      image_url: { url: `data:image/${block.image.format};base64,${data}` },
    });
  } else if ('toolUse' in block) {
    const { toolUseId, name, input } = block.toolUse;
    toolNames.set(toolUseId, name);
    sorted.toolCalls.push({
      id: toolUseId,
      type: 'function',
      function: { name, arguments: JSON.stringify(input) },
    });
  } else if ('toolResult' in block) {
    sorted.toolMessages.push(encodeToolResult(block.toolResult, field, context));
  } else if ('cachePoint' in block) checkCachePoint(form.form, model, `${field}.cachePoint`);
  else if (!('reasoningContent' in block)) {
    const kind = Object.keys(block)[0] ?? 'block';
    throw cannotCarry(form.form, BLOCK_NAMES[kind] ?? 'this content block', `${field}.${kind}`);
  }
}

function addText(text: string, sorted: Sorted): void {
  sorted.texts.push(text);
  sorted.parts.push({ type: 'text', text });
}

function encodeToolResult(result: ToolResultBlock, field: string, { form, toolNames }: Context): JsonObject {
  const parts = result.content.map((part, at) =>
    resultText(part, form, `${field}.toolResult.content[${at}]`),
  );
  const words = parts.join('\n');
  return jsonFields({
    role: 'tool',
    tool_call_id: result.toolUseId,
    name: form.toolName ? toolNames.get(result.toolUseId) : undefined,
    content: result.status === 'error' ? `Error: ${words}` : words,
  });
}

function resultText(part: ToolResultContent, form: ChatForm, field: string): string {
  if ('text' in part) return part.text;
  if ('json' in part) return JSON.stringify(part.json);
  throw cannotCarry(form.form, 'media in a tool result', field);
}
