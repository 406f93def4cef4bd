/** What a call cost: made once, when it is settled, and given to the ledger and the receipt, so that they cannot disagree. */
import { Big } from 'big.js';
import { type BilledUsage, costOf } from '../catalog/prices/cost.ts';
import type { PriceFound, PriceQuery, PriceUnknown } from '../catalog/prices/price-query.ts';
import { defined } from '../defined.ts';
import type { Target } from '../inference/resolve/target.ts';
import type { InferenceRequest } from '../messages/types.ts';
import type { Services } from './services.ts';

export interface CallCost {
  /** Tokens. */
  readonly usage: BilledUsage;
  /** USD, plain decimal; null = not known, and `note` says why. */
  readonly usd: string | null;
  /** Why it is not known, or what was assumed. */
  readonly note?: string;
  /** Bedrock did not report the usage; it is estimated here. */
  readonly estimated?: true;
  /** Day of the price; absent without one. */
  readonly pricesAsOf?: string;
}

/** What one call is billed by: where it went, and under which name it was requested. */
export interface BilledTarget {
  readonly target: Pick<Target, 'model' | 'region' | 'geo'>;
  /** Alias, ID or ARN of the caller: negotiated rates hang on it. */
  readonly requested: string;
  /** Tier and latency decide the rate. */
  readonly request?: Pick<InferenceRequest, 'serviceTier' | 'performanceConfig'>;
}

/** The price of a call; `inputTokens`, cached ones included, decides the long-context rate. */
export async function priceOf(
  { target, requested, request }: BilledTarget,
  more: Pick<PriceQuery, 'inputTokens' | 'batch' | 'tier'>,
  services: Pick<Services, 'prices'>,
): Promise<PriceFound | PriceUnknown> {
  const prices = await services.prices();
  return prices.find(
    target.model.id,
    defined({
      region: target.region,
      geo: target.geo,
      calledAs: requested,
      tier: more.tier ?? request?.serviceTier,
      latency: request?.performanceConfig?.latency,
      inputTokens: more.inputTokens,
      batch: more.batch,
    }),
  );
}

/**
 * The cost of what a call used.
 * @param usage tokens as Bedrock reported them, or as they were estimated here.
 */
export async function costOfCall(
  billed: BilledTarget,
  usage: BilledUsage,
  { estimated = false }: { readonly estimated?: boolean },
  services: Pick<Services, 'prices'>,
): Promise<CallCost> {
  const { inputTokens, cacheReadInputTokens: read = 0, cacheWriteInputTokens: written = 0 } = usage;
  const price = await priceOf(billed, { inputTokens: (inputTokens ?? 0) + read + written }, services);
  const pricesAsOf = price.known ? (price.asOf ?? (await services.prices()).asOf) : undefined;
  if (!isReported(usage))
    return defined({
      usage,
      usd: null,
      note: 'Bedrock reported no usage, so the cost is not known.',
      pricesAsOf,
    });
  const cost = costOf(usage, price);
  const note = cost.notes.join(' ');
  return defined({
    usage,
    usd: cost.usd,
    note: note === '' ? undefined : note,
    estimated: estimated ? (true as const) : undefined,
    pricesAsOf,
  });
}

function isReported({ inputTokens, outputTokens, cacheReadInputTokens, cacheWriteInputTokens }: BilledUsage) {
  return (
    inputTokens !== undefined ||
    outputTokens !== undefined ||
    (cacheReadInputTokens ?? 0) + (cacheWriteInputTokens ?? 0) > 0
  );
}

/** What the calls of one piece of work cost, as the ledger has it: failed ones too, and repair rounds that no receipt shows. */
export interface Costs {
  /** Plain decimal, the known ones together; absent when none is known. */
  readonly usd?: string;
  /** Calls that were sent. */
  readonly calls: number;
  /** Those of them whose cost nobody knows. */
  readonly unknown: number;
}

/** Given to every call of the work. */
export interface Meter {
  add(cost: CallCost): void;
  costs(): Costs;
}

export function createMeter(): Meter {
  const settled: Costs[] = [];
  return {
    add: ({ usd }) =>
      settled.push({ ...defined({ usd: usd ?? undefined }), calls: 1, unknown: usd === null ? 1 : 0 }),
    costs: () => allCosts(settled),
  };
}

/** Several as one. */
export function allCosts(each: readonly Costs[]): Costs {
  const known = each.flatMap(({ usd }) => usd ?? []);
  const total = known.reduce((sum, usd) => sum.plus(usd), new Big(0)).toFixed();
  return {
    ...defined({ usd: known.length === 0 ? undefined : total }),
    calls: each.reduce((sum, { calls }) => sum + calls, 0),
    unknown: each.reduce((sum, { unknown }) => sum + unknown, 0),
  };
}
