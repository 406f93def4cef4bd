/**
 * Every text model of the catalogue that answers, asked for everything that a caller can ask for: each wish is sent,
 * told as left out, or refused by the name of the argument before anything is sent; and what is sent is taken at once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BedrockError } from '../../src/bedrock-error.ts';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const input_schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tools = [{ name: 'get-weather', description: 'Tells the weather.', input_schema }];
const round = [
  { role: 'user', content: 'How is the weather in Paris?' },
  {
    role: 'assistant',
    content: [{ toolUse: { toolUseId: 'list:0', name: 'get-weather', input: { city: 'Paris' } } }],
  },
  { role: 'user', content: [{ toolResult: { toolUseId: 'list:0', content: [{ json: ['sunny'] }] } }] },
];
const shape = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const user = (...content: JsonObject[]) => ({ messages: [{ role: 'user', content }] });

interface Wish {
  readonly args: Record<string, unknown>;
  /** In the body, where the wish was sent. */
  readonly sent?: RegExp;
  /** Where nothing need be sent: what the answer must not have. */
  readonly without?: string;
  /** In the warnings, where it was not. */
  readonly told?: RegExp;
}

const effort = (reasoning: string): Wish => ({
  args: { prompt: 'Hi', reasoning },
  sent: /thinking|reasoning/,
  told: /effort|reasons/,
});

const WISHES: Readonly<Record<string, Wish>> = {
  'a system text': { args: { prompt: 'Hi', system: 'Be brief.' }, sent: /Be brief\./ },
  tools: { args: { prompt: 'Hi', tools }, sent: /get.weather/ },
  'a forced tool': {
    args: { prompt: 'Hi', tools, tool_choice: 'get-weather', reasoning: 'low' },
    sent: /"(?:tool|name|function)":(?:\{"name":)?"get.weather"\}|"required"|"any"/,
    told: /choice/,
  },
  'a round of tools': { args: { messages: round }, sent: /sunny/ },
  'an image': {
    args: user({ text: 'See' }, { image: { format: 'png', source: { bytes: PIXEL } } }),
    sent: /iVBORw0KGgo/,
  },
  'a document': {
    args: user({ text: 'Read' }, { document: { format: 'txt', name: 'a', source: { bytes: 'aGVsbG8=' } } }),
    sent: /aGVsbG8=|hello/,
  },
  'no reasoning': {
    args: { prompt: 'Hi', reasoning: 'off' },
    without: 'reasoning',
    told: /off|reasons|effort/,
  },
  reasoning: effort('max'),
  'a cache': {
    args: { prompt: 'Hi', system: 'Read this. '.repeat(900), cache: '1h' },
    sent: /cachePoint|cache_control/,
    told: /cache/i,
  },
  'an end': { args: { prompt: 'Hi', stop_sequences: ['END'] }, sent: /"END"/, told: /stop_sequences/ },
  sampling: {
    args: { prompt: 'Hi', temperature: 0.5, top_p: 0.875, top_k: 7 },
    sent: /(?=.*0\.5)(?=.*0\.875)(?=.*[:{]7\b)/,
    told: /top_p|top_k|Sampling/,
  },
  'a shape': { args: { prompt: 'Hi', response_schema: shape }, sent: /\\?"a\\?":/ },
};

const { models } = await loadCatalog();
const LIVING = models.filter(
  ({ kind, lifecycle, apis, family }) =>
    kind === 'text' &&
    lifecycle.status === 'active' &&
    (apis.converse !== false || apis.invoke !== false) &&
    family !== 'pegasus',
);

let on: Bench;
const spent = { cost: 0, input: 0, output: 0 };
beforeAll(async () => {
  on = await bench({ config: { max_retries: 0, allow_global: true } });
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});
/** What is wrong with the call, or undefined. */
async function fault(
  model: string,
  api: string,
  { args, sent, without, told }: Wish,
): Promise<string | undefined> {
  const before = on.sandbox.record.requests.length;
  let structured: Record<string, unknown>;
  try {
    ({ structured } = await on.call(invokeModel, { model, api, max_tokens: 4_000, ...args }));
  } catch (error) {
    if (!(error instanceof BedrockError)) return String(error);
    if (error.code === 'not_in_region' || error.code === 'end_of_life') return undefined;
    const isOwn = error.code === 'unsupported_feature' || error.code === 'invalid_request';
    if (isOwn && on.sandbox.record.requests.slice(before).every(({ modelId }) => modelId === undefined))
      return undefined;
    return `${error.code}: ${error.message}`;
  }
  const requests = on.sandbox.record.requests.slice(before).filter(({ modelId }) => modelId !== undefined);
  if (requests.length !== 1) return `${requests.length} requests`;
  const { usage, cost_usd, warnings } = objectOf(structured['receipt']);
  spent.cost += Number(cost_usd ?? 0);
  spent.input += Number(objectOf(usage)['input_tokens'] ?? 0);
  spent.output += Number(objectOf(usage)['output_tokens'] ?? 0);
  const body = JSON.stringify(requests[0]?.body);
  const isSent = sent?.test(body) ?? structured[without ?? ''] === undefined;
  if (isSent || told?.test(JSON.stringify(warnings ?? [])) === true) return undefined;
  return `neither sent nor told: ${body.slice(0, 300)} ${JSON.stringify(warnings)}`;
}

describe('every wish is sent, told or refused by name, in one request,', () => {
  it.each(LIVING.map(({ id }) => id))('to %s', async (id) => {
    const faults: string[] = [];
    for (const [name, wish] of Object.entries(WISHES))
      for (const api of ['converse', 'native']) {
        const found = await fault(id, api, wish);
        if (found !== undefined) faults.push(`${name} on ${api}: ${found}`);
      }
    expect(faults).toEqual([]);
  });

  it('and the receipts of all these calls add up to what get_usage shows', async () => {
    const { structured } = await on.call(getUsage, {});
    const total = objectOf(structured['total']);
    expect(Number(total['cost_usd'])).toBeCloseTo(spent.cost, 9);
    expect(total).toMatchObject({ input_tokens: spent.input, output_tokens: spent.output });
  });
});
