/**
 * Amazon Nova: Converse's message shapes as JSON, with base64 for bytes, and `inferenceConfig.topK`, which Converse
 * itself does not have.
 */
import { toBase64 } from '../../../base64.ts';
import { type JsonObject, type JsonValue, jsonFields, objectOf, objectsOf, textOf } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceRequest,
  MediaSource,
  NativeCodec,
  SystemBlock,
  Tool,
  ToolChoice,
  ToolResultContent,
} from '../../../messages/types.ts';
import { answerBody, finishAnswer, intervened, noAnswer } from '../fields/answer-tail.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { cannotCarry, checkRequest, givenTools } from '../fields/refusals.ts';
import { novaUsage } from '../fields/usage.ts';
import { BLOCK_NAMES } from '../prompt-text/prompt-turns.ts';
import { novaStream } from './stream.ts';

const FORM = 'Nova';
const LIMITS = {
  form: FORM,
  carries: {
    tools: true,
    system: true,
    images: true,
    documents: true,
    outputSchema: false,
    cachePoints: true,
  },
};
const CONFIG = {
  maxTokens: 'maxTokens',
  temperature: 'temperature',
  topP: 'topP',
  topK: 'topK',
  stopSequences: 'stopSequences',
};

function encode(request: InferenceRequest, model: CodecModel): JsonObject {
  checkRequest(request, model, LIMITS);
  const { config, fields } = nativeReasoning(request, model);
  const inferenceConfig = configFields(config, CONFIG, FORM);
  const { system = [] } = request;
  const toolConfig = givenTools(request);
  const body = {
    messages: request.messages.map((message, at) => {
      if (message.role === 'system') {
        throw cannotCarry(FORM, 'a system message between the turns', `messages[${at}].role`);
      }
      const content = message.content.flatMap((block, index) =>
        encodeBlock(block, `messages[${at}].content[${index}]`),
      );
      return { role: message.role, content };
    }),
    ...jsonFields({
      system: system.length === 0 ? undefined : system.map(encodeSystem),
      inferenceConfig: Object.keys(inferenceConfig).length === 0 ? undefined : inferenceConfig,
      toolConfig: toolConfig && encodeToolConfig(toolConfig),
    }),
    ...fields,
  };
  return finishBody(body, request);
}

function encodeSystem(block: SystemBlock, at: number): JsonObject {
  if ('text' in block) return { text: block.text };
  if ('cachePoint' in block) return encodeCachePoint(block.cachePoint.ttl, `system[${at}]`);
  throw cannotCarry(FORM, 'guard content', `system[${at}].guardContent`);
}

/** Reasoning of earlier turns is left out: Nova 2 returns it redacted and reads none. */
function encodeBlock(block: ContentBlock, field: string): JsonObject[] {
  if ('text' in block) return [{ text: block.text }];
  if ('image' in block) return [{ image: encodeMedia(block.image) }];
  if ('video' in block) return [{ video: encodeMedia(block.video) }];
  if ('document' in block) {
    const { format, name, source } = block.document;
    if (!('bytes' in source || 's3Location' in source)) {
      throw cannotCarry(FORM, 'a document given as text', `${field}.document.source`);
    }
    return [{ document: { name, ...encodeMedia({ format, source }) } }];
  }
  if ('toolUse' in block) {
    const { toolUseId, name, input } = block.toolUse;
    return [{ toolUse: { toolUseId, name, input } }];
  }
  if ('toolResult' in block) {
    const { toolUseId, content, status } = block.toolResult;
    const parts = content.map((part, at) => encodeResultPart(part, `${field}.toolResult.content[${at}]`));
    return [{ toolResult: jsonFields({ toolUseId, content: parts, status }) }];
  }
  if ('cachePoint' in block) return [encodeCachePoint(block.cachePoint.ttl, field)];
  if ('reasoningContent' in block) return [];
  if ('citationsContent' in block) {
    return [{ text: block.citationsContent.content.map((part) => part.text).join('') }];
  }
  const kind = Object.keys(block)[0] ?? 'block';
  throw cannotCarry(FORM, BLOCK_NAMES[kind] ?? 'this content block', `${field}.${kind}`);
}

function encodeResultPart(part: ToolResultContent, field: string): JsonObject {
  if ('text' in part) return { text: part.text };
  if ('json' in part) return { json: part.json };
  if ('image' in part) return { image: encodeMedia(part.image) };
  throw cannotCarry(FORM, 'documents or video in a tool result', field);
}

function encodeMedia(media: { readonly format: string; readonly source: MediaSource }): JsonObject {
  const { format, source } = media;
  if ('bytes' in source) return { format, source: { bytes: toBase64(source.bytes) } };
  const { uri, bucketOwner } = source.s3Location;
  return { format, source: { s3Location: jsonFields({ uri, bucketOwner }) } };
}

/** Nova's cache points last five minutes and take no `ttl` field. */
function encodeCachePoint(ttl: '5m' | '1h' | undefined, field: string): JsonObject {
  if (ttl === '1h') throw cannotCarry(FORM, 'a cache point of one hour', `${field}.cachePoint.ttl`);
  return { cachePoint: { type: 'default' } };
}

function encodeToolConfig(config: {
  readonly tools: readonly Tool[];
  readonly toolChoice?: ToolChoice;
}): JsonObject {
  const { tools, toolChoice } = config;
  return jsonFields({ tools: tools.map(encodeTool), toolChoice: toolChoice && encodeToolChoice(toolChoice) });
}

function encodeTool(tool: Tool, at: number): JsonObject {
  const field = `toolConfig.tools[${at}]`;
  if ('systemTool' in tool) return { systemTool: { name: tool.systemTool.name } };
  if ('cachePoint' in tool) throw cannotCarry(FORM, 'cache points among the tools', `${field}.cachePoint`);
  if ('nativeTool' in tool) return tool.nativeTool;
  const { name, description, inputSchema, strict } = tool.toolSpec;
  if (strict === true) throw cannotCarry(FORM, 'strict tools', `${field}.toolSpec.strict`);
  return { toolSpec: jsonFields({ name, description, inputSchema: { json: inputSchema } }) };
}

function encodeToolChoice(choice: ToolChoice): JsonObject {
  if ('none' in choice) throw cannotCarry(FORM, 'the tool choice "none"', 'toolConfig.toolChoice');
  if ('tool' in choice) return { tool: { name: choice.tool.name } };
  return 'any' in choice ? { any: {} } : { auto: {} };
}

/** One block, or several when it has members beside the known one. */
function decodeBlock(block: JsonObject): ContentBlock[] {
  return Object.entries(block).flatMap(([name, value]) => (value === null ? [] : decodeMember(name, value)));
}

function decodeMember(name: string, value: JsonValue): ContentBlock[] {
  const text = textOf(value);
  if (name === 'text' && text !== undefined) return text === '' ? [] : [{ text }];
  const member = objectOf(value);
  const toolUseId = textOf(member?.['toolUseId']);
  const called = textOf(member?.['name']);
  if (name === 'toolUse' && toolUseId !== undefined && called !== undefined) {
    const { input = {} } = member ?? {};
    return [{ toolUse: { toolUseId, name: called, input, ...blockType(member?.['type']) } }];
  }
  const reasoning = textOf(objectOf(member?.['reasoningText'])?.['text']);
  if (name === 'reasoningContent' && reasoning !== undefined)
    return [{ reasoningContent: { reasoningText: { text: reasoning } } }];
  return [{ unknown: { name, value } }];
}

export const nova: NativeCodec = {
  carries: LIMITS.carries,
  history: {
    resultParts: ['image'],
    filesInS3: true,
    readsDocument: ({ source }) => 'bytes' in source || 's3Location' in source,
  },
  encode,
  decode(raw, facts) {
    const body = answerBody(raw);
    const message = objectOf(objectOf(body['output'])?.['message']);
    if (!Array.isArray(message?.['content']) && !intervened(body)) throw noAnswer(FORM);
    const usage = objectOf(body['usage']);
    return finishAnswer(
      {
        content: objectsOf(message?.['content']).flatMap(decodeBlock),
        stop: { raw: textOf(body['stopReason']) },
        usage: usage && novaUsage(usage),
      },
      body,
      facts,
    );
  },
  stream: novaStream,
};
