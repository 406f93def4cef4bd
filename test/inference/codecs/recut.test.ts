/** However the text of a stream is cut into chunks, the answer is the same. */
import { describe, expect, it } from 'vitest';
import { assembler } from '../../../src/inference/codecs/assemble-stream.ts';
import { REASONING_TAGS, ReasoningTagSplitter } from '../../../src/inference/codecs/fields/reasoning-tags.ts';
import { nativeCodecFor } from '../../../src/inference/codecs/registry.ts';
import type { InferenceResult } from '../../../src/messages/types.ts';
import { framesOf, type NativeRow, nativeTextRows, type Raw } from './recorded-rows.ts';

const rows = nativeTextRows().filter(({ streamed, bytes }) => streamed && !framesOf(bytes).exception);

/** The object and key that hold a chunk's text, for every streamed shape. */
function slotOf(chunk: Raw): [Raw, string] | undefined {
  const places: [Raw, string][] = [
    [chunk.choices?.[0]?.delta, 'content'],
    [chunk.delta, 'text'],
    [chunk.delta, 'thinking'],
    [chunk.contentBlockDelta?.delta, 'text'],
    [chunk.outputs?.[0], 'text'],
    [chunk.generations?.[0], 'text'],
    [chunk, 'generation'],
    [chunk, 'outputText'],
    [chunk, 'completion'],
    [chunk, 'text'],
  ];
  return places.find(([holder, key]) => typeof holder?.[key] === 'string' && holder[key] !== '');
}

/** The first half of a cut chunk says nothing about the end. */
const END = ['finish_reason', 'stop_reason', 'stop', 'completionReason', 'is_finished'];

/** The chunk as two, its text cut before character `at`. */
function cut(chunk: Raw, at: number): Raw[] {
  const [first, second] = [structuredClone(chunk), structuredClone(chunk)];
  for (const holder of [first, first.choices?.[0], first.outputs?.[0], first.generations?.[0]]) {
    for (const key of END) if (holder?.[key] !== undefined) delete holder[key];
  }
  for (const key of Object.keys(first)) if (key.startsWith('amazon-bedrock-')) delete first[key];
  const [head, headKey] = slotOf(first) ?? [{}, ''];
  const [tail, tailKey] = slotOf(second) ?? [{}, ''];
  head[headKey] = head[headKey].slice(0, at);
  tail[tailKey] = tail[tailKey].slice(at);
  return [first, second];
}

function answer(row: NativeRow, chunks: readonly Raw[]): InferenceResult {
  const decoder = nativeCodecFor({ id: row.row.model_id, family: row.family, features: {} })?.stream();
  if (decoder === undefined) throw new Error(`no codec for ${row.family}`);
  const whole = assembler();
  for (const chunk of chunks) for (const delta of decoder.push(chunk)) whole.push(delta);
  for (const delta of decoder.end()) whole.push(delta);
  return whole.result();
}

describe('a recorded stream', () => {
  it.each(rows.map((row) => [row.row.id, row] as const))(
    'says the same cut at every character: %s',
    (_id, row) => {
      const { chunks } = framesOf(row.bytes);
      const expected = answer(row, chunks);
      let cuts = 0;
      chunks.forEach((chunk, index) => {
        const [holder, key] = slotOf(chunk) ?? [{}, ''];
        const length = holder[key]?.length ?? 0;
        for (let at = 1; at < length; at += 1) {
          const recut = [...chunks.slice(0, index), ...cut(chunk, at), ...chunks.slice(index + 1)];
          expect(answer(row, recut)).toEqual(expected);
          cuts += 1;
        }
      });
      const hasText = chunks.some((chunk) => (slotOf(chunk)?.[0][slotOf(chunk)?.[1] ?? '']?.length ?? 0) > 1);
      expect(cuts > 0).toBe(hasText);
    },
  );

  it('of gpt-oss says the same when its tagged deltas arrive as one text, cut in three anywhere', () => {
    const streams = rows.filter(({ family }) => family === 'gpt-oss');
    expect(streams).not.toEqual([]);
    for (const { bytes } of streams) {
      const deltas = framesOf(bytes).chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '');
      const expected = split(deltas);
      const joined = deltas.join('');
      expect(split([...joined])).toEqual(expected);
      for (let first = 0; first < joined.length; first += 1) {
        for (const second of [first + 1, first + 7, first + 12]) {
          const parts = [joined.slice(0, first), joined.slice(first, second), joined.slice(second)];
          expect(split(parts)).toEqual(expected);
        }
      }
    }
  });
});

function split(parts: readonly string[]): { text: string; reasoning: string } {
  const splitter = new ReasoningTagSplitter(REASONING_TAGS);
  const said = { text: '', reasoning: '' };
  const pieces = [...parts.flatMap((part) => splitter.push(part)), ...splitter.end(true)];
  for (const piece of pieces) said[piece.kind] += piece.text;
  return said;
}
