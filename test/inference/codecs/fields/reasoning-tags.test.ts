import { describe, expect, it } from 'vitest';
import {
  R1_TAGS,
  REASONING_TAGS,
  ReasoningTagSplitter,
  splitReasoning,
} from '../../../../src/inference/codecs/fields/reasoning-tags.ts';
import type { TagRules } from '../../../../src/messages/types.ts';

function streamed(parts: readonly string[], rules: TagRules, finished: boolean) {
  const splitter = new ReasoningTagSplitter(rules);
  const said = { reasoning: '', text: '' };
  const pieces = [...parts.flatMap((part) => splitter.push(part)), ...splitter.end(finished)];
  for (const piece of pieces) said[piece.kind] += piece.text;
  return said;
}

interface Case {
  readonly text: string;
  readonly reasoning: string;
  readonly answer: string;
}

const TAGGED: Record<string, Case> = {
  'one pair': { text: '<reasoning>why</reasoning>so', reasoning: 'why', answer: 'so' },
  'a pair per delta, as gpt-oss streams': {
    text: '<reasoning>a</reasoning><reasoning> b</reasoning>Hello',
    reasoning: 'a b',
    answer: 'Hello',
  },
  'think, with white space around': {
    text: '\n <think>\nhm\n</think>\n\n42',
    reasoning: '\nhm\n',
    answer: '\n\n42',
  },
  'nothing but reasoning and white space': { text: '<think>hm</think>\n', reasoning: 'hm', answer: '' },
  'no tag': { text: 'plain', reasoning: '', answer: 'plain' },
  'white space alone': { text: ' \n', reasoning: '', answer: ' \n' },
  'a less-than sign that begins no tag': { text: '<b>bold</b>', reasoning: '', answer: '<b>bold</b>' },
  'a text that ends in half a tag': { text: ' <thin', reasoning: '', answer: ' <thin' },
  'half a tag, then something else': { text: '<reason>x', reasoning: '', answer: '<reason>x' },
  'a doubled less-than sign': { text: '<<think>x</think>', reasoning: '', answer: '<<think>x</think>' },
  'code that mentions the tag later': {
    text: 'Use `<think>` and `</think>` in XML.',
    reasoning: '',
    answer: 'Use `<think>` and `</think>` in XML.',
  },
  'a tag after the answer has begun': {
    text: '<think>a</think>b<think>c</think>',
    reasoning: 'a',
    answer: 'b<think>c</think>',
  },
  'the other closing tag inside': {
    text: '<reasoning>a</think>b</reasoning>c',
    reasoning: 'a</think>b',
    answer: 'c',
  },
  'half a closing tag inside': { text: '<think>a</thi b</think>c', reasoning: 'a</thi b', answer: 'c' },
  'a closing tag without an opening one': { text: 'a</think>b', reasoning: '', answer: 'a</think>b' },
  'an empty pair': { text: '<think></think>b', reasoning: '', answer: 'b' },
  'a tag in capitals': { text: '<THINK>a', reasoning: '', answer: '<THINK>a' },
  'an emoji cut in half by UTF-16': { text: '<think>🤔</think>🚸', reasoning: '🤔', answer: '🚸' },
  'nothing at all': { text: '', reasoning: '', answer: '' },
};

const R1: Record<string, Case> = {
  'a closing tag alone, as its prompt opened it': {
    text: 'Okay.\n</think>\n\nready',
    reasoning: 'Okay.\n',
    answer: '\n\nready',
  },
  'an opening tag that the model repeats': {
    text: '<think>\nOkay.</think>x',
    reasoning: '\nOkay.',
    answer: 'x',
  },
  'a less-than sign first': { text: '<b>hm</think>x', reasoning: '<b>hm', answer: 'x' },
  'half a tag first': { text: '<thi', reasoning: '<thi', answer: '' },
  'code after the thinking': { text: 'a</think>`</think>`', reasoning: 'a', answer: '`</think>`' },
};

describe.each([
  ['leading tags', TAGGED, REASONING_TAGS],
  ["R1's open tag", R1, R1_TAGS],
] as const)('%s', (_name, cases, rules) => {
  it.each(Object.entries(cases))('are told from the answer: %s', (_case, { text, reasoning, answer }) => {
    const expected = { reasoning, text: answer };
    expect(splitReasoning(text, rules, false)).toEqual(expected);
    expect(streamed([text], rules, false)).toEqual(expected);
    expect(streamed(text.split(''), rules, false)).toEqual(expected);
    for (let first = 0; first <= text.length; first += 1) {
      for (let second = first; second <= text.length; second += 1) {
        const parts = [text.slice(0, first), text.slice(first, second), text.slice(second)];
        expect(streamed(parts, rules, false)).toEqual(expected);
      }
    }
  });
});

describe('a tag that is never closed', () => {
  it('is reasoning when the answer was cut', () => {
    expect(splitReasoning('<think>long', REASONING_TAGS, false)).toEqual({ reasoning: 'long', text: '' });
  });

  it('is the answer when the model ended by itself, as Kimi was recorded', () => {
    const text = ' <think> The temperature in London is 30°C.';
    expect(splitReasoning(text, REASONING_TAGS, true)).toEqual({
      reasoning: '',
      text: ' The temperature in London is 30°C.',
    });
  });

  it('is repeated as text by a stream, which has shown it as reasoning already', () => {
    expect(streamed(['<think>', 'the', ' answer'], REASONING_TAGS, true)).toEqual({
      reasoning: 'the answer',
      text: 'the answer',
    });
  });

  it('is the answer of R1 when a prompt of the caller opened no thinking', () => {
    expect(splitReasoning('Just text.', R1_TAGS, true)).toEqual({ reasoning: '', text: 'Just text.' });
  });

  it('leaves earlier, closed reasoning alone', () => {
    expect(splitReasoning('<think>a</think><think>b', REASONING_TAGS, true)).toEqual({
      reasoning: 'a',
      text: 'b',
    });
  });
});

it('a flood of half tags and white space costs linear work', () => {
  const flood = `${' '.repeat(100_000)}<think>${'</thin'.repeat(50_000)}`;
  const said = streamed(flood.split(''), REASONING_TAGS, false);
  expect(said.reasoning).toHaveLength(300_000);
});
