import { describe, expect, it } from 'vitest';
import { jsonIn, jsonInCut } from '../../../src/calls/structured/find-json.ts';
import type { JsonValue } from '../../../src/json.ts';

describe('jsonIn', () => {
  it.each<[string, string, readonly JsonValue[]]>([
    ['the whole text', ' {"a":[1]} ', [{ a: [1] }]],
    ['the whole text only, also when it quotes JSON', '"{\\"a\\":1} or [2]"', ['{"a":1} or [2]']],
    ['a top-level word', '"Paris"', ['Paris']],
    ['a top-level number', '-1.5e3', [-1500]],
    ['what stands in a fence', 'Sure:\n```json\n{"a":1}\n```\nDone.', [{ a: 1 }, { a: 1 }]],
    ['a word in a fence', 'Sure:\n```\n"Paris"\n```', ['Paris']],
    ['what stands in prose', 'It is "so" that [the] answer is {"a":"}\\"{"}, I\'d say 5".', [{ a: '}"{' }]],
    ['what follows a bracket of the prose', 'Use { to open, or [ here, or \\frac{1}{2: {"a":1}', [{ a: 1 }]],
    ['what follows a quotation mark of the prose', 'A 5" pipe is {"a":1}', [{ a: 1 }]],
    ['the last first', 'First [1], then {"a":2}', [{ a: 2 }, [1]]],
    ['fences within strings', 'So: {"code":"```js\\nx\\n```"}', [{ code: '```js\nx\n```' }]],
    ['nothing of what is cut', '{"list":[{"a":1},{"a":2}', []],
    ['nothing of what is cut in a fence', '```json\n{"list":[{"a":1}', []],
    ['nothing of a number that may go on', 'So:\n```\n12', []],
    ['nothing in words', 'Sorry, I cannot.', []],
    ['nothing in nothing', '', []],
  ])('finds %s', (_what, said, expected) => {
    expect(jsonIn(said).map(({ value }) => value)).toEqual(expected);
  });

  it('gets through long nonsense', () => {
    for (const nonsense of ['```\n', '[', '{"', '] {', '\n', '"\\'])
      expect(jsonIn(`x${nonsense.repeat(100_000)}`)).toEqual([]);
  });

  it('tells what the model wrote, and whether that is all', () => {
    expect(jsonIn('{"a":1.0}')).toEqual([{ value: { a: 1 }, source: '{"a":1.0}', isWhole: true }]);
    expect(jsonIn('So: {"a":1.0}')).toEqual([{ value: { a: 1 }, source: '{"a":1.0}', isWhole: false }]);
  });
});

describe('jsonInCut', () => {
  it.each<[string, string, readonly JsonValue[]]>([
    ['a whole text', '{"a":1}', [{ a: 1 }]],
    [
      'a fence that closes at the end',
      'An example:\n```\n[0]\n```\nSo:\n```json\n{"a":1}\n```\n',
      [{ a: 1 }],
    ],
    ['no example before what was cut', 'An example is {"a":1}. Now the answer: {"a":', []],
    ['no example at the end of the words', 'An example is {"a":1}', []],
    ['no example in a fence before more words', '```json\n{"a":1}\n```\nNow the', []],
    ['nothing of a fence that was cut', '```json\n{"a":1}\n', []],
    ['no number that may have gone on', '12', []],
  ])('takes %s', (_what, said, expected) => {
    expect(jsonInCut(said, false).map(({ value }) => value)).toEqual(expected);
  });

  it('takes a number that had a frame around it', () => {
    expect(jsonInCut('12', true)).toMatchObject([{ value: 12 }]);
  });
});
