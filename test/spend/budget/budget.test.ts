import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import type { Budgets, SpendRequest } from '../../../src/spend/budget/budget.ts';
import type { Ledger } from '../../../src/spend/ledger/ledger.ts';
import { RELEASED, settledRecord } from '../../../src/spend/record.ts';
import { type Fixture, fixture, outcome, request } from '../ledger-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

async function refused(work: Promise<unknown>): Promise<BedrockError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BedrockError) return error;
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

const times = (count: number, over: Partial<SpendRequest> = {}) =>
  Array.from({ length: count }, () => request(over));

describe('a budget', () => {
  it('writes nothing for the calls that it refuses', async () => {
    expect(await admitted([on.budgets({ budget_usd_per_day: 0.05 })], times(100))).toBe(5);
    expect((await on.records()).map(({ type }) => type)).toEqual(Array(5).fill('intent'));
  });

  it('says what is left and until when, what would fit, and what to change', async () => {
    const budgets = on.budgets({ budget_usd_per_day: 0.015 });
    await budgets.reserve(request());
    const error = await refused(
      budgets.reserve(
        request({
          cheaper: (fits) =>
            !fits('expensive', '0.006', 10) && fits('nova-micro', '0.005', 10) ? 'nova-micro' : 'wrong',
        }),
      ),
    );
    expect(error.code).toBe('budget_exceeded');
    expect(error.message).toBe(
      'This call may use 0.01 USD (worst case), but the day budget of 0.015 USD has 0.005 USD left until 2026-11-22T00:00:00Z. Nothing was sent.',
    );
    expect(error.fix).toBe(
      'The cheapest model that would fit is nova-micro. Lower max_tokens or shorten the input, wait for the next period, or raise BEDROCK_MCP_BUDGET_USD_PER_DAY.',
    );
  });

  it('per call looks at the one call alone', async () => {
    const budgets = on.budgets({ budget_usd_per_call: 0.01 });
    expect(await admitted([budgets], times(50))).toBe(50);
    const error = await refused(budgets.reserve(request({ worstCaseUsd: '0.010000001' })));
    expect(error.message).toContain('budget per call of 0.01 USD has 0.01 USD left. Nothing');
    expect(await on.records()).toHaveLength(50);
  });

  it('gives back what was released, and only once', async () => {
    const budgets = on.budgets({ budget_usd_per_day: 0.01 });
    for (let call = 0; call < 3; call += 1) {
      const reservation = await budgets.reserve(request());
      await reservation.release();
      await reservation.settle(outcome());
    }
    expect((await on.records()).filter(({ type }) => type === 'settled')).toHaveLength(3);
    expect(await budgets.status()).toMatchObject([{ usd: { limit: '0.01', spent: '0', left: '0.01' } }]);
  });

  it('starts again when the ledger is deleted', async () => {
    const budgets = on.budgets({ budget_usd_per_day: 0.01 });
    await budgets.reserve(request());
    await rm(on.ledger.folder, { recursive: true });
    await budgets.reserve(request());
    await refused(budgets.reserve(request()));
  });
});

describe('when another process comes in between', () => {
  const config = { budget_usd_per_day: 0.015 };

  /** A ledger in which another process enters a call just before ours, and maybe withdraws it when ours is withdrawn. */
  function contested(withdraws: boolean): Ledger {
    const other = on.another();
    const theirs = on.plan({ id: 'theirs' });
    let met = false;
    return {
      ...on.ledger,
      append: async (record, durable) => {
        if (record.type === 'intent' && !met) {
          met = true;
          await other.append(theirs);
        }
        if (record.type === 'settled' && withdraws)
          await other.append(settledRecord(theirs, RELEASED, on.ledger.now()));
        await on.ledger.append(record, durable);
      },
    };
  }

  it('the one that stands later in the ledger is refused, and its record withdrawn', async () => {
    const error = await refused(on.budgets(config, contested(false)).reserve(request({ id: 'ours' })));
    expect(error.message).toContain('has 0.005 USD left');
    expect((await on.records()).map(({ id, status }) => [id, status])).toEqual([
      ['theirs', undefined],
      ['ours', undefined],
      ['ours', 'released'],
    ]);
  });

  it('it looks again before it is refused: the other may have been withdrawn too', async () => {
    const budgets = on.budgets(config, contested(true));
    await budgets.reserve(request({ id: 'ours' }));
    expect(await budgets.status()).toMatchObject([{ usd: { spent: '0.01' } }]);
  });

  it('a full hour that begins in between hides nothing', async () => {
    const budgets = on.budgets({ budget_usd_per_hour: 0.01 });
    await budgets.reserve(request());
    on.at('2026-11-21T12:59:59.999Z');
    const late = budgets.reserve(request());
    on.at('2026-11-21T13:00:00.000Z');
    expect((await refused(late)).message).toContain('until 2026-11-21T13:00:00Z');
  });

  it('a look at the status takes nothing away from the calls that are being entered', async () => {
    const slow: Ledger = {
      ...on.ledger,
      scan: async (...read) => {
        const scanned = await on.ledger.scan(...read);
        await new Promise((resolve) => setImmediate(resolve));
        return scanned;
      },
    };
    const budgets = on.budgets({ budget_usd_per_day: 0.05 }, slow);
    let looking = true;
    const looks = (async () => {
      while (looking) await budgets.status();
    })();
    for (const each of times(4)) await budgets.reserve(each);
    looking = false;
    await looks;
    expect(await budgets.status()).toMatchObject([{ usd: { spent: '0.04' } }]);
  });
});

describe('what cannot be known is refused', () => {
  it.each([
    ['an unknown price', { budget_usd_per_day: 1 }, { worstCaseUsd: null }, 'The price of this call'],
    ['an unknown price', { budget_usd_per_call: 1 }, { worstCaseUsd: null }, 'The price of this call'],
    [
      'unknown tokens',
      { budgets: [{ scope: 'day', tokens: 9 }] },
      { worstCaseTokens: null },
      'The number of tokens',
    ],
  ])('%s under %j', async (_what, config, over, words) => {
    const error = await refused(on.budgets(config).reserve(request(over)));
    expect(error.code).toBe('budget_exceeded');
    expect(error.message).toContain(words);
  });

  it('unless the configuration allows unknown prices', async () => {
    const budgets = on.budgets({ budget_usd_per_day: 1, budget_unknown_price: 'allow' });
    await budgets.reserve(request({ worstCaseUsd: null }));
  });

  it('a price is not asked for where only tokens, or nothing, is limited', async () => {
    await on.budgets({}).reserve(request({ worstCaseUsd: null, worstCaseTokens: null }));
    await on.budgets({ budgets: [{ scope: 'day', tokens: 5000 }] }).reserve(request({ worstCaseUsd: null }));
  });

  it.each([
    ['over time', { budget_usd_per_day: 1 }],
    ['per call', { budget_usd_per_call: 1 }],
  ])('a ledger that cannot be written, when there are budgets %s', async (_what, config) => {
    await writeFile(join(on.dir, 'usage'), '');
    const error = await refused(on.budgets(config).reserve(request()));
    expect(error.code).toBe('config');
    expect(error.message).toMatch(/nothing was sent/i);
    expect(error.fix).toContain('BEDROCK_MCP_DATA_DIR');
  });

  it('without budgets such a call is made, with a warning, and entered when it ends if that works by then', async () => {
    await writeFile(join(on.dir, 'usage'), '');
    const budgets = on.budgets({});
    const reservation = await budgets.reserve(request({ id: 'unwritten' }));
    expect(reservation.warnings.join()).toContain('cannot be written');
    expect(on.logged.join()).toContain('without a record');
    await rm(join(on.dir, 'usage'));
    expect(await reservation.settle(outcome())).toEqual([]);
    expect(await on.records()).toMatchObject([{ type: 'settled', id: 'unwritten', alone: true }]);
  });

  it('an end that cannot be written is a warning, never an exception', async () => {
    const reservation = await on.budgets({}).reserve(request());
    await rm(on.ledger.folder, { recursive: true });
    await mkdir(join(on.ledger.folder, '2026-11.jsonl'), { recursive: true });
    expect(await reservation.settle(outcome())).toEqual([
      'The cost of this call could not be recorded. It stays open in the ledger with what was reserved.',
    ]);
    expect(on.logged.join()).toContain('could not be recorded');
  });
});
