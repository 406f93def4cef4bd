/**
 * DeepSeek R1: a prompt with full-width markers (an ASCII `|` makes another string and a worse answer), which ends
 * inside the opening `<think>` tag, so the answer begins with reasoning (AWS, model-parameters-deepseek).
 */
import { firstObjectOf, objectOf, textOf } from '../../../json.ts';
import type { NativeCodec } from '../../../messages/types.ts';
import { configFields, finishBody } from '../fields/body-fields.ts';
import { nativeReasoning } from '../fields/reasoning-fields.ts';
import { R1_TAGS } from '../fields/reasoning-tags.ts';
import { chatUsage } from '../fields/usage.ts';
import {
  alternatingTurns,
  type PlainConversation,
  type PromptForm,
  plainConversation,
} from './prompt-turns.ts';
import { type TextReader, textAnswers } from './text-codec.ts';

const FORM: PromptForm = {
  form: 'DeepSeek R1 prompt',
  carries: { tools: false, system: true, images: false, documents: false, outputSchema: false },
  neutralise: (text) => text.replaceAll('<｜', '< ｜'),
};

const CONFIG = { maxTokens: 'max_tokens', temperature: 'temperature', topP: 'top_p', stopSequences: 'stop' };

/** OpenAI's `text_completion` shape: R1, and imported or marketplace models behind vLLM or TGI. */
export const readTextCompletion: TextReader = (body) => {
  const choice = firstObjectOf(body['choices']);
  if (choice === undefined) return undefined;
  const finish = textOf(choice['finish_reason']);
  const usage = objectOf(body['usage']);
  return {
    text: textOf(choice['text']),
    stop: finish ?? textOf(choice['stop_reason']),
    usage: usage && chatUsage(usage),
  };
};

/** A trailing assistant turn is continued as it stands, after its reasoning. */
function r1Prompt(conversation: PlainConversation): string {
  const turns = alternatingTurns(conversation);
  const prompt = turns.map((turn, at) => {
    if (turn.role === 'user') return `<｜User｜>${turn.text}`;
    return `<｜Assistant｜>${turn.text}${at === turns.length - 1 ? '' : '<｜end▁of▁sentence｜>'}`;
  });
  const open = turns.at(-1)?.role === 'user' ? '<｜Assistant｜><think>\n' : '';
  return `<｜begin▁of▁sentence｜>${conversation.system ?? ''}${prompt.join('')}${open}`;
}

export const deepseekR1: NativeCodec = {
  carries: FORM.carries,
  history: {},
  encode(request, model) {
    const conversation = plainConversation(request, model, FORM);
    const { config, fields } = nativeReasoning(request, model);
    return finishBody(
      { prompt: r1Prompt(conversation), ...configFields(config, CONFIG, FORM.form), ...fields },
      request,
    );
  },
  ...textAnswers(FORM.form, readTextCompletion, R1_TAGS),
  reasoningTags: R1_TAGS,
};
