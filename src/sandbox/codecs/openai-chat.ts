/**
 * The chat-completion body of gpt-oss and the other OpenAI-shaped families (Qwen, Kimi, MiniMax, GLM, Gemma,
 * Nemotron, newer Mistral, DeepSeek V3, Palmyra, Grok, Jamba). Inside InvokeModel, gpt-oss reasons in `<reasoning>`
 * tags in the text; in a stream every delta is wrapped in a pair of its own.
 */
import { defined } from '../../defined.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
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
import { compact, extraKey, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { invalid, malformed, Refusal } from '../refusal.ts';
import { thinks } from '../refusals/model.ts';
import {
  type Chunk,
  CREATED,
  type NativeCodec,
  type NativeContext,
  textOfAnswer,
  totalTokens,
} from './codec.ts';

const MEMBERS = [
  'messages',
  'model',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'reasoning_config',
  'frequency_penalty',
  'presence_penalty',
  'logit_bias',
  'logprobs',
  'top_logprobs',
  'n',
  'seed',
  'user',
  'service_tier',
  'chat_template_kwargs',
];

/** Recorded: Mistral's chat body takes neither `seed` nor `stream_options`. */
const MISTRAL_REFUSES = ['stream_options', 'seed', 'user', 'service_tier', 'logit_bias'];

const FINISH: Record<StopReason, string> = {
  end_turn: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  stop_sequence: 'stop',
  content_filtered: 'content_filter',
  guardrail_intervened: 'stop',
  malformed_tool_use: 'stop',
};

function parseArguments(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readContent(content: JsonValue | undefined, path: string): Block[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  return listOf(content).map((value, index): Block => {
    const part = objectOf(value);
    if (part['type'] === 'text') return { kind: 'text', text: textOf(part['text']) };
    if (typeof part['type'] !== 'string')
      throw malformed(`${path}/content/${index}: required key [type] not found`);
    return { kind: 'other', size: JSON.stringify(part).length };
  });
}

function readMessage(value: JsonValue, index: number, family: string): Message {
  const message = objectOf(value);
  const role = textOf(message['role']);
  const blocks = readContent(message['content'], `#/messages/${index}`);
  if (role === 'tool') {
    if (family === 'gpt-oss' && own(message, 'name') !== undefined) {
      throw malformed(`#/messages/${index}: extraneous key [name] is not permitted`);
    }
    const text = blocks.map((block) => (block.kind === 'text' ? block.text : '')).join(' ');
    return { role: 'user', blocks: [{ kind: 'tool-result', id: textOf(message['tool_call_id']), text }] };
  }
  if (!['system', 'developer', 'user', 'assistant'].includes(role)) {
    throw malformed(`#/messages/${index}/role: ${role} is not a valid enum value`);
  }
  const calls = listOf(message['tool_calls']).map((call): Block => {
    const { id, function: called } = objectOf(call);
    const { name, arguments: text } = objectOf(called);
    return { kind: 'tool-use', id: textOf(id), name: textOf(name), input: parseArguments(textOf(text)) };
  });
  if (role === 'user' && blocks.every((block) => block.kind === 'text' && block.text === '')) {
    throw invalid(`messages.${index}.content must contain non-whitespace text`);
  }
  return { role, blocks: [...blocks, ...calls] };
}

function readTools(body: JsonObject): Tool[] {
  return listOf(body['tools']).map((entry, index) => {
    const { name, description, parameters } = objectOf(objectOf(entry)['function']);
    if (typeof name !== 'string') throw malformed(`#/tools/${index}/function: required key [name] not found`);
    return { name, description: textOf(description), schema: objectOf(parameters) };
  });
}

function readChoice(body: JsonObject): ToolChoice {
  const choice = body['tool_choice'];
  if (choice === 'none') return 'none';
  if (choice === 'required' || choice === 'any') return 'any';
  const name = objectOf(objectOf(choice)['function'])['name'];
  return typeof name === 'string' ? { name } : 'auto';
}

function checkBody({ model, modelId, body, streaming }: NativeContext): void {
  const extra = extraKey(body, MEMBERS);
  if (extra !== undefined) throw malformed(`#: extraneous key [${extra}] is not permitted`);
  if (model.family === 'mistral-chat') {
    const refused = MISTRAL_REFUSES.find((key) => own(body, key) !== undefined);
    if (refused !== undefined) {
      const detail = { type: 'extra_forbidden', loc: ['body', 'ChatCompletionRequest', refused] };
      const complaint = JSON.stringify({ detail: [{ ...detail, msg: 'Extra inputs are not permitted' }] });
      throw new Refusal(400, 'ValidationException', complaint, { inStream: true });
    }
  }
  if (listOf(own(body, 'messages')).length === 0) throw malformed('#: required key [messages] not found');
  const named = own(body, 'model');
  if (named !== undefined && named !== modelId && named !== model.id) {
    throw invalid('The model in the request body must match the model ID in the request path.');
  }
  const stream = own(body, 'stream');
  if (stream !== undefined && stream !== streaming) {
    throw invalid(
      `The stream field is ${String(stream)}, which does not agree with the operation. Remove it or use the other operation.`,
    );
  }
  if (listOf(body['tools']).length > 0 && model.features.tools === false) {
    throw invalid("This model doesn't support tool use.");
  }
  if (listOf(body['tools']).length > 0 && streaming && model.features.streamingTools === false) {
    throw invalid("This model doesn't support tool use in streaming mode.");
  }
}

/** gpt-oss and MiniMax-like models cannot hold back their reasoning on InvokeModel. */
const wrap = (text: string): string => `<reasoning>${text}</reasoning>`;

/** Of its own kind, and the same where the answer's are. */
function chatCallId(own: string, answerId: string, { blocks }: Answer): string {
  if (own.length === 9 || own === '') return own;
  return `chatcmpl-tool-${answerId}${blocks.findIndex((block) => block.kind === 'tool-use' && block.id === own)}`;
}

const toolCalls = (answer: Answer, id: string): JsonObject[] =>
  answer.blocks.flatMap((block) =>
    block.kind === 'tool-use'
      ? [
          {
            function: { arguments: writtenInput(block.input), name: block.name },
            id: chatCallId(block.id, id, answer),
            type: 'function',
          },
        ]
      : [],
  );

const usageJson = (answer: Answer): JsonObject => ({
  completion_tokens: answer.usage.outputTokens,
  prompt_tokens: answer.usage.inputTokens,
  total_tokens: totalTokens(answer),
});

/** Recorded with gpt-oss: 64 tokens of a prompt of 151 came from a cache that nobody asked for. Short prompts tell of none. */
function promptDetails({ usage }: Answer, { model }: NativeContext): JsonObject {
  if (model.family !== 'gpt-oss' || usage.inputTokens < 128) return {};
  return { prompt_tokens_details: { audio_tokens: 0, cached_tokens: 64 } };
}

const head = ({ modelId, id }: NativeContext, object: string): JsonObject => ({
  created: CREATED,
  id: `chatcmpl-${id}`,
  model: modelId,
  object,
  service_tier: 'auto',
});

/** Jamba's own envelope and order of members (recorded). */
const isJamba = ({ model }: NativeContext): boolean => model.family === 'jamba';

function* deltas(answer: Answer, id: string): Generator<JsonObject> {
  yield { content: '', role: 'assistant' };
  if (answer.reasoning !== undefined) {
    const words = pieces(answer.reasoning);
    for (let start = 0; start < words.length; start += 6) {
      yield { content: wrap(words.slice(start, start + 6).join('')) };
    }
  }
  for (const content of pieces(textOfAnswer(answer))) if (content !== '') yield { content };
  let index = 0;
  for (const call of toolCalls(answer, id)) {
    const { arguments: text, name } = objectOf(call['function']);
    const half = Math.ceil(textOf(text).length / 2);
    yield {
      tool_calls: [
        { ...call, function: { arguments: textOf(text).slice(0, half), name: name ?? '' }, index },
      ],
    };
    const rest = { arguments: textOf(text).slice(half) };
    yield { tool_calls: [{ function: rest, index, type: 'function' }] };
    index += 1;
  }
}

export const openAiChat: NativeCodec = {
  read(context) {
    const { model, body } = context;
    checkBody(context);
    const messages = listOf(body['messages']).map((message, index) =>
      readMessage(message, index, model.family),
    );
    const system = messages.filter(({ role }) => role === 'system' || role === 'developer');
    const format = objectOf(body['response_format']);
    const schema = own(objectOf(format['json_schema']), 'schema');
    const maxTokens = numberOf(body['max_completion_tokens'] ?? body['max_tokens']);
    if (maxTokens !== undefined && maxTokens < 1) throw malformed('#/max_tokens: value must be at least 1');
    const { stop } = body;
    return {
      system: system
        .flatMap(({ blocks }) => blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : [])))
        .join('\n'),
      messages: mergeToolResults(messages.filter((message) => !system.includes(message))),
      tools: readTools(body),
      toolChoice: readChoice(body),
      ...defined({ schema }),
      ...(format['type'] === 'json_object' ? { anyJson: true } : {}),
      ...defined({ maxTokens }),
      // What Converse refuses is read and ignored here (as public reports have it; nobody recorded one).
      stopSequences:
        model.features.stopSequences === false ? [] : typeof stop === 'string' ? [stop] : textsOf(stop),
      reasoning: thinks(model, body),
    };
  },

  whole(answer, context) {
    const { id } = context;
    const text = (answer.reasoning === undefined ? '' : wrap(answer.reasoning)) + textOfAnswer(answer);
    const calls = toolCalls(answer, id);
    const finish = FINISH[answer.stopReason];
    if (isJamba(context)) {
      const message = { role: 'assistant', content: text, tool_calls: calls.length > 0 ? calls : null };
      return {
        id: `chatcmpl-${id}`,
        choices: [{ index: 0, message, finish_reason: finish }],
        usage: usageJson(answer),
        meta: { requestDurationMillis: 100 },
        model: 'jamba-sandbox',
      };
    }
    const message = compact({
      content: calls.length > 0 && text === '' ? null : text,
      refusal: null,
      role: 'assistant',
      tool_calls: calls.length > 0 ? calls : undefined,
    });
    return {
      choices: [{ finish_reason: finish, index: 0, logprobs: null, message }],
      ...head(context, 'chat.completion'),
      usage: { ...usageJson(answer), ...promptDetails(answer, context) },
    };
  },

  *chunks(answer, context) {
    const { body, id } = context;
    const jamba = isJamba(context);
    // Recorded: Jamba's last chunk names the token that ended it, and the time.
    const atEnd = { stop_reason: 518 };
    const chunk = (delta: JsonObject, finish: string | null): JsonObject =>
      jamba
        ? {
            id: `chatcmpl-${id}`,
            choices: [{ index: 0, delta, finish_reason: finish, ...(finish === null ? {} : atEnd) }],
            usage: usageJson(answer),
            ...(finish === null ? {} : { meta: { requestDurationMillis: 100 } }),
          }
        : {
            choices: [{ delta, finish_reason: finish, index: 0 }],
            ...head(context, 'chat.completion.chunk'),
          };
    for (const delta of deltas(answer, id)) {
      const sent: Chunk = { payload: chunk(delta, null), delta: true };
      yield sent;
    }
    yield { payload: chunk(jamba ? { content: '' } : {}, FINISH[answer.stopReason]), end: true };
    if (objectOf(body['stream_options'])['include_usage'] === true) {
      yield {
        payload: { choices: [], ...head(context, 'chat.completion.chunk'), usage: usageJson(answer) },
        end: true,
      };
    }
    // Recorded: Jamba's metrics arrive in a chunk of their own.
    if (jamba) yield { payload: {}, end: true };
  },
};

/** Consecutive tool messages are one turn. */
function mergeToolResults(messages: readonly Message[]): Message[] {
  const merged: Message[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    const isResult = (entry: Message | undefined) =>
      entry?.blocks.every((block) => block.kind === 'tool-result');
    if (last?.role === 'user' && last.blocks.length > 0 && isResult(last) && isResult(message)) {
      merged[merged.length - 1] = { role: 'user', blocks: [...last.blocks, ...message.blocks] };
    } else merged.push(message);
  }
  return merged;
}
