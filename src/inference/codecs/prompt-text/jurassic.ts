/** AI21 Jurassic-2 (retired): `prompt` in, `completions[0]` back. It never streamed in pieces. */
import { firstObjectOf, objectOf, textOf } from '../../../json.ts';
import type { NativeCodec } from '../../../messages/types.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { onlyUserText, type PromptForm, plainConversation } from './prompt-turns.ts';
import { type TextReader, textAnswers } from './text-codec.ts';

const FORM: PromptForm = {
  form: 'Jurassic-2',
  carries: { tools: false, system: false, images: false, documents: false, outputSchema: false },
  neutralise: (text) => text,
};

const CONFIG = {
  maxTokens: 'maxTokens',
  temperature: 'temperature',
  topP: 'topP',
  stopSequences: 'stopSequences',
};

/** `reason` is `endoftext` or `length`, or `stop` for a stop sequence, which is then in `sequence`. */
export const readJurassic: TextReader = (body) => {
  const completion = firstObjectOf(body['completions']);
  if (completion === undefined) return undefined;
  const finish = objectOf(completion['finishReason']);
  const reason = textOf(finish?.['reason']);
  const sequence = textOf(finish?.['sequence']);
  return {
    text: textOf(objectOf(completion['data'])?.['text']),
    stop: reason === 'stop' && sequence !== undefined ? 'stop_sequence' : reason,
    stopSequence: sequence,
  };
};

export const jurassic: NativeCodec = {
  carries: FORM.carries,
  history: { turns: false },
  encode(request, model) {
    const conversation = plainConversation(request, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    return finishBody(
      { prompt: onlyUserText(conversation, FORM), ...configFields(config, CONFIG, FORM.form), ...fields },
      request,
    );
  },
  ...textAnswers(FORM.form, readJurassic),
};
