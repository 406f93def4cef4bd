/** Answers that are not whole: errors where the model failed, and a sentence where it was stopped. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { compareModels } from '../../src/tools/compare-models.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { json } from '../aws/loopback.ts';
import { type Answering, answering } from './answering.ts';
import { answersIn, judgePrompts, rowsOf, settledOf } from './comparing.ts';
import { type Bench, bench } from './with-sandbox.ts';

const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const QWEN = 'qwen.qwen3-32b-v1:0';

const converse = (stopReason: string) => ({
  output: { message: { role: 'assistant', content: [{ text: 'Once upon' }] } },
  stopReason,
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
  metrics: { latencyMs: 5 },
});
const claude = (stop_reason: string) => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  content: [{ type: 'text', text: 'Once upon' }],
  stop_reason,
  usage: { input_tokens: 3, output_tokens: 2 },
});
const chat = (finish_reason: string) => ({
  choices: [{ index: 0, message: { role: 'assistant', content: 'Once upon' }, finish_reason }],
  usage: { prompt_tokens: 3, completion_tokens: 2 },
});

let door: Answering;
let answer: object = {};
let on: Bench;

beforeAll(async () => {
  door = await answering(
    (_path, _body, response) => json(response, 200, answer),
    (deps) => ({ ...deps, learned: { ...deps.learned, wholeBecause: () => 'buffered:test' } }),
  );
  on = await bench();
});
afterAll(async () => {
  await door.close();
  await on.close();
});

type Api = 'converse' | 'native';
const ask = (model: string, api: Api, given: object, more: Record<string, unknown> = {}) => {
  answer = given;
  return door.ask({ model, prompt: 'Tell a tale.', options: { api, ...more } });
};

const CASES: readonly (readonly [string, Api, string, object, string, RegExp])[] = [
  ['max_tokens', 'converse', CLAUDE, converse('max_tokens'), 'max_tokens', /not whole.*max_tokens/],
  ['max_tokens', 'native', CLAUDE, claude('max_tokens'), 'max_tokens', /not whole.*max_tokens/],
  ['length', 'native', QWEN, chat('length'), 'max_tokens', /not whole.*max_tokens/],
  [
    'a full window',
    'converse',
    CLAUDE,
    converse('model_context_window_exceeded'),
    'model_context_window_exceeded',
    /context window/,
  ],
  [
    'a full window',
    'native',
    CLAUDE,
    claude('model_context_window_exceeded'),
    'model_context_window_exceeded',
    /context window/,
  ],
  ['a filter', 'converse', CLAUDE, converse('content_filtered'), 'content_filtered', /refused or/],
  ['a filter', 'native', QWEN, chat('content_filter'), 'content_filtered', /refused or/],
  ['a refusal', 'converse', CLAUDE, converse('refusal'), 'content_filtered', /refused or/],
  ['a refusal', 'native', CLAUDE, claude('refusal'), 'content_filtered', /refused or/],
  ['a guardrail', 'converse', CLAUDE, converse('guardrail_intervened'), 'guardrail_intervened', /guardrail/],
  ['a pause', 'native', CLAUDE, claude('pause_turn'), 'pause_turn', /paused/],
  ['a new word', 'converse', CLAUDE, converse('tea_break'), 'tea_break', /may not be whole.*"tea_break"/],
  ['a new word', 'native', CLAUDE, claude('tea_break'), 'tea_break', /may not be whole.*"tea_break"/],
  ['a new word', 'native', QWEN, chat('tea_break'), 'tea_break', /may not be whole.*"tea_break"/],
];

describe('an answer that is not whole', () => {
  it.each(CASES)(
    'is told in text and receipt after %s over %s (%s)',
    async (_name, api, model, given, stop, note) => {
      const { structured, text } = await ask(model, api, given);
      expect(structured['stop_reason']).toBe(stop);
      expect(structured['text']).toBe('Once upon');
      expect(structured['receipt'].warnings.join(' ')).toMatch(note);
      expect(text).toMatch(note);
    },
  );

  it.each([
    ['converse', converse('end_turn')],
    ['converse', converse('stop_sequence')],
    ['native', claude('end_turn')],
  ] as const)('is not claimed of a whole one over %s', async (api, given) => {
    const { text } = await ask(CLAUDE, api, given);
    expect(text).not.toMatch(/whole/);
  });

  it.each([
    ['malformed_tool_use', 'converse', converse('malformed_tool_use')],
    ['malformed_model_output', 'converse', converse('malformed_model_output')],
    ['malformed_model_output', 'native', claude('malformed_model_output')],
  ] as const)('is an error with the partial text after %s over %s', async (stop, api, given) => {
    const error = await ask(CLAUDE, api, given).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(BedrockError);
    expect(error).toMatchObject({ code: 'model_error', partialText: 'Once upon', accepted: true });
    expect(String(error)).toContain(stop);
    expect(String(error)).toMatch(/It cost 0\.0\d+ USD/);
  });

  it.each([
    ['converse', converse('refusal')],
    ['native', claude('refusal')],
  ] as const)('is kept in no thread after a refusal over %s', async (api, given) => {
    answer = given;
    const { structured } = await door.ask({
      model: CLAUDE,
      prompt: 'Hi',
      thread_id: 'new',
      options: { api },
    });
    expect(structured['thread']).toMatchObject({
      stored: false,
      reason: expect.stringContaining('content_filtered'),
    });
  });

  it('is billed as it was reported when it is malformed', async () => {
    const call = on.call(invokeModel, { model: 'nova-lite', prompt: 'sandbox:malformed-tool' });
    await expect(call).rejects.toMatchObject({ code: 'model_error', partialText: expect.any(String) });
    const [settled] = settledOf(on);
    expect(settled).toMatchObject({ status: 'ok', usage: { output: expect.any(Number) } });
    expect(settled).not.toHaveProperty('estimated');
    expect((await on.call(getUsage, {})).text).not.toMatch(/estimated/);
  });
});

describe('a comparison', () => {
  it.each(['sandbox:refuse', 'sandbox:guardrail'])('counts an answer to %s as a failure', async (prompt) => {
    const error = await on
      .call(compareModels, { models: ['nova-lite', 'haiku'], prompt })
      .catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'incomplete', partialText: expect.stringContaining('incomplete') });
  });

  it('gives no refused answer to the judge', async () => {
    const refusing = await bench({
      sandbox: { faults: [{ prompt: 'sandbox:refuse', modelId: 'nova-lite' }] },
    });
    try {
      const models = ['nova-lite', 'haiku', 'qwen3-32b'];
      const { structured, text } = await refusing.call(compareModels, {
        models,
        prompt: 'Hi',
        judge: 'haiku',
      });
      const [refused, ...others] = rowsOf(structured);
      expect(refused).toMatchObject({
        error: { code: 'incomplete' },
        incomplete: true,
        cost_usd: expect.any(String),
      });
      expect(others.map(({ error }) => error)).toEqual([undefined, undefined]);
      expect(text).toMatch(/## nova-lite failed/);
      const prompts = judgePrompts(refusing);
      expect(prompts.length).toBeGreaterThan(0);
      for (const prompt of prompts) expect(answersIn(prompt).size).toBe(2);
    } finally {
      await refusing.close();
    }
  });
});
