/**
 * Codec of Converse and ConverseStream. Pure: takes and gives the AWS SDK's member names, never calls it.
 */
import { BedrockError } from '../../../bedrock-error.ts';
import { defined } from '../../../defined.ts';
import { type JsonObject, mergeDeep } from '../../../json.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceConfig,
  InferenceRequest,
  InferenceResult,
  ResponseFacts,
  StreamDecoder,
  TagRules,
  Tool,
  ToolChoice,
} from '../../../messages/types.ts';
import { reasoningFields } from '../../prepare/reasoning.ts';
import { decodeBlock, encodeBlock, readUsage, shapeOf, toJson } from './content-blocks.ts';
import { createConverseDecoder, readStop } from './stream.ts';
import { partingDecoder, partTagged } from './tagged-text.ts';

/**
 * The SDK's ConverseCommandInput (also ConverseStreamCommandInput) without modelId. Contains only what the caller
 * gave: no default temperature, no empty toolConfig. Expects a request that `prepareRequest` has checked.
 * Throws BedrockError `unsupported_feature` for provider-typed tools and a raw body, which only InvokeModel carries.
 */
export function encodeConverse(request: InferenceRequest, model: CodecModel): Record<string, unknown> {
  if (request.rawBody !== undefined) {
    throw nativeOnly('options.native_body', "A provider's own request body");
  }
  const tools = request.toolConfig?.tools ?? [];
  return defined({
    messages: filled(
      request.messages.map(({ role, content }) => ({ role, content: content.map(encodeBlock) })),
    ),
    system: filled(request.system ?? []),
    inferenceConfig: encodeInferenceConfig(request.inferenceConfig),
    toolConfig:
      tools.length === 0
        ? undefined
        : defined({
            tools: tools.map(encodeTool),
            toolChoice: encodeToolChoice(request.toolConfig?.toolChoice),
          }),
    guardrailConfig: request.guardrailConfig,
    additionalModelRequestFields: filledObject(requestFields(request, model)),
    promptVariables:
      request.promptVariables === undefined
        ? undefined
        : Object.fromEntries(Object.entries(request.promptVariables).map(([name, text]) => [name, { text }])),
    additionalModelResponseFieldPaths: filled(request.additionalModelResponseFieldPaths ?? []),
    requestMetadata: request.requestMetadata,
    performanceConfig: request.performanceConfig,
    serviceTier: request.serviceTier === undefined ? undefined : { type: request.serviceTier },
    outputConfig: encodeOutputSchema(request.outputSchema),
  });
}

/**
 * The SDK's Converse output as a result. `facts` fill in what the answer itself does not report; `tags` are those of
 * the model's family, if it prints reasoning into its text.
 * Throws BedrockError `incomplete` when the message or its stop reason is missing: a connection cut after the
 * headers gives an output object with nothing in it (measured with the SDK's HTTP/2 handler).
 */
export function decodeConverse(output: unknown, facts: ResponseFacts, tags?: TagRules): InferenceResult {
  const answer = shapeOf(output);
  const message = shapeOf(shapeOf(answer?.['output'])?.['message']);
  const blocks: readonly unknown[] = Array.isArray(message?.['content']) ? message['content'] : [];
  const content = blocks.flatMap(decodeBlock).filter((block) => !isEmptyText(block));
  const stop = readStop(answer);
  if (message === undefined || stop === undefined) throw incomplete(content, facts);
  const latency = shapeOf(answer?.['metrics'])?.['latencyMs'];
  const latencyMs = typeof latency === 'number' ? latency : facts.latencyMs;
  const tier = shapeOf(answer?.['serviceTier'])?.['type'];
  return {
    content: tags === undefined ? content : partTagged(content, stop.stopReason, tags),
    ...stop,
    usage: { ...facts.usage, ...readUsage(answer?.['usage']) },
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(answer?.['trace'] === undefined ? {} : { trace: toJson(answer['trace']) }),
    ...(typeof tier === 'string' ? { serviceTier: tier } : {}),
  };
}

/** Turns ConverseStream's events, as the SDK yields them, into deltas. One instance per stream. */
export function converseStream(tags?: TagRules): StreamDecoder {
  const decoder = createConverseDecoder();
  return tags === undefined ? decoder : partingDecoder(decoder, tags);
}

function incomplete(content: readonly ContentBlock[], facts: ResponseFacts): BedrockError {
  const partialText = content.map((block) => ('text' in block ? block.text : '')).join('');
  return new BedrockError('incomplete', {
    message: 'Bedrock answered without a complete message: the message or its stop reason is missing.',
    fix: 'The connection was probably cut. Send the request again.',
    retryable: true,
    accepted: true,
    ...(facts.requestId === undefined ? {} : { requestId: facts.requestId }),
    ...(partialText === '' ? {} : { partialText }),
  });
}

/** gpt-oss opens its answers with an empty text block; sent back it would be refused, so it is not kept. */
function isEmptyText(block: ContentBlock): boolean {
  return 'text' in block && block.text === '';
}

function encodeInferenceConfig(config: InferenceConfig = {}): Record<string, unknown> | undefined {
  return filledObject(
    defined({
      maxTokens: config.maxTokens,
      temperature: config.temperature,
      topP: config.topP,
      stopSequences: filled(config.stopSequences ?? []),
    }),
  );
}

function encodeTool(tool: Tool): unknown {
  if ('nativeTool' in tool) throw nativeOnly('tools', "A provider's own typed tool");
  if (!('toolSpec' in tool)) return tool;
  const { name, description, inputSchema, strict } = tool.toolSpec;
  return { toolSpec: defined({ name, description, inputSchema: { json: inputSchema }, strict }) };
}

/** Converse has no choice `none`; `prepareRequest` has already taken the tools out where it could. */
function encodeToolChoice(choice: ToolChoice | undefined): ToolChoice | undefined {
  return choice === undefined || 'none' in choice ? undefined : choice;
}

/** The schema travels as a JSON string (recorded calls to Claude Sonnet 4.5, Gemma 3, GLM 4.7). */
function encodeOutputSchema(wanted: InferenceRequest['outputSchema']): Record<string, unknown> | undefined {
  if (wanted === undefined) return undefined;
  const { name, description, schema } = wanted;
  const jsonSchema = defined({ name, description, schema: JSON.stringify(schema) });
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } };
}

/** additionalModelRequestFields: topK, reasoning and betas in their family's place; what the caller gave wins. */
function requestFields(request: InferenceRequest, model: CodecModel): JsonObject {
  const { reasoning, inferenceConfig, anthropicBeta = [], additionalModelRequestFields = {} } = request;
  const form = model.features.reasoning;
  const topK = inferenceConfig?.topK;
  const own: JsonObject = {
    ...(topK === undefined ? {} : topKField(model.family, topK)),
    ...(reasoning === undefined || form === undefined
      ? {}
      : reasoningFields(form, reasoning.effort, reasoning.budgetTokens, inferenceConfig).fields),
    // The AWS page on structured outputs asks for this second switch with GPT-6.1.
    ...(request.outputSchema !== undefined && model.id.startsWith('openai.gpt-6.1')
      ? { text: { format: { strict: true } } }
      : {}),
  };
  const fields = mergeDeep(own, additionalModelRequestFields);
  if (anthropicBeta.length === 0) return fields;
  const given = fields['anthropic_beta'];
  return {
    ...fields,
    anthropic_beta: [...new Set([...(Array.isArray(given) ? given : []), ...anthropicBeta])],
  };
}

/** Where a family wants topK on Converse (LiteLLM and recorded calls for Claude and Nova). */
function topKField(family: string, topK: number): JsonObject {
  if (family === 'nova') return { inferenceConfig: { topK } };
  if (family === 'command' || family === 'command-r') return { k: topK };
  return { top_k: topK };
}

function nativeOnly(field: string, what: string): BedrockError {
  return new BedrockError('unsupported_feature', {
    message: `${what} cannot be sent through Converse.`,
    fix: 'Use api: "native", or leave api at "auto".',
    field,
  });
}

function filled<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
}

function filledObject<T extends object>(value: T): T | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}
