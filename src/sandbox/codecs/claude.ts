/** Anthropic Messages on InvokeModel. */

import type { ModelRecord } from '../../catalog/types.ts';
import { defined } from '../../defined.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { isJsonObject } from '../../json.ts';
import { type CachePiece, cachedPrefix } from '../answers/cached-prefix.ts';
import {
  type Answer,
  type Block,
  type Message,
  pieces,
  type StopReason,
  type Tool,
  type ToolChoice,
  writtenInput,
} from '../answers/turn.ts';
import { extraKey, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { invalid, malformed } from '../refusal.ts';
import {
  exceedsOutput,
  imageFormat,
  PREFILL_COMPLAINT,
  samplingComplaint,
  schemaComplaint,
  sizeComplaint,
  thinkingComplaint,
  thinks,
} from '../refusals/model.ts';
import { betaComplaint } from '../refusals/rare-options.ts';
import { hidesThinking } from '../refusals/reasoning.ts';
import { systemTurnComplaint } from '../refusals/system-turns.ts';
import { messagesComplaint, signatureOf } from '../refusals/thinking-history.ts';
import { toolFieldComplaint } from '../refusals/tool-fields.ts';
import { checkToolSchema } from '../refusals/tool-schemas.ts';
import { anthropicIdComplaint } from '../refusals/tool-use-ids.ts';
import { FORCED_CHOICE_COMPLAINT, refusesForcedChoice, refusesStrict } from '../refusals/tools.ts';
import type { Chunk, NativeCodec, NativeContext } from './codec.ts';

const MEMBERS = [
  'anthropic_version',
  'anthropic_beta',
  'max_tokens',
  'messages',
  'system',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'metadata',
];

const BLOCK_TYPES = [
  'text',
  'image',
  'document',
  'tool_use',
  'tool_result',
  'thinking',
  'redacted_thinking',
  'search_result',
  'server_tool_use',
];

const STOP_REASONS: Record<StopReason, string> = {
  end_turn: 'end_turn',
  tool_use: 'tool_use',
  max_tokens: 'max_tokens',
  stop_sequence: 'stop_sequence',
  content_filtered: 'refusal',
  guardrail_intervened: 'end_turn',
  malformed_tool_use: 'end_turn',
};

const plain = (content: JsonValue | undefined): string =>
  typeof content === 'string'
    ? content
    : listOf(content)
        .map((block) => textOf(objectOf(block)['text']))
        .join(' ');

function checkText(text: string): void {
  if (text === '') throw invalid('messages: text content blocks must be non-empty');
  if (text.trim() === '') throw invalid('messages: text content blocks must contain non-whitespace text');
}

function readBlock(value: JsonValue, path: string): Block {
  const block = objectOf(value);
  const type = textOf(block['type']);
  if (!BLOCK_TYPES.includes(type)) {
    throw invalid(
      `${path}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${BLOCK_TYPES.map((name) => `'${name}'`).join(', ')}`,
    );
  }
  if (type === 'text') {
    const text = textOf(block['text']);
    checkText(text);
    return { kind: 'text', text };
  }
  if (type === 'tool_use') {
    return {
      kind: 'tool-use',
      id: textOf(block['id']),
      name: textOf(block['name']),
      input: block['input'] ?? {},
    };
  }
  if (type === 'tool_result') {
    return { kind: 'tool-result', id: textOf(block['tool_use_id']), text: plain(block['content']) };
  }
  if (type === 'image') checkImage(objectOf(block['source']), path);
  return { kind: 'other', size: JSON.stringify(block).length };
}

function checkImage(source: JsonObject, path: string): void {
  if (source['type'] === 'url')
    throw invalid(`${path}.image.source.base64.data: URL sources are not supported`);
  const declared = textOf(source['media_type']).replace('image/', '');
  if (imageFormat(textOf(source['data'])) !== declared) throw invalid('Could not process image');
}

function readMessage(value: JsonValue, index: number): Message {
  const message = objectOf(value);
  const role = textOf(message['role']);
  const { content } = message;
  const path = `messages.${index}.content`;
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw invalid(`messages.${index}.role: Input should be 'user' or 'assistant'`);
  }
  if (typeof content === 'string') {
    if (content === '')
      throw invalid(
        `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
      );
    checkText(content);
    return { role, blocks: [{ kind: 'text', text: content }] };
  }
  if (!Array.isArray(content)) {
    const kind = isJsonObject(content) ? 'JSONObject' : 'Null';
    throw malformed(`#/messages/${index}/content: expected type: JSONArray, found: ${kind}`);
  }
  if (content.length === 0) {
    throw invalid(
      `messages.${index}: all messages must have non-empty content except for the optional final assistant message`,
    );
  }
  return { role, blocks: content.map((block, position) => readBlock(block, `${path}.${position}`)) };
}

/** Every tool_use needs its tool_result in the next message. */
function checkToolPairs(messages: readonly Message[]): void {
  messages.forEach((message, index) => {
    const next = messages[index + 1];
    if (!next) return;
    const answered = new Set(
      next.blocks.flatMap((block) => (block.kind === 'tool-result' ? [block.id] : [])),
    );
    const open = message.blocks.flatMap((block) =>
      block.kind === 'tool-use' && !answered.has(block.id) ? [block.id] : [],
    );
    if (open.length > 0) {
      throw invalid(
        `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`,
      );
    }
    const known = new Set(message.blocks.flatMap((block) => (block.kind === 'tool-use' ? [block.id] : [])));
    const stray = next.blocks.find((block) => block.kind === 'tool-result' && !known.has(block.id));
    if (stray?.kind === 'tool-result') {
      throw invalid(
        `messages.${index + 1}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray.id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`,
      );
    }
  });
}

function readTools(context: NativeContext): Tool[] {
  return listOf(context.body['tools']).flatMap((value, index): Tool[] => {
    const tool = objectOf(value);
    const type = own(tool, 'type') ?? 'custom';
    if (type === 'web_search_20250305') {
      throw invalid(
        `tools.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728'`,
      );
    }
    return type === 'custom' ? [readTool(context, tool, index)] : [];
  });
}

function readTool({ model, body }: NativeContext, tool: JsonObject, index: number): Tool {
  const place = `tools.${index}.custom`;
  const name = textOf(tool['name']);
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
    throw invalid(`${place}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`);
  }
  const schema = tool['input_schema'];
  if (!isJsonObject(schema)) throw invalid(`${place}.input_schema: Field required`);
  if (schema['type'] !== 'object') throw invalid(`${place}.input_schema.type: Input should be 'object'`);
  checkToolSchema(model, { name, schema, index }, invalid);
  const complaint = toolFieldComplaint(model, tool, index, textsOf(body['anthropic_beta']));
  if (complaint !== undefined) throw invalid(complaint);
  if (tool['strict'] === true) {
    if (refusesStrict(model)) throw invalid(`${place}.strict: Extra inputs are not permitted`);
    const wrong = schemaComplaint(schema);
    if (wrong !== undefined) throw invalid(`${place}: ${wrong}`);
  }
  return { name, description: textOf(tool['description']), schema };
}

function readChoice(body: JsonObject): ToolChoice {
  const { type, name } = objectOf(body['tool_choice']);
  if (type === 'tool') return { name: textOf(name) };
  return type === 'any' || type === 'none' ? type : 'auto';
}

function readSchema({ model, body }: NativeContext): JsonValue | undefined {
  const format = own(objectOf(body['output_config']), 'format');
  if (format === undefined) return undefined;
  if (model.features.structuredOutput === false) {
    throw invalid('output_config.format: Extra inputs are not permitted');
  }
  const schema = objectOf(format)['schema'] ?? {};
  const complaint = schemaComplaint(schema);
  if (complaint !== undefined) throw invalid(`output_config.format.schema: ${complaint}`);
  return schema;
}

/** In the order tools, system, messages. */
function cachePieces(body: JsonObject): CachePiece[] {
  const blocks = [
    ...listOf(body['tools']),
    ...listOf(body['system']),
    ...listOf(body['messages']).flatMap((message) => listOf(objectOf(message)['content'])),
  ];
  return blocks.map((block) => ({
    text: JSON.stringify(block),
    point: own(objectOf(block), 'cache_control'),
  }));
}

function checkSettings({ model, body }: NativeContext): void {
  const extra = extraKey(body, MEMBERS);
  if (extra !== undefined) throw invalid(`${extra}: Extra inputs are not permitted`);
  const missing = ['anthropic_version', 'max_tokens', 'messages'].find((key) => own(body, key) === undefined);
  if (missing !== undefined) throw invalid(`${missing}: Field required`);
  if (body['anthropic_version'] !== 'bedrock-2023-05-31')
    throw invalid("anthropic_version: Input should be 'bedrock-2023-05-31'");
  const maxTokens = readMaxTokens(model, body);
  const temperature = numberOf(body['temperature']);
  if (temperature !== undefined && (temperature < 0 || temperature > 1))
    throw invalid('temperature: range: 0..1');
  const sampling = { temperature, topP: numberOf(body['top_p']), topK: numberOf(body['top_k']) };
  const choice = readChoice(body);
  const toolForced = choice === 'any' || typeof choice === 'object';
  if (toolForced && refusesForcedChoice(model, choice === 'any' ? 'any' : 'tool')) {
    throw invalid(FORCED_CHOICE_COMPLAINT);
  }
  const complaint =
    betaComplaint(textsOf(body['anthropic_beta'])) ??
    samplingComplaint(model, sampling) ??
    thinkingComplaint(model, body, { ...sampling, maxTokens, toolForced });
  if (complaint !== undefined) throw invalid(complaint);
  if (textsOf(body['stop_sequences']).some((stop) => stop.trim() === '')) {
    throw invalid('stop_sequences: each stop sequence must contain non-whitespace');
  }
}

function readMaxTokens(model: ModelRecord, body: JsonObject): number {
  const maxTokens = numberOf(body['max_tokens']);
  if (maxTokens === undefined || !Number.isInteger(maxTokens)) {
    throw invalid('max_tokens: Input should be a valid integer');
  }
  if (maxTokens < 1) throw invalid('max_tokens: Input should be greater than or equal to 1');
  if (exceedsOutput(model, maxTokens)) {
    throw invalid(
      `max_tokens: ${maxTokens} > ${model.maxOutput}, which is the maximum allowed number of output tokens for ${shortName(model.id)}`,
    );
  }
  return maxTokens;
}

/** `claude-sonnet-4-5-20250929` of `anthropic.claude-sonnet-4-5-20250929-v1:0`. */
const shortName = (id: string): string => id.replace('anthropic.', '').replace(/-v\d+(?::\d+)?$/, '');

function contentJson(answer: Answer, model: ModelRecord): JsonObject[] {
  const thought = answer.reasoning;
  const thinking =
    thought === undefined
      ? []
      : [{ type: 'thinking', thinking: thought, signature: signatureOf(model, thought) }];
  const spoken = answer.blocks.map(
    (block): JsonObject =>
      block.kind === 'text'
        ? { type: 'text', text: block.text }
        : { type: 'tool_use', id: nativeToolId(block.id), name: block.name, input: block.input },
  );
  return [...thinking, ...spoken];
}

const nativeToolId = (id: string): string => `toolu_bdrk_01${id.slice(-22)}`;

function usageJson({ usage }: Answer, output: number): JsonObject {
  const { cacheWriteTokens: written, cacheWrite1hTokens: hourly } = usage;
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: usage.cacheReadTokens,
    cache_creation: { ephemeral_5m_input_tokens: written - hourly, ephemeral_1h_input_tokens: hourly },
    output_tokens: output,
  };
}

const envelope = ({ model, id }: NativeContext): JsonObject => ({
  model: shortName(model.id),
  id: `msg_bdrk_${id}`,
  type: 'message',
  role: 'assistant',
});

function* blockChunks(block: JsonObject, index: number): Generator<Chunk> {
  const start = (content_block: JsonObject): Chunk => ({
    payload: { type: 'content_block_start', index, content_block },
  });
  const delta = (value: JsonObject): Chunk => ({
    payload: { type: 'content_block_delta', index, delta: value },
    delta: true,
  });
  if (block['type'] === 'text') {
    yield start({ type: 'text', text: '' });
    for (const text of pieces(textOf(block['text']))) yield delta({ type: 'text_delta', text });
  } else if (block['type'] === 'thinking') {
    yield start({ type: 'thinking', thinking: '', signature: '' });
    for (const thinking of pieces(textOf(block['thinking'])))
      yield delta({ type: 'thinking_delta', thinking });
    yield delta({ type: 'signature_delta', signature: textOf(block['signature']) });
  } else {
    yield start({ ...block, input: {} });
    yield delta({ type: 'input_json_delta', partial_json: '' });
    const text = writtenInput(block['input'] ?? {});
    const size = Math.max(8, Math.ceil(text.length / 64));
    for (let at = 0; at < text.length; at += size) {
      yield delta({ type: 'input_json_delta', partial_json: text.slice(at, at + size) });
    }
  }
  yield { payload: { type: 'content_block_stop', index } };
}

export const claude: NativeCodec = {
  read(context) {
    const { model, body } = context;
    checkSettings(context);
    const values = listOf(body['messages']);
    if (values.length === 0) throw invalid('messages: at least one message is required');
    const misplaced = systemTurnComplaint(
      model,
      values.map((value) => textOf(objectOf(value)['role'])),
    );
    if (misplaced !== undefined) throw invalid(misplaced);
    const messages = values.map(readMessage);
    checkToolPairs(messages);
    const idComplaint = anthropicIdComplaint(
      messages.map(({ blocks }, at) => ({
        index: at,
        ids: blocks.flatMap((block, position) =>
          block.kind === 'tool-use' ? [{ id: block.id, position }] : [],
        ),
      })),
    );
    if (idComplaint !== undefined) throw invalid(idComplaint);
    if (messages.at(-1)?.role === 'assistant' && model.features.prefill === false)
      throw invalid(PREFILL_COMPLAINT);
    const refusedHistory = messagesComplaint(model, body, body['messages']);
    if (refusedHistory !== undefined) throw invalid(refusedHistory);
    const schema = readSchema(context);
    const maxTokens = numberOf(body['max_tokens']);
    const turn = {
      system: plain(body['system']),
      messages,
      tools: readTools(context),
      toolChoice: readChoice(body),
      ...defined({ schema, maxTokens }),
      stopSequences: textsOf(body['stop_sequences']),
      reasoning: thinks(model, body),
      hidesReasoning: hidesThinking(model, body),
      ...cachedPrefix(cachePieces(body)),
    };
    const complaint = sizeComplaint(model, turn);
    if (complaint !== undefined) throw invalid(complaint);
    return turn;
  },

  whole: (answer, context) => ({
    ...envelope(context),
    content: contentJson(answer, context.model),
    stop_reason: STOP_REASONS[answer.stopReason],
    stop_sequence: answer.stopSequence ?? null,
    usage: usageJson(answer, answer.usage.outputTokens),
  }),

  *chunks(answer, context) {
    const stop = { stop_reason: null, stop_sequence: null, stop_details: null };
    const message = { ...envelope(context), content: [], ...stop };
    yield { payload: { type: 'message_start', message: { ...message, usage: usageJson(answer, 1) } } };
    let index = 0;
    for (const block of contentJson(answer, context.model)) yield* blockChunks(block, index++);
    const delta = {
      stop_reason: STOP_REASONS[answer.stopReason],
      stop_sequence: answer.stopSequence ?? null,
      stop_details: null,
    };
    // Recorded since 2026-07: the last event counts everything again, but for the lifetimes of what was cached.
    const { cache_creation: _, ...usage } = usageJson(answer, answer.usage.outputTokens);
    yield { payload: { type: 'message_delta', delta, usage }, end: true };
    yield { payload: { type: 'message_stop' }, end: true };
  },
};
