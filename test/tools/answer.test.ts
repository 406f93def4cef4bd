import { describe, expect, it } from 'vitest';
import { plainAnswer } from '../../src/tools/answer.ts';

const RECEIPT = {
  call_id: 'c-1',
  model_asked: 'nova-lite',
  model_id: 'amazon.nova-lite-v1:0',
  region: 'us-east-1',
  api: 'converse',
  usage: { input_tokens: 3, output_tokens: 5 },
  cost_usd: '0.001',
};

describe('an answer for hosts that show only text', () => {
  it('is the words and one line of receipt', () => {
    expect(plainAnswer({ text: 'Paris.', stop_reason: 'end_turn', receipt: RECEIPT })).toBe(
      'Paris.\n\n[amazon.nova-lite-v1:0 · end_turn · 3 in, 5 out · 0.001 USD]',
    );
  });

  it.each([
    [{ parsed: { city: 'Paris' } }, '{"city":"Paris"}'],
    [{ text: 'So.', tool_calls: [{ name: 'weather' }] }, 'So.\n\ntool_calls: [{"name":"weather"}]'],
    [{ text: '', native_response: { a: 1 } }, '{"a":1}'],
    [{ text: 'So.', thread: { id: 't' } }, 'So.\n\n[thread {"id":"t"}]'],
    [{ text: '' }, ''],
  ])('of %j is %s', (answer, text) => {
    expect(plainAnswer(answer)).toBe(text);
  });

  it('says where the rest is, by the ID of the call or of the receipt, and nothing after the last piece', () => {
    const cut = { text: 'abc', next_offset: 3, total_chars: 9 };
    const rest =
      'abc\n\n[Cut here, at 3 of 9 characters. get_result {"call_id":"c-1","offset":3} gives more.]';
    expect(plainAnswer({ ...cut, call_id: 'c-1' })).toBe(rest);
    expect(plainAnswer({ ...cut, stop_reason: 'end_turn', receipt: RECEIPT })).toContain(rest);
    expect(plainAnswer({ text: 'ghi', total_chars: 9 })).toBe('ghi');
    expect(plainAnswer({ text: 'abc', next_offset: 3 })).toBe('abc');
  });

  it('says that a row of a comparison failed when it is collected by itself', () => {
    const error = { code: 'network', message: 'The connection broke.', fix: 'Try again.' };
    expect(plainAnswer({ text: 'Par', error })).toBe(
      'Par\n\n[It failed: network: The connection broke. What to do: Try again.]',
    );
  });

  it('of a comparison has a part for each row, for the judge, and for the sum', () => {
    const text = plainAnswer({
      results: [
        { model: 'a', sample: 1, text: 'One.', cost_usd: '0.1', duration_ms: 7, stop_reason: 'max_tokens' },
        { model: 'b', text: 'Tw', next_offset: 2, total_chars: 4, call_id: 'r-2', stop_reason: 'end_turn' },
        { model: 'c', error: { code: 'throttled', message: 'Too much.', fix: 'Wait.' } },
      ],
      judge: {
        model: 'j',
        winner: 'b',
        scores: [{ model: 'a #1', score: 4 }],
        reasons: ['b is right.'],
        warnings: ['Careful.'],
      },
      total_cost_usd: '0.1',
      warnings: ['A file was cut.'],
    });
    expect(text).toBe(
      [
        '## a #1 (0.1 USD, 7 ms, max_tokens)\nOne.',
        '## b (cost unknown)\nTw [cut; get_result {"call_id": "r-2", "offset": 2} gives more]',
        '## c failed\nthrottled: Too much. What to do: Wait.',
        '## Judge j\nWinner in both orders: b\nScores of 10: a #1 4\n- b is right.\n[Careful.]',
        '[all together 0.1 USD · A file was cut.]',
      ].join('\n\n'),
    );
  });
});
