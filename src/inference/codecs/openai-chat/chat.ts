/**
 * The OpenAI chat body that gpt-oss and most newer open-weight models speak natively: one codec, one row of
 * differences per family. `model` is never sent (the path names it). Token counts of a stream come from Bedrock's
 * own metrics, so `stream` and `stream_options` go only to families that were recorded to accept them: Pixtral
 * answered `stream_options.include_usage: Extra inputs are not permitted`.
 */
import { isJsonObject, type JsonObject, jsonFields } from '../../../json.ts';
import type { CodecModel, InferenceRequest, NativeCodec, Tool, ToolChoice } from '../../../messages/types.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { REASONING_TAGS } from '../fields/reasoning-tags.ts';
import { cannotCarry, checkCachePoint, checkRequest, givenTools } from '../fields/refusals.ts';
import { chatAnswers } from './answers.ts';
import type { ChatForm } from './chat-form.ts';
import { encodeChatMessages } from './messages.ts';

const SAMPLING = { temperature: 'temperature', topP: 'top_p', stopSequences: 'stop' };
/** max_tokens was recorded to be honoured by gpt-oss; GPT refuses it in favour of max_completion_tokens. */
const MAX_TOKENS = { ...SAMPLING, maxTokens: 'max_tokens' };
const MAX_COMPLETION_TOKENS = { ...SAMPLING, maxTokens: 'max_completion_tokens' };
const WITH_TOP_K = { ...MAX_TOKENS, topK: 'top_k' };

const OPEN_WEIGHT: Omit<ChatForm, 'form'> = {
  config: WITH_TOP_K,
  images: true,
  anyTool: 'required',
  toolName: false,
  saysStream: false,
  outputSchema: true,
  tags: REASONING_TAGS,
};

function forms<const Name extends string>(rows: Record<Name, ChatForm>): Record<Name, ChatForm> {
  return rows;
}

export const CHAT_FORMS = forms({
  'gpt-oss': { ...OPEN_WEIGHT, form: 'gpt-oss', config: MAX_TOKENS, images: false, saysStream: true },
  gpt: {
    form: 'GPT',
    config: MAX_COMPLETION_TOKENS,
    images: true,
    anyTool: 'required',
    toolName: false,
    saysStream: true,
    outputSchema: true,
  },
  grok: {
    form: 'Grok',
    config: MAX_TOKENS,
    images: true,
    anyTool: 'required',
    toolName: false,
    saysStream: false,
    outputSchema: true,
  },
  qwen: { ...OPEN_WEIGHT, form: 'Qwen' },
  kimi: { ...OPEN_WEIGHT, form: 'Kimi' },
  minimax: { ...OPEN_WEIGHT, form: 'MiniMax' },
  glm: { ...OPEN_WEIGHT, form: 'GLM' },
  gemma: { ...OPEN_WEIGHT, form: 'Gemma' },
  nemotron: { ...OPEN_WEIGHT, form: 'Nemotron' },
  deepseek: { ...OPEN_WEIGHT, form: 'DeepSeek chat', images: false },
  'mistral-chat': {
    ...OPEN_WEIGHT,
    form: 'Mistral chat',
    config: MAX_TOKENS,
    anyTool: 'any',
    toolName: true,
  },
  palmyra: { ...OPEN_WEIGHT, form: 'Palmyra', config: MAX_TOKENS },
  // Its stream ends with a chunk of nothing but metrics (recorded).
  jamba: { ...OPEN_WEIGHT, form: 'Jamba', config: MAX_TOKENS, images: false, outputSchema: false },
  /** For bodies to models of unknown architecture (custom imports, marketplace endpoints behind vLLM or TGI). */
  unknown: { ...OPEN_WEIGHT, form: 'OpenAI chat' },
});

export function chatCodec(form: ChatForm): NativeCodec {
  const { images, outputSchema } = form;
  const carries = { tools: true, system: true, images, documents: false, outputSchema };
  const limits = { form: form.form, carries };
  return {
    carries,
    history: {},
    encode(request, model, stream) {
      checkRequest(request, model, limits);
      const { config, fields } = nativeReasoning(request, model);
      const body = {
        messages: encodeChatMessages(request, model, form),
        ...configFields(config, form.config, form.form),
        ...toolFields(request, model, form),
        ...schemaFields(request),
        ...(stream && form.saysStream ? { stream: true, stream_options: { include_usage: true } } : {}),
        ...fields,
      };
      const whole = finishBody(body, request);
      return model.family === 'gpt' ? withFlatEffort(whole) : whole;
    },
    ...chatAnswers(form),
    ...(form.tags === undefined ? {} : { reasoningTags: form.tags }),
  };
}

/** Chat completions say flat what Converse nests for GPT. */
function withFlatEffort(body: JsonObject): JsonObject {
  const { reasoning, ...rest } = body;
  return isJsonObject(reasoning)
    ? { ...rest, ...jsonFields({ reasoning_effort: reasoning['effort'] }) }
    : body;
}

function toolFields(request: InferenceRequest, model: CodecModel, form: ChatForm): JsonObject {
  const toolConfig = givenTools(request);
  if (toolConfig === undefined) return {};
  const { tools, toolChoice } = toolConfig;
  return jsonFields({
    tools: tools.flatMap((tool, at) => encodeTool(tool, `toolConfig.tools[${at}]`, model, form)),
    tool_choice: toolChoice && encodeToolChoice(toolChoice, form),
  });
}

function encodeTool(tool: Tool, field: string, model: CodecModel, form: ChatForm): JsonObject[] {
  if ('nativeTool' in tool) return [tool.nativeTool];
  if ('systemTool' in tool) throw cannotCarry(form.form, "Bedrock's system tools", `${field}.systemTool`);
  if ('cachePoint' in tool) {
    checkCachePoint(form.form, model, `${field}.cachePoint`);
    return [];
  }
  const { name, description, inputSchema, strict } = tool.toolSpec;
  return [{ type: 'function', function: jsonFields({ name, description, parameters: inputSchema, strict }) }];
}

function encodeToolChoice(choice: ToolChoice, form: ChatForm): string | JsonObject {
  if ('tool' in choice) return { type: 'function', function: { name: choice.tool.name } };
  if ('any' in choice) return form.anyTool;
  return 'none' in choice ? 'none' : 'auto';
}

function schemaFields({ outputSchema }: InferenceRequest): JsonObject {
  if (outputSchema === undefined) return {};
  const { name, description, schema } = outputSchema;
  return {
    response_format: { type: 'json_schema', json_schema: jsonFields({ name, description, schema }) },
  };
}
