/** Under which identifiers one Region offers a model: from AWS's own listing, otherwise from the dated catalogue. Pure. */
import type { LiveCatalog, LiveModel, LiveProfile } from '../../aws/types.ts';
import { isOfferedIn } from '../../catalog/models/offered.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import type { PlanInput } from './target.ts';

export interface Offer {
  readonly modelId: string;
  readonly via: 'on-demand' | 'inference-profile';
  readonly geo?: string;
  readonly servedBy?: readonly string[];
}

type OfferInput = Pick<PlanInput, 'model' | 'live' | 'geoPrefixes' | 'policy'>;

/** What the policy lets be used, best first: in the Region itself, then country, continent, global. */
export function offersIn(input: OfferInput, region: string): Offer[] {
  const { model, policy } = input;
  const live = input.live(region);
  const profiles =
    live?.profiles === undefined
      ? catalogueProfiles(input, region)
      : (indexOf(live).profiles.get(model.id) ?? []);
  const order = input.geoPrefixes(region);
  // A prefix that AWS added after our data counts as a continent: behind the known ones, before global.
  const rank = ({ geo = '' }: Offer) =>
    geo === 'global' ? order.length + 1 : order.includes(geo) ? order.indexOf(geo) : order.length;
  const allowed = profiles.filter(({ geo = '' }) =>
    geo === 'global' ? policy.allowGlobal : policy.allowGeos.length === 0 || policy.allowGeos.includes(geo),
  );
  const onDemand: Offer[] = onDemandIn(model, region, live) ? [{ modelId: model.id, via: 'on-demand' }] : [];
  return [...onDemand, ...allowed.sort((a, b) => rank(a) - rank(b))];
}

/** True when AWS itself listed the profiles of the Region, so that what is missing is not offered. */
export function listsProfiles(live: LiveCatalog | undefined): boolean {
  return live?.profiles !== undefined;
}

/** Regions where the catalogue knows the model, as a short list for a sentence; empty when it knows none. */
export function whereOffered(model: ModelRecord): string {
  const regions = new Set<string>(model.onDemandRegions ?? []);
  for (const profile of model.profiles)
    for (const region of profile.sourceRegions ?? []) if (profile.geo !== 'global') regions.add(region);
  const list = [...regions].sort();
  return list.length > 6 ? `${list.slice(0, 6).join(', ')} and ${list.length - 6} more` : list.join(', ');
}

function onDemandIn(model: ModelRecord, region: string, live: LiveCatalog | undefined): boolean {
  const row = live === undefined ? undefined : indexOf(live).models.get(model.id);
  if (row !== undefined) return row.inferenceTypes.includes('ON_DEMAND');
  // Some callable models are missing from ListFoundationModels, so its silence alone proves nothing.
  return model.onDemandRegions?.includes(region) ?? false;
}

/** A listing has hundreds of rows and is asked at every call, so it is sorted by model once. */
interface ListingIndex {
  readonly models: ReadonlyMap<string, LiveModel>;
  readonly profiles: ReadonlyMap<string, readonly Offer[]>;
}

const INDEXES = new WeakMap<LiveCatalog, ListingIndex>();

function indexOf(live: LiveCatalog): ListingIndex {
  const known = INDEXES.get(live);
  if (known !== undefined) return known;
  const index = {
    models: new Map((live.models ?? []).map((row) => [row.id, row])),
    profiles: profilesByModel(live.profiles ?? []),
  };
  INDEXES.set(live, index);
  return index;
}

function profilesByModel(profiles: readonly LiveProfile[]): Map<string, Offer[]> {
  const byModel = new Map<string, Offer[]>();
  for (const { id, type, status, regions } of profiles) {
    if (type !== 'SYSTEM_DEFINED' || status !== 'ACTIVE') continue;
    const dot = id.indexOf('.');
    const modelId = id.slice(dot + 1);
    const offers = byModel.get(modelId) ?? [];
    offers.push({ modelId: id, via: 'inference-profile', geo: id.slice(0, dot), servedBy: regions });
    byModel.set(modelId, offers);
  }
  return byModel;
}

function catalogueProfiles({ model, geoPrefixes }: OfferInput, region: string): Offer[] {
  const prefixes = geoPrefixes(region);
  const offered = model.profiles.filter((profile) => isOfferedIn(profile, region, prefixes));
  return offered.map((profile) => ({
    modelId: profile.id,
    via: 'inference-profile',
    geo: profile.geo,
    servedBy: profile.destinationRegions ?? [profile.geo === 'global' ? '*' : `the ${profile.geo} geography`],
  }));
}
