/** What calls of models would cost: each by itself, cheapest first; and which models do the same for less. */
import { Big } from 'big.js';
import { BedrockError, type ErrorCode } from '../../bedrock-error.ts';
import { type BilledUsage, costOf } from '../../catalog/prices/cost.ts';
import type { PriceFound, PriceUnknown } from '../../catalog/prices/price-query.ts';
import { defined } from '../../defined.ts';
import { type Resolution, resolveModel } from '../../inference/resolve/resolve-model.ts';
import type { Target } from '../../inference/resolve/target.ts';
import type { InferenceDeps } from '../../inference/send/plan-call.ts';
import { cheaperModels } from '../../spend/estimate/cheaper-models.ts';
import type { CallContext } from '../call-context.ts';
import { priceOf } from '../call-cost.ts';
import { placeOf } from '../cheaper-call.ts';
import { countInput, type InputGiven } from './count-input.ts';
import { costFormula } from './formula.ts';
import { billedPer, unitOfOneCall, unitPrices } from './unit-prices.ts';

export const DEFAULT_OUTPUT_TOKENS = 1_000;
export const DAYS_PER_MONTH = 30;
const EQUIVALENTS = 3;

export interface EstimateRequest extends InputGiven {
  /** Aliases, IDs or ARNs; absent = the default model. */
  readonly models?: readonly string[];
  readonly outputTokens?: number;
  readonly calls?: number;
  readonly callsPerDay?: number;
  /** 0 to 1, of the input. */
  readonly cachedShare?: number;
  readonly cacheWriteShare?: number;
  readonly batch?: boolean;
  readonly serviceTier?: 'default' | 'flex' | 'priority';
  /** About what was left out while the rest was read. */
  readonly notes: readonly string[];
}

/** USD as plain decimals. */
export interface EstimateRow {
  model: string;
  model_id?: string;
  total_usd?: string;
  per_call_usd?: string;
  per_month_usd?: string;
  formula?: string;
  tokens_from?: string;
  price_basis?: string;
  price_source?: string;
  prices_as_of?: string;
  unit_prices?: string[];
  notes?: string[];
  error?: { code: string; message: string; fix: string };
}

export interface Equivalent {
  model: string;
  model_id: string;
  total_usd: string;
}

/**
 * Estimates each model; for one alone, also what does the same for less.
 * @throws BedrockError when none can be estimated.
 */
export async function estimateModels(
  args: EstimateRequest,
  region: string,
  context: CallContext,
): Promise<{ readonly rows: EstimateRow[]; readonly equivalents: Equivalent[] }> {
  const requested = args.models ?? [context.services.defaultModel];
  const outcomes = await Promise.all(requested.map((model) => estimateOrFail(model, region, args, context)));
  const failed = outcomes.flatMap((each, at) => ('error' in each ? [{ ...each, at }] : []));
  const failure = noneEstimated(failed, outcomes.length, args);
  if (failure !== undefined) throw failure;
  const [first, ...others] = outcomes;
  const equivalents =
    first === undefined || 'error' in first || others.length > 0
      ? []
      : await equivalentsOf(first, region, args, context);
  return { rows: outcomes.map((each) => each.row).sort(compare), equivalents };
}

interface Estimate {
  readonly row: EstimateRow;
  readonly target: Target;
  readonly usage: BilledUsage;
  readonly inputTokens: number;
}

interface Failed {
  readonly row: EstimateRow;
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
  const counted = await countInput(args, target, context);
  const price = await priceOf(
    { target, requested },
    { inputTokens: counted.tokens, ...wayOf(args) },
    services,
  );
  const unit = price.known && price.input === undefined ? unitOfOneCall(price.units) : undefined;
  const usage =
    unit === undefined ? usageOf(args, target, price, counted.tokens) : { units: [{ ...unit, count: 1 }] };
  const made = (
    row: Partial<EstimateRow> & Pick<EstimateRow, 'price_basis'>,
    notes: readonly string[],
  ): Estimate => ({
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
    args.batch === true && args.serviceTier ? ['Batch has one price: service_tier is left out.'] : [];
  return made({ ...facts, ...sums(cost.usd, args), formula: costFormula(cost, price, args.calls ?? 1) }, [
    ...cost.notes,
    ...notes,
  ]);
}

function wayOf(args: EstimateRequest): { tier?: 'default' | 'flex' | 'priority'; batch?: boolean } {
  return {
    ...(args.serviceTier === undefined || args.batch === true ? {} : { tier: args.serviceTier }),
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
  const output = hasOutput ? (args.outputTokens ?? DEFAULT_OUTPUT_TOKENS) : 0;
  const read = Math.round(tokens * (args.cachedShare ?? 0));
  const written = Math.min(tokens - read, Math.round(tokens * (args.cacheWriteShare ?? 0)));
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
): Pick<EstimateRow, 'total_usd' | 'per_call_usd' | 'per_month_usd'> {
  return {
    total_usd: new Big(perCall).times(args.calls ?? 1).toFixed(),
    per_call_usd: perCall,
    ...(args.callsPerDay === undefined
      ? {}
      : { per_month_usd: new Big(perCall).times(args.callsPerDay).times(DAYS_PER_MONTH).toFixed() }),
  };
}

async function equivalentsOf(
  { row: known, target, usage, inputTokens }: Estimate,
  region: string,
  args: EstimateRequest,
  { services, signal }: CallContext,
): Promise<Equivalent[]> {
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

function notesOf(notes: readonly string[]): Pick<EstimateRow, 'notes'> {
  const unique = [...new Set(notes)].filter((note) => note !== '');
  return unique.length === 0 ? {} : { notes: unique };
}

/** Cheapest first; then what has no price, and last what could not be estimated. */
function compare(a: EstimateRow, b: EstimateRow): number {
  if (a.total_usd !== undefined && b.total_usd !== undefined) return new Big(a.total_usd).cmp(b.total_usd);
  const rank = ({ total_usd, error }: EstimateRow) =>
    Number(total_usd === undefined) + Number(error !== undefined);
  return rank(a) - rank(b);
}
