import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/json.ts';
import { getResult } from '../../../src/tools/get-result.ts';
import { invokeModel } from '../../../src/tools/invoke-model.ts';
import { plainAnswer } from '../../../src/tools/output/answer.ts';
import { scripted } from '../scripted.ts';
import { receiptOf } from '../shapes.ts';
import { type Bench, bench } from '../with-sandbox.ts';

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
    [
      { text: 'So.', tool_calls: [{ toolUseId: 't', name: 'weather' }] },
      'So.\n\ntool_calls: [{"toolUseId":"t","name":"weather"}]',
    ],
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
        '## a #1 (0.1 USD, 7 ms, max_tokens)\nOne.\n[The answer is not whole: it was cut at the limit of output tokens. Raise max_tokens, or ask the model to go on from there.]',
        '## b (cost unknown)\nTw [cut; get_result {"call_id": "r-2", "offset": 2} gives more]',
        '## c failed\nthrottled: Too much. What to do: Wait.',
        '## Judge j\nWinner in both orders: b\nScores of 10: a #1 4\n- b is right.\n[Careful.]',
        '[all together 0.1 USD · A file was cut.]',
      ].join('\n\n'),
    );
  });
});

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const TRACE = { guardrail: { inputAssessment: { g: { topicPolicy: { topics: [{ name: 'T' }] } } } } };

describe('what Bedrock tells beside the answer', () => {
  async function told(more: JsonObject, args: Record<string, unknown> = {}, after = 0) {
    const { services } = await scripted(on, { said: 'So.', more, after });
    const context = { services, signal: new AbortController().signal };
    return invokeModel.call({ model: 'nova-lite', prompt: 'Hi', ...args }, context);
  }

  it('comes with it: the trace of a guardrail, fields that were asked for, the tier', async () => {
    const fields = { stop_sequence: 'END' };
    const { structured, text } = await told({
      trace: TRACE,
      additionalModelResponseFields: fields,
      serviceTier: { type: 'flex' },
    });
    expect(structured).toMatchObject({
      text: 'So.',
      trace: TRACE,
      additional_fields: fields,
      service_tier: 'flex',
    });
    expect(text).toContain(`additional_fields: ${JSON.stringify(fields)}`);
    expect(text).toContain(`trace: ${JSON.stringify(TRACE)}`);
  });

  it('is there, too, in a thread, and when the answer is collected again', async () => {
    const { structured } = await told({ trace: TRACE }, { thread_id: 'new' });
    expect(structured).toMatchObject({ trace: TRACE, thread: { turns: 1 } });
    const { call_id } = receiptOf({ structured });
    expect((await on.call(getResult, { call_id })).structured).toMatchObject({ trace: TRACE });
  });

  it('is there, too, after a call that went on without its request', async () => {
    const { structured } = await told({ trace: TRACE }, { options: { wait_seconds: 0 } }, 600);
    expect(structured).toMatchObject({ status: 'running' });
    const { call_id } = structured;
    expect((await on.call(getResult, { call_id })).structured).toMatchObject({ trace: TRACE });
  });

  it('has no members that say nothing, and no tier that nobody asked for', async () => {
    for (const more of [
      { trace: null, additionalModelResponseFields: null },
      { trace: {}, additionalModelResponseFields: { stop_sequence: null, delta: { stop_sequence: null } } },
      { serviceTier: { type: 'default' } },
    ])
      expect(Object.keys((await told(more)).structured)).toEqual(['text', 'stop_reason', 'receipt']);
    const additionalModelResponseFields = { a: null, b: { c: null, d: 0 } };
    expect((await told({ additionalModelResponseFields })).structured['additional_fields']).toEqual({
      b: { d: 0 },
    });
  });

  it('names the usual tier to those who asked for another', async () => {
    const options = { service_tier: 'priority' };
    const { structured } = await told({ serviceTier: { type: 'default' } }, { options });
    expect(structured).toMatchObject({ service_tier: 'default' });
  });

  it('is left out where it is huge, with the way to it', async () => {
    const trace = { guardrail: { match: 'x'.repeat(50_000) } };
    const { structured } = await told({ trace });
    expect(structured).not.toHaveProperty('trace');
    const [, ask = ''] =
      /too long: trace\. get_result (\{.*\}) gives it/.exec(String(structured['note'])) ?? [];
    expect((await on.call(getResult, JSON.parse(ask))).structured).toMatchObject({ trace });
  });
});
