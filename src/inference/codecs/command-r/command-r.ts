/**
 * Cohere Command R and R+: `message` with `chat_history`, `preamble`, and tools in Cohere's own flat form.
 * Whole answers say `finish_reason` in either case; a stream ends with `event_type: "stream-end"` (recorded).
 */
import { isJsonObject, type JsonObject, jsonFields, objectOf, objectsOf, textOf } from '../../../json.ts';
import type {
  ContentBlock,
  InferenceRequest,
  Message,
  NativeCodec,
  StreamDecoder,
  StreamDelta,
} from '../../../messages/types.ts';
import {
  answerBody,
  finishAnswer,
  intervened,
  nativeStream,
  noAnswer,
  type StreamTail,
} from '../fields/answer-tail.ts';
import { BlockTracker } from '../fields/block-tracker.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { badRequest, cannotCarry, checkRequest, givenTools } from '../fields/refusals.ts';
import { type PlainConversation, type PromptForm, plainConversation } from '../prompt-text/prompt-turns.ts';
import { encodeCohereTools, encodeToolResults, toolCallOf } from './tools.ts';

const FORM: PromptForm = {
  form: 'Command R',
  carries: { tools: true, system: true, images: false, documents: false, outputSchema: false },
  neutralise: (text) => text,
};

const CONFIG = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'p',
  topK: 'k',
  stopSequences: 'stop_sequences',
};

/** The conversation parted: what was said before, the question, and the tool exchange that followed the question. */
function partConversation(request: InferenceRequest): {
  readonly told: readonly Message[];
  readonly exchange: readonly Message[];
} {
  const asked = request.messages.findLastIndex(
    ({ role, content }) => role === 'user' && !content.some((block) => 'toolResult' in block),
  );
  if (asked === -1) {
    throw badRequest('There is no user message to answer.', 'Add a user message.', 'messages');
  }
  return { told: request.messages.slice(0, asked + 1), exchange: request.messages.slice(asked + 1) };
}

function chatHistory(conversation: PlainConversation): JsonObject[] {
  return conversation.turns.slice(0, -1).map(({ role, text }) => ({
    role: role === 'user' ? 'USER' : 'CHATBOT',
    message: text,
  }));
}

const encode: NativeCodec['encode'] = (request, model) => {
  checkRequest(request, model, FORM);
  const { told, exchange } = partConversation(request);
  if (exchange.at(-1)?.role === 'assistant') {
    throw cannotCarry(FORM.form, 'a conversation that ends with the assistant', 'messages');
  }
  const conversation = plainConversation({ ...request, messages: told }, model, FORM);
  const question = conversation.turns.at(-1);
  const { config, fields } = nativeReasoning(request, model);
  const history = chatHistory(conversation);
  const toolConfig = givenTools(request);
  const results = encodeToolResults(exchange, told.length, FORM.form);
  return finishBody(
    {
      message: question?.text ?? '',
      ...jsonFields({
        chat_history: history.length === 0 ? undefined : history,
        preamble: conversation.system,
        tools: toolConfig && encodeCohereTools(toolConfig, model, FORM.form),
        tool_results: results.length === 0 ? undefined : results,
      }),
      ...configFields(config, CONFIG, FORM.form),
      ...fields,
    },
    request,
  );
};

/** Cohere's citations (`start`, `end`, `text`, `document_ids`) are passed on as they came. */
function answerBlocks(body: JsonObject): ContentBlock[] {
  const text = textOf(body['text']) ?? '';
  const citations = objectsOf(body['citations']);
  const calls = objectsOf(body['tool_calls']);
  const words: ContentBlock[] =
    citations.length > 0 ? [{ citationsContent: { content: [{ text }], citations } }] : [{ text }];
  return [
    ...(text === '' ? [] : words),
    ...calls.map(
      (call, at): ContentBlock => ({ toolUse: toolCallOf(call, at, textOf(body['generation_id'])) }),
    ),
  ];
}

/** Cohere streams: texts, citations and tool calls as events, then the whole answer again in `stream-end`. */
function stream(): StreamDecoder {
  const blocks = new BlockTracker();
  let calls: JsonObject[] = [];
  let generation: string | undefined;
  let told = false;

  const finish = (chunk: JsonObject, tail: StreamTail): StreamDelta[] => {
    const response = objectOf(chunk['response']) ?? chunk;
    generation ??= textOf(response['generation_id']);
    const text = textOf(response['text']) ?? '';
    const deltas = told ? [] : blocks.words('text', text);
    if (calls.length === 0) calls = objectsOf(response['tool_calls']);
    calls.forEach((call, at) => {
      const { toolUseId, name, input } = toolCallOf(call, at, generation);
      const { index, closed } = blocks.start();
      deltas.push(...closed, { type: 'toolUse', index, toolUseId, name });
      deltas.push({ type: 'toolUseInput', index, json: JSON.stringify(input) });
    });
    const raw = textOf(response['finish_reason']) ?? textOf(chunk['finish_reason']) ?? 'COMPLETE';
    return [...deltas, ...blocks.close(), ...tail.stop({ raw, calledTool: calls.length > 0 })];
  };

  return nativeStream({
    chunk(chunk, tail) {
      if (chunk['event_type'] === 'stream-start') generation = textOf(chunk['generation_id']);
      if (chunk['event_type'] === 'tool-calls-generation') calls = objectsOf(chunk['tool_calls']);
      // Without `event_type`, a whole answer arrived in one chunk.
      const whole = chunk['event_type'] === undefined && textOf(chunk['finish_reason']) !== undefined;
      if (chunk['is_finished'] === true || whole) return finish(chunk, tail);
      if (chunk['event_type'] === 'citation-generation') {
        const index = blocks.index('text');
        return objectsOf(chunk['citations']).map((citation) => ({ type: 'citation', index, citation }));
      }
      const text = chunk['event_type'] === 'text-generation' ? (textOf(chunk['text']) ?? '') : '';
      told ||= text !== '';
      return blocks.words('text', text);
    },
    flush: () => blocks.close(),
  });
}

export const commandR: NativeCodec = {
  carries: FORM.carries,
  history: { finishedRounds: false },
  encode,
  decode(raw, facts) {
    const body = answerBody(raw);
    const answered = typeof body['text'] === 'string' || Array.isArray(body['tool_calls']);
    if (!answered && !intervened(body)) throw noAnswer(FORM.form);
    const stop = {
      raw: textOf(body['finish_reason']),
      calledTool: objectsOf(body['tool_calls']).length > 0,
    };
    return finishAnswer({ content: answerBlocks(body), stop }, body, facts);
  },
  stream,
};

/** The whole-answer shape, for answers of models whose architecture is not known. */
export function isCommandR(body: unknown): boolean {
  return (
    isJsonObject(body) &&
    (typeof body['event_type'] === 'string' ||
      (typeof body['text'] === 'string' && typeof body['finish_reason'] === 'string'))
  );
}
