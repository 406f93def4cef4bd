/** Small requests and models for the codec tests. */
import { assembler } from '../../../src/inference/codecs/assemble-stream.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import type {
  CodecModel,
  ContentBlock,
  InferenceRequest,
  InferenceResult,
  Message,
  NativeCodec,
} from '../../../src/messages/types.ts';

export function model(family: string, extra: Partial<CodecModel> = {}): CodecModel {
  return { id: `test.${family}`, family, features: {}, ...extra };
}

export function codec(family: string): NativeCodec {
  const found = nativeCodecFor(model(family));
  if (found === undefined) throw new Error(`no codec for ${family}`);
  return found;
}

export function user(...content: (string | ContentBlock)[]): Message {
  return { role: 'user', content: content.map(block) };
}
export function assistant(...content: (string | ContentBlock)[]): Message {
  return { role: 'assistant', content: content.map(block) };
}
function block(content: string | ContentBlock): ContentBlock {
  return typeof content === 'string' ? { text: content } : content;
}

export function ask(...messages: Message[]): InferenceRequest {
  return { messages };
}

/** Everything a codec says about these chunks, put together as a whole answer. */
export function streamed(family: string, chunks: readonly unknown[]): InferenceResult {
  const decoder = codec(family).stream();
  const whole = assembler();
  for (const chunk of chunks) for (const delta of decoder.push(chunk)) whole.push(delta);
  for (const delta of decoder.end()) whole.push(delta);
  return whole.result();
}

export const PNG = new Uint8Array([137, 80, 78, 71]);
export const PNG_BASE64 = 'iVBORw==';
export const image: ContentBlock = { image: { format: 'png', source: { bytes: PNG } } };
export const weatherTool = {
  toolSpec: {
    name: 'weather',
    description: 'Weather of a city',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
};
export const toolUse: ContentBlock = {
  toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } },
};
export const toolResult: ContentBlock = {
  toolResult: { toolUseId: 't1', content: [{ text: '40 C' }] },
};
