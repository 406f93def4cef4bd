import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Big } from 'big.js';
import { describe, expect, it, vi } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { settleCall } from '../../src/calls/billing.ts';
import { planInference } from '../../src/inference/send/plan-call.ts';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { embedText } from '../../src/tools/embed-text.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { fresh } from '../tools/fresh.ts';
import type { Bench } from '../tools/with-sandbox.ts';

function records(on: Bench): JsonObject[] {
  const folder = join(String(on.services.config.data_dir), 'usage');
  const lines = readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').trim().split('\n'));
  return lines.map((line): unknown => JSON.parse(line)).filter(isJsonObject);
}
const sent = (on: Bench) =>
  on.sandbox.record.requests.filter((request) => /Converse|Invoke/.test(request.operation ?? ''));

describe('a hard limit', () => {
  const limited = () => fresh({ config: { budget_usd_per_call: 0.05 } });
  const model = 'claude-haiku-4-5';

  it.each([
    ['beside the request', { additional_model_request_fields: { max_tokens: 64_000 } }],
    [
      'in a body of the caller',
      { native_body: { anthropic_version: 'bedrock-2023-05-31', max_tokens: 64_000, messages: [] } },
    ],
  ])('counts a limit of the answer that stands %s', async (_where, options) => {
    const on = await limited();
    const asked = { model, ...('native_body' in options ? {} : { prompt: 'Hello' }), options };
    await expect(on.call(invokeModel, asked)).rejects.toMatchObject({ code: 'budget_exceeded' });
    expect(sent(on)).toHaveLength(0);
    const { structured } = await on.call(invokeModel, { ...asked, dry_run: true });
    expect(structured['dry_run']).toMatchObject({ max_output_tokens: 64_000 });
  });

  it('counts the dearer price of what goes into a cache', async () => {
    const on = await limited();
    const prompt = 'many words and more '.repeat(3_000);
    const most = async (cache?: string) => {
      const asked = {
        model,
        prompt,
        max_tokens: 10,
        dry_run: true,
        ...(cache === undefined ? {} : { cache }),
      };
      const { dry_run: plan } = (await on.call(invokeModel, asked)).structured;
      return Number(isJsonObject(plan) ? plan['cost_usd_at_most'] : undefined);
    };
    const [plain, minutes, hour] = [await most(), await most('5m'), await most('1h')];
    expect(minutes / plain).toBeCloseTo(1.25, 1);
    expect(hour / plain).toBeCloseTo(2, 1);
  });
});

describe('every call is in the ledger', () => {
  it('an intent before the send, settled after it with the cost of the receipt', async () => {
    const on = await fresh();
    const { structured } = await on.call(invokeModel, { model: 'claude-haiku-4-5', prompt: 'Hello' });
    const receipt = isJsonObject(structured['receipt']) ? structured['receipt'] : {};
    const [intent, settled] = records(on);
    expect(intent).toMatchObject({
      type: 'intent',
      id: receipt['call_id'],
      tool: 'invoke_model',
      reserved_usd: expect.any(String),
    });
    expect(settled).toMatchObject({
      type: 'settled',
      id: receipt['call_id'],
      status: 'ok',
      cost_usd: receipt['cost_usd'],
      usage: { input: expect.any(Number), output: expect.any(Number) },
    });
    expect(new Big(String(intent?.['reserved_usd'])).gte(String(settled?.['cost_usd']))).toBe(true);
    expect(JSON.stringify(records(on))).not.toContain('Hello');
  });

  it.each([
    ['a refusal costs nothing', 'sandbox:error-500', { status: 'service_error', cost_usd: '0' }],
    ['a cut answer costs what came, estimated', 'sandbox:cut', { status: 'partial', estimated: true }],
  ])('%s', async (_what, prompt, expected) => {
    const on = await fresh({ config: { max_retries: 0 } });
    await expect(on.call(invokeModel, { model: 'nova-lite', prompt })).rejects.toThrow();
    expect(records(on).at(-1)).toMatchObject(expected);
  });

  it('a cancelled call is settled too', async () => {
    const on = await fresh();
    const cancel = new AbortController();
    const call = on.call(
      invokeModel,
      { model: 'nova-lite', prompt: 'sandbox:slow 5' },
      { signal: cancel.signal, progress: () => cancel.abort() },
    );
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    expect(records(on).at(-1)).toMatchObject({
      type: 'settled',
      estimated: true,
      cost_usd: expect.stringMatching(/^0\.0*[1-9]/),
    });
  });

  it('what came is billed, also when it was the input of a tool', async () => {
    const on = await fresh();
    const asked = { model: 'nova-lite', prompt: 'sandbox:stall', timeout_ms: 700 };
    const fields = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [`field_${at}`, { type: 'string' }]),
    );
    const schema = { type: 'object', properties: fields, required: Object.keys(fields) };
    const broken = await on
      .call(invokeModel, { ...asked, response_schema: schema })
      .catch((error: unknown) => error);
    expect(broken).toMatchObject({ code: 'timeout', partialText: expect.stringMatching(/^\{"field_0"/) });
    const [, settled] = records(on);
    expect(settled).toMatchObject({ status: 'partial', estimated: true });
    const usage = settled?.['usage'];
    expect(isJsonObject(usage) ? Number(usage['output']) : 0).toBeGreaterThan(10);
  });

  it.each([
    ['after a refusal, before the next attempt, costs nothing', 'throttled', '0'],
    ['while Bedrock works on it is billed', 'cancelled', expect.stringMatching(/[1-9]/)],
  ] as const)('a call that is cancelled %s', async (_when, code, costUsd) => {
    const on = await fresh();
    const call = {
      asked: 'nova-lite',
      request: { messages: [{ role: 'user' as const, content: [{ text: 'Hello' }] }] },
      region: 'us-east-1',
      timeoutMs: 1_000,
      idleTimeoutMs: 1_000,
      signal: AbortSignal.abort(),
    };
    const planned = await planInference(
      { ...call, signal: new AbortController().signal },
      await on.services.inference(),
    );
    const error = new BedrockError('cancelled', { message: 'It was cancelled.', fix: '' });
    const attempt = { modelId: 'm', region: 'r', api: 'converse', streamed: true, durationMs: 1 } as const;
    const attempts = [{ ...attempt, error: new BedrockError(code, { message: 'No.', fix: '' }) }];
    const settle = vi.fn(async () => []);
    const reservation = { id: 'one', warnings: [], settle, release: async () => [] };
    await settleCall(reservation, { ok: false, error, planned, attempts, warnings: [] }, call, on.services);
    expect(settle).toHaveBeenCalledWith(expect.objectContaining({ status: 'cancelled', costUsd }));
  });

  it('embeddings are one record a call of the tool', async () => {
    const on = await fresh();
    await on.call(embedText, { texts: ['one', 'two', 'three'] });
    expect(records(on).map((record) => record['type'])).toEqual(['intent', 'settled']);
    const { structured } = await on.call(getUsage, { by: 'tool' });
    expect(structured['rows']).toEqual([expect.objectContaining({ calls: 1, cost_usd: expect.any(String) })]);
  });

  it('a dry run and a refused argument are not', async () => {
    const on = await fresh();
    await on.call(invokeModel, { model: 'nova-lite', prompt: 'Hello', dry_run: true });
    await expect(
      on.call(invokeModel, { model: 'deepseek-r1', prompt: 'a', tools: [{ name: 'x' }] }),
    ).rejects.toThrow();
    const { structured } = await on.call(getUsage, {});
    expect(structured['total']).toMatchObject({ calls: 0 });
  });
});

describe('a budget', () => {
  it('refuses before anything is sent, with what is left and the cheapest model that fits', async () => {
    const on = await fresh({ config: { budget_usd_per_call: 0.001 } });
    const call = on.call(invokeModel, { model: 'claude-opus-4-5', prompt: 'Hello', max_tokens: 1000 });
    await expect(call).rejects.toMatchObject({
      code: 'budget_exceeded',
      fix: expect.stringMatching(/[a-z]/),
    });
    expect(sent(on)).toEqual([]);
    await on.call(invokeModel, { model: 'nova-micro', prompt: 'Hello', max_tokens: 1000 });
  });

  it('is never exceeded by parallel calls', async () => {
    const on = await fresh({ config: { budget_usd_per_day: 0.002 } });
    const calls = Array.from({ length: 60 }, () =>
      on.call(invokeModel, { model: 'claude-haiku-4-5', prompt: 'Hello', max_tokens: 100 }).then(
        () => 'ok',
        (error: unknown) => String(error),
      ),
    );
    const outcomes = await Promise.all(calls);
    expect(outcomes).toContain('ok');
    expect(outcomes.join()).toContain('budget');
    const spent = records(on)
      .filter((record) => record['type'] === 'settled')
      .reduce((sum, record) => sum.plus(String(record['cost_usd'] ?? 0)), new Big(0));
    expect(spent.lte(0.002)).toBe(true);
    expect(sent(on)).toHaveLength(outcomes.filter((outcome) => outcome === 'ok').length);
  });
});

describe('a dear call', () => {
  it('is asked about first, and goes when the caller says how much is agreed', async () => {
    const on = await fresh({ config: { confirm_above_usd: 0.01 } });
    const args = { model: 'claude-opus-4-5', prompt: 'Hello', max_tokens: 4000 };
    const refused = await on.call(invokeModel, args).catch((error: unknown) => error);
    expect(refused).toMatchObject({
      code: 'confirmation_required',
      fix: expect.stringContaining('confirm_cost_usd'),
    });
    expect(refused).toHaveProperty('message', expect.stringContaining('A call of claude-opus-4-5'));
    expect(refused).toHaveProperty('message', expect.stringContaining('A call of claude-opus-4-5'));
    expect(sent(on)).toEqual([]);
    await on.call(invokeModel, { ...args, options: { confirm_cost_usd: 1 } });
    await on.call(invokeModel, { ...args, model: 'nova-micro' });
    expect(sent(on)).toHaveLength(2);
  });

  it('of embeddings is asked about and confirmed in the same way', async () => {
    const on = await fresh({ config: { confirm_above_usd: 0.000_000_001 } });
    const args = { texts: ['Hello'] };
    await expect(on.call(embedText, args)).rejects.toMatchObject({
      code: 'confirmation_required',
      message: expect.stringContaining('titan-embed-v2'),
    });
    await on.call(embedText, { ...args, options: { confirm_cost_usd: 1 } });
    expect(sent(on)).toHaveLength(1);
  });
});
