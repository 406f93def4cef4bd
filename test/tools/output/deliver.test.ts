/** The first reply of a call: whole, cut, still running or broken off; never without the way to the rest. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import type { CallFacts, CallState, Collected } from '../../../src/calls/detached/call-state.ts';
import { deliver, runningAnswer, runningText } from '../../../src/tools/output/deliver.ts';
import { type Bench, bench } from '../with-sandbox.ts';

const ID = '0a1b2c3d-1111-4222-8333-444455556666';
const ROW = '0a1b2c3d-1111-4222-8333-777788889999';
const facts: CallFacts = {
  callId: ID,
  tool: 'invoke_model',
  model: 'nova-lite',
  started: '2026-11-21T10:00:00Z',
};

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const reply = (state: CallState & { note?: string }, most = 1_000) => {
  const collected: Collected = { ...state, facts };
  return deliver(ID, collected, most, on.services);
};
const ofRow = (callId: string) =>
  on.services.calls().collect(callId, { waitMs: 0, stop: false }, { signal: new AbortController().signal });

describe('the reply', () => {
  it('is the whole answer where there is room', async () => {
    const { structured, text } = await reply({ status: 'done', answer: { text: 'hello' } });
    expect(structured).toEqual({ text: 'hello' });
    expect(text).toBe('hello');
  });

  it('of a long answer is its beginning; the whole can be had later, from the disk', async () => {
    const answer = { text: 'x'.repeat(2_000) };
    const { structured } = await reply({ status: 'done', answer });
    expect(structured).toEqual({ text: 'x'.repeat(1_000), next_offset: 1_000, total_chars: 2_000 });
    expect(await ofRow(ID)).toMatchObject({ status: 'done', answer, facts });
  });

  it('of a comparison keeps the rows that are cut, each under its own ID', async () => {
    const row = { model: 'nova-pro', call_id: ROW, text: 'y'.repeat(1_200) };
    const short = { model: 'nova-lite', call_id: 'short-row', text: 'z' };
    await reply({ status: 'done', answer: { call_id: ID, results: [row, short] } });
    expect(await ofRow(ROW)).toMatchObject({ answer: row, facts: { callId: ROW, model: 'nova-pro' } });
    await expect(ofRow('short-row')).rejects.toMatchObject({ code: 'unknown_call' });
  });

  it('names what is left out and how to get it, also in the text', async () => {
    const answer = { text: 'x'.repeat(900), reasoning: [{ text: 'r'.repeat(200) }] };
    const { structured, text } = await reply({ status: 'done', answer });
    expect(structured).toMatchObject({ text: answer.text, reasoning_chars: expect.any(Number) });
    const [, needs] = /reasoning\. get_result .*"max_output_chars":(\d+)/.exec(text) ?? [];
    const whole = await reply({ status: 'done', answer }, Number(needs));
    expect(whole.structured).toEqual(answer);
  });

  it('names a parsed value that is left out, and how to get it', async () => {
    const parsed = { a: 'x'.repeat(1_200) };
    const answer = { text: JSON.stringify(parsed), parsed };
    const { structured, text } = await reply({ status: 'done', answer });
    expect(structured).toMatchObject({ text: answer.text.slice(0, 1_000), next_offset: 1_000 });
    const [, needs] =
      /too long: parsed\. get_result .*"max_output_chars":(\d+)\} gives it\./.exec(text) ?? [];
    expect((await reply({ status: 'done', answer }, Number(needs))).structured).toEqual({ parsed });
  });

  it('says what to do about a value that no reply can hold', async () => {
    const parsed = { a: 'x'.repeat(1_000_000) };
    const { structured } = await reply({ status: 'done', answer: { text: JSON.stringify(parsed), parsed } });
    expect(structured['note']).toMatch(
      /parsed\. parsed is longer than any reply may be; the pieces of the text together are the value\.$/,
    );
  });

  it('of a failure says how to get the part that had come', async () => {
    const error = new BedrockError('timeout', { message: 'Too long.', fix: 'Raise it.' });
    await expect(reply({ status: 'failed', error, text: 'half' })).rejects.toMatchObject({
      code: 'timeout',
      fix: `Raise it. The 4 characters that had arrived are kept: get_result {"call_id": "${ID}"}.`,
    });
    await expect(reply({ status: 'failed', error, text: '' })).rejects.toBe(error);
    await expect(reply({ status: 'failed', error, text: 'half', note: 'Only here.' })).rejects.toMatchObject({
      fix: expect.stringMatching(/Only here\.$/),
    });
  });
});

describe('the reply of a call that goes on', () => {
  it('has the text so far, where the rest begins, and says both to hosts that show only text', async () => {
    const { structured, text } = await reply({ status: 'running', text: 'so far', runningMs: 1_600 });
    expect(structured).toMatchObject({
      status: 'running',
      call_id: ID,
      text: 'so far',
      next_offset: 6,
      running_seconds: 2,
      next: expect.stringContaining('cancel: true'),
    });
    expect(text).toBe(
      `so far\n\n[Still running. get_result {"call_id":"${ID}","offset":6} collects the rest.]`,
    );
  });

  it('begins where it was asked to, and never gives half a character away', () => {
    const state = { status: 'running', text: 'hello 👋'.slice(0, -1), runningMs: 0 } as const;
    expect(runningAnswer(ID, state, 0, 100)).toMatchObject({ text: 'hello ', next_offset: 6 });
    expect(runningAnswer(ID, { ...state, text: 'hello 👋' }, 6, 100)).toMatchObject({
      text: '👋',
      next_offset: 8,
    });
    expect(runningAnswer(ID, state, 0, 2)).toMatchObject({ text: 'he', next_offset: 2 });
    expect(runningText({ text: '', call_id: ID, next_offset: 0 })).toMatch(/^\[Still running/);
  });

  it('carries the warning that it could not be written', async () => {
    const note = 'The answer could not be written.';
    const { structured, text } = await reply({ status: 'running', text: '', runningMs: 0, note });
    expect(structured).toMatchObject({ note });
    expect(text).toContain(note);
  });
});
