/**
 * One server process of the stress test: makes calls under a budget until it is told to stop, or killed.
 * argv: data folder, URL of the sandbox, day budget in USD, number of calls, calls at the same time.
 */

import { BedrockError } from '../../src/bedrock-error.ts';
import { costOf } from '../../src/catalog/prices/cost.ts';
import { loadPrices } from '../../src/catalog/prices/price-book.ts';
import { configSchema } from '../../src/config/schema.ts';
import { isJsonObject } from '../../src/json.ts';
import { createLogger } from '../../src/log.ts';
import { spendFiles } from '../../src/spend/ledger/file-store.ts';
import { openSpending } from '../../src/spend/spending.ts';

const MODEL = 'amazon.nova-lite-v1:0';
const MAX_TOKENS = 60;

const [dir = '', url = '', budget = '', count = '', parallel = ''] = process.argv.slice(2);
const log = createLogger('error', (text) => text);
const config = configSchema.parse({ data_dir: dir, budget_usd_per_day: Number(budget) });
const { budgets, store } = openSpending(config, log, spendFiles({ dir }, log));
const price = (await loadPrices()).find(MODEL, { region: 'us-east-1' });

async function oneCall(at: number): Promise<void> {
  const prompt = `Tell me about number ${at}. ${'word '.repeat(at % 40)}`;
  // No token is shorter than a character; the rest is for what a request adds by itself.
  const worst = { inputTokens: prompt.length + 50, outputTokens: MAX_TOKENS };
  const reservation = await budgets
    .reserve({
      tool: 'invoke_model',
      model: MODEL,
      model_id: MODEL,
      region: 'us-east-1',
      api: 'converse',
      worstCaseUsd: costOf(worst, price).usd,
      worstCaseTokens: worst.inputTokens + worst.outputTokens,
      timeoutMs: 60_000,
    })
    .catch((error: unknown) => {
      if (error instanceof BedrockError && error.code === 'budget_exceeded') return undefined;
      throw error;
    });
  if (reservation === undefined) {
    process.send?.({ refused: true });
    return;
  }
  const response = await fetch(`${url}/model/${encodeURIComponent(MODEL)}/converse`, {
    method: 'POST',
    headers: { authorization: 'Bearer bedrock-api-key-stress', 'content-type': 'application/json' },
    body: JSON.stringify({
      messages: [{ role: 'user', content: [{ text: prompt }] }],
      inferenceConfig: { maxTokens: MAX_TOKENS },
      requestMetadata: { call_id: reservation.id },
    }),
  });
  const body: unknown = await response.json();
  const usage = isJsonObject(body) ? body['usage'] : undefined;
  if (!isJsonObject(usage))
    throw new Error(`the sandbox answered ${response.status} ${JSON.stringify(body)}`);
  const used = { inputTokens: Number(usage['inputTokens']), outputTokens: Number(usage['outputTokens']) };
  const warnings = await reservation.settle({
    status: 'ok',
    usage: used,
    costUsd: costOf(used, price).usd,
    durationMs: 1,
    requestId: response.headers.get('x-amzn-requestid') ?? 'none',
  });
  if (warnings.length > 0) throw new Error(warnings.join());
  process.send?.({ settled: reservation.id });
}

let next = 0;
await Promise.all(
  Array.from({ length: Number(parallel) }, async () => {
    while (next < Number(count)) {
      next += 1;
      await oneCall(next);
    }
  }),
);
await store.close();
process.disconnect();
