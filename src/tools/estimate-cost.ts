import { Big } from 'big.js';
import * as z from 'zod';
import { checkKnownRegion } from '../aws/regions.ts';
import { BedrockError, type ErrorCode } from '../bedrock-error.ts';
import type { CallContext } from '../calls/call-context.ts';
import { priceOf } from '../calls/call-cost.ts';
import { regionOrCommon } from '../calls/call-region.ts';
import { placeOf } from '../calls/cheaper-call.ts';
import { errorText } from '../calls/compare/text.ts';
import { type BilledUsage, type Cost, costOf } from '../catalog/prices/cost.ts';
import type { PriceFound, PriceUnknown } from '../catalog/prices/price-query.ts';
import { defined } from '../defined.ts';
import { encodeConverse } from '../inference/codecs/converse/converse.ts';
import { type Resolution, resolveModel } from '../inference/resolve/resolve-model.ts';
import type { Target } from '../inference/resolve/target.ts';
import type { InferenceDeps } from '../inference/send/plan-call.ts';
import type { Message } from '../messages/types.ts';
import { cheaperModels } from '../spend/estimate/cheaper-models.ts';
import { countExactly } from '../spend/estimate/count-tokens.ts';
import { ESTIMATE_ERROR, estimateTextTokens, estimateTokens } from '../spend/estimate/tokens.ts';
import { defineTool, rareOptions } from './definition/define.ts';
import { readMessages } from './input/messages.ts';
import { billedPer, unitOfOneCall, unitPrices, unitText } from './output/unit-prices.ts';

const DEFAULT_OUTPUT_TOKENS = 1_000;
const DAYS_PER_MONTH = 30;
const EQUIVALENTS = 3;

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
type Row = z.output<typeof row>;

/** The arguments, with the conversation read. */
interface EstimateRequest extends Omit<Input, 'messages'> {
  readonly messages: readonly Message[] | undefined;
  readonly notes: readonly string[];
}

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
    const args = { ...given, messages, notes: readNotes };
    const { services } = context;
    const typed = args.region?.trim() ?? (await regionOrCommon(services));
    const region = checkKnownRegion(typed, (await services.catalog()).regions);
    const requested = args.models ?? [services.defaultModel];
    const outcomes = await Promise.all(
      requested.map((model) => estimateOrFail(model, region, args, context)),
    );
    const failed = outcomes.flatMap((each, at) => ('error' in each ? [{ ...each, at }] : []));
    const failure = noneEstimated(failed, outcomes.length, args);
    if (failure !== undefined) throw failure;
    const [first, ...others] = outcomes;
    const equivalents =
      first === undefined || 'error' in first || others.length > 0
        ? []
        : await equivalentsOf(first, region, args, context);
    const rows = outcomes.map((each) => each.row).sort(compare);
    const structured = {
      region,
      calls: args.calls ?? 1,
      estimates: rows,
      ...(equivalents.length === 0 ? {} : { cheapest_equivalents: equivalents }),
      prices_from: (await services.prices()).source,
      disclaimer: 'Unofficial: the bill of AWS decides.',
    };
    return { structured, text: asText(structured) };
  },
});

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

interface Estimate {
  readonly row: Row;
  readonly target: Target;
  readonly usage: BilledUsage;
  readonly inputTokens: number;
}

interface Failed {
  readonly row: Row;
  readonly error: BedrockError;
}

/** One model that cannot be estimated must not take the others along. */
async function estimateOrFail(
  requested: string,
  region: string,
  args: EstimateRequest,
  context: CallContext,
): Promise<Estimate | Failed> {
  try {
    return await estimate(requested, region, args, context);
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
    const { code, message, fix } = error;
    return { row: { model: requested, error: { code, message, fix } }, error };
  }
}

/** The text of a tool error has room for so much of the reasons, and of what to do. */
const MOST_REASON_CHARACTERS = 590;

/** When no model can be estimated: one error that names each reason. */
function noneEstimated(
  failed: readonly (Failed & { readonly at: number })[],
  requested: number,
  args: EstimateRequest,
): BedrockError | undefined {
  const [first, ...others] = failed;
  if (first === undefined || failed.length < requested) return undefined;
  const { error, at } = first;
  const ofModel = args.models === undefined ? 'models' : `models[${at}]`;
  const field = error.field === undefined || error.field === 'model' ? ofModel : error.field;
  if (others.length === 0) return error.with({ field });
  const share = Math.floor(MOST_REASON_CHARACTERS / failed.length);
  const each = (say: (error: BedrockError) => string) =>
    failed.map(({ row, error }) => `${row.model.slice(0, 40)}: ${say(error)}`.slice(0, share)).join(' ');
  return error.with({
    message: `None of the models can be estimated. ${each(({ code, message }) => `${code}, ${message}`)}`,
    fix: each(({ fix }) => fix),
    field,
  });
}

/** Refusals that only AWS's own listing brings about. */
const OF_LISTING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['end_of_life', 'not_in_region']);

/** Nothing is called here, so a model that is gone can still be estimated, whether or not somebody has listed models before. */
async function resolve(
  requested: string,
  region: string,
  deps: InferenceDeps,
  signal: AbortSignal,
): Promise<Resolution> {
  try {
    return await resolveModel(requested, region, deps, { network: 'none', signal });
  } catch (error) {
    if (!(error instanceof BedrockError) || !OF_LISTING.has(error.code)) throw error;
    const unlisted = { ...deps, control: { ...deps.control, cached: () => undefined } };
    return resolveModel(requested, region, unlisted, { network: 'none', signal });
  }
}

async function estimate(
  requested: string,
  region: string,
  args: EstimateRequest,
  context: CallContext,
): Promise<Estimate> {
  const { services, signal } = context;
  const resolution = await resolve(requested, region, await services.inference(), signal);
  const [target] = resolution.targets;
  const counted = await countTokens(args, target, context);
  const price = await priceOf(
    { target, requested },
    { inputTokens: counted.tokens, ...wayOf(args) },
    services,
  );
  const unit = price.known && price.input === undefined ? unitOfOneCall(price.units) : undefined;
  const usage =
    unit === undefined ? usageOf(args, target, price, counted.tokens) : { units: [{ ...unit, count: 1 }] };
  const made = (row: Partial<Row> & Pick<Row, 'price_basis'>, notes: readonly string[]): Estimate => ({
    target,
    usage,
    inputTokens: counted.tokens,
    row: {
      model: requested,
      model_id: target.modelId,
      tokens_from: counted.how,
      ...row,
      ...notesOf([...args.notes, ...resolution.warnings, ...notes]),
    },
  });
  if (!price.known) return made({ price_basis: price.reason }, []);
  const cost = costOf(usage, price);
  const facts = {
    price_basis: price.basis,
    price_source: price.source,
    ...defined({ prices_as_of: price.asOf }),
    ...(price.units.length === 0 ? {} : { unit_prices: unitPrices(price) }),
  };
  if (price.input === undefined && unit === undefined && price.units.length > 0)
    return made(facts, [billedPer(price)]);
  if (cost.usd === null) return made(facts, cost.notes);
  const notes =
    args.batch === true && args.service_tier ? ['Batch has one price: service_tier is left out.'] : [];
  return made({ ...facts, ...sums(cost.usd, args), formula: formula(cost, price, args.calls ?? 1) }, [
    ...cost.notes,
    ...notes,
  ]);
}

function wayOf(args: EstimateRequest): { tier?: 'default' | 'flex' | 'priority'; batch?: boolean } {
  return {
    ...(args.service_tier === undefined || args.batch === true ? {} : { tier: args.service_tier }),
    ...defined({ batch: args.batch }),
  };
}

function usageOf(
  args: EstimateRequest,
  target: Target,
  price: PriceFound | PriceUnknown,
  tokens: number,
): BilledUsage {
  // Speech models bill output tokens too; an embedding has none.
  const hasOutput = target.model.kind === 'text' || (price.known && price.output !== undefined);
  const output = hasOutput ? (args.output_tokens ?? DEFAULT_OUTPUT_TOKENS) : 0;
  const read = Math.round(tokens * (args.cached_share ?? 0));
  const written = Math.min(tokens - read, Math.round(tokens * (args.cache_write_share ?? 0)));
  return {
    inputTokens: tokens - read - written,
    outputTokens: output,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: written,
  };
}

function sums(
  perCall: string,
  args: EstimateRequest,
): Pick<Row, 'total_usd' | 'per_call_usd' | 'per_month_usd'> {
  return {
    total_usd: new Big(perCall).times(args.calls ?? 1).toFixed(),
    per_call_usd: perCall,
    ...(args.calls_per_day === undefined
      ? {}
      : { per_month_usd: new Big(perCall).times(args.calls_per_day).times(DAYS_PER_MONTH).toFixed() }),
  };
}

async function countTokens(
  args: EstimateRequest,
  target: Target,
  { services, signal }: CallContext,
): Promise<{ tokens: number; how: string }> {
  const { prompt } = args;
  if (prompt === undefined && args.messages === undefined) {
    return {
      tokens: args.input_tokens ?? 0,
      how: args.input_tokens === undefined ? 'no input was given' : 'input_tokens as given',
    };
  }
  const { model, region } = target;
  if (model.kind !== 'text') return { tokens: estimateTextTokens(prompt ?? ''), how: ESTIMATED };
  const messages = args.messages ?? [];
  const request = {
    messages:
      prompt === undefined ? messages : [...messages, { role: 'user' as const, content: [{ text: prompt }] }],
  };
  const isEmpty = args.messages === undefined && prompt?.trim() === '';
  if (model.features.countTokens === true && !isEmpty) {
    const exact = await countExactly(request, {
      model,
      region,
      runtime: services.runtime,
      encode: encodeConverse,
      signal,
    });
    if (exact !== undefined) return { tokens: exact, how: 'CountTokens of Bedrock (exact)' };
  }
  const tokens = isEmpty ? 0 : estimateTokens(request, model);
  const hasFiles = request.messages.some((message) => message.content.some((block) => !('text' in block)));
  return { tokens, how: hasFiles ? `${ESTIMATED}; images and documents by rule of thumb` : ESTIMATED };
}

const ESTIMATED = `estimated from the text (of recorded requests ${100 * ESTIMATE_ERROR.share} % were within ${ESTIMATE_ERROR.tokens} tokens or ${100 * ESTIMATE_ERROR.relative} %)`;

/** `100 × (500 × 1.1 + 200 × 5.5) / 1,000,000`, or `2 × 0.08 per image`. */
function formula(cost: Cost, price: PriceFound, calls: number): string {
  const times = calls > 1 ? `${calls} × ` : '';
  const [part] = cost.parts;
  const unit = price.units.find((each) => each.unit === part?.kind);
  if (unit !== undefined && part !== undefined) return `${times}${part.count} × ${unitText(unit)}`;
  const rates: ReadonlyMap<string, string | undefined> = new Map(
    (['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const).map((kind) => [
      kind,
      price[kind],
    ]),
  );
  const order = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'];
  const parts = cost.parts.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const sum = parts.map(({ kind, count }) => `${count} × ${rates.get(kind) ?? '?'}`).join(' + ');
  return `${times}(${sum === '' ? '0' : sum}) / 1,000,000`;
}

async function equivalentsOf(
  { row: known, target, usage, inputTokens }: Estimate,
  region: string,
  args: EstimateRequest,
  { services, signal }: CallContext,
): Promise<z.output<typeof equivalent>[]> {
  if (known.per_call_usd === undefined) return [];
  const deps = await services.inference();
  const found = await cheaperModels(target.model, usage, known.per_call_usd, EQUIVALENTS, {
    catalog: deps.catalog,
    prices: await services.prices(),
    place: (modelId) => placeOf(modelId, region, deps, signal),
    today: services.today(),
    region,
    query: { inputTokens, ...wayOf(args) },
  });
  return found.map(({ model, modelId, usd }) => ({
    model,
    model_id: modelId,
    total_usd: new Big(usd).times(args.calls ?? 1).toFixed(),
  }));
}

function notesOf(notes: readonly string[]): Pick<Row, 'notes'> {
  const unique = [...new Set(notes)].filter((note) => note !== '');
  return unique.length === 0 ? {} : { notes: unique };
}

/** Cheapest first; then what has no price, and last what could not be estimated. */
function compare(a: Row, b: Row): number {
  if (a.total_usd !== undefined && b.total_usd !== undefined) return new Big(a.total_usd).cmp(b.total_usd);
  const rank = ({ total_usd, error }: Row) => Number(total_usd === undefined) + Number(error !== undefined);
  return rank(a) - rank(b);
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
