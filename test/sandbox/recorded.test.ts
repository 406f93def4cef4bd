/** Real requests, replayed: what Bedrock accepted the sandbox accepts, what Bedrock refused it refuses in the same words. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';

const CORPUS = new URL('../../../shared/recorded/core.jsonl', import.meta.url);
const present = existsSync(CORPUS);

interface Row {
  readonly id: string;
  readonly operation: string;
  readonly model: string;
  readonly region: string;
  readonly path: string;
  readonly body: JsonValue;
  readonly status: number;
  readonly answer: Buffer;
}

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');

function readRow(line: string): Row {
  const value: JsonValue = JSON.parse(line);
  const row: JsonObject = isJsonObject(value) ? value : {};
  return {
    id: text(row['id']),
    operation: text(row['operation']),
    model: text(row['model_id']),
    region: text(row['region']) || 'us-east-1',
    path: text(row['path']).split('?')[0] ?? '',
    body: row['request_body'] ?? null,
    status: Number(row['status']),
    answer: Buffer.from(text(row['response_body_base64']), 'base64'),
  };
}

const rows = (present ? readFileSync(CORPUS, 'utf8').split('\n').filter(Boolean) : [])
  .map(readRow)
  .filter(({ operation }) => /Converse|Invoke/.test(operation));

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
  const arns = rows
    .filter(({ model }) => model.includes(':application-inference-profile/'))
    .map(({ model, body }): [string, string] => {
      const embeds = isJsonObject(body) && body['inputText'] !== undefined;
      return [model, embeds ? 'amazon.titan-embed-text-v2:0' : 'anthropic.claude-haiku-4-5-20251001-v1:0'];
    });
  sandbox = await startSandbox({ retired: 'serve', onDemandRefused: 'none', arns: Object.fromEntries(arns) });
});
afterAll(() => sandbox.close());

async function replay({ path, body, region }: Row): Promise<{ status: number; text: string }> {
  const now = `${new Date().toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;
  const scope = `${now.slice(0, 8)}/${region}/bedrock/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=AKID/${scope}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
  const response = await fetch(sandbox.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-amz-date': now, authorization },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

describe.skipIf(!present)(
  'requests that Bedrock really got (skipped where ../shared/recorded is absent)',
  () => {
    it('that were accepted are accepted', async () => {
      const refused: string[] = [];
      const accepted = rows.filter((row) => row.status === 200 && !NO_LONGER.test(row.id));
      for (const row of accepted) {
        const { status, text: answer } = await replay(row);
        if (status !== 200) refused.push(`${row.id}: ${answer}`);
      }
      expect(refused).toEqual([]);
      expect(accepted.length).toBeGreaterThan(190);
    });

    it.each(REFUSED)('that were refused are refused in the same words (%s)', async (tail) => {
      const row = rows.find(({ id }) => id.endsWith(tail));
      expect(row).toBeDefined();
      if (!row) return;
      const { status, text: answer } = await replay(row);
      expect({ status, ...JSON.parse(answer) }).toEqual({
        status: row.status,
        ...JSON.parse(row.answer.toString()),
      });
    });
  },
);
