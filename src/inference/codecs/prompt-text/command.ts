/**
 * Cohere Command and Command Light (retired): `prompt` in, `generations[0]` back. A stream brings
 * `{text, is_finished, finish_reason}` events when the body says `stream: true`, else the whole answer in one chunk
 * (recorded).
 */
import { firstObjectOf, jsonFields, textOf } from '../../../json.ts';
import type { NativeCodec } from '../../../messages/types.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { onlyUserText, type PromptForm, plainConversation } from './prompt-turns.ts';
import { type TextReader, textAnswers } from './text-codec.ts';

const FORM: PromptForm = {
  form: 'Cohere Command',
  carries: { tools: false, system: false, images: false, documents: false, outputSchema: false },
  neutralise: (text) => text,
};

const CONFIG = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'p',
  topK: 'k',
  stopSequences: 'stop_sequences',
};

/** The finish reason counts as the end marker only with the generation, or when `is_finished` says so. */
export const readCommand: TextReader = (body) => {
  const generation = firstObjectOf(body['generations']);
  if (generation !== undefined) {
    return { text: textOf(generation['text']), stop: textOf(generation['finish_reason']) };
  }
  const finished = body['is_finished'] === true;
  const text = textOf(body['text']);
  if (text === undefined && !finished) return undefined;
  return { text, stop: finished ? (textOf(body['finish_reason']) ?? 'COMPLETE') : undefined };
};

export const command: NativeCodec = {
  carries: FORM.carries,
  history: { turns: false },
  encode(request, model, stream) {
    const conversation = plainConversation(request, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    return finishBody(
      {
        prompt: onlyUserText(conversation, FORM),
        ...configFields(config, CONFIG, FORM.form),
        ...jsonFields({ stream: stream ? true : undefined }),
        ...fields,
      },
      request,
    );
  },
  ...textAnswers(FORM.form, readCommand),
};
