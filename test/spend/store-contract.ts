/**
 * What every adapter of `SpendStore` keeps, seen through the budgets and the reports that use it. A next adapter is one
 * line in `store.test.ts`.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createLogger } from '../../src/log.ts';
import { type Budgets, createBudgets, type SpendRequest } from '../../src/spend/budget/budget.ts';
import { readRules, type SpendRules } from '../../src/spend/budget/limits.ts';
import { intentRecord, RELEASED, settledRecord } from '../../src/spend/record.ts';
import type { Spending } from '../../src/spend/spending.ts';
import type { SpendStore } from '../../src/spend/store.ts';
import { NOON, outcome, request, spend } from './ledger-fixture.ts';

/** One store, as several processes have it. */
export interface SharedSpend {
  /** Another process's view of it. */
  another(rules: SpendRules): SpendStore;
  /** Sets the clock of all of them, ISO; it stands at NOON. */
  at(time: string): void;
  close(): Promise<void>;
}

const log = createLogger(
  'error',
  (text) => text,
  () => undefined,
);
const NOVEMBER = { since: '2026-11-01', until: '2026-11-30' };

const times = (count: number, over: Partial<SpendRequest> = {}) =>
  Array.from({ length: count }, () => request(over));

/** @returns the refusal's message. */
async function refused(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BedrockError && error.code === 'budget_exceeded') return error.message;
  throw new Error(`not refused: ${String(error)}`);
}

/** How many of the requests were admitted; every refusal must be a budget's. */
async function admitted(budgets: readonly Budgets[], requests: readonly SpendRequest[]): Promise<number> {
  const results = await Promise.allSettled(
    requests.map((each, at) => budgets[at % budgets.length]?.reserve(each)),
  );
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'budget_exceeded' });
  return results.filter(({ status }) => status === 'fulfilled').length;
}

/** Every call of the period as the store gives it: its ID, and how it ended. */
async function recorded(store: SpendStore, period = NOVEMBER): Promise<string[]> {
  const calls: string[] = [];
  await store.records(period, {
    settled: ({ id, status }, intent) => calls.push(`${id} ${status}${intent === undefined ? ' alone' : ''}`),
    open: ({ id }) => calls.push(`${id} open`),
  });
  return calls;
}

/** Declares the tests for one adapter. */
export function spendStoreContract(name: string, open: () => Promise<SharedSpend>): void {
  describe(`spend in ${name}`, () => {
    let shared: SharedSpend;
    beforeEach(async () => {
      shared = await open();
    });
    afterEach(() => shared.close());

    const spending = (config: Record<string, unknown>): Spending => {
      const rules = readRules(configSchema.parse(config));
      const store = shared.another(rules);
      return { store, budgets: createBudgets(rules, store, log) };
    };
    const budgetsOf = (config: Record<string, unknown>): Budgets => spending(config).budgets;

    limits(budgetsOf, (time) => shared.at(time));
    buckets(budgetsOf);
    ends(spending);
    reports(spending, (time) => shared.at(time));
  });
}

type BudgetsOf = (config: Record<string, unknown>) => Budgets;
type SpendingOf = (config: Record<string, unknown>) => Spending;

function limits(budgetsOf: BudgetsOf, at: (time: string) => void): void {
  it.each([
    ['hour', { budget_usd_per_hour: 0.05 }],
    ['day', { budget_usd_per_day: 0.05 }],
    ['month', { budget_usd_per_month: 0.05 }],
    ['token', { budgets: [{ scope: 'day', tokens: 5_000 }] }],
    ['model', { budgets: [{ scope: 'day', model: 'amazon.nova-*', usd: 0.05 }] }],
  ])('a limit per %s admits five of a hundred parallel calls and not one more', async (_what, config) => {
    expect(await admitted([budgetsOf(config)], times(100))).toBe(5);
  });

  it('a limit holds across processes', async () => {
    const several = Array.from({ length: 4 }, () => budgetsOf({ budget_usd_per_day: 0.2 }));
    expect(await admitted(several, times(200))).toBe(20);
  });

  it('a limit gives what is left to the last unit', async () => {
    const budgets = budgetsOf({ budget_usd_per_day: 0.3 });
    expect(await admitted([budgets], times(3, { worstCaseUsd: '0.1' }))).toBe(3);
    expect(await admitted([budgets], times(1, { worstCaseUsd: '0.000000000000000000000001' }))).toBe(0);
  });

  it('a limit per call looks at the one call alone, with what it has used before', async () => {
    const budgets = budgetsOf({ budget_usd_per_call: 0.01 });
    expect(await admitted([budgets], times(50))).toBe(50);
    await refused(budgets.reserve(request({ before: { usd: '0.001', tokens: 0 } })));
  });

  it.each([
    ['hour', { budget_usd_per_hour: 0.01 }, '2026-11-21T12:59:59.999Z', '2026-11-21T13:00:00.000Z'],
    ['day', { budget_usd_per_day: 0.01 }, '2026-11-21T23:59:59.999Z', '2026-11-22T00:00:00.000Z'],
    ['month', { budget_usd_per_month: 0.01 }, '2026-11-30T23:59:59.999Z', '2026-12-01T00:00:00.000Z'],
  ])('a limit of the %s begins anew in UTC', async (_what, config, last, first) => {
    const budgets = budgetsOf(config);
    await budgets.reserve(request());
    at(last);
    await refused(budgets.reserve(request()));
    at(first);
    await budgets.reserve(request());
    await refused(budgets.reserve(request()));
  });

  it('a call of a process that died goes on counting', async () => {
    await budgetsOf({ budget_usd_per_day: 0.01 }).reserve(request());
    at('2026-11-21T23:00:00.000Z');
    await refused(budgetsOf({ budget_usd_per_day: 0.01 }).reserve(request()));
  });

  it('the status is told while calls are being admitted', async () => {
    const budgets = budgetsOf({ budget_usd_per_day: 0.05 });
    const [count, ...rows] = await Promise.all([
      admitted([budgets], times(20)),
      ...Array.from({ length: 20 }, () => budgets.status()),
    ]);
    expect(count).toBe(5);
    expect(rows).toHaveLength(20);
    expect(await budgets.status()).toEqual([
      {
        scope: 'day',
        setting: 'BEDROCK_MCP_BUDGET_USD_PER_DAY',
        usd: { limit: '0.05', spent: '0.05', left: '0' },
        until: '2026-11-22T00:00:00.000Z',
      },
    ]);
  });
}

function buckets(budgetsOf: BudgetsOf): void {
  it('a limit on one model leaves the others alone', async () => {
    const budgets = budgetsOf({ budgets: [{ scope: 'day', model: '*claude*', usd: 0.01 }] });
    const claude = { model: 'anthropic.claude-haiku-4-5-20251001-v1:0', model_id: 'us.anthropic.claude' };
    expect(await admitted([budgets], times(4, claude))).toBe(1);
    expect(await admitted([budgets], times(4))).toBe(4);
  });

  it('a limit on "*" counts each model, and each thread, by itself', async () => {
    const budgets = budgetsOf({
      budgets: [
        { scope: 'day', model: '*', usd: 0.02 },
        { scope: 'day', thread: '*', tokens: 1_000 },
      ],
    });
    const calls = ['m1', 'm2'].flatMap((model) => times(5, { model, model_id: model }));
    expect(await admitted([budgets], calls)).toBe(4);
    const inThreads = ['t1', 't2'].flatMap((thread) => times(5, { thread, model: 'm3', model_id: 'm3' }));
    expect(await admitted([budgets], inThreads)).toBe(2);
    expect((await budgets.status()).map(({ model, thread }) => [model, thread])).toEqual(
      expect.arrayContaining([
        ['m1', undefined],
        ['m2', undefined],
        ['m3', undefined],
        [undefined, 't1'],
        [undefined, 't2'],
      ]),
    );
  });

  it('a soft limit warns and admits', async () => {
    const budgets = budgetsOf({ budgets: [{ scope: 'day', usd: 0.015, soft: true }] });
    expect((await budgets.reserve(request())).warnings).toEqual([]);
    expect((await budgets.reserve(request())).warnings).toEqual([
      'The soft day budget of 0.015 USD has 0.005 USD left; this call may use 0.01 USD.',
    ]);
  });
}

function ends(spending: SpendingOf): void {
  it('an end counts what the call cost, and gives the rest back', async () => {
    const { budgets } = spending({ budget_usd_per_day: 0.02 });
    for (let call = 0; call < 6; call += 1)
      await (await budgets.reserve(request())).settle(outcome({ costUsd: '0.002' }));
    // 0.012 are spent: 0.008 are left, less than the worst case.
    expect(await refused(budgets.reserve(request()))).toContain('0.008 USD left');
  });

  it('a call of no known cost goes on counting as reserved', async () => {
    const { budgets } = spending({ budget_usd_per_day: 0.01 });
    await (await budgets.reserve(request())).settle({ status: 'cancelled', costUsd: null, durationMs: 5 });
    await refused(budgets.reserve(request()));
    const tokens = spending({ budgets: [{ scope: 'day', tokens: 2_000 }] }).budgets;
    await refused(tokens.reserve(request({ worstCaseTokens: 1_001 })));
    await tokens.reserve(request({ worstCaseTokens: 1_000 }));
  });

  it('a call that cost more than it had reserved counts in full', async () => {
    const { budgets } = spending({ budget_usd_per_day: 1 });
    await (await budgets.reserve(request())).settle(outcome({ costUsd: '0.999' }));
    expect(await refused(budgets.reserve(request()))).toContain('has 0.001 USD left');
    await (await budgets.reserve(request({ worstCaseUsd: '0.001' }))).settle(outcome({ costUsd: '5' }));
    expect(await refused(budgets.reserve(request()))).toContain('has 0 USD left');
  });

  it('a reservation that was given back counts nothing, and only its first end counts', async () => {
    const { budgets, store } = spending({ budget_usd_per_day: 0.01 });
    for (let call = 0; call < 3; call += 1) {
      const reservation = await budgets.reserve(request({ id: `r${call}` }));
      await reservation.release();
      await reservation.settle(outcome());
    }
    expect(await recorded(store)).toEqual(['r0 released', 'r1 released', 'r2 released']);
    expect(await budgets.status()).toMatchObject([{ usd: { limit: '0.01', spent: '0', left: '0.01' } }]);
  });

  it('a second end of a call changes nothing, whoever writes it', async () => {
    const one = spending({ budget_usd_per_day: 1 });
    const { intent } = await one.store.reserve(intentRecord(spend({ id: 'twice' }), NOON));
    await one.store.settle(settledRecord(intent, outcome({ costUsd: '0.3' }), NOON));
    const other = spending({ budget_usd_per_day: 1 });
    await other.store.settle(settledRecord(intent, outcome({ costUsd: '0.5' }), NOON));
    for (const { store, budgets } of [one, other]) {
      expect(await recorded(store)).toEqual(['twice ok']);
      expect((await store.sums(NOVEMBER)).repeated).toBe(1);
      expect(await budgets.status()).toMatchObject([{ usd: { spent: '0.3' } }]);
    }
  });

  it('an end without an intent counts when its writer says that none was stored', async () => {
    const { store, budgets } = spending({ budget_usd_per_day: 1 });
    const intent = intentRecord(spend({ id: 'lonely' }), NOON);
    await store.settle({ ...settledRecord(intent, outcome({ costUsd: '0.3' }), NOON), alone: true });
    expect(await recorded(store)).toEqual(['lonely ok alone']);
    expect(await budgets.status()).toMatchObject([{ usd: { spent: '0.3' } }]);
  });
}

function reports(spending: SpendingOf, at: (time: string) => void): void {
  it('an empty store has nothing', async () => {
    const { store } = spending({});
    expect(await recorded(store)).toEqual([]);
    expect(await store.spent()).toEqual([]);
    expect(await store.sums(NOVEMBER)).toEqual({
      days: [],
      open: [],
      unreadable: 0,
      unfinished: 0,
      repeated: 0,
    });
  });

  it('the sums are by day, model, tool, thread and tag, without what was released', async () => {
    const { budgets, store } = spending({});
    const call = async (over: Partial<SpendRequest>, ended = outcome()) =>
      (await budgets.reserve(request(over))).settle(ended);
    await call({ thread: 't', tags: ['x', 'y', 'x'] });
    await call({ model: 'other', tool: 'embed_text' }, outcome({ costUsd: '0.1', estimated: true }));
    await call({ model: 'never' }, RELEASED);
    at('2026-11-22T00:00:00.000Z');
    await call({}, { status: 'throttled', costUsd: '0', durationMs: 1 });
    await call({}, { status: 'cancelled', costUsd: null, durationMs: 1 });
    const { days } = await store.sums(NOVEMBER);
    expect(days.map(([date, { total }]) => [date, total])).toMatchObject([
      ['2026-11-21', { calls: 2, input: 200, output: 40, estimated: 1, usd: 102n * 10n ** 21n }],
      ['2026-11-22', { calls: 2, failed: 2, unpriced: 1, usd: 0n }],
    ]);
    const by = days[0]?.[1].by;
    expect([...(by?.model.keys() ?? [])]).toEqual(['amazon.nova-lite-v1:0', 'other']);
    expect([...(by?.tool.keys() ?? [])]).toEqual(['invoke_model', 'embed_text']);
    expect([...(by?.thread ?? [])].map(([name, { calls }]) => [name, calls])).toEqual([['t', 1]]);
    expect([...(by?.tag.keys() ?? [])]).toEqual(['x', 'y']);
  });

  it('a period has what began in it, also over months, and open calls last', async () => {
    const { budgets, store } = spending({});
    const call = async (id: string) => (await budgets.reserve(request({ id }))).settle(outcome());
    at('2026-10-31T23:59:59.999Z');
    const late = await budgets.reserve(request({ id: 'late' }));
    at('2026-11-01T00:00:00.000Z');
    await late.settle(outcome());
    await budgets.reserve(request({ id: 'open' }));
    await call('first');
    at('2026-11-30T23:59:59.999Z');
    await call('last');
    at('2026-12-01T00:00:00.000Z');
    await call('after');
    expect(await recorded(store)).toEqual(['first ok', 'last ok', 'open open']);
    const earlier = { ...NOVEMBER, until: '2026-11-29' };
    expect(await recorded(store, earlier)).toEqual(['first ok', 'open open']);
    expect((await store.sums(earlier)).days).toHaveLength(1);
    const { days, open } = await store.sums(NOVEMBER);
    expect(days.map(([date]) => date)).toEqual(['2026-11-01', '2026-11-30']);
    expect(open.map(({ id }) => id)).toEqual(['open']);
    const autumn = await store.sums({ since: '2026-10-31', until: '2026-12-01' });
    expect(autumn.days.map(([date]) => date)).toEqual([
      '2026-10-31',
      '2026-11-01',
      '2026-11-30',
      '2026-12-01',
    ]);
  });
}
