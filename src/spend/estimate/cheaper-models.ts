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
  readonly query: Pick<PriceQuery, 'tier' | 'batch' | 'inputTokens' | 'latency'>;
  /** What one call uses; absent = all that the model can is missed when it is gone. */
  readonly needs?: ReadonlySet<Capability>;
}

const COMPARABLE: ReadonlySet<ModelKind> = new Set(['text', 'embedding', 'rerank']);

/** What a model can do, as a caller would miss it. */
export type Capability =
  | 'tools'
  | 'streamingTools'
  | 'system'
  | 'images'
  | 'documents'
  | 'video'
  | 'audio'
  | 'structuredOutput'
  | 'reasoning'
  | 'caching';
const CAPABILITIES: ReadonlyMap<Capability, (features: ModelFeatures) => boolean> = new Map([
  ['tools', (has) => has.tools === true],
  ['streamingTools', (has) => has.streamingTools === true],
  ['system', (has) => has.system === true],
  ['images', (has) => has.images === true],
  ['documents', (has) => has.documents === true],
  ['video', (has) => has.video === true],
  ['audio', (has) => has.audio === true],
  ['structuredOutput', (has) => has.structuredOutput === true],
  ['reasoning', (has) => has.reasoning !== undefined && has.reasoning !== 'none'],
  ['caching', (has) => typeof has.caching === 'object'],
]);

/**
 * Models with at least the capabilities and the context of `model` (or of the call, where `needs` says what that uses)
 * on which `usage` costs less than `usd`, cheapest first. A model of which the catalogue does not say that it can, counts
 * as one that cannot.
 * @param usd null = at any price that is known.
 */
export async function cheaperModels(
  model: ModelRecord,
  usage: BilledUsage,
  usd: string | null,
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
      isAtLeast(other, model, usage, options.needs) &&
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

function isBelow(cost: string | null, usd: string | null): boolean {
  return cost !== null && (usd === null || new Big(cost).lt(usd));
}

function isAtLeast(
  other: ModelRecord,
  model: ModelRecord,
  usage: BilledUsage,
  needs: ReadonlySet<Capability> | undefined,
): boolean {
  const room =
    needs === undefined ? (model.contextWindow ?? 0) : (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0);
  return (
    other.kind === model.kind &&
    (other.contextWindow ?? 0) >= room &&
    (other.maxOutput ?? Infinity) >= (usage.outputTokens ?? 0) &&
    [...CAPABILITIES].every(
      ([name, can]) => !(needs?.has(name) ?? can(model.features)) || can(other.features),
    ) &&
    (model.embedding === undefined ||
      other.embedding?.dimensions.includes(model.embedding.defaultDimensions) === true)
  );
}
