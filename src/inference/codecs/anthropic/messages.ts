/**
 * Claude's Messages form on InvokeModel: the body of Anthropic's API without `model` and `stream`, with
 * `anthropic_version`, and with beta names in `anthropic_beta` instead of a header.
 */
import {
  type JsonObject,
  type JsonValue,
  jsonFields,
  listOf,
  mergeDeep,
  objectOf,
  objectsOf,
  textOf,
} from '../../../json.ts';
import type {
  CodecModel,
  InferenceRequest,
  InferenceResult,
  NativeCodec,
  ResponseFacts,
  ToolChoice,
} from '../../../messages/types.ts';
import { answerBody, finishAnswer, intervened, noAnswer } from '../fields/answer-tail.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { checkRequest, givenTools } from '../fields/refusals.ts';
import { messagesUsage } from '../fields/usage.ts';
import { decodeBlock, encodeMessage, encodeSystem, encodeTools, FORM, readsDocument } from './content.ts';
import { messagesStream } from './stream.ts';

const CONFIG = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stopSequences: 'stop_sequences',
};

/**
 * The form requires `max_tokens`. Without the caller's own: 4096 tokens (or the model's maximum when smaller), because
 * Bedrock reserves the whole of it from the token quota; with a thinking budget, 4096 on top of the budget.
 */
const DEFAULT_MAX_TOKENS = 4096;

const LIMITS = {
  form: FORM,
  carries: {
    tools: true,
    system: true,
    images: true,
    documents: true,
    outputSchema: true,
    cachePoints: true,
  },
  anthropicBeta: true,
};

export function encodeMessages(request: InferenceRequest, model: CodecModel): JsonObject {
  checkRequest(request, model, LIMITS);
  const { config, fields: reasoning } = nativeReasoning(request, model);
  const { system = [], outputSchema, anthropicBeta = [] } = request;
  const toolConfig = givenTools(request);
  const body: JsonObject = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: defaultMaxTokens(model, mergeDeep(reasoning, request.additionalModelRequestFields ?? {})),
    ...configFields(config, CONFIG, FORM),
    messages: request.messages.map(encodeMessage),
    ...jsonFields({
      system: system.length === 0 ? undefined : encodeSystem(system),
      tools: toolConfig && encodeTools(toolConfig.tools),
      tool_choice: toolConfig?.toolChoice && encodeToolChoice(toolConfig.toolChoice),
      output_config: outputSchema && { format: { type: 'json_schema', schema: outputSchema.schema } },
    }),
  };
  const whole = finishBody(mergeDeep(body, reasoning), request);
  if (anthropicBeta.length === 0) return whole;
  const given = listOf(whole['anthropic_beta']);
  return { ...whole, anthropic_beta: [...new Set([...given, ...anthropicBeta])] };
}

function defaultMaxTokens(model: CodecModel, fields: JsonObject): number {
  const budget = objectOf(fields['thinking'])?.['budget_tokens'];
  const wanted = DEFAULT_MAX_TOKENS + (typeof budget === 'number' ? budget : 0);
  return Math.min(model.maxOutput ?? wanted, wanted);
}

function encodeToolChoice(choice: ToolChoice): JsonObject {
  if ('tool' in choice) return { type: 'tool', name: choice.tool.name };
  if ('any' in choice) return { type: 'any' };
  return { type: 'none' in choice ? 'none' : 'auto' };
}

/** Throws BedrockError `incomplete` for a body without content, or what an error body says. */
export function decodeMessages(raw: JsonValue, facts: ResponseFacts): InferenceResult {
  const body = answerBody(raw);
  if (!Array.isArray(body['content']) && !intervened(body)) throw noAnswer(FORM);
  const usage = objectOf(body['usage']);
  return finishAnswer(
    {
      content: objectsOf(body['content']).flatMap((block) => decodeBlock(block) ?? []),
      stop: { raw: textOf(body['stop_reason']), sequence: textOf(body['stop_sequence']) },
      usage: usage && messagesUsage(usage),
    },
    body,
    facts,
  );
}

export const anthropic: NativeCodec = {
  carries: LIMITS.carries,
  history: {
    blocks: ['searchResult', 'unknown'],
    resultParts: ['image', 'document', 'searchResult'],
    readsDocument,
  },
  encode: encodeMessages,
  decode: decodeMessages,
  stream: messagesStream,
};
