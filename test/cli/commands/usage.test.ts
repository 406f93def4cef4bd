import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { showUsage, type UsageOptions, usageOptions } from '../../../src/cli/commands/usage.ts';
import { csvLine } from '../../../src/cli/commands/usage-csv.ts';
import { bars, printable, table } from '../../../src/cli/commands/usage-table.ts';
import type { Spending } from '../../../src/spend/spending.ts';
import { type Fixture, fixture, outcome, request } from '../../spend/ledger-fixture.ts';

let on: Fixture;
let spending: Spending;
beforeEach(async () => {
  on = await fixture();
  spending = on.spending({ budget_usd_per_day: 0.1 });
  for (const [id, model, costUsd] of [
    ['a', 'nova-lite', '0.002'],
    ['b', 'claude', '0.04'],
  ] as const) {
    const call = request({ id, model, model_id: `us.${model}`, thread: '=cmd()', tags: ['x', 'y'] });
    await (await spending.budgets.reserve(call)).settle(outcome({ costUsd }));
  }
});
afterEach(() => on.close());

async function shown(options: Partial<UsageOptions>): Promise<string[]> {
  let text = '';
  const write = (part: string) => {
    text += part;
    return false;
  };
  await showUsage(
    spending,
    { format: 'tables', ...options },
    {
      write,
      drained: async () => undefined,
    },
  );
  return text.split('\n');
}

describe('bedrock-mcp usage', () => {
  it('shows tables and bars', async () => {
    const lines = await shown({});
    expect(lines[0]).toBe('Spent from 2026-11-01 to 2026-11-21 (UTC): 0.042 USD in 2 calls');
    expect(lines).toContain('Model      Calls  Tokens in  Tokens out       USD');
    expect(lines).toContain('claude         1        100          20  0.040000');
    expect(lines).toContain(`claude     ${'█'.repeat(40)} 0.040000`);
    expect(lines).toContain(`nova-lite  ${'█'.repeat(2)} 0.002000`);
    expect(lines.at(-2)).toContain('0.058 of 0.1 USD left');
  });

  it('shows one table when asked', async () => {
    const text = (await shown({ by: 'thread' })).join('\n');
    expect(text).toContain('=cmd()');
    expect(text).not.toContain('claude');
  });

  it('exports CSV that no spreadsheet takes for a formula', async () => {
    const [head, first, second, end] = await shown({ format: 'csv' });
    expect(head).toMatch(/^time,call_id,status,tool,model,/);
    expect(first).toContain(",'=cmd(),x y,");
    expect(second).toMatch(
      /^2026-11-21T12:00:00.000Z,b,ok,invoke_model,claude,us.claude,us-east-1,converse,100,20,/,
    );
    expect(end).toBe('');
  });

  it('exports JSON Lines', async () => {
    const lines = (await shown({ format: 'jsonl' })).slice(0, -1).map((line) => JSON.parse(line));
    expect(lines.map(({ call_id, cost_usd }) => [call_id, cost_usd])).toEqual([
      ['a', '0.002'],
      ['b', '0.04'],
    ]);
  });

  it.each(['2026-02-30', '2026-11-01T00:00:00Z'])('refuses --since %s with an example', async (since) => {
    await expect(shown({ since })).rejects.toMatchObject({
      field: 'since',
      fix: 'Give a day such as 2026-11-21 (UTC).',
    });
  });

  it('exports only the period', async () => {
    expect(await shown({ format: 'jsonl', until: '2026-11-20' })).toEqual(['']);
  });

  it('names calls that are open', async () => {
    await spending.budgets.reserve(request({ id: 'lost', timeoutMs: 1 }));
    on.at('2026-11-21T13:00:00.000Z');
    const text = (await shown({})).join('\n');
    expect(text).toContain('Open spend: 1 calls without an end, up to 0.01 USD');
    expect(text).toContain('lost');
  });
});

describe('its flags', () => {
  it.each([
    [{}, { format: 'tables' }],
    [
      { csv: true, since: '2026-01-01' },
      { format: 'csv', since: '2026-01-01' },
    ],
    [
      { jsonl: true, by: 'day' },
      { format: 'jsonl', by: 'day' },
    ],
  ])('of %j become the options of the report', (values, options) => {
    expect(usageOptions(values)).toEqual(options);
  });

  it.each([{ csv: true, jsonl: true }, { by: 'person' }])('%j is refused', (values) => {
    expect(() => usageOptions(values)).toThrowError(expect.objectContaining({ code: 'config' }));
  });
});

describe('what is shown', () => {
  it('cannot steer the terminal', () => {
    expect(printable('a\u001b[2Jb\nc\u202e')).toBe('a?[2Jb?c?');
    expect(table([{ title: 'T', value: (row: string) => row }], ['\u001b]0;x\u0007'])[2]).toBe('?]0;x?');
  });

  it.each([
    [
      [0, 0],
      ['', ''],
    ],
    [
      [100, 50],
      ['████ ', '██ '],
    ],
    [
      [100, 0.001],
      ['████ ', '▏ '],
    ],
    [
      [100, 0],
      ['████ ', ''],
    ],
  ])('has a bar for each of %j', (values, drawn) => {
    const rows = values.map((value) => ({ label: 'x', value, text: '' }));
    expect(bars(rows, 4)).toEqual(drawn.map((bar) => `x  ${bar}`));
  });

  it.each([
    [['a', 1, undefined, true], 'a,1,,true'],
    [['a,b', 'say "hi"', 'two\nlines'], '"a,b","say ""hi""","two\nlines"'],
    [['=1+1', '@x', '-5', '+1'], "'=1+1,'@x,'-5,'+1"],
    [[-5], '-5'],
  ])('is one line of CSV for %j', (values, line) => {
    expect(csvLine(values)).toBe(line);
  });
});
