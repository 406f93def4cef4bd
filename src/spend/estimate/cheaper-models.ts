/** Which other models could do the same for less. What the catalogue knows is compared, never quality. */
import { Big } from 'big.js';
import type { Catalog } from '../../catalog/models/catalog.ts';
import { lifecycleOn } from '../../catalog/models/lifecycle.ts';
import type { BilledUsage } from '../../catalog/prices/cost.ts';
import { costOf } from '../../catalog/prices/cost.ts';
import type { PriceBook } from '../../catalog/prices/price-book.ts';
import type { PriceQuery } from '../../catalog/prices/price-query.ts';
import type { ModelFeatures, ModelKind, ModelRecord } from '../../catalog/types.ts';

export interface Place {
  readonly modelId: string;
  readonly region: string;
  readonly geo?: string | undefined;
}
export interface CheaperModel {
  /** Short name. */
  readonly model: string;
  /** What is sent: bare ID or profile ID. */
  readonly modelId: string;
  /** Decimal string, USD for the same usage. */
  readonly usd: string;
}
export interface CheaperOptions {
  readonly catalog: Catalog;
  readonly prices: PriceBook;
  /** Where a model would be called; undefined when it cannot be called from here or may not be. */
  readonly place: (modelId: string) => Promise<Place | undefined>;
  /** ISO date. */
  readonly today: string;
  readonly region: string;
  /** Tier, batch and input tokens of the call. */
  readonly query: Pick<PriceQuery, 'tier' | 'batch' | 'inputTokens'>;
}

const COMPARABLE: ReadonlySet<ModelKind> = new Set(['text', 'embedding', 'rerank']);

type Flag = (features: ModelFeatures) => boolean;
/** What a model can do, as a caller would miss it. */
const CAPABILITIES: readonly Flag[] = [
  (has) => has.tools === true,
  (has) => has.streamingTools === true,
  (has) => has.system === true,
  (has) => has.images === true,
  (has) => has.documents === true,
  (has) => has.video === true,
  (has) => has.audio === true,
  (has) => has.structuredOutput === true,
  (has) => has.reasoning !== undefined && has.reasoning !== 'none',
  (has) => typeof has.caching === 'object',
];

/**
 * Models with at least the capabilities and the context of `model` on which `usage` costs less than `usd`, cheapest
 * first. A model of which the catalogue does not say that it can, counts as one that cannot.
 */
export async function cheaperModels(
  model: ModelRecord,
  usage: BilledUsage,
  usd: string,
  count: number,
  options: CheaperOptions,
): Promise<CheaperModel[]> {
  // What one image or video model does (outpaint, upscale ...) another does not, and the catalogue does not tell them apart.
  if (!COMPARABLE.has(model.kind)) return [];
  const able = options.catalog.models.filter(
    (other) =>
      other.id !== model.id &&
      // The same model under another name.
      other.runtimeId === undefined &&
      isAtLeast(other, model, usage) &&
      lifecycleOn(other, options.today, options.region).status === 'active',
  );
  const found: CheaperModel[] = [];
  for (const other of able) {
    // The listed price is asked first: it is quick, and most models fall away.
    if (!isBelow(costIn(other.id, usage, options, { region: options.region, geo: 'global' }), usd)) continue;
    const place = await options.place(other.id);
    const cost = place === undefined ? null : costIn(other.id, usage, options, place);
    if (place !== undefined && cost !== null && isBelow(cost, usd)) {
      found.push({
        model: options.catalog.aliasOf(other.id) ?? other.id,
        modelId: place.modelId,
        usd: cost,
      });
    }
  }
  return found.sort((a, b) => new Big(a.usd).cmp(b.usd)).slice(0, count);
}

function costIn(
  modelId: string,
  usage: BilledUsage,
  { prices, query }: CheaperOptions,
  { region, geo }: Pick<Place, 'region' | 'geo'>,
): string | null {
  const price = prices.find(modelId, { ...query, region, ...(geo === undefined ? {} : { geo }) });
  return costOf(usage, price).usd;
}

function isBelow(cost: string | null, usd: string): boolean {
  return cost !== null && new Big(cost).lt(usd);
}

function isAtLeast(other: ModelRecord, model: ModelRecord, usage: BilledUsage): boolean {
  const room = other.contextWindow ?? 0;
  return (
    other.kind === model.kind &&
    room >= (model.contextWindow ?? 0) &&
    (other.maxOutput ?? Infinity) >= (usage.outputTokens ?? 0) &&
    CAPABILITIES.every((has) => !has(model.features) || has(other.features)) &&
    (model.embedding === undefined ||
      other.embedding?.dimensions.includes(model.embedding.defaultDimensions) === true)
  );
}
