import { describe, expect, it } from 'vitest';
import { readLine } from '../../../src/spend/ledger/line.ts';

const facts = { tool: 'invoke_model', model: 'm', model_id: 'us.m', region: 'us-east-1', api: 'native' };
const intent = {
  v: 1,
  type: 'intent',
  id: 'call-1',
  time: '2026-11-21T12:00:00.000Z',
  ...facts,
  reserved_usd: '0.01',
  reserved_tokens: 1000,
  expires: '2026-11-21T12:01:00.000Z',
  pid: 42,
  host: 'h',
};
const settled = {
  v: 1,
  type: 'settled',
  id: 'call-1',
  time: '2026-11-21T12:00:01.000Z',
  started: '2026-11-21T12:00:00.000Z',
  ...facts,
  status: 'ok',
  usage: { input: 1, output: 2, cache_read: 3, cache_write: 4, cache_write_1h: 2 },
  cost_usd: '0.002',
  duration_ms: 5,
};
const { usage: _, ...bare } = settled;
/** In the order in which the writer puts them. */
const inOrder = (record: object, at: string, more: object) =>
  Object.fromEntries(
    Object.entries(record).flatMap(([name, value]) =>
      name === at ? [...Object.entries(more), [name, value]] : [[name, value]],
    ),
  );

describe('a line of the ledger', () => {
  it.each<[string, object]>([
    ['an intent', intent],
    ['with a thread and tags', inOrder(intent, 'reserved_usd', { thread: 't', tags: ['a', 'b b', ''] })],
    ['with one tag', inOrder(intent, 'reserved_usd', { tags: ['a'] })],
    ['without known worst case', { ...intent, reserved_usd: null, reserved_tokens: null }],
    ['with quotes, newlines and scripts', { ...intent, host: 'a"b\\c\nd', tool: 'Ünïcødé 模型' }],
    ['an end', settled],
    ['without usage', bare],
    ['with little usage', { ...settled, usage: { output: 7 } }],
    ['with units', { ...settled, usage: { units: [{ unit: 'image', count: 2, detail: '1024' }] } }],
    ['without known cost', inOrder({ ...settled, cost_usd: null }, 'duration_ms', { cost_reason: 'new' })],
    ['with all the rest', { ...settled, request_id: 'r', estimated: true, attempts: 3 }],
    ['that stands alone', { ...settled, alone: true }],
    ['that failed', { ...bare, status: 'throttled', cost_usd: '0' }],
    ['with names of the language', { ...settled, id: '__proto__', model: 'constructor' }],
    ['in another order', Object.fromEntries(Object.entries(settled).reverse())],
  ])('%s is read as JSON reads it', (_what, record) => {
    const text = JSON.stringify(record);
    expect(readLine(text)).toEqual(JSON.parse(text));
  });

  it.each<[string, object]>([
    ['another version', { ...intent, v: 2 }],
    ['another type', { ...intent, type: 'refund' }],
    ['no ID', { ...intent, id: '' }],
    ['an endless ID', { ...intent, id: 'x'.repeat(129) }],
    ['no time', { ...intent, time: 'yesterday' }],
    ['an unknown status', { ...settled, status: 'fine' }],
    ['a status of the language', { ...settled, status: 'constructor' }],
    ['a negative cost', { ...settled, cost_usd: '-1' }],
    ['a cost with an exponent', { ...settled, cost_usd: '1e5' }],
    ['a number as cost', { ...settled, cost_usd: 1 }],
    ['negative tokens', { ...settled, usage: { input: -1 } }],
    ['a text as tokens', { ...settled, usage: { input: '1' } }],
    ['a huge count', { ...settled, usage: { input: 1e300 } }],
    ['tags that are no texts', { ...settled, tags: [1] }],
    ['no model', { ...settled, model: undefined }],
  ])('with %s is no record', (_what, record) => {
    expect(readLine(JSON.stringify(record))).toBe('no record of this ledger');
  });

  it('cut off anywhere is no record', () => {
    for (const record of [intent, settled]) {
      const text = JSON.stringify(record);
      for (let length = 1; length < text.length; length += 1)
        expect(readLine(text.slice(0, length))).toBe('not JSON');
    }
  });
});
