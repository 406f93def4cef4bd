import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema.ts';
import { spendFiles } from '../../../src/spend/ledger/file-store.ts';
import { dataFolder, openSpending, type Spending } from '../../../src/spend/spending.ts';
import { type ExportedCall, exportCalls } from '../../../src/spend/usage/export.ts';
import { readPeriod } from '../../../src/spend/usage/period.ts';
import { isDead, notesOf, reportUsage } from '../../../src/spend/usage/report.ts';
import { readUsageResource } from '../../../src/spend/usage/resource.ts';
import { type Fixture, fixture, NOON, outcome, request, type spend } from '../ledger-fixture.ts';

let on: Fixture;
let spending: Spending;
beforeEach(async () => {
  on = await fixture();
  spending = on.spending({ budget_usd_per_day: 1 });
});
afterEach(() => on.close());

async function call(id: string, over: Parameters<typeof spend>[0] = {}, ended = outcome()): Promise<void> {
  const intent = on.plan({ id, ...over });
  await on.ledger.append(intent);
  await on.settle(intent, ended);
}

const report = (since: string, until: string) => reportUsage(spending, { since, until });

describe('the period', () => {
  it.each([
    [{}, '2026-11-01', '2026-11-21'],
    [{ since: '2026-11-21' }, '2026-11-21', '2026-11-21'],
    [{ until: '2026-10-05' }, '2026-10-01', '2026-10-05'],
    [{ since: '2024-02-29', until: '2026-01-01' }, '2024-02-29', '2026-01-01'],
  ])('%j is from %s to %s', (asked, since, until) => {
    expect(readPeriod(asked, NOON)).toEqual({ since, until });
  });

  it.each([
    [{ since: 'yesterday' }, 'since'],
    [{ until: '2026-13-01' }, 'until'],
    [{ until: '2026-1-1' }, 'until'],
    [{ since: '2026-02-30', until: '2026-02-31' }, 'since'],
    [{ since: '2026-02-29' }, 'since'],
    [{ until: '2026-11-31' }, 'until'],
    [{ since: '2026-11-01T00:00:00Z' }, 'since'],
    [{ since: '2026-11-22', until: '2026-11-21' }, 'since'],
  ])('%j is refused, naming the field', (asked, field) => {
    expect(() => readPeriod(asked, NOON)).toThrowError(
      expect.objectContaining({ code: 'invalid_request', field }),
    );
  });
});

describe('the report', () => {
  it('sums the days of the period over months, costliest first, days in order', async () => {
    on.at('2026-09-30T23:59:59.999Z');
    await call('before');
    on.at('2026-10-01T00:00:00.000Z');
    await call('a', { model: 'cheap', thread: 't1' }, outcome({ costUsd: '0.001' }));
    on.at('2026-11-20T10:00:00.000Z');
    await call('b', { model: 'dear', tags: ['x'] }, outcome({ costUsd: '0.2' }));
    await call('c', { model: 'cheap' }, outcome({ costUsd: '0.001' }));
    on.at('2026-11-21T00:00:00.000Z');
    await call('after');
    const { total, groups } = await report('2026-10-01', '2026-11-20');
    expect(total).toMatchObject({ calls: 3, cost_usd: '0.202', input_tokens: 300, output_tokens: 60 });
    expect(groups.model.map(({ name, cost_usd }) => [name, cost_usd])).toEqual([
      ['dear', '0.2'],
      ['cheap', '0.002'],
    ]);
    expect(groups.day.map(({ name, calls }) => [name, calls])).toEqual([
      ['2026-10-01', 1],
      ['2026-11-20', 2],
    ]);
    expect(groups.thread.map(({ name }) => name)).toEqual(['t1']);
    expect(groups.tag.map(({ name }) => name)).toEqual(['x']);
    expect(groups.tool.map(({ name }) => name)).toEqual(['invoke_model']);
  });

  it('tells a call in flight from one whose time is over', async () => {
    await on.ledger.append(on.plan({ id: 'short', timeoutMs: 1_000, reservedUsd: '0.3' }));
    await on.ledger.append(on.plan({ id: 'long', timeoutMs: 900_000, reservedUsd: null }));
    on.at('2026-11-21T12:00:05.000Z');
    const { open, in_flight, open_calls, ...rest } = await report('2026-11-01', '2026-11-30');
    expect(open).toEqual({ calls: 1, reserved_usd: '0.3' });
    expect(in_flight).toEqual({ calls: 1, reserved_usd: '0', unpriced: 1 });
    expect(open_calls.map(({ id }) => id)).toEqual(['short']);
    expect(notesOf({ open, in_flight, open_calls, ...rest }).join()).toContain('1 calls have no end');
  });

  it('a process that is gone has lost its calls at once', () => {
    const intent = on.plan();
    expect(isDead(intent, NOON)).toBe(false);
    // Above every limit that an operating system has for process IDs.
    expect(isDead({ ...intent, pid: 2 ** 30 }, NOON)).toBe(true);
    expect(isDead({ ...intent, pid: 2 ** 30, host: 'another machine' }, NOON)).toBe(false);
    expect(isDead(intent, NOON + 60_001)).toBe(true);
  });

  it('says what its numbers leave out', async () => {
    await call('a', {}, outcome({ costUsd: null }));
    await call('b', {}, outcome({ estimated: true }));
    const again = (await on.records()).at(-1);
    await on.append(`${JSON.stringify(again)}\nbroken\n{"v":1,"ty`);
    expect(notesOf(await report('2026-11-01', '2026-11-30'))).toEqual([
      '1 calls have no known cost; they are not in the sums.',
      'The usage of 1 calls is an estimate.',
      '1 lines of the ledger cannot be read.',
      'The last line of the ledger is torn, or is being written now.',
      '1 records repeat others and were counted once.',
    ]);
  });

  it('of nothing is nothing', async () => {
    const { total, groups, open } = await report('2026-11-01', '2026-11-30');
    expect(total).toEqual({ name: 'total', calls: 0, input_tokens: 0, output_tokens: 0, cost_usd: '0' });
    expect(groups.day).toEqual([]);
    expect(open.calls).toBe(0);
  });
});

describe('bedrock://usage', () => {
  it('holds the month, the budgets and what is open', async () => {
    await call('a');
    await spending.budgets.reserve(request({ worstCaseUsd: '0.4', timeoutMs: 1 }));
    on.at('2026-11-21T12:00:01.000Z');
    expect(JSON.parse(await readUsageResource(spending))).toMatchObject({
      since: '2026-11-01',
      until: '2026-11-21',
      total: { calls: 1, cost_usd: '0.002' },
      by_model: [{ name: 'amazon.nova-lite-v1:0' }],
      by_day: [{ name: '2026-11-21' }],
      open_spend: { calls: 1, reserved_usd: '0.4' },
      budgets: [{ scope: 'day', usd: { limit: '1', spent: '0.402', left: '0.598' } }],
      notes: [expect.stringContaining('no end')],
    });
  });
});

describe('the export', () => {
  it('has every call of the period once, open ones last', async () => {
    await on.ledger.append(on.plan({ id: 'open', timeoutMs: 1 }));
    await call(
      'whole',
      { thread: 't', tags: ['a', 'b'] },
      outcome({
        usage: {
          inputTokens: 1,
          outputTokens: 2,
          cacheReadInputTokens: 3,
          cacheWriteInputTokens: 4,
          cacheWrite1hInputTokens: 2,
          units: [{ unit: 'image', count: 2 }],
        },
        attempts: 2,
      }),
    );
    await call('withdrawn', {}, { status: 'released', costUsd: '0', durationMs: 0 });
    on.at('2026-11-22T00:00:00.000Z');
    await call('later');
    const calls: ExportedCall[] = [];
    const period = { since: '2026-11-21', until: '2026-11-21' };
    await exportCalls(spending.store, period, { call: (each) => calls.push(each) });
    expect(calls).toEqual([
      {
        time: '2026-11-21T12:00:00.000Z',
        call_id: 'whole',
        status: 'ok',
        tool: 'invoke_model',
        model: 'amazon.nova-lite-v1:0',
        model_id: 'us.amazon.nova-lite-v1:0',
        region: 'us-east-1',
        api: 'converse',
        input_tokens: 1,
        output_tokens: 2,
        cache_read_tokens: 3,
        cache_write_tokens: 4,
        cache_write_1h_tokens: 2,
        units: '2 image',
        cost_usd: '0.002',
        reserved_usd: '0.01',
        duration_ms: 321,
        request_id: 'aws-request-1',
        thread: 't',
        tags: 'a b',
        attempts: 2,
      },
      expect.objectContaining({ call_id: 'open', status: 'open', reserved_usd: '0.01' }),
    ]);
  });
});

describe('nothing that was said gets into the ledger', () => {
  it('neither prompts nor answers nor keys, whatever the outcome', async () => {
    const config = configSchema.parse({ data_dir: on.dir, budget_usd_per_day: 1 });
    const redact = (text: string) => text.replaceAll('s3cret-token', '[redacted]');
    const opened = openSpending(config, on.log, spendFiles({ dir: on.dir, redact }, on.log));
    const cause = { ...request({ tags: ['s3cret-token'] }), prompt: 'PROMPT', messages: ['PROMPT'] };
    const reservation = await opened.budgets.reserve(cause);
    await reservation.settle({ ...outcome(), ...{ text: 'ANSWER', headers: { authorization: 'KEY' } } });
    const [month = ''] = await on.ledger.months();
    const text = await on.text(month);
    await opened.store.close();
    expect(text.split('\n')).toHaveLength(3);
    for (const word of ['PROMPT', 'ANSWER', 'KEY', 's3cret-token']) expect(text).not.toContain(word);
  });
});

describe('the data folder', () => {
  it('is the configured one, also for the sandbox; otherwise the sandbox has its own', () => {
    const folder = (config: Record<string, unknown>) => dataFolder(configSchema.parse(config));
    expect(folder({ data_dir: '/x', sandbox: true })).toBe('/x');
    expect(folder({})).toMatch(/bedrock-mcp/);
    expect(folder({ sandbox: true })).toBe(`${folder({})}/sandbox`);
  });
});
