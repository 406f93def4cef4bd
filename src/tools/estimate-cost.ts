import { Big } from 'big.js';
import * as z from 'zod';
import { BedrockError } from '../bedrock-error.ts';
import { costOf } from '../catalog/cost.ts';
import type { PriceFound } from '../catalog/prices.ts';
import { resolveModel } from '../inference/resolution.ts';
import { countExactly } from '../spend/count-tokens.ts';
import { estimateTextTokens } from '../spend/estimate.ts';
import { defineTool } from './define.ts';
import type { ToolContext } from './tool.ts';

const DEFAULT_OUTPUT_TOKENS = 1_000;

const input = z.strictObject({
  models: z.array(z.string().min(1).max(2048)).min(1).max(20).optional().describe('Models to compare'),
  prompt: z.string().max(20_000_000).optional().describe('Text to count, or give input_tokens'),
  input_tokens: z.int().min(0).max(1_000_000_000).optional().describe('Per call, cached included'),
  output_tokens: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .describe(`Per call, default ${DEFAULT_OUTPUT_TOKENS}`),
  calls: z.int().min(1).max(1_000_000_000).optional().describe('Default 1'),
  cached_share: z.number().min(0).max(1).optional().describe('0 to 1 of the input'),
  batch: z.boolean().optional().describe('Batch price'),
  service_tier: z.enum(['default', 'flex', 'priority']).optional().describe('Tier'),
  region: z.string().max(30).optional().describe('AWS Region'),
});

const row = z.object({
  model: z.string(),
  model_id: z.string(),
  total_usd: z.string().optional(),
  per_call_usd: z.string().optional(),
  formula: z.string().optional(),
  tokens_from: z.string(),
  price_basis: z.string(),
  prices_as_of: z.string().optional(),
  notes: z.array(z.string()).optional(),
});
const output = z.object({
  region: z.string(),
  calls: z.int(),
  estimates: z.array(row),
  disclaimer: z.string(),
});

type Input = z.output<typeof input>;
type Row = z.output<typeof row>;

export const estimateCost = defineTool({
  name: 'estimate_cost',
  title: 'Estimate the cost of a call',
  description:
    'Cost of calls to one or many Bedrock models, cheapest first, by token counts or by text. Free: sends no prompt to a model.',
  input,
  output,
  // CountTokens is free and changes nothing.
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: async (args, context) => {
    if (args.prompt !== undefined && args.input_tokens !== undefined) {
      throw new BedrockError('invalid_request', {
        message: 'Both prompt and input_tokens were given.',
        fix: 'Give one of the two.',
        field: 'input_tokens',
      });
    }
    const region = args.region ?? (await context.services.region().catch(regionForPricesOnly));
    const asked = args.models ?? [context.services.defaultModel];
    const rows = await Promise.all(asked.map((model) => estimate(model, region, args, context)));
    rows.sort((a, b) => compare(a.total_usd, b.total_usd));
    const structured = {
      region,
      calls: args.calls ?? 1,
      estimates: rows,
      disclaimer:
        'Unofficial: prices come from the dated catalogue unless the configuration gives others; the bill of AWS decides.',
    };
    return { structured, text: asText(structured.estimates, region) };
  },
});

/** Prices can be told without any AWS setup; us-east-1 is where most lists are quoted. */
function regionForPricesOnly(error: unknown): string {
  if (error instanceof BedrockError && error.code === 'missing_region') return 'us-east-1';
  throw error;
}

async function estimate(asked: string, region: string, args: Input, context: ToolContext): Promise<Row> {
  const { services, signal } = context;
  const deps = await services.inference();
  const resolution = await resolveModel(asked, region, deps, { network: 'none', signal });
  const [target] = resolution.targets;
  const counted = await countTokens(args, target.model.id, target.region, context);
  const calls = args.calls ?? 1;
  const output = target.model.kind === 'text' ? (args.output_tokens ?? DEFAULT_OUTPUT_TOKENS) : 0;
  const cached = Math.round(counted.tokens * (args.cached_share ?? 0));
  const price = (await services.prices()).find(target.model.id, {
    region: target.region,
    calledAs: asked,
    inputTokens: counted.tokens,
    ...(target.geo === undefined ? {} : { geo: target.geo }),
    ...(args.service_tier === undefined ? {} : { tier: args.service_tier }),
    ...(args.batch === undefined ? {} : { batch: args.batch }),
  });
  const shared = { model: asked, model_id: target.modelId, tokens_from: counted.how };
  const warnings = resolution.warnings.length === 0 ? [] : [...resolution.warnings];
  if (!price.known) return { ...shared, price_basis: price.reason, ...notesOf(warnings) };
  const cost = costOf(
    {
      inputTokens: counted.tokens - cached,
      outputTokens: output,
      ...(cached === 0 ? {} : { cacheReadInputTokens: cached }),
    },
    price,
  );
  const notes = notesOf([...warnings, ...cost.notes]);
  const asOf = price.asOf === undefined ? {} : { prices_as_of: price.asOf };
  if (cost.usd === null) return { ...shared, price_basis: price.basis, ...asOf, ...notes };
  return {
    ...shared,
    total_usd: new Big(cost.usd).times(calls).toFixed(),
    per_call_usd: cost.usd,
    formula: formula(counted.tokens - cached, cached, output, calls, price),
    price_basis: price.basis,
    ...asOf,
    ...notes,
  };
}

async function countTokens(
  args: Input,
  modelId: string,
  region: string,
  context: ToolContext,
): Promise<{ tokens: number; how: string }> {
  if (args.prompt === undefined)
    return {
      tokens: args.input_tokens ?? 0,
      how: args.input_tokens === undefined ? 'no input was given' : 'input_tokens as given',
    };
  const { services, signal } = context;
  const model = (await services.catalog()).record(modelId);
  if (model.features.countTokens === true) {
    const exact = await countExactly(args.prompt, { modelId, region, runtime: services.runtime, signal });
    if (exact !== undefined) return { tokens: exact, how: 'CountTokens of Bedrock (exact)' };
  }
  return {
    tokens: estimateTextTokens(args.prompt),
    how: 'estimated from the text, about 4 characters a token',
  };
}

function formula(fresh: number, cached: number, output: number, calls: number, price: PriceFound): string {
  const parts = [`${fresh} × ${price.input ?? '?'}`];
  if (cached > 0) parts.push(`${cached} × ${price.cacheRead ?? '?'}`);
  if (output > 0) parts.push(`${output} × ${price.output ?? '?'}`);
  return `${calls > 1 ? `${calls} × ` : ''}(${parts.join(' + ')}) / 1,000,000`;
}

function notesOf(notes: readonly string[]): Pick<Row, 'notes'> {
  const unique = [...new Set(notes)].filter((note) => note !== '');
  return unique.length === 0 ? {} : { notes: unique };
}

/** Cheapest first; what has no price comes last. */
function compare(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return new Big(a).cmp(b);
}

function asText(rows: readonly Row[], region: string): string {
  const lines = rows.map(
    (each) =>
      `${each.model} (${each.model_id}): ${each.total_usd === undefined ? `unknown, ${each.price_basis}` : `${each.total_usd} USD = ${each.formula}`}${each.notes === undefined ? '' : ` [${each.notes.join(' ')}]`}`,
  );
  return `Estimated in ${region}, unofficial:\n${lines.join('\n')}`;
}
