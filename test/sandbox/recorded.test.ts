/** Real requests, replayed: what Bedrock accepted the sandbox accepts, what Bedrock refused it refuses in the same words. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { ROWS } from '../recorded/corpus.ts';
import { bodyOf, hashOf } from '../recorded/row.ts';
import { sandboxFor, sendRow } from './send-row.ts';

const rows = ROWS.filter(({ operation }) => /Converse|Invoke/.test(operation));

/**
 * Accepted in the recording by profiles and endpoints that the catalogue does not have, answered there by an exception
 * in the stream (818f864d), or accepted before structured output had rules (51a6dc18).
 */
const NO_LONGER = /claude-3-7-sonnet|global\.anthropic\.claude-v2|sagemaker|51a6dc18|818f864d/;

/** Every recorded refusal whose cause is in the request itself. */
const REFUSED = [
  '1fe710be',
  'c49d4ff4',
  '3c908127',
  '4abecdfb',
  '7ea55a97',
  '81b44c1a',
  'a1cc8b9e',
  '33b8310b',
  'be5b8db9',
  '99b90224',
  '4465c10e',
  '2dd7b0d4',
  'f84210a7',
  '38b7dc65',
  '21cb3677',
  '31dd9201',
];

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await sandboxFor(rows);
});
afterAll(() => sandbox.close());

describe('requests that Bedrock really got', () => {
  it('that were accepted are accepted', async () => {
    const refused: string[] = [];
    const accepted = rows.filter(
      (row) => row.status === 200 && row.request_body !== null && !NO_LONGER.test(row.id),
    );
    for (const row of accepted) {
      const { status, bytes } = await sendRow(sandbox, row);
      if (status !== 200) refused.push(`${row.id}: ${bytes.toString()}`);
    }
    expect(refused).toEqual([]);
    expect(accepted.length).toBeGreaterThan(90);
  });

  it.each(REFUSED)('that were refused are refused in the same words (%s)', async (tail) => {
    const row = rows.find((each) => hashOf(each) === tail);
    expect(row).toBeDefined();
    if (!row) return;
    const { status, bytes } = await sendRow(sandbox, row);
    expect({ status, ...JSON.parse(bytes.toString()) }).toEqual({
      status: row.status,
      ...bodyOf(row),
    });
  });
});
