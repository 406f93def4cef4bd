/** What the codecs declare of earlier turns, against what they encode: the declaration decides what becomes words. */
import { describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import { replayTarget } from '../../../src/inference/history/replay-target.ts';
import type { CodecModel, ContentBlock, Message, ToolResultContent } from '../../../src/messages/types.ts';

const catalog = await loadCatalog();
const bytes = { bytes: new Uint8Array(1) };
const s3 = { s3Location: { uri: 's3://bucket/key' } };
const pdf = { format: 'pdf', name: 'n', source: bytes } as const;
const found = { title: 'T', source: 'S', content: [] };
const PARTS: readonly ToolResultContent[] = [
  { text: 'x' },
  { json: { a: 1 } },
  { image: { format: 'png', source: bytes } },
  { image: { format: 'png', source: s3 } },
  { document: pdf },
  { document: { ...pdf, format: 'docx' } },
  { document: { ...pdf, source: s3 } },
  { video: { format: 'mp4', source: bytes } },
  { searchResult: found },
];
const BLOCKS: readonly ContentBlock[] = [
  { image: { format: 'webp', source: bytes } },
  { image: { format: 'png', source: s3 } },
  ...(['pdf', 'docx', 'csv', 'md', 'txt'] as const).map((format) => ({ document: { ...pdf, format } })),
  { document: { ...pdf, source: s3 } },
  { document: { ...pdf, format: 'txt', source: { text: 'x' } } },
  { document: { ...pdf, format: 'txt', source: { content: [{ text: 'x' }] } } },
  { document: { ...pdf, citations: { enabled: true } } },
  { video: { format: 'mp4', source: bytes } },
  { audio: { format: 'mp3', source: bytes } },
  { cachePoint: { type: 'default' } },
  { guardContent: { text: { text: 'x' } } },
  { citationsContent: { content: [{ text: 'x' }], citations: [] } },
  { searchResult: found },
  { unknown: { name: 'n', value: { type: 'n' } } },
  ...PARTS.map((part) => ({ toolResult: { toolUseId: 'x', content: [part] } })),
];

const QUESTION: Message = { role: 'user', content: [{ text: 'x' }] };
const ABOUT_VIDEO: Message = {
  role: 'user',
  content: [{ video: { format: 'mp4', source: bytes } }, { text: 'x' }],
};
const ANSWER: Message = { role: 'assistant', content: [{ text: 'x' }] };
const CALL: Message = {
  role: 'assistant',
  content: [{ toolUse: { toolUseId: 'x', name: 'x', input: {} } }],
};
const RESULT: Message = {
  role: 'user',
  content: [{ toolResult: { toolUseId: 'x', content: [{ text: 'x' }] } }],
};

/** The smallest conversation in which the block stands where it may. */
function framed(block: ContentBlock, role: Message['role']): readonly Message[] {
  if ('toolResult' in block && role === 'user') return [QUESTION, CALL, { role, content: [block] }];
  if (role === 'assistant') return [QUESTION, { role, content: [block] }, QUESTION];
  // Text on both sides: cache points mark what is before them, and a document wants words beside it.
  return [{ role: 'user', content: [{ text: 'x' }, block, { text: 'x' }] }];
}

function probe(model: CodecModel) {
  const codec = nativeCodecFor(model);
  const encodes = (messages: readonly Message[]): boolean => {
    try {
      codec?.encode({ messages, inferenceConfig: { maxTokens: 1 } }, model, false);
      return true;
    } catch (error) {
      if (error instanceof BedrockError) return false;
      throw error;
    }
  };
  return {
    takesFinishedRounds:
      encodes([QUESTION, CALL, RESULT, ANSWER, QUESTION]) || !encodes([QUESTION, CALL, RESULT]),
    takesTurns: ![QUESTION, ABOUT_VIDEO].some(
      (question) => encodes([question]) && !encodes([question, ANSWER, QUESTION]),
    ),
    carries: (block: ContentBlock, role: Message['role']) => encodes(framed(block, role)),
    /** A form that refuses the bare frame too says nothing about the block. */
    isSilent: (role: Message['role']) => !encodes(framed({ text: 'x' }, role)),
  };
}

const models = catalog.models
  .filter((record) => record.kind === 'text' && nativeCodecFor(record) !== undefined)
  .flatMap((record): CodecModel[] => [
    { id: record.id, family: record.family, features: record.features },
    { id: record.id, family: record.family, features: {} },
  ]);
const families = new Set(models.map(({ family }) => family));

describe('what a codec declares of earlier turns is what it encodes', () => {
  it.each([...families])('%s', (family) => {
    for (const model of models.filter((each) => each.family === family)) {
      const record = { ...catalog.record(model.id), apis: {} };
      const codec = nativeCodecFor(model);
      const target = replayTarget({ messages: [] }, { record, model, codec, override: 'native' });
      const real = probe(model);
      expect(target).toMatchObject({
        takesFinishedRounds: real.takesFinishedRounds,
        takesTurns: real.takesTurns,
      });
      for (const role of ['user', 'assistant'] as const) {
        if (real.isSilent(role)) continue;
        for (const block of BLOCKS) {
          // A model that is known not to see gets no images of earlier turns, whatever its form.
          if ('image' in block && model.features.images === false) continue;
          // Results of an assistant are a provider's own, and their words are told by another rule.
          if ('toolResult' in block && role === 'assistant') continue;
          const what = `${model.id}, ${role}: ${JSON.stringify(block)}`;
          const declared = target.carries(block, role);
          // The route table sends some blocks through Converse that the form itself would hold.
          if (declared) expect(real.carries(block, role), what).toBe(true);
          else if (codec !== undefined && !isConverses(block, model.family, codec.carries))
            expect(real.carries(block, role), what).toBe(false);
        }
      }
    }
  });
});

function isConverses(
  block: ContentBlock,
  family: string,
  carries: { readonly images: boolean; readonly documents: boolean },
): boolean {
  if ('guardContent' in block || 'audio' in block || 'video' in block) return true;
  if ('cachePoint' in block && family === 'nova') return true;
  return ('image' in block && !carries.images) || ('document' in block && !carries.documents);
}
