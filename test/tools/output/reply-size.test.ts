/** Pieces of answers: none is lost, none comes twice, no character is torn, nothing is longer than asked for. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { textAnswerFields } from '../../../src/calls/answer.ts';
import { wholeCharacters } from '../../../src/surrogates.ts';
import { cutAnswers, fitAnswer, leftOut, pieceOf } from '../../../src/tools/output/reply-size.ts';

const EMOJI = 'a👋🏽é👨‍👩‍👧‍👦𝄞zß🇩🇪'.repeat(40);
const isTorn = (text: string) => /^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text);

function readAll(text: string, most: number): string[] {
  const pieces: string[] = [];
  let offset: number | undefined = 0;
  while (offset !== undefined) {
    const piece = pieceOf(text, offset, most);
    pieces.push(piece.text);
    if (piece.next_offset !== undefined) expect(piece.next_offset).toBeGreaterThan(offset);
    offset = piece.next_offset;
  }
  return pieces;
}

describe('pieces of a text', () => {
  it.each(['', 'short', 'plain text '.repeat(50), EMOJI, '👋'.repeat(333), '\ud83d lone \udc4b'.repeat(9)])(
    'joined are the text, whatever their size (%#)',
    (text) => {
      for (let most = 1; most <= Math.min(text.length + 2, 260); most += 1) {
        const pieces = readAll(text, most);
        expect(pieces.join('')).toBe(text);
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(Math.max(most, 2));
      }
    },
  );

  it('never part a character', () => {
    for (let most = 1; most <= 260; most += 1)
      expect(readAll(EMOJI, most).filter(isTorn), `pieces of ${most}`).toEqual([]);
  });

  it('never part a character, wherever a caller begins', () => {
    for (let offset = 0; offset <= EMOJI.length + 3; offset += 1) {
      const piece = pieceOf(EMOJI, offset, 100);
      expect(isTorn(piece.text), `from ${offset}`).toBe(false);
      expect(EMOJI).toContain(piece.text);
    }
  });

  it('say where the next one begins and how long all is, but not for a text in one piece', () => {
    expect(pieceOf('abcdef', 0, 6)).toEqual({ text: 'abcdef' });
    expect(pieceOf('abcdef', 0, 4)).toEqual({ text: 'abcd', next_offset: 4, total_chars: 6 });
    expect(pieceOf('abcdef', 4, 4)).toEqual({ text: 'ef', total_chars: 6 });
    expect(pieceOf('abcdef', 99, 4)).toEqual({ text: '', total_chars: 6 });
  });

  it('of a growing text wait for the second half of a character', () => {
    expect(wholeCharacters('hi \ud83d')).toBe('hi ');
    expect(wholeCharacters('hi 👋')).toBe('hi 👋');
    expect(wholeCharacters('')).toBe('');
  });
});

describe('a reply', () => {
  const answer = {
    text: 'x'.repeat(250),
    stop_reason: 'end_turn',
    tool_calls: [{ toolUseId: 'a', name: 'b', input: {} }],
    receipt: { call_id: 'c', model_asked: 'm', model_id: 'm', region: 'us-east-1', api: 'converse' },
  };

  it('is the whole answer where there is room', () => {
    expect(fitAnswer(answer, 250)).toEqual(answer);
  });

  it('has the facts with the first piece and with the last, for those who read the first while it was growing', () => {
    const { text: _, ...facts } = answer;
    expect(fitAnswer(answer, 100)).toEqual({
      ...facts,
      text: 'x'.repeat(100),
      next_offset: 100,
      total_chars: 250,
    });
    expect(fitAnswer(answer, 100, 100)).toEqual({
      text: 'x'.repeat(100),
      next_offset: 200,
      total_chars: 250,
    });
    expect(fitAnswer(answer, 100, 200)).toEqual({ ...facts, text: 'x'.repeat(50), total_chars: 250 });
  });

  it('has the parsed value in place of its text, or pieces of the text when that is too long', () => {
    const parsed = { text: '{"a":1}', parsed: { a: 1 }, stop_reason: 'end_turn' };
    expect(fitAnswer(parsed, 100)).toEqual({ parsed: { a: 1 }, stop_reason: 'end_turn' });
    expect(fitAnswer(parsed, 100, 3), 'an offset into a value means nothing').toEqual(fitAnswer(parsed, 100));
    expect(fitAnswer(parsed, 4)).toMatchObject({ text: '{"a"', next_offset: 4 });
  });

  it('has the parsed value by its own length, however much was said around it', () => {
    const parsed = { text: `${'word '.repeat(100)}{"a":1}`, parsed: { a: 1 }, reasoning: [{ text: 'r' }] };
    expect(fitAnswer(parsed, 100)).toEqual({ parsed: { a: 1 }, reasoning: [{ text: 'r' }] });
    const long = { text: ' {"a":"xxxxxxxxxx"}', parsed: { a: 'xxxxxxxxxx' }, reasoning: [{ text: 'r' }] };
    const reply = fitAnswer(long, 10);
    expect(reply).toMatchObject({ text: ' {"a":"xxx', next_offset: 10 });
    const { members, needs } = leftOut(long, reply);
    expect(members.map(({ name }) => name)).toEqual(['parsed', 'reasoning']);
    const { text: _, ...whole } = long;
    expect(fitAnswer(long, needs)).toEqual(whole);
    expect(leftOut(long, fitAnswer(long, needs)).members).toEqual([]);
    expect(cutAnswers('id', long, reply)).toHaveLength(1);
  });

  it('has the text beside a parsed value that does not hold all of its digits', () => {
    const text = '{"a":12345678901234567890}';
    const answer = { text, parsed: JSON.parse(text), inexact: ['/a'], stop_reason: 'end_turn' };
    expect(fitAnswer(answer, 100)).toEqual(answer);
    const long = { ...answer, text: `${'word '.repeat(50)}${text}` };
    const first = fitAnswer(long, 120);
    expect(first).toMatchObject({ parsed: answer.parsed, inexact: ['/a'], next_offset: 100 });
    const second = fitAnswer(long, 120, 100);
    expect(second).toEqual({ text: long.text.slice(100, 220), next_offset: 220, total_chars: 276 });
    const last = fitAnswer(long, 120, 220);
    expect(last).toMatchObject({ text: long.text.slice(220), parsed: answer.parsed });
    expect(fitAnswer(long, 60, 220)).not.toHaveProperty('parsed');
    const { members, needs } = leftOut(long, fitAnswer(long, 10));
    expect(members.map(({ name }) => name)).toEqual(['parsed']);
    expect(fitAnswer(long, needs)).toEqual(long);
  });

  it('leaves out what is bulky when the text leaves no room for it, and says how much room it needs', () => {
    const reasoning = [{ text: 'r'.repeat(60) }];
    const content = [{ text: 'x'.repeat(90) }];
    const whole = { text: 'x'.repeat(90), reasoning, content };
    const size = JSON.stringify(reasoning).length;
    const reply = fitAnswer(whole, 100);
    expect(reply).toEqual({ text: whole.text, reasoning_chars: size });
    const { members, needs } = leftOut(whole, reply);
    expect(members.map(({ name }) => name)).toEqual(['reasoning', 'content']);
    expect(fitAnswer(whole, needs)).toEqual(whole);
    expect(cutAnswers('id', whole, reply)).toEqual([{ callId: 'id', answer: whole }]);
  });

  it.each(['native_response', 'trace', 'additional_fields'])('leaves out a huge %s, by its name', (name) => {
    const whole = { text: 'So.', [name]: { a: 'x'.repeat(100) }, stop_reason: 'end_turn' };
    const reply = fitAnswer(whole, 100);
    expect(reply).toEqual({ text: 'So.', stop_reason: 'end_turn' });
    expect(leftOut(whole, reply).members).toMatchObject([{ name }]);
    expect(fitAnswer(whole, leftOut(whole, reply).needs)).toEqual(whole);
  });

  it('has long tool calls without their input where that does not fit, and short ones always', () => {
    const call = (characters: number) => ({
      toolUseId: 'a',
      name: 'write',
      input: { text: 'x'.repeat(characters) },
    });
    const short = { text: 'So.', tool_calls: [call(200)], stop_reason: 'tool_use' };
    expect(fitAnswer(short, 100)).toEqual(short);
    const long = { text: 'So.', tool_calls: [call(20_000)], stop_reason: 'tool_use' };
    const reply = fitAnswer(long, 100);
    expect(reply).toEqual({
      text: 'So.',
      tool_calls: [{ toolUseId: 'a', name: 'write', input_chars: 20_011 }],
      stop_reason: 'tool_use',
    });
    const published = z.strictObject(textAnswerFields);
    expect(published.parse(reply)).toEqual(reply);
    expect(published.parse(long)).toEqual(long);
    const { members, needs } = leftOut(long, reply);
    expect(members).toMatchObject([{ name: 'tool_calls' }]);
    expect(fitAnswer(long, needs)).toEqual(long);
    expect(cutAnswers('id', long, reply)).toHaveLength(1);
  });

  it('is one of the parts of a comparison, whose rows share the room; what a short one leaves goes to the long ones', () => {
    const rows = [
      { model: 'a', call_id: 'id-a', text: 'x'.repeat(500) },
      { model: 'b', call_id: 'id-b', text: 'short' },
      { model: 'c', error: { code: 'timeout', message: 'Late.' }, text: 'y'.repeat(500), incomplete: true },
    ];
    const whole = { call_id: 'all', results: rows };
    const reply = fitAnswer(whole, 600);
    expect(reply['results']).toMatchObject([
      { text: 'x'.repeat(297), next_offset: 297, total_chars: 500 },
      { text: 'short' },
      { text: 'y'.repeat(297), next_offset: 297 },
    ]);
    // A row without a call of its own can only be had with the whole comparison.
    expect(cutAnswers('all', whole, reply)).toEqual([
      { callId: 'id-a', answer: rows[0] },
      { callId: 'all', answer: whole },
    ]);
  });

  it('has nothing to be kept when nothing is cut', () => {
    expect(cutAnswers('id', answer, fitAnswer(answer, 1_000))).toEqual([]);
  });
});
