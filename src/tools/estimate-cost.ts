import * as z from 'zod';
import { checkKnownRegion } from '../aws/regions.ts';
import { BedrockError } from '../bedrock-error.ts';
import { regionOrCommon } from '../calls/call-region.ts';
import { errorText } from '../calls/compare/text.ts';
import {
  DAYS_PER_MONTH,
  DEFAULT_OUTPUT_TOKENS,
  type EstimateRequest,
  estimateModels,
} from '../calls/estimate/estimate-models.ts';
import { defined } from '../defined.ts';
import type { Message } from '../messages/types.ts';
import { defineTool, rareOptions } from './definition/define.ts';
import { readMessages } from './input/messages.ts';

/** Bounds are refined, not published: they tell a caller nothing and cost bytes in every conversation. */
const atLeast = (least: number) => z.int().refine((value) => value >= least, `must be at least ${least}`);
const share = () => z.number().min(0).max(1);

const input = z.strictObject({
  models: z.array(z.string().min(1).max(2048)).min(1).max(20).optional().describe('To compare'),
  prompt: z.string().max(20_000_000).optional().describe('Text, or input_tokens'),
  messages: z.array(z.record(z.string(), z.unknown())).min(1).max(2_000).optional(),
  input_tokens: atLeast(0).optional().describe('Per call'),
  output_tokens: atLeast(0).optional().describe(`Default ${DEFAULT_OUTPUT_TOKENS}`),
  calls: atLeast(1).optional(),
  calls_per_day: z.number().min(0).max(1e12).optional(),
  cached_share: share().optional(),
  cache_write_share: share().optional(),
  batch: z.boolean().optional(),
  service_tier: z.enum(['default', 'flex', 'priority']).optional(),
  region: z.string().max(30).optional(),
  options: rareOptions(
    'messages (as in invoke_model), calls (1), calls_per_day, cached_share and cache_write_share (0 to 1), batch, service_tier',
    { region: { type: 'string' } },
  ),
});

const row = z.object({
  model: z.string(),
  model_id: z.string().optional(),
  total_usd: z.string().optional(),
  per_call_usd: z.string().optional(),
  per_month_usd: z.string().optional(),
  formula: z.string().optional(),
  tokens_from: z.string().optional(),
  price_basis: z.string().optional(),
  price_source: z.string().optional(),
  prices_as_of: z.string().optional(),
  unit_prices: z.array(z.string()).optional(),
  notes: z.array(z.string()).optional(),
  error: z.object({ code: z.string(), message: z.string(), fix: z.string() }).optional(),
});
const equivalent = z.object({ model: z.string(), model_id: z.string(), total_usd: z.string() });
const output = z.object({
  region: z.string(),
  calls: z.int(),
  estimates: z.array(row),
  cheapest_equivalents: z.array(equivalent).optional(),
  prices_from: z.string(),
  disclaimer: z.string(),
});

type Input = z.output<typeof input>;

export const estimateCost = defineTool({
  name: 'estimate_cost',
  title: 'Estimate the cost of a call',
  description: 'Cost of Bedrock calls, cheapest first; for one model, cheaper equivalents. Free.',
  input,
  output,
  sets: ['core'],
  rare: [
    'messages',
    'calls',
    'calls_per_day',
    'cached_share',
    'cache_write_share',
    'batch',
    'service_tier',
    'region',
  ],
  // CountTokens is free and changes nothing.
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  run: async (given, context) => {
    checkArguments(given);
    // Read before any model is looked at: what is wrong with it is no failure of one of them.
    const readNotes: string[] = [];
    const tell = (sentence: string) => readNotes.push(sentence);
    const messages = given.messages === undefined ? undefined : readMessages(given.messages, tell);
    const { services } = context;
    const typed = given.region?.trim() ?? (await regionOrCommon(services));
    const region = checkKnownRegion(typed, (await services.catalog()).regions);
    const { rows, equivalents } = await estimateModels(
      readArguments(given, messages, readNotes),
      region,
      context,
    );
    const structured = {
      region,
      calls: given.calls ?? 1,
      estimates: rows,
      ...(equivalents.length === 0 ? {} : { cheapest_equivalents: equivalents }),
      prices_from: (await services.prices()).source,
      disclaimer: 'Unofficial: the bill of AWS decides.',
    };
    return { structured, text: asText(structured) };
  },
});

function readArguments(
  args: Input,
  messages: readonly Message[] | undefined,
  notes: readonly string[],
): EstimateRequest {
  const { models, prompt, calls, batch } = args;
  return {
    ...defined({ models, prompt, messages, calls, batch }),
    ...defined({
      inputTokens: args.input_tokens,
      outputTokens: args.output_tokens,
      callsPerDay: args.calls_per_day,
      cachedShare: args.cached_share,
      cacheWriteShare: args.cache_write_share,
      serviceTier: args.service_tier,
    }),
    notes,
  };
}

function checkArguments(args: Input): void {
  const wrong = (message: string, fix: string, field: string): never => {
    throw new BedrockError('invalid_request', { message, fix, field });
  };
  if ((args.prompt !== undefined || args.messages !== undefined) && args.input_tokens !== undefined)
    wrong(
      'Both a text (prompt or messages) and input_tokens were given.',
      'Give one of the two.',
      'input_tokens',
    );
  if ((args.cached_share ?? 0) + (args.cache_write_share ?? 0) > 1)
    wrong('cached_share and cache_write_share add up to more than 1.', 'Lower one of them.', 'cached_share');
}

function asText(answer: z.output<typeof output>): string {
  const lines = answer.estimates.map((each) => {
    if (each.error !== undefined) return `${each.model}: ${errorText(each.error)}`;
    const cost =
      each.total_usd === undefined
        ? `unknown, ${[each.price_basis, ...(each.unit_prices ?? [])].join('; ')}`
        : `${each.total_usd} USD = ${each.formula}`;
    const month =
      each.per_month_usd === undefined ? '' : `; ${each.per_month_usd} USD per ${DAYS_PER_MONTH} days`;
    const notes = each.notes === undefined ? '' : ` [${each.notes.join(' ')}]`;
    return `${each.model} (${each.model_id}): ${cost}${month}; tokens: ${each.tokens_from}${notes}`;
  });
  const cheaper = answer.cheapest_equivalents?.map((each) => `${each.model} ${each.total_usd} USD`) ?? [];
  return [
    `Estimated in ${answer.region}, unofficial:`,
    ...lines,
    ...(cheaper.length === 0
      ? []
      : [`Same capabilities and context for less (quality not compared): ${cheaper.join(', ')}`]),
    `Prices: ${answer.prices_from}`,
  ].join('\n');
}
