/** Reasoning between tags in Converse's text, whole and streamed: both give the same blocks, however the text is cut. */
import { describe, expect, it } from 'vitest';
import { assembler } from '../../../../src/inference/codecs/assemble-stream.ts';
import { converseStream, decodeConverse } from '../../../../src/inference/codecs/converse/converse.ts';
import { converseTags } from '../../../../src/inference/codecs/converse/tagged-text.ts';
import { nativeCodecFor } from '../../../../src/inference/codecs/registry.ts';
import type { ContentBlock } from '../../../../src/messages/types.ts';
import { modelOf } from '../../sample-model.ts';

const thought = (text: string): ContentBlock => ({ reasoningContent: { reasoningText: { text } } });
const call = { toolUse: { toolUseId: 't', name: 'f', input: {} } };

const tagsOf = (family: string) => converseTags(nativeCodecFor(modelOf(family)));

function whole(family: string, content: readonly object[], stopReason: string) {
  const answer = { output: { message: { role: 'assistant', content } }, stopReason };
  return decodeConverse(answer, {}, tagsOf(family)).content;
}

function streamed(family: string, content: readonly object[], stopReason: string, size: number) {
  const decoder = converseStream(tagsOf(family));
  const all = assembler();
  const take = (event: object) => {
    for (const delta of decoder.push(event)) all.push(delta);
  };
  content.forEach((block, contentBlockIndex) => {
    if ('text' in block && typeof block.text === 'string') {
      for (let at = 0; at < block.text.length; at += size) {
        take({ contentBlockDelta: { contentBlockIndex, delta: { text: block.text.slice(at, at + size) } } });
      }
    } else take({ contentBlockStart: { contentBlockIndex, start: block } });
    take({ contentBlockStop: { contentBlockIndex } });
  });
  take({ messageStop: { stopReason } });
  for (const delta of decoder.end()) all.push(delta);
  return all.result().content;
}

const SAME: readonly [
  name: string,
  family: string,
  content: object[],
  stop: string,
  blocks: ContentBlock[],
][] = [
  [
    'Kimi thinks between tags before it answers',
    'kimi',
    [{ text: ' <think> Two files. </think> FOUND' }],
    'end_turn',
    [thought(' Two files. '), { text: ' FOUND' }],
  ],
  [
    'Qwen does so too',
    'qwen',
    [{ text: '<think>\nhm\n</think>\n\nyes' }],
    'end_turn',
    [thought('\nhm\n'), { text: '\n\nyes' }],
  ],
  [
    'MiniMax does so too',
    'minimax',
    [{ text: '<think>a</think>b' }],
    'end_turn',
    [thought('a'), { text: 'b' }],
  ],
  [
    'DeepSeek does so too',
    'deepseek',
    [{ text: '<think>a</think>b' }],
    'end_turn',
    [thought('a'), { text: 'b' }],
  ],
  [
    'gpt-oss has a tag of its own',
    'gpt-oss',
    [{ text: '<reasoning>a</reasoning>b' }],
    'end_turn',
    [thought('a'), { text: 'b' }],
  ],
  [
    'R1 on Converse does not begin inside a tag',
    'deepseek-r1',
    [{ text: 'plain words' }],
    'end_turn',
    [{ text: 'plain words' }],
  ],
  [
    'a thought before a tool call leaves no text',
    'kimi',
    [{ text: '<think>I must look.</think>' }, call],
    'tool_use',
    [thought('I must look.'), call],
  ],
  [
    'a thought that was cut stays a thought',
    'kimi',
    [{ text: '<think>So many wor' }],
    'max_tokens',
    [thought('So many wor')],
  ],
  [
    'a tag in the middle of an answer is text',
    'kimi',
    [{ text: 'Write <think>x</think> so.' }],
    'end_turn',
    [{ text: 'Write <think>x</think> so.' }],
  ],
  [
    'what only begins like a tag is text',
    'kimi',
    [{ text: '<thin ice' }],
    'end_turn',
    [{ text: '<thin ice' }],
  ],
  [
    "Nova's <thinking> is text, as natively",
    'nova',
    [{ text: '<thinking>a</thinking>b' }],
    'end_turn',
    [{ text: '<thinking>a</thinking>b' }],
  ],
  [
    'Claude may write about tags',
    'claude',
    [{ text: '<think>a</think>b' }],
    'end_turn',
    [{ text: '<think>a</think>b' }],
  ],
];

describe('tagged reasoning in the text of Converse', () => {
  it.each(SAME)('%s', (_name, family, content, stop, blocks) => {
    expect(whole(family, content, stop)).toEqual(blocks);
    for (const size of [1, 2, 5, 1_000]) expect(streamed(family, content, stop, size)).toEqual(blocks);
  });

  it('gives the words of a tag that is never closed as text when the model ended by itself', () => {
    const content = [{ text: ' <think> It is 30°C.' }];
    expect(whole('kimi', content, 'end_turn')).toEqual([{ text: ' It is 30°C.' }]);
    // A stream has shown them as reasoning by then.
    expect(streamed('kimi', content, 'end_turn', 3)).toEqual([
      thought(' It is 30°C.'),
      { text: ' It is 30°C.' },
    ]);
  });
});
