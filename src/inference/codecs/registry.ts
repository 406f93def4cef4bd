/** Which codec speaks a family's native form. */
import type { Family } from '../../catalog/types.ts';
import type { CodecModel, NativeCodec } from '../../messages/types.ts';
import { anthropic } from './anthropic/messages.ts';
import { commandR } from './command-r/command-r.ts';
import { importedCodec } from './imported.ts';
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

/** Families with a form of their own. Those that answer in something other than text have no codec. */
const OWN_FORMS: Partial<Record<Family, NativeCodec>> = {
  claude: anthropic,
  'claude-legacy': claudeLegacy,
  nova,
  'titan-text': titanText,
  llama2,
  llama3,
  llama4,
  mistral,
  command,
  'command-r': commandR,
  'jurassic-2': jurassic,
  'deepseek-r1': deepseekR1,
  pegasus,
  unknown: importedCodec,
};

const BY_FAMILY: ReadonlyMap<string, NativeCodec> = new Map([
  ...Object.entries(CHAT_FORMS).map(([family, form]) => [family, chatCodec(form)] as const),
  // Imported models answer in many forms.
  ...Object.entries(OWN_FORMS),
]);

/** The codec of the model's family, or undefined when the family does not answer in text. Pure look-up. */
export function nativeCodecFor(model: CodecModel): NativeCodec | undefined {
  return BY_FAMILY.get(model.family);
}
