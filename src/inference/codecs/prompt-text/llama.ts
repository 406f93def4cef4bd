/**
 * Meta Llama: one prompt text in Meta's template of the generation, `generation` back.
 * Templates after Meta's model cards (two newlines between header and text); recorded prompts of Llama 3 have the
 * same form. The stream's first chunk alone carries `prompt_token_count`, the last alone a `stop_reason`.
 */
import { defined } from '../../../defined.ts';
import { countOf, jsonFields, textOf } from '../../../json.ts';
import type { CodecModel, InferenceRequest, NativeCodec } from '../../../messages/types.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import {
  alternatingTurns,
  type PlainConversation,
  type PromptForm,
  plainConversation,
} from './prompt-turns.ts';
import { type TextReader, textAnswers } from './text-codec.ts';

const CONFIG = { maxTokens: 'max_gen_len', temperature: 'temperature', topP: 'top_p' };

export const readLlama: TextReader = (body) => {
  const text = textOf(body['generation']);
  const stop = textOf(body['stop_reason']);
  if (text === undefined && stop === undefined) return undefined;
  return {
    text,
    stop,
    usage: defined({
      inputTokens: countOf(body['prompt_token_count']),
      outputTokens: countOf(body['generation_token_count']),
    }),
  };
};

/** Splits `<|eot_id|>` and its kin apart. A space cannot complete another token, so one pass is enough. */
function splitPipeTokens(text: string): string {
  return text.replaceAll('<|', '< |');
}

function splitLlama2Tokens(text: string): string {
  return text.replace(/\[(?=\/?INST\])/g, '[ ').replace(/<(?=<\/?SYS>>|\/?s>)/g, '< ');
}

/** Meta's `[INST]` template: the system prompt lives inside the first user turn. */
function llama2Prompt(conversation: PlainConversation): string {
  const turns = alternatingTurns(conversation);
  const prompt = turns.map((turn, at) => {
    if (turn.role === 'assistant') return at === turns.length - 1 ? ` ${turn.text}` : ` ${turn.text} </s>`;
    const system =
      at === 0 && conversation.system !== undefined ? `<<SYS>>\n${conversation.system}\n<</SYS>>\n\n` : '';
    return `<s>[INST] ${system}${turn.text} [/INST]`;
  });
  return prompt.join('');
}

interface HeaderTokens {
  readonly start: string;
  readonly end: string;
  readonly endOfTurn: string;
}

/** The header templates. A trailing assistant turn is left open, so that the model continues it. */
function headerPrompt(conversation: PlainConversation, tokens: HeaderTokens): string {
  const header = (role: string): string => `${tokens.start}${role}${tokens.end}\n\n`;
  const { system, turns } = conversation;
  const all = system === undefined ? turns : [{ role: 'system' as const, text: system }, ...turns];
  const prefill = all.at(-1)?.role === 'assistant';
  const prompt = all.map((turn, at) => {
    const open = prefill && at === all.length - 1;
    return `${header(turn.role)}${turn.text}${open ? '' : tokens.endOfTurn}`;
  });
  return `<|begin_of_text|>${prompt.join('')}${prefill ? '' : header('assistant')}`;
}

function llamaCodec(form: PromptForm, template: (conversation: PlainConversation) => string): NativeCodec {
  return {
    carries: form.carries,
    history: {},
    encode(request: InferenceRequest, model: CodecModel) {
      const conversation = plainConversation(request, model, form);
      const { config, fields } = nativeReasoning(request, model);
      const body = {
        prompt: template(conversation),
        ...configFields(config, CONFIG, form.form),
        ...jsonFields({ images: conversation.images.length === 0 ? undefined : [...conversation.images] }),
        ...fields,
      };
      return finishBody(body, request);
    },
    ...textAnswers(form.form, readLlama),
  };
}

export const llama2 = llamaCodec(
  {
    form: 'Llama 2',
    carries: { tools: false, system: true, images: false, documents: false, outputSchema: false },
    neutralise: splitLlama2Tokens,
  },
  llama2Prompt,
);

/** Llama 3, 3.1, 3.2 and 3.3. Only the vision models of 3.2 take images; a model known not to is refused. */
export const llama3 = llamaCodec(
  {
    form: 'Llama 3',
    carries: { tools: false, system: true, images: true, documents: false, outputSchema: false },
    neutralise: splitPipeTokens,
    imageToken: '<|image|>',
    systemTurns: true,
  },
  (conversation) =>
    headerPrompt(conversation, {
      start: '<|start_header_id|>',
      end: '<|end_header_id|>',
      endOfTurn: '<|eot_id|>',
    }),
);

export const llama4 = llamaCodec(
  {
    form: 'Llama 4',
    carries: { tools: false, system: true, images: true, documents: false, outputSchema: false },
    neutralise: splitPipeTokens,
    imageToken: '<|image|>',
    systemTurns: true,
  },
  (conversation) =>
    headerPrompt(conversation, { start: '<|header_start|>', end: '<|header_end|>', endOfTurn: '<|eot|>' }),
);
