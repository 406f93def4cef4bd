/** Which codec speaks a family's native form. */
import type { Family } from '../../catalog/types.ts';
import type { CodecModel, NativeCodec } from '../../messages/types.ts';
import { anthropic } from './anthropic/messages.ts';
import { commandR } from './command-r/command-r.ts';
import { importedCodec } from './imported.ts';
import { jamba } from './jamba.ts';
import { nova } from './nova/nova.ts';
import { CHAT_FORMS, chatCodec } from './openai-chat/chat.ts';
import { pegasus } from './pegasus.ts';
import { claudeLegacy } from './prompt-text/claude-legacy.ts';
import { command } from './prompt-text/command.ts';
import { deepseekR1 } from './prompt-text/deepseek-r1.ts';
import { jurassic } from './prompt-text/jurassic.ts';
import { llama2, llama3, llama4 } from './prompt-text/llama.ts';
import { mistral } from './prompt-text/mistral.ts';
import { titanText } from './prompt-text/titan-text.ts';

/** Families that answer in something other than text (embeddings, images, video, speech) have no entry. */
const CODECS: Partial<Record<Family, NativeCodec>> = {
  claude: anthropic,
  'claude-legacy': claudeLegacy,
  nova,
  'titan-text': titanText,
  llama2,
  llama3,
  llama4,
  mistral,
  'mistral-chat': chatCodec(CHAT_FORMS['mistral-chat']),
  command,
  'command-r': commandR,
  jamba,
  'jurassic-2': jurassic,
  'deepseek-r1': deepseekR1,
  deepseek: chatCodec(CHAT_FORMS.deepseek),
  'gpt-oss': chatCodec(CHAT_FORMS['gpt-oss']),
  gpt: chatCodec(CHAT_FORMS.gpt),
  qwen: chatCodec(CHAT_FORMS.qwen),
  kimi: chatCodec(CHAT_FORMS.kimi),
  minimax: chatCodec(CHAT_FORMS.minimax),
  glm: chatCodec(CHAT_FORMS.glm),
  gemma: chatCodec(CHAT_FORMS.gemma),
  nemotron: chatCodec(CHAT_FORMS.nemotron),
  palmyra: chatCodec(CHAT_FORMS.palmyra),
  grok: chatCodec(CHAT_FORMS.grok),
  pegasus,
  unknown: importedCodec,
};

const BY_FAMILY: ReadonlyMap<string, NativeCodec> = new Map(Object.entries(CODECS));

/** The codec of the model's family, or undefined when the family does not answer in text. Pure look-up. */
export function nativeCodecFor(model: CodecModel): NativeCodec | undefined {
  return BY_FAMILY.get(model.family);
}
