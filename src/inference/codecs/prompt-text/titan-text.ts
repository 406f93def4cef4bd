/** Amazon Titan Text: `inputText` in, `results[0]` back (whole) or the same fields at the top level (stream). */
import { defined } from '../../../defined.ts';
import { countOf, firstObjectOf, jsonFields, textOf } from '../../../json.ts';
import type { NativeCodec } from '../../../messages/types.ts';
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
  form: 'Titan Text',
  carries: { tools: false, system: false, images: false, documents: false, outputSchema: false },
  neutralise: (text) => text,
};

const CONFIG = {
  maxTokens: 'maxTokenCount',
  temperature: 'temperature',
  topP: 'topP',
  stopSequences: 'stopSequences',
};

export const readTitan: TextReader = (body) => {
  const result = firstObjectOf(body['results']);
  const answer = result ?? body;
  const text = textOf(answer['outputText']);
  const stop = textOf(answer['completionReason']);
  if (text === undefined && stop === undefined) return undefined;
  return {
    text,
    stop,
    usage: defined({
      inputTokens: countOf(body['inputTextTokenCount']),
      outputTokens: countOf(result?.['tokenCount']) ?? countOf(body['totalOutputTextTokenCount']),
    }),
  };
};

/** Keeps a line of somebody's words from posing as another speaker's line. */
function splitRoles(text: string): string {
  return text.replace(/\n(?=(?:User|Bot):)/g, '\n ');
}

/** One message is sent as it is; several become Titan's documented `User:` / `Bot:` script. */
function titanInput(conversation: PlainConversation): string {
  const turns = alternatingTurns(conversation);
  const [first, second] = turns;
  if (first !== undefined && second === undefined) return first.text;
  const lines = turns.map((turn) => `${turn.role === 'user' ? 'User' : 'Bot'}: ${splitRoles(turn.text)}`);
  const script = lines.join('\n');
  return turns.at(-1)?.role === 'assistant' ? script : `${script}\nBot:`;
}

export const titanText: NativeCodec = {
  carries: FORM.carries,
  history: {},
  encode(request, model) {
    const conversation = plainConversation(request, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    const generation = configFields(config, CONFIG, FORM.form);
    return finishBody(
      {
        inputText: titanInput(conversation),
        ...jsonFields({
          textGenerationConfig: Object.keys(generation).length === 0 ? undefined : generation,
        }),
        ...fields,
      },
      request,
    );
  },
  ...textAnswers(FORM.form, readTitan),
};
