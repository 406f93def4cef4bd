import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { Big } from 'big.js';
import { describe, expect, it } from 'vitest';
import { createServerFactory } from '../../../src/mcp/server.ts';
import { compareModels } from '../../../src/tools/compare-models.ts';
import { ALL_TOOLS } from '../../../src/tools/registry.ts';
import { createToolHost } from '../../../src/tools/tool-set.ts';
import { judgeOf, ledgerOf, rowsOf, sentOf, settledOf } from '../../tools/comparing.ts';
import { fresh } from '../../tools/fresh.ts';
import type { Bench } from '../../tools/with-sandbox.ts';

const PAIR = { models: ['nova-lite', 'claude-haiku-4-5'], prompt: 'Hello', max_tokens: 1_000 };
const refusal = (on: Bench, args: Record<string, unknown>) =>
  on.call(compareModels, args).then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error,
  );
const nothingHappened = (on: Bench) => {
  expect(sentOf(on)).toEqual([]);
  expect(ledgerOf(on)).toEqual([]);
};
/** The most that the pair may cost, as the server says it. */
const mostOf = async (args: Record<string, unknown>) => {
  const on = await fresh();
  const error = await refusal(on, { ...args, max_cost_usd: 0.000_001 });
  return Number(/up to (\S+) USD/.exec(String(error))?.[1]);
};
const IMPORTED = 'arn:aws:bedrock:us-east-1:123456789012:imported-model/abcdefabcdef';
const UNPRICED = { models: [{ alias: 'own', arn: IMPORTED }] };
const startUnpriced = (config: Record<string, unknown> = {}) =>
  fresh({
    config: { ...UNPRICED, ...config },
    sandbox: { arns: { [IMPORTED]: 'meta.llama3-3-70b-instruct-v1:0' } },
  });

describe('the sum of a comparison', () => {
  it.each([
    ['max_cost_usd of the call', {}, { max_cost_usd: 0.001 }, 'max_cost_usd'],
    ["the server's limit for one call", { budget_usd_per_call: 0.001 }, {}, undefined],
    ['a limit per call in the list', { budgets: [{ scope: 'call', usd: 0.001 }] }, {}, undefined],
  ])('is held against %s before anything is sent', async (_what, config, args, field) => {
    const on = await fresh({ config });
    expect(await refusal(on, { ...PAIR, ...args })).toMatchObject({
      code: 'budget_exceeded',
      message: expect.stringMatching(/up to 0\.\d+ USD.*0\.001 USD.*Nothing was sent/),
      field,
    });
    nothingHappened(on);
  });

  it('is what counts, not its parts: each fits the limit for one call, both together do not', async () => {
    const both = await mostOf(PAIR);
    const on = await fresh({ config: { budget_usd_per_call: both - 0.000_1 } });
    for (const model of PAIR.models)
      expect(await mostOf({ ...PAIR, models: [model, 'no-such-model'] })).toBeLessThan(both - 0.000_1);
    expect(await refusal(on, PAIR)).toMatchObject({ code: 'budget_exceeded' });
    nothingHappened(on);
  });

  it('is admitted up to the last digit', async () => {
    const most = await mostOf(PAIR);
    const on = await fresh();
    const { structured } = await on.call(compareModels, { ...PAIR, max_cost_usd: most });
    expect(rowsOf(structured)).toHaveLength(2);
    expect(Number(structured['total_cost_usd'])).toBeLessThan(most);
  });

  it('grows with the judge, its criteria and its candidates', async () => {
    const plain = await mostOf(PAIR);
    const judged = await mostOf({ ...PAIR, judge: 'nova-pro' });
    const criteria = 'Prefer an answer that is brief and right. '.repeat(200);
    const longer = await mostOf({ ...PAIR, judge: 'nova-pro', options: { criteria } });
    const more = await mostOf({ ...PAIR, max_tokens: 4_000, judge: 'nova-pro' });
    expect(judged).toBeGreaterThan(plain);
    expect(longer).toBeGreaterThan(judged);
    expect(more - (await mostOf({ ...PAIR, max_tokens: 4_000 }))).toBeGreaterThan(judged - plain);
  });

  it('holds for what the longest answers and every repair of the judge then reserve', async () => {
    const args = { ...PAIR, prompt: 'sandbox:long 20000', max_tokens: 4_000, judge: 'nova-pro' };
    const most = await mostOf(args);
    const on = await fresh();
    on.sandbox.inject({ prompt: 'sandbox:bad-json', modelId: 'nova-pro' });
    await on.call(compareModels, args);
    const reserved = ledgerOf(on).filter(({ type }) => type === 'intent');
    const [ofJudge, ofModels] = [true, false].map((isJudge) =>
      reserved
        .filter(({ model }) => String(model).includes('nova-pro') === isJudge)
        .map((each) => Number(each['reserved_usd'])),
    );
    expect(ofModels).toHaveLength(2);
    // One order may be stopped before its repair, so the dearest round stands for all four.
    const sum = 4 * Math.max(...(ofJudge ?? [])) + (ofModels ?? []).reduce((total, each) => total + each, 0);
    expect(sum).toBeLessThanOrEqual(most);
  });

  it('leaves out a model that cannot be asked', async () => {
    const both = await mostOf(PAIR);
    expect(await mostOf({ ...PAIR, models: [...PAIR.models, 'no-such-model'] })).toBe(both);
  });

  it.each([
    ['refused', {}, 'not known'],
    ['sent where the server allows it', { budget_unknown_price: 'allow' }, undefined],
  ])('with a model of unknown price and a limit is %s', async (_what, config, says) => {
    const on = await startUnpriced(config);
    const args = { ...PAIR, models: ['nova-lite', 'own'], max_cost_usd: 1 };
    if (says === undefined) {
      const { structured } = await on.call(compareModels, args);
      expect(rowsOf(structured).filter((row) => 'text' in row)).toHaveLength(2);
    } else {
      expect(await refusal(on, args)).toMatchObject({
        code: 'budget_exceeded',
        message: expect.stringContaining(says),
      });
      nothingHappened(on);
    }
  });

  it('is refused for its known part alone, also where unknown prices are allowed', async () => {
    const on = await startUnpriced({ budget_unknown_price: 'allow' });
    expect(
      await refusal(on, { ...PAIR, models: ['claude-haiku-4-5', 'own'], max_cost_usd: 0.000_1 }),
    ).toMatchObject({ code: 'budget_exceeded', message: expect.stringContaining('more than') });
    nothingHappened(on);
  });
});

describe('a sum that a person has to agree to', () => {
  const config = { confirm_above_usd: 0.001 };

  it.each([
    ['at the top', (usd: number) => ({ confirm_cost_usd: usd })],
    ['in options', (usd: number) => ({ options: { confirm_cost_usd: usd } })],
  ])('is agreed to with confirm_cost_usd %s', async (_where, confirm) => {
    const on = await fresh({ config });
    const error = await refusal(on, { ...PAIR, judge: 'nova-pro' });
    expect(error).toMatchObject({
      code: 'confirmation_required',
      costUsd: expect.stringMatching(/^0\.\d+$/),
      message: expect.stringMatching(/^A comparison of .*, .* and the judge nova-pro may cost up to 0/),
    });
    nothingHappened(on);
    const usd = error instanceof Error && 'costUsd' in error ? Number(error.costUsd) : 0;
    expect(await refusal(on, { ...PAIR, judge: 'nova-pro', ...confirm(usd / 2) })).toMatchObject({
      code: 'confirmation_required',
    });
    nothingHappened(on);
    const { structured } = await on.call(compareModels, { ...PAIR, judge: 'nova-pro', ...confirm(usd) });
    expect(rowsOf(structured).filter(({ error: failed }) => failed !== undefined)).toEqual([]);
    expect(judgeOf(structured)).not.toHaveProperty('error');
  });

  it('does not let a small yes to an unknown price cover the known ones', async () => {
    const on = await startUnpriced(config);
    const args = { ...PAIR, models: ['claude-haiku-4-5', 'own'] };
    expect(await refusal(on, { ...args, confirm_cost_usd: 0.001_1 })).toMatchObject({
      code: 'confirmation_required',
    });
    nothingHappened(on);
  });

  it.each([
    ['accept', true],
    ['decline', false],
  ] as const)('is asked for once, and %s decides', async (action, isSent) => {
    const on = await fresh({ config });
    const factory = createServerFactory({
      version: '0.0.0',
      host: createToolHost(['all'], async () => ({ tools: ALL_TOOLS, services: on.services })),
      log: on.services.log,
      redact: on.services.redact,
      stopping: new AbortController().signal,
    });
    const client = new Client({ name: 'test', version: '1' }, { capabilities: { elicitation: {} } });
    const questions: string[] = [];
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      questions.push(params.message);
      return action === 'accept' ? { action, content: { confirm: true } } : { action };
    });
    const [mine, theirs] = InMemoryTransport.createLinkedPair();
    await factory().connect(theirs);
    await client.connect(mine);
    const reply = await client.callTool({
      name: 'compare_models',
      arguments: { ...PAIR, judge: 'nova-pro' },
    });
    expect(questions).toEqual([expect.stringMatching(/up to 0\.\d+ USD/)]);
    expect(reply.isError === true).toBe(!isSent);
    expect(sentOf(on)).toHaveLength(isSent ? 4 : 0);
    if (isSent) expect(reply.structuredContent).not.toHaveProperty('judge.error');
    await client.close();
  });
});

describe('the money of a comparison', () => {
  it('is in the ledger call by call, the judge included, and total_cost_usd is its sum', async () => {
    const on = await fresh();
    const { structured } = await on.call(compareModels, {
      ...PAIR,
      models: [...PAIR.models, 'nova-lite'],
      judge: 'nova-pro',
    });
    const settled = settledOf(on);
    expect(settled.map(({ tool, status }) => [tool, status])).toEqual(
      Array.from({ length: 5 }, () => ['compare_models', 'ok']),
    );
    const sum = settled.reduce((total, each) => total.plus(String(each['cost_usd'])), new Big(0));
    expect(structured['total_cost_usd']).toBe(sum.toFixed());
    for (const { call_id, cost_usd } of rowsOf(structured))
      expect(settled).toContainEqual(expect.objectContaining({ id: call_id, cost_usd }));
    const judged = settled.filter(({ model }) => String(model).includes('nova-pro'));
    const ofJudge = judged.reduce((total, each) => total.plus(String(each['cost_usd'])), new Big(0));
    expect(judgeOf(structured)['cost_usd']).toBe(ofJudge.toFixed());
  });

  it('counts a judge that failed after it was paid', async () => {
    const on = await fresh();
    on.sandbox.inject({ prompt: 'sandbox:bad-json', modelId: 'nova-pro' });
    const { structured } = await on.call(compareModels, { ...PAIR, judge: 'nova-pro' });
    expect(judgeOf(structured)).toMatchObject({
      error: { code: 'invalid_output' },
      cost_usd: expect.stringMatching(/^0\.0*[1-9]/),
    });
    const sum = settledOf(on).reduce((total, each) => total.plus(String(each['cost_usd'])), new Big(0));
    expect(structured['total_cost_usd']).toBe(sum.toFixed());
  });

  it('says when the cost of a call is not known', async () => {
    const on = await startUnpriced();
    const { structured, text } = await on.call(compareModels, { ...PAIR, models: ['own', 'nova-lite'] });
    const [own, lite] = rowsOf(structured);
    expect(own).toMatchObject({ text: expect.any(String), cost_note: expect.any(String) });
    expect(structured).toMatchObject({
      total_cost_usd: lite?.['cost_usd'],
      cost_note: 'The cost of 1 of 2 calls is not known.',
    });
    expect(text).toContain('The cost of 1 of 2 calls is not known.');
  });

  it('keeps a day budget that fits only some: those fail with the reason, the others answer', async () => {
    const most = await mostOf({ ...PAIR, models: ['nova-lite', 'no-such-model'] });
    const on = await fresh({ config: { budget_usd_per_day: most * 2.5 } });
    const { structured } = await on.call(compareModels, {
      ...PAIR,
      models: ['nova-lite', 'claude-opus-4-5', 'nova-lite'],
      judge: 'claude-opus-4-5',
    });
    const [first, dear, last] = rowsOf(structured);
    expect(first).toHaveProperty('text');
    expect(last).toHaveProperty('text');
    expect(dear).toMatchObject({ error: { code: 'budget_exceeded' } });
    expect(judgeOf(structured)).toMatchObject({ error: { code: 'budget_exceeded' } });
    expect(sentOf(on)).toHaveLength(2);
  });

  it.each([
    ['an unknown model', 'no-such-model', 'unknown_model'],
    ['an embedding model', 'titan-embed-v2', 'unsupported_model'],
  ])('is not spent when the judge is %s', async (_what, judge, code) => {
    const on = await fresh();
    expect(await refusal(on, { ...PAIR, judge })).toMatchObject({
      code,
      field: 'judge',
      message: expect.stringContaining('judge'),
    });
    nothingHappened(on);
  });
});
