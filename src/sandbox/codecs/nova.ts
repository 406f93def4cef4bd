/** Amazon Nova's own body on InvokeModel: close to Converse, checked against a JSON schema. */

import type { ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import {
  type Answer,
  type Block,
  pieces,
  type Tool,
  type ToolChoice,
  writtenInput,
} from '../answers/turn.ts';
import { extraKey, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { invalid, malformed } from '../refusal.ts';
import { thinks } from '../refusals/model.ts';
import { checkNovaResultPart } from '../refusals/tool-results.ts';
import { checkToolSchema } from '../refusals/tool-schemas.ts';
import type { Chunk, NativeCodec } from './codec.ts';

const MEMBERS = ['schemaVersion', 'messages', 'system', 'inferenceConfig', 'toolConfig', 'reasoningConfig'];
const INFERENCE = [
  'maxTokens',
  'max_new_tokens',
  'temperature',
  'topP',
  'top_p',
  'topK',
  'top_k',
  'stopSequences',
];
const BLOCKS = [
  'text',
  'image',
  'document',
  'video',
  'toolUse',
  'toolResult',
  'cachePoint',
  'reasoningContent',
];

function noExtra(value: JsonObject, allowed: readonly string[], path: string): void {
  const extra = extraKey(value, allowed);
  if (extra !== undefined) throw malformed(`${path}: extraneous key [${extra}] is not permitted`);
}

function readBlock(value: JsonValue, path: string): Block[] {
  const block = objectOf(value);
  noExtra(block, BLOCKS, path);
  const text = own(block, 'text');
  if (typeof text === 'string') {
    if (text === '') throw malformed(`${path}/text: expected minLength: 1, actual: 0`);
    return [{ kind: 'text', text }];
  }
  if (text !== undefined) throw malformed(`${path}/text: expected type: String`);
  const wrong = Object.keys(block).find((key) => !isJsonObject(block[key]));
  if (wrong !== undefined) throw malformed(`${path}/${wrong}: expected type: JSONObject`);
  const use = objectOf(own(block, 'toolUse'));
  if (own(block, 'toolUse') !== undefined) {
    return [
      {
        kind: 'tool-use',
        id: textOf(use['toolUseId']),
        name: textOf(use['name']),
        input: use['input'] ?? {},
      },
    ];
  }
  const result = objectOf(own(block, 'toolResult'));
  if (own(block, 'toolResult') !== undefined) {
    const parts = listOf(result['content']).map((part, at) => {
      checkNovaResultPart(objectOf(part), `${path}/toolResult/content/${at}`);
      const { text: said, json } = objectOf(part);
      return typeof said === 'string' ? said : JSON.stringify(json ?? null);
    });
    return [{ kind: 'tool-result', id: textOf(result['toolUseId']), text: parts.join(' ') }];
  }
  if (Object.keys(block).length === 0) throw malformed(`${path}: required key [toolUse] not found`);
  return [{ kind: 'other', size: JSON.stringify(block).length }];
}

function readTools(model: ModelRecord, config: JsonObject): Tool[] {
  return listOf(config['tools']).map((entry, index) => {
    const spec = own(objectOf(entry), 'toolSpec') ?? own(objectOf(entry), 'systemTool');
    if (!isJsonObject(spec))
      throw malformed(`#/toolConfig/tools/${index}: required key [toolSpec] not found`);
    const { name, description, inputSchema } = objectOf(objectOf(entry)['toolSpec']);
    const schema = objectOf(objectOf(inputSchema)['json']);
    checkToolSchema(model, { name: textOf(name), schema, index }, invalid);
    return { name: textOf(name), description: textOf(description), schema };
  });
}

function readChoice(config: JsonObject): ToolChoice {
  const choice = objectOf(config['toolChoice']);
  const named = own(choice, 'tool');
  if (named !== undefined) return { name: textOf(objectOf(named)['name']) };
  return own(choice, 'any') === undefined ? 'auto' : 'any';
}

function contentJson(answer: Answer): JsonObject[] {
  const thought =
    answer.reasoning === undefined ? [] : [{ reasoningContent: { reasoningText: { text: '[REDACTED].' } } }];
  const spoken = answer.blocks.map(
    (block): JsonObject =>
      block.kind === 'text'
        ? { text: block.text }
        : { toolUse: { name: block.name, toolUseId: block.id, input: block.input } },
  );
  return [...thought, ...spoken];
}

function usageJson({ usage }: Answer): JsonObject {
  return {
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    cacheReadInputTokenCount: usage.cacheReadTokens,
    cacheWriteInputTokenCount: usage.cacheWriteTokens,
  };
}

const stopReason = ({ stopReason: reason }: Answer): string =>
  reason === 'guardrail_intervened' ? 'end_turn' : reason;

export const nova: NativeCodec = {
  read({ model, body }) {
    noExtra(body, MEMBERS, '#');
    const messages = listOf(own(body, 'messages'));
    if (messages.length === 0) throw malformed('#: required key [messages] not found');
    const inference = objectOf(body['inferenceConfig']);
    noExtra(inference, INFERENCE, '#/inferenceConfig');
    const notNumber = INFERENCE.find(
      (key) => key !== 'stopSequences' && typeof (inference[key] ?? 0) !== 'number',
    );
    if (notNumber !== undefined) throw malformed(`#/inferenceConfig/${notNumber}: expected type: Number`);
    const config = objectOf(body['toolConfig']);
    const maxTokens = numberOf(inference['maxTokens'] ?? inference['max_new_tokens']);
    return {
      system: listOf(body['system'])
        .map((block) => textOf(objectOf(block)['text']))
        .join('\n'),
      messages: messages.map((message, index) => {
        const { role, content } = objectOf(message);
        const blocks = listOf(content);
        if (blocks.length === 0) throw malformed(`#/messages/${index}: required key [content] not found`);
        return {
          role: textOf(role),
          blocks: blocks.flatMap((block, at) => readBlock(block, `#/messages/${index}/content/${at}`)),
        };
      }),
      tools: readTools(model, config),
      toolChoice: readChoice(config),
      ...defined({ maxTokens }),
      stopSequences: textsOf(inference['stopSequences']),
      reasoning: thinks(model, body),
    };
  },

  whole: (answer) => ({
    output: { message: { content: contentJson(answer), role: 'assistant' } },
    stopReason: stopReason(answer),
    usage: { ...usageJson(answer), totalTokens: answer.usage.inputTokens + answer.usage.outputTokens },
  }),

  /** Recorded: every delta is followed by its own contentBlockStop, with a new index. */
  *chunks(answer) {
    yield { payload: { messageStart: { role: 'assistant' } } };
    let contentBlockIndex = 0;
    const delta = (value: JsonObject): Chunk => ({
      payload: { contentBlockDelta: { delta: value, contentBlockIndex } },
      delta: true,
    });
    const stop = (): Chunk => ({ payload: { contentBlockStop: { contentBlockIndex: contentBlockIndex++ } } });
    if (answer.reasoning !== undefined) {
      yield delta({ reasoningContent: { text: '[REDACTED].' } });
      yield stop();
    }
    for (const block of answer.blocks) {
      if (block.kind === 'text') {
        for (const text of pieces(block.text)) {
          yield delta({ text });
          yield stop();
        }
      } else {
        const start = { toolUse: { toolUseId: block.id, name: block.name } };
        yield { payload: { contentBlockStart: { start, contentBlockIndex } } };
        yield delta({ toolUse: { input: writtenInput(block.input) } });
        yield stop();
      }
    }
    yield { payload: { messageStop: { stopReason: stopReason(answer) } }, end: true };
    yield { payload: { metadata: { usage: usageJson(answer), metrics: {}, trace: {} } }, end: true };
  },
};
