/**
 * Mistral's text form (7B, Mixtral, Large and Small 2402): `[INST]` prompt in, `outputs[0].text` back.
 * Bodies carry no token counts: headers and metrics do. `stop_reason` is null in every chunk but the last (recorded).
 */
import { firstObjectOf, textOf } from '../../../json.ts';
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
  form: 'Mistral prompt',
  carries: { tools: false, system: true, images: false, documents: false, outputSchema: false },
  neutralise: splitMistralTokens,
};

const CONFIG = {
  maxTokens: 'max_tokens',
  temperature: 'temperature',
  topP: 'top_p',
  topK: 'top_k',
  stopSequences: 'stop',
};

export const readMistral: TextReader = (body) => {
  const output = firstObjectOf(body['outputs']);
  return output && { text: textOf(output['text']), stop: textOf(output['stop_reason']) };
};

/** Control words of Mistral's tokenizers: `[INST]`, `[/INST]`, `[TOOL_CALLS]` ..., `<s>`, `</s>`. */
function splitMistralTokens(text: string): string {
  return text
    .replace(/\[(?=\/?(?:INST|AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CALLS|SYSTEM_PROMPT)\])/g, '[ ')
    .replace(/<(?=\/?s>)/g, '< ');
}

/** These models know no system role (Converse refuses it for them), so its text opens the first user turn. */
function instPrompt(conversation: PlainConversation): string {
  const turns = alternatingTurns(conversation);
  const prompt = turns.map((turn, at) => {
    if (turn.role === 'assistant') return at === turns.length - 1 ? ` ${turn.text}` : ` ${turn.text}</s>`;
    const system = at === 0 && conversation.system !== undefined ? `${conversation.system}\n\n` : '';
    return `[INST] ${system}${turn.text} [/INST]`;
  });
  return `<s>${prompt.join('')}`;
}

export const mistral: NativeCodec = {
  carries: FORM.carries,
  history: {},
  encode(request, model) {
    const conversation = plainConversation(request, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    return finishBody(
      { prompt: instPrompt(conversation), ...configFields(config, CONFIG, FORM.form), ...fields },
      request,
    );
  },
  ...textAnswers(FORM.form, readMistral),
};
