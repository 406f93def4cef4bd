/**
 * Claude 2.x and Instant (retired): the Human/Assistant text form. These models also understood the Messages form
 * (recorded), so whichever form an answer has is read, for callers who send their own body.
 */
import { isJsonObject, textOf } from '../../../json.ts';
import type { NativeCodec, StreamDecoder } from '../../../messages/types.ts';
import { decodeMessages } from '../anthropic/messages.ts';
import { messagesStream } from '../anthropic/stream.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import {
  alternatingTurns,
  type PlainConversation,
  type PromptForm,
  plainConversation,
} from './prompt-turns.ts';
import { type TextReader, textAnswers } from './text-codec.ts';

const FORM: PromptForm = {
  form: 'Claude 2 prompt',
  carries: { tools: false, system: true, images: false, documents: false, outputSchema: false },
  neutralise: splitRoles,
};

const CONFIG = {
  maxTokens: 'max_tokens_to_sample',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stopSequences: 'stop_sequences',
};

/** The form requires a maximum; 4096 tokens is the most that these models write. */
const DEFAULT_MAX_TOKENS = 4096;

export const readCompletion: TextReader = (body) => {
  const text = textOf(body['completion']);
  const stop = textOf(body['stop_reason']);
  if (text === undefined && stop === undefined) return undefined;
  return { text, stop, stopSequence: textOf(body['stop']) };
};

/** Keeps "blank line, Human:" in somebody's words from opening a turn. */
function splitRoles(text: string): string {
  return text.replace(/\n\n(?=(?:Human|Assistant):)/g, '\n\n ');
}

/** Split again as a whole turn: joining its parts by a blank line may have made a marker. */
function humanPrompt(conversation: PlainConversation): string {
  const turns = alternatingTurns(conversation);
  const prompt = turns.map(
    (turn) => `\n\n${turn.role === 'user' ? 'Human' : 'Assistant'}: ${splitRoles(turn.text)}`,
  );
  const open = turns.at(-1)?.role === 'user' ? '\n\nAssistant:' : '';
  return `${conversation.system ?? ''}${prompt.join('')}${open}`;
}

const texts = textAnswers(FORM.form, readCompletion);

function isMessagesForm(value: unknown): boolean {
  const type = isJsonObject(value) ? value['type'] : undefined;
  return typeof type === 'string' && type !== 'completion';
}

export const claudeLegacy: NativeCodec = {
  carries: FORM.carries,
  history: {},
  encode(request, model) {
    const conversation = plainConversation(request, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    return finishBody(
      {
        prompt: humanPrompt(conversation),
        max_tokens_to_sample: DEFAULT_MAX_TOKENS,
        ...configFields(config, CONFIG, FORM.form),
        ...fields,
      },
      request,
    );
  },
  decode: (body, facts) => (isMessagesForm(body) ? decodeMessages(body, facts) : texts.decode(body, facts)),
  stream(): StreamDecoder {
    let chosen: StreamDecoder | undefined;
    return {
      push(event) {
        chosen ??= isMessagesForm(event) ? messagesStream() : texts.stream();
        return chosen.push(event);
      },
      end: () => chosen?.end() ?? [],
    };
  },
};
