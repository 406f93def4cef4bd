/** Cohere Command R and R+ on InvokeModel: a message, a chat history, flat tool definitions. */
import { defined } from '../../defined.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { type Answer, type Message, pieces, type Tool } from '../answers/turn.ts';
import { compact, extraKey, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { malformed } from '../refusal.ts';
import { type NativeCodec, type NativeContext, textOfAnswer } from './codec.ts';

const MEMBERS = [
  'message',
  'chat_history',
  'documents',
  'preamble',
  'max_tokens',
  'temperature',
  'p',
  'k',
  'stop_sequences',
  'tools',
  'tool_results',
  'prompt_truncation',
  'frequency_penalty',
  'presence_penalty',
  'seed',
  'return_prompt',
  'raw_prompting',
  'search_queries_only',
];

const TYPES: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
]);

function readTool(value: JsonValue): Tool {
  const { name, description, parameter_definitions: parameters } = objectOf(value);
  const properties = Object.entries(objectOf(parameters)).map(([key, definition]): [string, JsonObject] => {
    const type = textOf(objectOf(definition)['type']);
    return [key, { type: TYPES.get(type) ?? 'string' }];
  });
  const schema = { type: 'object', properties: Object.fromEntries(properties) };
  return { name: textOf(name), description: textOf(description), schema };
}

function readMessages(body: JsonObject): Message[] {
  const history = listOf(body['chat_history']).map((entry): Message => {
    const { role, message } = objectOf(entry);
    return {
      role: role === 'CHATBOT' ? 'assistant' : 'user',
      blocks: [{ kind: 'text', text: textOf(message) }],
    };
  });
  const results = listOf(body['tool_results']).map((result) => {
    const text = JSON.stringify(objectOf(result)['outputs'] ?? null);
    return { kind: 'tool-result', id: '', text } as const;
  });
  const text = textOf(body['message']);
  return [...history, { role: 'user', blocks: [{ kind: 'text', text }, ...results] }];
}

const FINISH = (answer: Answer): string => {
  if (answer.stopReason === 'max_tokens') return 'MAX_TOKENS';
  if (answer.stopReason === 'stop_sequence') return 'STOP_SEQUENCE';
  return answer.stopReason === 'content_filtered' ? 'ERROR_TOXIC' : 'COMPLETE';
};

function responseJson(answer: Answer, { body, id }: NativeContext): JsonObject {
  const calls = answer.blocks.flatMap((block) =>
    block.kind === 'tool-use' ? [{ name: block.name, parameters: block.input }] : [],
  );
  const text = textOfAnswer(answer);
  const history = [
    ...listOf(body['chat_history']),
    { role: 'USER', message: textOf(body['message']) },
    { role: 'CHATBOT', message: text },
  ];
  return compact({
    response_id: id,
    text,
    generation_id: id,
    chat_history: history,
    tool_calls: calls.length > 0 ? calls : undefined,
    finish_reason: FINISH(answer),
  });
}

export const commandR: NativeCodec = {
  read({ body }) {
    const extra = extraKey(body, MEMBERS);
    if (extra !== undefined) throw malformed(`#: extraneous key [${extra}] is not permitted`);
    if (own(body, 'message') === undefined) throw malformed('#: required key [message] not found');
    const maxTokens = numberOf(body['max_tokens']);
    return {
      system: textOf(body['preamble']),
      messages: readMessages(body),
      tools: listOf(body['tools']).map(readTool),
      toolChoice: 'auto',
      ...defined({ maxTokens }),
      stopSequences: textsOf(body['stop_sequences']),
      reasoning: false,
    };
  },

  whole: responseJson,

  *chunks(answer, context) {
    const { inputTokens: input_tokens, outputTokens: output_tokens } = answer.usage;
    const tokens = { input_tokens, output_tokens };
    const meta = { api_version: { version: '1' }, billed_units: tokens, tokens };
    const response = { ...responseJson(answer, context), meta };
    for (const text of pieces(textOfAnswer(answer))) {
      if (text !== '')
        yield { payload: { is_finished: false, event_type: 'text-generation', text }, delta: true };
    }
    const calls = own(response, 'tool_calls');
    if (calls !== undefined) {
      yield {
        payload: { is_finished: false, event_type: 'tool-calls-generation', tool_calls: calls },
        delta: true,
      };
    }
    const finish = FINISH(answer);
    yield {
      payload: { is_finished: true, event_type: 'stream-end', response, finish_reason: finish },
      end: true,
    };
  },
};
