/**
 * Models of unknown architecture: custom imports, marketplace and SageMaker endpoints, opaque ARNs.
 * Requests take the OpenAI chat form, which Bedrock's imported models accept. Answers are read by the keys they have,
 * never by the ARN: recorded endpoints answered in Llama's shape, as OpenAI text or chat completions, and in the
 * shapes of vLLM and TGI.
 */
import { defined } from '../../defined.ts';
import {
  countOf,
  firstObjectOf,
  type JsonObject,
  type JsonValue,
  listOf,
  objectOf,
  textOf,
} from '../../json.ts';
import type { NativeCodec, StreamDecoder } from '../../messages/types.ts';
import { anthropic } from './anthropic/messages.ts';
import { commandR, isCommandR } from './command-r/command-r.ts';
import { answerBody, noAnswer } from './fields/answer-tail.ts';
import { REASONING_TAGS } from './fields/reasoning-tags.ts';
import { nova } from './nova/nova.ts';
import { CHAT_FORMS, chatCodec } from './openai-chat/chat.ts';
import { readCompletion } from './prompt-text/claude-legacy.ts';
import { readCommand } from './prompt-text/command.ts';
import { readJurassic } from './prompt-text/jurassic.ts';
import { readLlama } from './prompt-text/llama.ts';
import { readMistral } from './prompt-text/mistral.ts';
import { type TextReader, textAnswers } from './prompt-text/text-codec.ts';
import { readTitan } from './prompt-text/titan-text.ts';

const FORM = 'imported model';

type Answers = Pick<NativeCodec, 'decode' | 'stream'>;

interface Shape {
  readonly matches: (body: JsonObject) => boolean;
  readonly answers: Answers;
}

/** Hugging Face TGI: `generated_text` whole; `token.text` streamed, with the whole text again in the last event. */
const readTgi: TextReader = (body) => {
  const details = objectOf(body['details']);
  const token = objectOf(body['token']);
  const stop = textOf(details?.['finish_reason']);
  const usage = defined({
    inputTokens: lengthOf(details?.['prefill']),
    outputTokens: countOf(details?.['generated_tokens']),
  });
  if (token === undefined) return { text: textOf(body['generated_text']), stop: stop ?? 'stop', usage };
  return { text: token['special'] === true ? '' : textOf(token['text']), stop, usage };
};

/** TGI lists the prompt's tokens; their number is the input count. An empty list says nothing. */
function lengthOf(prefill: JsonValue | undefined): number | undefined {
  const tokens = listOf(prefill).length;
  return tokens === 0 ? undefined : tokens;
}

/** Plain endpoints: `{text}` or `{text: [..]}` (vLLM's demo server), `{output}`, `{outputs: ".."}`, `{response}`. */
const readPlain: TextReader = (body) => {
  for (const key of ['text', 'output', 'outputs', 'response']) {
    const value = body[key];
    const text = textOf(value) ?? textOf(listOf(value)[0]);
    if (text !== undefined) {
      return { text, stop: textOf(body['finish_reason']) ?? textOf(body['stop_reason']) };
    }
  }
  return undefined;
};

function texts(read: TextReader): Answers {
  return textAnswers(FORM, read, REASONING_TAGS);
}

const chat = chatCodec(CHAT_FORMS.unknown);

/** The first shape that matches decides. Order matters only where shapes share a key. */
const SHAPES: readonly Shape[] = [
  { matches: (body) => Array.isArray(body['choices']), answers: chat },
  { matches: (body) => 'generation' in body, answers: texts(readLlama) },
  { matches: (body) => 'generated_text' in body || 'token' in body, answers: texts(readTgi) },
  { matches: (body) => firstObjectOf(body['outputs']) !== undefined, answers: texts(readMistral) },
  { matches: (body) => Array.isArray(body['completions']), answers: texts(readJurassic) },
  { matches: (body) => Array.isArray(body['results']) || 'outputText' in body, answers: texts(readTitan) },
  { matches: isCommand, answers: texts(readCommand) },
  { matches: (body) => 'completion' in body, answers: texts(readCompletion) },
  { matches: isMessages, answers: anthropic },
  { matches: isNova, answers: nova },
  { matches: isCommandR, answers: commandR },
  { matches: (body) => readPlain(body) !== undefined, answers: texts(readPlain) },
];

const MESSAGE_EVENTS: ReadonlySet<string> = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'ping',
]);

function isMessages(body: JsonObject): boolean {
  const type = textOf(body['type']) ?? '';
  return MESSAGE_EVENTS.has(type) || (type === 'message' && Array.isArray(body['content']));
}

/** Command's stream events have no `event_type`; Command R's have one beside `is_finished`. */
function isCommand(body: JsonObject): boolean {
  return Array.isArray(body['generations']) || ('is_finished' in body && !('event_type' in body));
}

function isNova(body: JsonObject): boolean {
  return 'messageStart' in body || 'contentBlockDelta' in body || objectOf(body['output']) !== undefined;
}

/** TGI and some endpoints wrap their one answer in a list. Throws for an error inside a 200. */
function unwrapped(body: unknown): JsonObject {
  return answerBody(Array.isArray(body) ? body[0] : body);
}

function shapeOf(body: JsonObject): Answers | undefined {
  return SHAPES.find(({ matches }) => matches(body))?.answers;
}

export const importedCodec: NativeCodec = {
  carries: chat.carries,
  history: chat.history,
  encode: chat.encode,
  reasoningTags: REASONING_TAGS,
  decode(raw, facts) {
    const body = unwrapped(raw);
    const answers = shapeOf(body);
    if (answers === undefined) throw noAnswer(FORM);
    return answers.decode(body, facts);
  },
  /** The first chunk with a known shape decides for the whole stream. */
  stream(): StreamDecoder {
    let chosen: StreamDecoder | undefined;
    return {
      push(event) {
        const body = unwrapped(event);
        chosen ??= shapeOf(body)?.stream();
        return chosen?.push(body) ?? [];
      },
      end: () => chosen?.end() ?? [],
    };
  },
};
