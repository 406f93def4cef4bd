import { chmod, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BedrockError } from '../../../src/bedrock-error.ts';
import { openLedger } from '../../../src/spend/ledger/ledger.ts';
import { settledRecord } from '../../../src/spend/record.ts';
import { type Fixture, fixture, NOON, outcome, scanned } from '../ledger-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

const errorOf = async (work: Promise<unknown>): Promise<BedrockError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof BedrockError) return error;
  throw new Error(`no BedrockError but ${String(error)}`);
};

describe('a call leaves two records', () => {
  it('an intent before it is sent, and its end after it, each readable alone', async () => {
    const intent = on.plan({ id: 'call-1', thread: 't-1', tags: ['nightly'] });
    await on.ledger.append(intent);
    await on.settle(intent, outcome({ costReason: 'as listed' }));
    const call = {
      tool: 'invoke_model',
      model: 'amazon.nova-lite-v1:0',
      model_id: 'us.amazon.nova-lite-v1:0',
      region: 'us-east-1',
      api: 'converse',
      thread: 't-1',
      tags: ['nightly'],
    };
    expect(await on.records()).toEqual([
      {
        v: 1,
        type: 'intent',
        id: 'call-1',
        time: '2026-11-21T12:00:00.000Z',
        ...call,
        reserved_usd: '0.01',
        reserved_tokens: 1000,
        expires: '2026-11-21T12:01:00.000Z',
        pid: process.pid,
        host: expect.any(String),
      },
      {
        v: 1,
        type: 'settled',
        id: 'call-1',
        time: '2026-11-21T12:00:00.000Z',
        started: '2026-11-21T12:00:00.000Z',
        ...call,
        status: 'ok',
        usage: { input: 100, output: 20 },
        cost_usd: '0.002',
        cost_reason: 'as listed',
        duration_ms: 321,
        request_id: 'aws-request-1',
      },
    ]);
  });

  it('in a file and a folder that only this user can read', async () => {
    await on.ledger.append(on.plan());
    expect((await stat(on.ledger.path('2026-11'))).mode & 0o777).toBe(0o600);
    expect((await stat(on.ledger.folder)).mode & 0o777).toBe(0o700);
  });

  it('closes a file that others could read', async () => {
    await mkdir(on.ledger.folder, { recursive: true });
    await writeFile(on.ledger.path('2026-11'), '', { mode: 0o644 });
    await on.ledger.append(on.plan());
    expect((await stat(on.ledger.path('2026-11'))).mode & 0o777).toBe(0o600);
  });

  it('its end stands beside its intent, also after midnight of a new month', async () => {
    on.at('2026-11-30T23:59:59.900Z');
    const intent = on.plan({ id: 'late' });
    await on.ledger.append(intent);
    on.at('2026-12-01T00:00:05.000Z');
    await on.settle(intent, outcome());
    await on.ledger.append(on.plan({ id: 'next' }));
    expect((await on.records('2026-11')).map(({ id, type }) => [id, type])).toEqual([
      ['late', 'intent'],
      ['late', 'settled'],
    ]);
    expect((await on.records('2026-12')).map(({ id }) => id)).toEqual(['next']);
    expect(await on.ledger.months()).toEqual(['2026-11', '2026-12']);
  });

  it.each([
    ['not a number', { inputTokens: Number.NaN, outputTokens: 5 }, { output: 5 }],
    ['negative', { inputTokens: -1, outputTokens: 5 }, { output: 5 }],
    ['infinite', { inputTokens: Number.POSITIVE_INFINITY }, undefined],
    ['nothing', {}, undefined],
  ])('usage that is %s is left out', (_what, usage, recorded) => {
    expect(settledRecord(on.plan(), outcome({ usage }), NOON).usage).toEqual(recorded);
  });

  it.each(['NaN', '-1', '1e-7', ''])('a cost of "%s" is recorded as unknown, with a reason', (costUsd) => {
    const record = settledRecord(on.plan(), outcome({ costUsd }), NOON);
    expect(record).toMatchObject({ cost_usd: null, cost_reason: 'the cost is not known' });
  });

  it('makes an ID of its own for each call', () => {
    expect(new Set(Array.from({ length: 100 }, () => on.plan().id)).size).toBe(100);
  });

  it('writes what the redaction gate lets through', async () => {
    const ledger = openLedger({ dir: on.dir, redact: (text) => text.replaceAll('hunter2', '[redacted]') });
    await ledger.append(on.plan({ tags: ['hunter2'] }));
    const [month = ''] = await ledger.months();
    await ledger.close();
    expect(await on.text(month)).not.toContain('hunter2');
    expect(await on.text(month)).toContain('[redacted]');
  });

  it('cuts long names, so that no caller can make long lines', async () => {
    const long = 'x'.repeat(100_000);
    await on.ledger.append(
      on.plan({ thread: long, tags: Array.from({ length: 99 }, (_, at) => `${at}${long}`) }),
    );
    const { records, damage } = await scanned(on.ledger);
    expect(records).toHaveLength(1);
    expect(damage).toEqual([]);
  });
});

describe('many writers', () => {
  it('lose nothing and mix nothing, in parallel and from several ledgers', async () => {
    const ledgers = [on.ledger, on.another(), on.another()];
    await Promise.all(
      Array.from({ length: 300 }, async (_, at) => {
        const ledger = ledgers[at % 3] ?? on.ledger;
        const intent = on.plan({ id: `call-${at}` });
        await ledger.append(intent);
        await ledger.append(settledRecord(intent, outcome(), NOON));
      }),
    );
    const { records, damage, tailBytes } = await scanned(on.ledger);
    expect({ damage, tailBytes }).toEqual({ damage: [], tailBytes: 0 });
    for (const type of ['intent', 'settled'])
      expect(new Set(records.filter((each) => each.type === type).map(({ id }) => id)).size).toBe(300);
    expect(records).toHaveLength(600);
  });

  it('go on in a new file when the old one is moved away', async () => {
    await on.ledger.append(on.plan({ id: 'before' }));
    await rename(on.ledger.path('2026-11'), join(on.dir, 'moved.jsonl'));
    await on.ledger.append(on.plan({ id: 'after' }));
    expect((await on.records()).map(({ id }) => id)).toEqual(['after']);
  });
});

describe('a damaged file', () => {
  const good = (id: string) => JSON.stringify(on.plan({ id }));

  it.each([
    ['a torn line', () => good('x').slice(0, 40), 'not JSON'],
    ['a binary line', () => '\u0000\u0001\ufffd', 'not JSON'],
    ['JSON of somebody else', () => '{"hello":"world"}', 'no record of this ledger'],
    ['a later version', () => good('x').replace('"v":1', '"v":2'), 'no record of this ledger'],
    ['a negative amount', () => good('x').replace('"0.01"', '"-0.01"'), 'no record of this ledger'],
    ['a list', () => '[1,2,3]', 'no record of this ledger'],
    ['a number', () => '42', 'no record of this ledger'],
    ['a line without end', () => 'y'.repeat(3_000_000), 'too long'],
    ['a longer one', () => 'y'.repeat(1 << 20), 'too long'],
  ])('%s is reported with its number, and the records around it are read', async (_what, line, reason) => {
    await on.append(`${good('a')}\n${line()}\n\n${good('b')}\n`);
    const { records, damage, tailBytes, lines } = await scanned(on.ledger);
    expect(records.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(damage).toEqual([{ line: 2, reason }]);
    expect({ tailBytes, lines }).toEqual({ tailBytes: 0, lines: 4 });
  });

  it('a record behind a torn one on the same line is not lost', async () => {
    await on.append(`${good('a')}\n${good('torn').slice(0, 60)}${good('b')}\n`);
    const { records, damage } = await scanned(on.ledger);
    expect(records.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(damage).toEqual([{ line: 2, reason: 'not JSON' }]);
  });

  it('a torn tail is told apart, and the next record starts on a line of its own', async () => {
    await on.append(`${good('a')}\n${good('torn').slice(0, 60)}`);
    expect(await scanned(on.ledger)).toMatchObject({ tailBytes: 60, damage: [] });
    const next = on.another();
    await next.append(on.plan({ id: 'b' }));
    const { records, damage, tailBytes } = await scanned(on.ledger);
    expect(records.map(({ id }) => id)).toEqual(['a', 'b']);
    expect({ damage, tailBytes }).toEqual({ damage: [{ line: 2, reason: 'not JSON' }], tailBytes: 0 });
  });

  it('is read on from any whole line', async () => {
    await on.append(`${good('a')}\n`);
    const first = await scanned(on.ledger);
    await on.append(`${good('b')}\n${good('c').slice(0, 9)}`);
    const seen: string[] = [];
    const target = { record: ({ id }: { id: string }) => seen.push(id), damage: () => undefined };
    const second = await on.ledger.scan('2026-11', first, target);
    await on.append(`${good('c').slice(9)}\n`);
    await on.ledger.scan('2026-11', second, target);
    expect(seen).toEqual(['b', 'c']);
  });
});

describe('a ledger that cannot be written', () => {
  it.each([
    [
      'a file where the folder should be',
      (dir: string) => writeFile(join(dir, 'usage'), ''),
      'ENOTDIR|EEXIST',
    ],
    [
      'a folder where the file should be',
      (dir: string) => mkdir(join(dir, 'usage', '2026-11.jsonl'), { recursive: true }),
      'EISDIR',
    ],
  ])('%s: says so, and works again once it is mended', async (_what, spoil, code) => {
    await spoil(on.dir);
    const error = await errorOf(on.ledger.append(on.plan()));
    expect(error.code).toBe('config');
    expect(error.message).toMatch(new RegExp(code));
    expect(error.fix).toContain('BEDROCK_MCP_DATA_DIR');
    await rename(join(on.dir, 'usage'), join(on.dir, 'spoilt'));
    await on.ledger.append(on.plan({ id: 'works' }));
    expect((await on.records()).map(({ id }) => id)).toEqual(['works']);
  });

  it.skipIf(process.getuid?.() === 0)('a read-only folder: says so', async () => {
    await mkdir(on.ledger.folder);
    await chmod(on.ledger.folder, 0o500);
    const error = await errorOf(on.ledger.append(on.plan()));
    expect(error.message).toMatch(/may not write there \(EACCES\)/);
    await chmod(on.ledger.folder, 0o700);
  });

  it('a full disk: says so', async () => {
    // Linux keeps a device that is always full.
    const full = await stat('/dev/full').catch(() => undefined);
    if (full === undefined) return;
    const { symlink } = await import('node:fs/promises');
    await mkdir(on.ledger.folder);
    await symlink('/dev/full', on.ledger.path('2026-11'));
    const error = await errorOf(on.ledger.append(on.plan()));
    expect(error.message).toMatch(/the disk is full \(ENOSPC\)/);
    expect(error.fix).toMatch(/Free some space/);
  });
});
