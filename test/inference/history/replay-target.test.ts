import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../../src/catalog/models/catalog.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import {
  type ReplayInput,
  type ReplayTarget,
  replayTarget,
} from '../../../src/inference/history/replay-target.ts';
import type { ContentBlock, InferenceRequest, ToolResultContent } from '../../../src/messages/types.ts';
import { asking } from '../sample-model.ts';

const catalog = await loadCatalog();
const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'amazon.nova-lite-v1:0';
const COMMAND_R = 'cohere.command-r-v1:0';
const QWEN_VL = 'qwen.qwen3-vl-235b-a22b';
const PEGASUS = 'twelvelabs.pegasus-1-2-v1:0';

function wayOf(
  id: string,
  override?: ReplayInput['override'],
  request: InferenceRequest = asking(),
): ReplayTarget {
  const record = catalog.record(id);
  const model = { id: record.id, family: record.family, features: record.features };
  return replayTarget(request, { record, model, codec: nativeCodecFor(model), override });
}

const bytes = new Uint8Array(5_000_000);
const s3 = { s3Location: { uri: 's3://bucket/key' } };
const image = { image: { format: 'png', source: { bytes } } } as const;
const document = (format: 'pdf' | 'docx' | 'txt') => ({ document: { format, name: 'n', source: { bytes } } });
const inResult = (part: ToolResultContent): ContentBlock => ({
  toolResult: { toolUseId: 'of another call', content: [part] },
});
const found = { searchResult: { title: 'T', source: 'S', content: [] } };

describe('the way of a turn', () => {
  it.each<[string, string, ReplayInput['override'], Partial<InferenceRequest>, ReplayTarget['api']]>([
    ['Converse by itself', CLAUDE, 'auto', {}, 'converse'],
    ['InvokeModel when asked for', CLAUDE, 'native', {}, 'native'],
    ['InvokeModel where there is nothing else', PEGASUS, 'auto', {}, 'native'],
    [
      'InvokeModel for what it alone carries',
      CLAUDE,
      'auto',
      { toolConfig: { tools: [{ nativeTool: { type: 'bash_20250124', name: 'bash' } }] } },
      'native',
    ],
    [
      'Converse when asked for, whatever InvokeModel alone carries',
      CLAUDE,
      'converse',
      { toolConfig: { tools: [{ nativeTool: { type: 'bash_20250124', name: 'bash' } }] } },
      'converse',
    ],
  ])('is %s', (_what, id, override, more, api) => {
    expect(wayOf(id, override, asking(more)).api).toBe(api);
  });

  it.each<[string, string, ReplayInput['override'], ContentBlock, boolean]>([
    ['a file in S3 to Nova', NOVA, 'auto', { image: { format: 'png', source: s3 } }, true],
    ['a file in S3 to Claude', CLAUDE, 'auto', { image: { format: 'png', source: s3 } }, false],
    [
      'a result with a file in S3 to Claude',
      CLAUDE,
      'auto',
      inResult({ image: { format: 'png', source: s3 } }),
      false,
    ],
    ['a result with a search result to Nova', NOVA, 'auto', inResult(found), false],
    ['a search result to Claude', CLAUDE, 'auto', found, true],
    ['a search result to Nova', NOVA, 'auto', found, false],
    ['a PDF to native Claude', CLAUDE, 'native', document('pdf'), true],
    ['a Word file to native Claude', CLAUDE, 'native', document('docx'), false],
    ['a search result to native Claude', CLAUDE, 'native', found, true],
    ['a cache point to native Claude', CLAUDE, 'native', { cachePoint: { type: 'default' } }, true],
    ['an image in a tool result to native Claude', CLAUDE, 'native', inResult(image), true],
    ['an image to native Qwen', QWEN_VL, 'native', image, true],
    ['an image in S3 to native Qwen', QWEN_VL, 'native', { image: { format: 'png', source: s3 } }, false],
    ['a document to native Qwen', QWEN_VL, 'native', document('txt'), false],
    ['an image in a tool result to native Qwen', QWEN_VL, 'native', inResult(image), false],
    ['words in a tool result to native Qwen', QWEN_VL, 'native', inResult({ text: 'x' }), true],
    ['video to native Nova', NOVA, 'native', { video: { format: 'mp4', source: { bytes } } }, false],
    ['video to Pegasus', PEGASUS, 'native', { video: { format: 'mp4', source: s3 } }, true],
  ])('carries %s: %5$s', (_what, id, override, block, carries) => {
    expect(wayOf(id, override).carries(block, 'user')).toBe(carries);
  });

  it("knows Cohere's form, which has no place for finished tool rounds, and forms without turns", () => {
    expect(wayOf(COMMAND_R, 'native')).toMatchObject({ takesFinishedRounds: false, takesTurns: true });
    expect(wayOf(CLAUDE, 'native')).toMatchObject({ takesFinishedRounds: true, takesTurns: true });
    expect(wayOf(PEGASUS)).toMatchObject({ takesTurns: false });
    expect(wayOf(COMMAND_R)).toMatchObject({ takesFinishedRounds: true, takesTurns: true });
  });
});
