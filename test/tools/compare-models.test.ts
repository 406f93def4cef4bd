import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { Big } from 'big.js';
import { describe, expect, it, vi } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import type { ProgressUpdate } from '../../src/calls/progress-update.ts';
import { compareModels } from '../../src/tools/compare-models.ts';
import type { AnyTool } from '../../src/tools/definition/tool.ts';
import { getResult } from '../../src/tools/get-result.ts';
import { PUBLISHED } from '../../src/tools/tool-set.ts';
import { judgeOf, rowsOf, sentOf, settledOf } from './comparing.ts';
import { fresh } from './fresh.ts';

const models = (structured: Record<string, unknown>) => rowsOf(structured).map(({ model }) => model);
/** What an official client finds wrong with the structured answer. */
const breach = (tool: AnyTool, structured: unknown) => {
  const schema = PUBLISHED.find(({ name }) => name === tool.name)?.outputSchema ?? {};
  return new AjvJsonSchemaValidator().getValidator(schema)(structured).errorMessage;
};
const holdsNothing = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  (typeof value === 'object' && Object.values(value).some(holdsNothing));
const caught = (call: Promise<unknown>) => call.then(String, (error: unknown) => error);

describe('compare_models', () => {
  it('answers with a row for each model, in the order asked, with cost, time and call_id', async () => {
    const on = await fresh();
    const asked = ['nova-lite', 'claude-haiku-4-5', 'llama3-3-70b'];
    on.sandbox.inject({ prompt: 'sandbox:slow 1', modelId: 'nova-lite' });
    const { structured } = await on.call(compareModels, { models: asked, prompt: 'Hello' });
    expect(models(structured)).toEqual(asked);
    for (const row of rowsOf(structured))
      expect(row).toMatchObject({
        text: expect.stringMatching(/./),
        stop_reason: 'end_turn',
        cost_usd: expect.stringMatching(/^0\.\d+$/),
        duration_ms: expect.any(Number),
        call_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
    expect(holdsNothing(structured)).toBe(false);
    expect(breach(compareModels, structured)).toBeUndefined();
  });

  it('takes eight, numbers the samples of one model, and keeps a model under two names apart', async () => {
    const on = await fresh();
    const asked = [
      'nova-lite',
      'amazon.nova-lite-v1:0',
      'nova-lite',
      'nova-pro',
      'nova-micro',
      'qwen3-32b',
      'mistral-large-3',
      'nova-lite',
    ];
    const { structured, text } = await on.call(compareModels, { models: asked, prompt: 'Hello' });
    expect(models(structured)).toEqual(asked);
    expect(rowsOf(structured).map(({ sample }) => sample)).toEqual([
      1,
      undefined,
      2,
      ...Array.from({ length: 4 }),
      3,
    ]);
    expect(sentOf(on)).toHaveLength(8);
    for (const heading of ['## nova-lite #1 (', '## nova-lite #3 (', '## amazon.nova-lite-v1:0 ('])
      expect(text).toContain(heading);
    expect(new Set(rowsOf(structured).map(({ call_id }) => call_id)).size).toBe(8);
  });

  it.each([[['nova-lite']], [Array.from({ length: 9 }, () => 'nova-lite')], [[]], [['nova-lite', '']]])(
    'refuses %j models',
    async (asked) => {
      const on = await fresh();
      await expect(on.call(compareModels, { models: asked, prompt: 'Hello' })).rejects.toMatchObject({
        code: 'invalid_request',
        field: expect.stringContaining('models'),
      });
    },
  );

  it('says what can be given when there is nothing to ask', async () => {
    const on = await fresh();
    await expect(on.call(compareModels, { models: ['nova-lite', 'nova-pro'] })).rejects.toMatchObject({
      code: 'invalid_request',
      fix: expect.not.stringContaining('messages'),
    });
  });

  it('leaves the length of an answer to models that cannot give the default', async () => {
    const on = await fresh();
    const { structured } = await on.call(compareModels, {
      models: ['nova-lite', 'palmyra-vision-7b'],
      prompt: 'Hello',
    });
    expect(rowsOf(structured).filter(({ error }) => error !== undefined)).toEqual([]);
    expect(sentOf(on).map(({ body }) => JSON.stringify(body))).toEqual(
      expect.arrayContaining([expect.stringContaining('"maxTokens":5000')]),
    );
  });

  it.each([
    ['an unknown model', 'no-such-model', 'unknown_model'],
    ['an embedding model', 'titan-embed-v2', 'unsupported_model'],
    ['an image model', 'stable-outpaint', 'unsupported_model'],
    ['a model without access', 'nova-pro', 'model_access'],
    ['a throttled model', 'nova-micro', 'throttled'],
    ['what no identifier can look like', 'arn:aws:nonsense', 'unknown_model|invalid_request'],
  ])('%s fails alone, in its place', async (_what, model, code) => {
    const on = await fresh({ config: { max_retries: 0 } });
    on.sandbox.inject({ prompt: 'sandbox:no-access', modelId: 'nova-pro' });
    on.sandbox.inject({ prompt: 'sandbox:throttle', modelId: 'nova-micro' });
    const { structured, text } = await on.call(compareModels, {
      models: ['nova-lite', model, 'claude-haiku-4-5'],
      prompt: 'Hello',
    });
    const [first, second, third] = rowsOf(structured);
    expect(first).toMatchObject({ model: 'nova-lite', text: expect.stringContaining('Hello') });
    expect(second).toMatchObject({
      model,
      error: { code: expect.stringMatching(new RegExp(`^(${code})$`)), fix: expect.stringMatching(/./) },
    });
    expect(third).toMatchObject({ model: 'claude-haiku-4-5', text: expect.stringContaining('Hello') });
    expect(text).toContain(`## ${model} failed`);
    expect(breach(compareModels, structured)).toBeUndefined();
  });

  it('has no answer of a fallback model in a row, and reckons with none', async () => {
    const on = await fresh({ config: { max_retries: 0, fallback_models: ['claude-opus-4-5'] } });
    on.sandbox.inject({ prompt: 'sandbox:throttle', modelId: 'nova-lite' });
    const { structured } = await on.call(compareModels, {
      models: ['nova-lite', 'nova-micro'],
      prompt: 'Hello',
      max_cost_usd: 0.01,
    });
    const [failed, answered] = rowsOf(structured);
    expect(failed).toMatchObject({ model: 'nova-lite', error: { code: 'throttled' } });
    expect(failed).not.toHaveProperty('text');
    expect(answered).toMatchObject({ model: 'nova-micro', model_id: 'amazon.nova-micro-v1:0' });
    expect(sentOf(on).filter(({ modelId = '' }) => !modelId.includes('nova'))).toEqual([]);
  });

  it('keeps what had arrived of an answer that broke, in both forms, with its cost', async () => {
    const on = await fresh({ config: { max_retries: 0 } });
    on.sandbox.inject({ prompt: 'sandbox:cut', modelId: 'nova-lite' });
    const { structured, text } = await on.call(compareModels, {
      models: ['nova-lite', 'claude-haiku-4-5'],
      prompt: 'Hello',
    });
    const [broken] = rowsOf(structured);
    expect(broken).toMatchObject({
      incomplete: true,
      text: expect.stringContaining('[sandbox]'),
      cost_usd: expect.any(String),
    });
    expect(text).toContain(String(broken?.['text']));
    const ledger = settledOf(on).reduce((sum, each) => sum.plus(String(each['cost_usd'])), new Big(0));
    expect(structured['total_cost_usd']).toBe(ledger.toFixed());
  });

  it('is an error that names each model and its reason when all fail', async () => {
    const on = await fresh({ config: { max_retries: 0 } });
    const asked = ['no-such-model', 'nova-pro', 'titan-embed-v2', 'nova-micro'];
    on.sandbox.inject({ prompt: 'sandbox:no-access', modelId: 'nova-pro' });
    on.sandbox.inject({ prompt: 'sandbox:throttle', modelId: 'nova-micro' });
    const error = await caught(
      on.call(compareModels, { models: asked, prompt: 'Hello', judge: 'nova-lite' }),
    );
    for (const word of [...asked, 'unknown_model', 'model_access', 'unsupported_model', 'throttled'])
      expect(error).toMatchObject({ message: expect.stringContaining(word) });
    expect(sentOf(on).every(({ modelId = '' }) => /nova-(pro|micro)/.test(modelId))).toBe(true);
  });

  it('keeps the parts of answers that had arrived when all fail, for get_result', async () => {
    const on = await fresh({ config: { max_retries: 0 } });
    const error = await caught(
      on.call(compareModels, { models: ['nova-lite', 'claude-haiku-4-5'], prompt: 'sandbox:cut' }),
    );
    expect(error).toMatchObject({
      message: expect.stringMatching(/It cost 0\.\d+ USD/),
      partialText: expect.stringMatching(/## nova-lite.*\[sandbox\].*## claude-haiku-4-5.*\[sandbox\]/s),
      fix: expect.stringContaining('get_result'),
    });
    const fix = error instanceof BedrockError ? error.fix : '';
    const { structured } = await on.call(getResult, { call_id: /"call_id": "([^"]+)"/.exec(fix)?.[1] });
    expect(structured).toMatchObject({ status: 'failed', text: expect.stringContaining('## nova-lite') });
    expect(breach(getResult, structured)).toBeUndefined();
  });

  it('names eight long reasons within the room of one error', async () => {
    const on = await fresh();
    const asked = Array.from({ length: 8 }, (_, at) => `unheard-of-model-number-${at}`);
    const error = await caught(on.call(compareModels, { models: asked, prompt: 'Hello' }));
    for (const name of asked) expect(error).toMatchObject({ message: expect.stringContaining(name) });
    expect(Buffer.byteLength(String(error))).toBeLessThan(700);
  });
});

describe('a comparison that takes long', () => {
  const SLOW = { models: ['nova-lite', 'claude-haiku-4-5'], prompt: 'sandbox:slow 20' };

  it('tells how far each model is, never goes back, and counts the judge', async () => {
    const on = await fresh();
    const notes: ProgressUpdate[] = [];
    await on.call(
      compareModels,
      { models: ['nova-lite', 'nova-lite'], prompt: 'Hello', judge: 'claude-haiku-4-5' },
      { progress: (update) => notes.push(update) },
    );
    const steps = notes.map(({ progress }) => progress);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(3);
    for (const { message, total } of notes) {
      expect(message).toMatch(/nova-lite #1 .*nova-lite #2 /);
      expect(total).toBe(3);
    }
    expect(notes.at(-1)?.message).toContain('judge claude-haiku-4-5 done');
  });

  it('closes every request when the caller cancels, and settles each in the ledger', async () => {
    const on = await fresh();
    const cancel = new AbortController();
    const call = caught(on.call(compareModels, SLOW, { signal: cancel.signal }));
    await vi.waitFor(() => expect(sentOf(on)).toHaveLength(2));
    cancel.abort();
    expect(await call).toMatchObject({ code: 'cancelled' });
    await vi.waitFor(() => expect(sentOf(on).map(({ state }) => state)).toEqual(['aborted', 'aborted']));
    expect(settledOf(on).map(({ tool }) => tool)).toEqual(['compare_models', 'compare_models']);
  });

  it.each([0, 1])('detaches after wait_seconds: %d and is collected with get_result', async (seconds) => {
    const on = await fresh();
    on.sandbox.inject({ prompt: 'sandbox:slow 2', modelId: 'claude-haiku' });
    const { structured: first, text } = await on.call(compareModels, {
      models: ['nova-lite', 'claude-haiku-4-5'],
      prompt: 'Hello',
      options: { wait_seconds: seconds },
    });
    const { call_id } = first;
    expect(first).toMatchObject({ status: 'running', text: expect.stringContaining('nova-lite') });
    expect(text).toContain(`"call_id":"${String(call_id)}"`);
    expect(text).not.toContain('undefined');
    expect(breach(compareModels, first)).toBeUndefined();
    const { structured: last } = await on.call(getResult, { call_id, offset: first['next_offset'] });
    expect(last).toMatchObject({ status: 'done', call_id });
    expect(models(last)).toEqual(['nova-lite', 'claude-haiku-4-5']);
    expect(breach(getResult, last)).toBeUndefined();
  });

  it('gives the finished rows when it is stopped, and asks no judge any more', async () => {
    const on = await fresh();
    on.sandbox.inject({ prompt: 'sandbox:stall', modelId: 'claude-haiku' });
    const { structured: first } = await on.call(compareModels, {
      models: ['nova-lite', 'claude-haiku-4-5', 'nova-micro'],
      prompt: 'Hello',
      judge: 'nova-pro',
      options: { wait_seconds: 0 },
    });
    const { call_id } = first;
    await vi.waitFor(async () => {
      const { structured: soFar, text } = await on.call(getResult, { call_id, wait_seconds: 0 });
      expect(soFar).toMatchObject({ status: 'running', text: expect.stringMatching(/## nova-.*## nova-/s) });
      expect(text).toContain(soFar['text']);
    });
    const { structured } = await on.call(getResult, { call_id, cancel: true });
    const [lite, haiku, micro] = rowsOf(structured);
    expect(lite).toMatchObject({ text: expect.stringContaining('Hello') });
    expect(haiku).toMatchObject({ error: { code: 'cancelled' } });
    expect(micro).toMatchObject({ text: expect.stringContaining('Hello') });
    expect(judgeOf(structured)).toMatchObject({ error: { code: 'cancelled' } });
    expect(sentOf(on)).toHaveLength(3);
    expect(settledOf(on)).toHaveLength(3);
    expect(breach(getResult, structured)).toBeUndefined();
  });

  it('shares the room of a reply among the rows, and gives the rest of each by its own call_id', async () => {
    const on = await fresh();
    const { structured, text } = await on.call(compareModels, {
      models: ['nova-lite', 'claude-haiku-4-5'],
      prompt: 'sandbox:long 400',
      options: { max_output_chars: 1_000 },
    });
    const rows = rowsOf(structured);
    for (const { text: piece, next_offset, total_chars, call_id } of rows) {
      expect(piece).toHaveLength(500);
      const rest = await on.call(getResult, { call_id, offset: next_offset });
      expect(String(piece).length + String(rest.structured['text']).length).toBe(total_chars);
      expect(text).toContain(`get_result {"call_id": "${String(call_id)}", "offset": 500}`);
    }
    expect(rows).toHaveLength(2);
  });
});
