/** Which native codec speaks for which family. */
import type { Family } from '../../catalog/types.ts';
import { claude } from './claude.ts';
import type { NativeCodec } from './codec.ts';
import { commandR } from './command-r.ts';
import { nova } from './nova.ts';
import { openAiChat } from './openai-chat.ts';
import { pegasus } from './pegasus.ts';
import { promptModels } from './prompt-models.ts';

const CODECS: ReadonlyMap<Family, NativeCodec> = new Map<Family, NativeCodec>([
  ['claude', claude],
  ['nova', nova],
  ['command-r', commandR],
  ['pegasus', pegasus],
  ['llama2', promptModels],
  ['llama3', promptModels],
  ['llama4', promptModels],
  ['mistral', promptModels],
  ['titan-text', promptModels],
  ['command', promptModels],
  ['jurassic-2', promptModels],
  ['claude-legacy', promptModels],
  ['deepseek-r1', promptModels],
]);

/** Every other text family, known or not, speaks the chat-completion format. */
export const nativeCodec = (family: Family): NativeCodec => CODECS.get(family) ?? openAiChat;
