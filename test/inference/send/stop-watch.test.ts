import { describe, expect, it } from 'vitest';
import { cutAtStop, stopWatch } from '../../../src/inference/send/stop-watch.ts';
import type { InferenceResult, StreamDelta } from '../../../src/messages/types.ts';

/** The text, and the sequence that ended it. */
const CASES: readonly [
  what: string,
  text: string,
  sequences: readonly string[],
  told: string,
  met?: string,
][] = [
  ['no sequence in it', 'all of it', ['END'], 'all of it'],
  ['one in the middle', 'before END after', ['END'], 'before ', 'END'],
  ['one at the very beginning', 'END after', ['END'], '', 'END'],
  ['one at the very end', 'before END', ['END'], 'before ', 'END'],
  ['the beginning of one at the end', 'before EN', ['END'], 'before EN'],
  ['false beginnings', 'EEN ENEND x', ['END'], 'EEN EN', 'END'],
  ['the one that is complete first', 'a xyz', ['xyz', 'y'], 'a x', 'y'],
  ['the longer of two that end together', 'a xyz', ['xyz', 'z'], 'a ', 'xyz'],
  ['characters of two units', 'so 🙂🙃 on', ['🙃'], 'so 🙂', '🙃'],
  ['an empty one, which says nothing', 'all', [''], 'all'],
];

function chunked(text: string, size: number): StreamDelta[] {
  const deltas: StreamDelta[] = [];
  for (let at = 0; at < text.length; at += size)
    deltas.push({ type: 'text', index: 0, text: text.slice(at, at + size) });
  return deltas;
}

describe.each(CASES)('a text with %s', (_what, text, sequences, told, met) => {
  it.each([1, 2, 3, 100])('ends there in a stream of pieces of %i characters', (size) => {
    const watch = stopWatch(sequences);
    const out = [...chunked(text, size).flatMap(watch.push), ...watch.end()];
    const words = out.map((delta) => (delta.type === 'text' ? delta.text : '')).join('');
    expect({ words, met: watch.met() }).toEqual({ words: told, met });
    expect(out.filter(({ type }) => type === 'stop')).toEqual(
      met === undefined ? [] : [{ type: 'stop', stopReason: 'stop_sequence', stopSequence: met }],
    );
    expect(words + watch.hidden()).toBe(text);
  });

  it('ends there in a whole answer, and what follows is gone', () => {
    const answer: InferenceResult = {
      content: [{ text }, { text: 'more' }],
      stopReason: 'end_turn',
      usage: {},
    };
    const { content, stopReason, stopSequence } = cutAtStop(answer, sequences);
    const first = told === '' ? [] : [{ text: told }];
    expect(content).toEqual(met === undefined ? answer.content : first);
    expect([stopReason, stopSequence]).toEqual(
      met === undefined ? ['end_turn', undefined] : ['stop_sequence', met],
    );
  });
});

it('a watch without sequences passes every delta on at once', () => {
  const watch = stopWatch();
  const deltas: StreamDelta[] = [
    { type: 'text', index: 0, text: 'E' },
    { type: 'toolUse', index: 1, toolUseId: 'a', name: 'b' },
  ];
  expect(deltas.flatMap(watch.push)).toEqual(deltas);
});

it('reasoning is not searched, and what was held comes before the next block', () => {
  const watch = stopWatch(['END']);
  const deltas: StreamDelta[] = [
    { type: 'reasoning', index: 0, text: 'END' },
    { type: 'text', index: 1, text: 'E' },
    { type: 'toolUse', index: 2, toolUseId: 'a', name: 'b' },
    { type: 'stop', stopReason: 'tool_use' },
  ];
  expect(deltas.flatMap(watch.push)).toEqual(deltas);
  expect(watch.met()).toBeUndefined();
});
