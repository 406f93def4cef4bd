import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sumMonth } from '../../../src/spend/ledger/rollup.ts';
import { OTHERS } from '../../../src/spend/usage/day-sums.ts';
import { type Fixture, fixture, outcome, type spend } from '../ledger-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

const rollup = () => join(on.ledger.folder, 'rollup', '2026-11.json');
const sum = (ledger = on.ledger) => sumMonth(ledger, '2026-11', on.log);

async function call(id: string, over: Parameters<typeof spend>[0] = {}, ended = outcome()): Promise<void> {
  const intent = on.plan({ id, ...over });
  await on.ledger.append(intent);
  await on.settle(intent, ended);
}

async function plain(ledger = on.ledger) {
  const { sums, open, damaged, repeats } = await sum(ledger);
  return {
    days: [...sums].map(([date, { total, by }]) => [
      date,
      total,
      Object.fromEntries(Object.entries(by).map(([dimension, names]) => [dimension, [...names]])),
    ]),
    open: open.map(({ id }) => id),
    damaged,
    repeats,
  };
}

describe('a month is summed', () => {
  it('without what was withdrawn before it was sent, and with what is open named', async () => {
    const intent = on.plan({ id: 'withdrawn' });
    await on.ledger.append(intent);
    await on.settle(intent, { status: 'released', costUsd: '0', durationMs: 0 });
    await on.ledger.append(on.plan({ id: 'open' }));
    expect(await plain()).toEqual({ days: [], open: ['open'], damaged: 0, repeats: 0 });
  });

  it('that does not exist: nothing', async () => {
    expect(await plain()).toEqual({ days: [], open: [], damaged: 0, repeats: 0 });
  });

  it('with more names than fit under one name', async () => {
    const lines: string[] = [];
    for (let at = 0; at < 2_500; at += 1)
      lines.push(JSON.stringify(on.plan({ id: `c${at}`, thread: `t${at}` })));
    for (let at = 0; at < 2_500; at += 1) {
      const ended = outcome();
      const { settledRecord } = await import('../../../src/spend/record.ts');
      const intent = on.plan({ id: `c${at}`, thread: `t${at}` });
      lines.push(JSON.stringify(settledRecord(intent, ended, on.ledger.now())));
    }
    await on.append(`${lines.join('\n')}\n`);
    const { sums } = await sum();
    const threads = sums.get('2026-11-21')?.by.thread;
    expect(threads?.size).toBe(2_001);
    expect(threads?.get(OTHERS)?.calls).toBe(500);
  });
});

describe('the roll-up of a finished month', () => {
  beforeEach(async () => {
    await call('a', { thread: '__proto__', tags: ['constructor'] });
    await call('b', { model: 'other' }, outcome({ costUsd: null }));
    for (let at = 0; at < 40; at += 1) await call(`c${at}`, {}, outcome({ costUsd: `0.1${at}` }));
    await on.ledger.append(on.plan({ id: 'open' }));
    await on.append('torn\n');
    on.at('2026-12-05T00:00:00.000Z');
  });

  it('gives the same as the ledger', async () => {
    const cold = await plain();
    expect(JSON.parse(await readFile(rollup(), 'utf8'))).toMatchObject({ v: 1 });
    expect(await plain(on.another())).toEqual(cold);
    expect(cold).toMatchObject({ open: ['open'], damaged: 1, repeats: 0 });
  });

  it('is used: the ledger is not read again', async () => {
    await plain();
    const kept = JSON.parse(await readFile(rollup(), 'utf8'));
    kept.damaged = 77;
    await writeFile(rollup(), JSON.stringify(kept));
    expect((await plain()).damaged).toBe(77);
  });

  it('is private', async () => {
    await plain();
    expect((await stat(rollup())).mode & 0o777).toBe(0o600);
  });

  it('goes on where it ended when a late call ends', async () => {
    await plain();
    const open = (await sum()).open[0];
    if (open === undefined) throw new Error('nothing is open');
    await on.settle(open, outcome({ costUsd: '0.5' }));
    const warm = await plain();
    await writeFile(rollup(), 'broken');
    expect(warm).toEqual(await plain());
    expect(warm.open).toEqual([]);
  });

  it.each([
    ['was shortened', async (path: string) => truncate(path, (await stat(path)).size - 5)],
    [
      'was edited in place',
      async (path: string) =>
        writeFile(path, (await readFile(path, 'utf8')).replace('"0.120"', '"0.720"'), { flag: 'r+' }),
    ],
    ['was replaced', async (path: string) => writeFile(path, `${'x'.repeat(5_000)}\n`)],
  ])('is made anew when the ledger %s', async (_what, spoil) => {
    const before = await plain();
    await spoil(on.ledger.path('2026-11'));
    const after = await plain();
    await writeFile(rollup(), 'broken');
    expect(after).toEqual(await plain());
    expect(after).not.toEqual(before);
  });

  it.each(['', 'null', '{"v":1}', '{"v":2}', '[]', '{"v":1,"seen":"","sums":[[1]]}'])(
    'holding %s is made anew',
    async (text) => {
      const good = await plain();
      await writeFile(rollup(), text);
      expect(await plain()).toEqual(good);
    },
  );

  it('that cannot be written costs time and nothing else', async () => {
    await writeFile(join(on.ledger.folder, 'rollup'), '');
    expect((await plain()).open).toEqual(['open']);
    expect(on.logged.join()).toContain('could not be written');
  });
});

describe('the roll-up of the running month', () => {
  it('is written only now and then, and the sums are right in between', async () => {
    await call('a');
    expect((await sum()).sums.get('2026-11-21')?.total.calls).toBe(1);
    await expect(stat(rollup())).rejects.toThrow('ENOENT');
    const filler = `${' '.repeat(1_000)}\n`.repeat(1_100);
    await on.append(filler);
    await sum();
    expect((await stat(rollup())).size).toBeGreaterThan(0);
    await call('b');
    expect((await sum(on.another())).sums.get('2026-11-21')?.total.calls).toBe(2);
  });
});
