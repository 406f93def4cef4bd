import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/json.ts';
import { invokeModel } from '../../../src/tools/invoke-model.ts';
import { fresh } from '../../tools/fresh.ts';
import { asking, askShaped, scripted } from '../../tools/scripted.ts';
import { bodies, CITY, prompt, receiptOf } from '../../tools/shapes.ts';
import { type Bench, bench } from '../../tools/with-sandbox.ts';

const text = { type: 'string' };

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

/** Settled calls in the ledger. */
function ledger({ services }: Bench): JsonObject[] {
  const folder = join(services.config.data_dir ?? '', 'usage');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'))
    .map((line): JsonObject => JSON.parse(line))
    .filter(({ type }) => type === 'settled');
}

describe('an answer that does not fit', () => {
  it.each(['claude-haiku-4-5', 'nova-lite', 'palmyra-x4'])(
    'is asked for once more with what was wrong; both rounds are billed as one call: %s',
    async (model) => {
      const here = await fresh();
      const answer = await here.call(invokeModel, {
        model,
        prompt: 'About Paris sandbox:bad-json',
        response_schema: CITY,
      });
      expect(answer.structured).toMatchObject({
        parsed: { city: expect.any(String), inhabitants: 1000 },
        stop_reason: 'end_turn',
      });
      const said = JSON.stringify(bodies(here)[1]?.['messages']);
      expect(said).toContain('[sandbox] This answer is not JSON.');
      expect(said).toContain('does not match the JSON Schema: the answer is not JSON.');
      const settled = ledger(here);
      expect(settled).toHaveLength(2);
      const costs = settled.map(({ cost_usd }) => Number(cost_usd));
      const receipt = receiptOf(answer);
      expect(Number(receipt['cost_usd'])).toBeCloseTo(
        costs.reduce((a, b) => a + b, 0),
        12,
      );
      expect(Math.min(...costs)).toBeGreaterThan(0);
      expect(receipt['attempts']).toHaveLength(2);
      expect(receipt['warnings']).toEqual(expect.arrayContaining(['One repair round was needed.']));
      const ids = settled.map(({ id }) => id);
      expect(ids).toContain(receipt['call_id']);
      expect(new Set(ids).size).toBe(2);
    },
  );

  it('is an error with the last text and the cost of both rounds when the second does not fit either', async () => {
    const here = await fresh();
    // The sandbox looks ahead for nobody.
    const digits = { ...text, pattern: '^(?=[0-9])' };
    const numbered = { type: 'object', properties: { inhabitants: { type: 'integer' }, city: digits } };
    const failure = here.call(invokeModel, { model: 'claude-haiku-4-5', prompt, response_schema: numbered });
    await expect(failure).rejects.toMatchObject({
      code: 'invalid_output',
      field: 'response_schema',
      accepted: true,
    });
    await expect(failure).rejects.toThrow(
      /also after one repair round: \/city must match pattern .* It cost 0\.\d+ USD/,
    );
    await expect(failure).rejects.toMatchObject({ partialText: expect.stringContaining('inhabitants') });
    expect(bodies(here)).toHaveLength(2);
  });
});

describe('askForShape', () => {
  const numbers: JsonObject = { type: 'array', items: { type: 'integer' } };

  it('reads the answer as text, and its value as parsed', async () => {
    const { services } = await scripted(on, { said: 'Here:', call: { value: [1, 2] } });
    const { result, parsed } = await askShaped(numbers, services);
    expect(result).toMatchObject({ stopReason: 'end_turn', content: [{ text: '[1,2]' }] });
    expect(parsed).toEqual([1, 2]);
  });

  it('sends the answer and its problems back, within what is left of the time', async () => {
    const { services, sent } = await scripted(on, { call: { value: [1, 'x'] } }, { call: { value: [1] } });
    const { parsed, receipt } = await askShaped(numbers, services);
    expect(parsed).toEqual([1]);
    expect(sent[1]?.input['messages']).toEqual([
      { role: 'user', content: [{ text: prompt }] },
      { role: 'assistant', content: [{ text: '[1,"x"]' }] },
      {
        role: 'user',
        content: [
          {
            text: 'That answer does not match the JSON Schema: /1 must be integer. Answer again, with the corrected JSON value only, in an object under "value".',
          },
        ],
      },
    ]);
    expect(sent[1]?.input['toolConfig']).toEqual(sent[0]?.input['toolConfig']);
    const [first = 0, second = 0] = sent.map(({ limits }) => limits.totalTimeoutMs);
    expect(second).toBeLessThan(first);
    expect(receipt).toMatchObject({
      call_id: asking().callId,
      usage: { input_tokens: 200, output_tokens: 20 },
    });
  });

  it('asks again when the model said nothing, or could not write the call', async () => {
    for (const first of [
      { said: ' ' },
      { said: '<tool', stopReason: 'malformed_tool_use' },
      { stopReason: 'malformed_model_output' },
    ]) {
      const { services, sent } = await scripted(on, first, { call: { value: [1] } });
      expect((await askShaped(numbers, services)).parsed).toEqual([1]);
      expect(sent[1]?.input['messages']).toHaveLength(3);
    }
  });

  it.each([
    ['max_tokens', 'it was cut off at max_tokens', 'Raise max_tokens'],
    ['model_context_window_exceeded', 'it was cut off at', 'Raise max_tokens'],
    ['content_filtered', 'it ended with content_filtered', 'guardrail'],
    ['guardrail_intervened', 'it ended with guardrail_intervened', 'guardrail'],
  ])('does not ask again after %s', async (stopReason, message, fix) => {
    const { services, sent } = await scripted(on, { said: '[1', stopReason });
    await expect(askShaped(numbers, services)).rejects.toMatchObject({
      code: 'invalid_output',
      message: expect.stringContaining(message),
      fix: expect.stringContaining(fix),
      partialText: '[1',
    });
    expect(sent).toHaveLength(1);
  });

  it('says so when the second answer is cut', async () => {
    const { services } = await scripted(on, { said: 'no' }, { said: '[1', stopReason: 'max_tokens' });
    await expect(askShaped(numbers, services)).rejects.toThrow(
      'after one repair round: it was cut off at max_tokens.',
    );
  });

  it('takes an answer that is whole although a limit ended it', async () => {
    const { services } = await scripted(on, { said: '[1]', stopReason: 'max_tokens' });
    expect((await askShaped(numbers, services)).parsed).toEqual([1]);
  });

  it('does not ask again when nobody can tell whether the answer fits', async () => {
    const { services, sent } = await scripted(on, { call: { value: `${'a'.repeat(60)}!` } });
    await expect(askShaped({ type: 'string', pattern: '^(a+)+$' }, services)).rejects.toThrow(
      'could not be checked',
    );
    expect(sent).toHaveLength(1);
  });

  it('does not send a native body twice, which would ask for the same', async () => {
    const body = {
      messages: [{ role: 'user', content: 'sandbox:bad-json' }],
      max_tokens: 20,
      anthropic_version: 'bedrock-2023-05-31',
    };
    const before = bodies(on).length;
    const failure = on.call(invokeModel, {
      model: 'claude-haiku-4-5',
      response_schema: CITY,
      options: { native_body: body },
    });
    await expect(failure).rejects.toThrow('not JSON; a native_body is not asked again');
    expect(bodies(on)).toHaveLength(before + 1);
  });

  it('hands over calls of tools that the second round made', async () => {
    const tools = { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }] };
    const ask = asking({ request: { ...asking().call.request, toolConfig: tools } });
    const { services } = await scripted(on, { said: 'hm' }, { call: {} });
    const answer = await askShaped(numbers, services, ask);
    expect(answer).toMatchObject({
      result: { stopReason: 'tool_use' },
      receipt: { usage: { input_tokens: 200 } },
    });
    expect(answer).not.toHaveProperty('parsed');
  });

  it.each<[string, JsonObject, JsonValue, string]>([
    ['a number that is too large', {}, JSON.parse('{"value":[1e400]}'), 'too large'],
    ['a value that no reply can carry', {}, { value: nested(300) }, 'nested deeper'],
  ])('refuses %s', async (_what, schema, call, message) => {
    const said = JSON.stringify(call).replace('null', '1e400');
    const { services } = await scripted(on, { said }, { said });
    await expect(askShaped(schema, services)).rejects.toThrow(message);
  });

  function nested(depth: number): JsonValue {
    let value: JsonValue = [];
    for (let at = 0; at < depth; at += 1) value = [value];
    return value;
  }
});

const BAD_FIRST = { prompt: 'sandbox:bad-json', operation: 'ConverseStream', times: 1 } as const;

describe('a repair round that fails', () => {
  it('does not cost the first answer, its text and its price', async () => {
    const here = await fresh({
      sandbox: { faults: [BAD_FIRST, { prompt: 'sandbox:no-access', operation: 'ConverseStream' }] },
    });
    const failure = here.call(invokeModel, { model: 'nova-lite', prompt, response_schema: CITY });
    await expect(failure).rejects.toMatchObject({
      code: 'invalid_output',
      message: expect.stringMatching(
        /not JSON; the repair round failed \(model_access: .*\)\. The first answer cost 0\.\d+ USD\./,
      ),
      partialText: '[sandbox] This answer is not JSON.',
    });
    expect(bodies(here)).toHaveLength(2);
  });

  it('is cancelled with the call', async () => {
    const here = await fresh({
      sandbox: { faults: [BAD_FIRST, { prompt: 'sandbox:hang', operation: 'ConverseStream' }] },
    });
    const stop = new AbortController();
    const call = here.call(
      invokeModel,
      { model: 'nova-lite', prompt, response_schema: CITY },
      { signal: stop.signal },
    );
    const failure = expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await expect.poll(() => bodies(here).length).toBe(2);
    stop.abort();
    await failure;
  });

  it('spends no more than was agreed on for both', async () => {
    const config = { confirm_above_usd: 0.000001 };
    const here = await fresh({ config });
    const args = {
      model: 'nova-lite',
      prompt: 'Paris sandbox:bad-json',
      max_tokens: 100,
      response_schema: CITY,
    };
    const agreed = (confirm_cost_usd: number) =>
      here.call(invokeModel, { ...args, options: { confirm_cost_usd } });
    const refusal = await agreed(0.000001).catch((error: unknown) => error);
    const most = refusal instanceof BedrockError ? Number(refusal.costUsd) : 0;
    const failure = await agreed(most).catch((error: unknown) => String(error));
    expect(failure).toContain('the repair round failed (confirmation_required');
    // What it names is for both rounds: a little less is not enough.
    const both = Number(/may cost up to ([\d.]+) USD/.exec(String(failure))?.[1]);
    expect(both).toBeGreaterThan(most);
    await expect(agreed(both * 0.99)).rejects.toThrow('the repair round failed (confirmation_required');
    expect((await agreed(both)).structured['parsed']).toMatchObject({ inhabitants: 1000 });
  });

  it('keeps to the limit per call with both rounds', async () => {
    const args = { model: 'nova-lite', prompt: 'sandbox:bad-json', max_tokens: 1_000, response_schema: CITY };
    const { structured } = await (await fresh()).call(invokeModel, { ...args, dry_run: true });
    const most = isJsonObject(structured['dry_run']) ? Number(structured['dry_run']['cost_usd_at_most']) : 0;
    const here = await fresh({ config: { budget_usd_per_call: most * 1.01 } });
    const failure = await here.call(invokeModel, args).catch((error: unknown) => String(error));
    expect(failure).toContain('the repair round failed (budget_exceeded');
    expect(bodies(here)).toHaveLength(1);
  });
});
