/**
 * What to call, and in which order: pure planning from the name that was asked, the account's live listing (or the
 * dated catalogue) and the residency policy. A geo prefix is never derived from a Region's name: it comes from the
 * profiles that are really offered there (666 recorded profiles; ca-central-1 offers `us.`, ap-northeast-1 `jp.` and `apac.`).
 */
import type { LiveCatalog, LiveProfile } from '../aws/types.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { ModelIdentifier } from '../catalog/model-id.ts';
import type { ModelRecord, ProfileRecord } from '../catalog/types.ts';

export interface TargetPolicy {
  readonly allowGlobal: boolean;
  /** Empty = every geography offered in the Region. */
  readonly allowGeos: readonly string[];
  /** Other Regions that calls may go to, in the operator's order. */
  readonly allowRegions: readonly string[];
}

export interface Target {
  /** What goes on the wire: bare model ID, profile ID or ARN. */
  readonly modelId: string;
  /** Region whose endpoint is called. */
  readonly region: string;
  readonly via: 'on-demand' | 'inference-profile' | 'arn' | 'as given';
  readonly model: ModelRecord;
  readonly geo?: string;
  /** Regions that may serve the call; absent = only `region`, `['*']` = any commercial Region. */
  readonly servedBy?: readonly string[];
}

export interface TargetPlan {
  readonly targets: readonly [Target, ...Target[]];
  readonly warnings: readonly string[];
  readonly basis: 'live' | 'catalogue' | 'as given';
}

export interface PlanInput {
  /** What the caller typed. */
  readonly asked: string;
  /** The parsed name, aliases already followed. */
  readonly identifier: ModelIdentifier;
  readonly model: ModelRecord;
  readonly region: string;
  /** What AWS said about a Region; undefined when it was not asked or did not answer. */
  readonly live: (region: string) => LiveCatalog | undefined;
  /** Prefixes offered in a Region, country before continent, global last. */
  readonly geoPrefixes: (region: string) => readonly string[];
  readonly policy: TargetPolicy;
  /** A profile ID that worked before where the bare ID was refused. */
  readonly learned?: string;
}

interface Offer {
  readonly modelId: string;
  readonly via: 'on-demand' | 'inference-profile';
  readonly geo?: string;
  readonly servedBy?: readonly string[];
}

/**
 * Orders the callable targets for one name.
 * @throws BedrockError `not_allowed` (residency policy leaves nothing), `not_in_region` (AWS's own listing says so), `end_of_life` (live data agrees).
 */
export function planTargets(input: PlanInput): TargetPlan {
  const { identifier } = input;
  if (isOpaque(identifier)) return planAsGiven(input);
  const region = identifier.region ?? input.region;
  const warnings: string[] = [];
  const typedProfile = identifier.kind === 'inference-profile' ? identifier.profileId : undefined;
  const live = input.live(region);
  const basis = live === undefined ? 'catalogue' : 'live';

  const here = offersIn(input, region, live);
  const targets: Target[] = [];
  const first =
    typedProfile === undefined ? undefined : takeTyped(input, typedProfile, region, here, warnings);
  if (first !== undefined) targets.push(first);
  if (identifier.suffix !== undefined) {
    warnings.push(
      `The suffix ":${identifier.suffix}" names a provisioned variant, which cannot be called on demand; the model itself is called.`,
    );
  }
  for (const offer of here) targets.push(asTarget(offer, region, input.model));
  for (const other of otherRegions(input, region)) {
    for (const offer of offersIn(input, other, input.live(other)))
      targets.push(asTarget(offer, other, input.model));
  }
  const unique = dropRepeats(targets);
  if (input.learned !== undefined) {
    unique.sort(
      (a, b) =>
        Number(b.modelId === input.learned && b.region === region) -
        Number(a.modelId === input.learned && a.region === region),
    );
  }
  const [head, ...rest] = unique;
  if (head !== undefined) {
    if (head.region !== region)
      warnings.push(
        `${input.asked} is not offered in ${region}; the call goes to ${head.region}, which allow_regions permits.`,
      );
    return { targets: [head, ...rest], warnings, basis };
  }
  return planUnoffered(input, region, live, warnings);
}

/** ARNs whose model is decided elsewhere: sent as they are, to the Region they name. */
function isOpaque(identifier: ModelIdentifier): boolean {
  return (
    identifier.kind !== 'foundation-model' &&
    identifier.kind !== 'inference-profile' &&
    identifier.kind !== 'name'
  );
}

function planAsGiven(input: PlanInput): TargetPlan {
  const { identifier, model } = input;
  const region = identifier.region ?? input.region;
  const warnings =
    region === input.region
      ? []
      : [`The ARN names ${region}; the call goes there in place of ${input.region}.`];
  return {
    targets: [{ modelId: identifier.arn ?? identifier.text, region, via: 'arn', model }],
    warnings,
    basis: 'as given',
  };
}

/** The profile that the caller typed, when it may be used here; a stand-in is left to the offers. */
function takeTyped(
  input: PlanInput,
  profileId: string,
  region: string,
  here: readonly Offer[],
  warnings: string[],
): Target | undefined {
  const { identifier, policy } = input;
  const geo = identifier.geo ?? '';
  const sent = identifier.arn ?? profileId;
  const offered = here.find((offer) => offer.modelId === profileId);
  const stand = here[0];
  if (geo === 'global' && !policy.allowGlobal) {
    if (stand === undefined) {
      throw new BedrockError('not_allowed', {
        message: `${profileId} may be served in any commercial Region, and this server does not allow global profiles; ${region} offers no other profile of the model.`,
        fix: 'Set BEDROCK_MCP_ALLOW_GLOBAL=true if the data may leave the geography, or choose a model that list_inference_profiles shows for this Region.',
        field: 'model',
      });
    }
    warnings.push(
      `Global profiles are not allowed here (BEDROCK_MCP_ALLOW_GLOBAL), so ${stand.modelId} is called in place of ${profileId}.`,
    );
    return undefined;
  }
  if (policy.allowGeos.length > 0 && geo !== 'global' && !policy.allowGeos.includes(geo)) {
    if (stand === undefined) throw geoNotAllowed(profileId, policy);
    warnings.push(
      `Profiles of the geography "${geo}" are not allowed here (BEDROCK_MCP_ALLOW_GEOS), so ${stand.modelId} is called in place of ${profileId}.`,
    );
    return undefined;
  }
  if (offered !== undefined) return { ...asTarget(offered, region, input.model), modelId: sent };
  // An unlisted profile may be newer than the catalogue; only AWS's own listing, or a stand-in here, says that it is not callable.
  const known = input.model.profiles.find((profile) => profile.id === profileId);
  const elsewhere = known?.sourceRegions !== undefined && !known.sourceRegions.includes(region);
  const foreign = elsewhere || !input.geoPrefixes(region).includes(geo);
  if (stand !== undefined && foreign && identifier.arn === undefined) {
    warnings.push(
      `${profileId} cannot be called from ${region}, so ${stand.modelId} is called in its place.`,
    );
    return undefined;
  }
  return { modelId: sent, region, via: 'as given', model: input.model, ...(geo === '' ? {} : { geo }) };
}

/** What one Region offers for the model, best first: in the Region itself, then country, continent, global. */
function offersIn(input: PlanInput, region: string, live: LiveCatalog | undefined): Offer[] {
  const offers: Offer[] = [];
  if (onDemandIn(input.model, region, live)) offers.push({ modelId: input.model.id, via: 'on-demand' });
  const profiles =
    live?.profiles === undefined
      ? catalogueProfiles(input, region)
      : liveProfiles(input.model.id, live.profiles);
  const order = input.geoPrefixes(region);
  const rank = (geo: string) => (geo === 'global' ? 1_000 : order.includes(geo) ? order.indexOf(geo) : 500);
  const allowed = profiles.filter((profile) =>
    profile.geo === 'global'
      ? input.policy.allowGlobal
      : input.policy.allowGeos.length === 0 || input.policy.allowGeos.includes(profile.geo ?? ''),
  );
  allowed.sort((a, b) => rank(a.geo ?? '') - rank(b.geo ?? ''));
  return [...offers, ...allowed];
}

function onDemandIn(model: ModelRecord, region: string, live: LiveCatalog | undefined): boolean {
  const row = live?.models?.find((candidate) => candidate.id === model.id);
  if (row !== undefined) return row.inferenceTypes.includes('ON_DEMAND');
  // Some callable models are missing from ListFoundationModels, so its silence alone proves nothing.
  return model.onDemandRegions?.includes(region) ?? false;
}

function liveProfiles(modelId: string, profiles: readonly LiveProfile[]): Offer[] {
  const offers: Offer[] = [];
  for (const profile of profiles) {
    if (profile.type !== 'SYSTEM_DEFINED' || profile.status !== 'ACTIVE') continue;
    const dot = profile.id.indexOf('.');
    if (profile.id.slice(dot + 1) !== modelId) continue;
    offers.push({
      modelId: profile.id,
      via: 'inference-profile',
      geo: profile.id.slice(0, dot),
      servedBy: profile.regions,
    });
  }
  return offers;
}

function catalogueProfiles(input: PlanInput, region: string): Offer[] {
  const prefixes = input.geoPrefixes(region);
  const offered = (profile: ProfileRecord) =>
    profile.sourceRegions?.includes(region) ?? prefixes.includes(profile.geo);
  return input.model.profiles.filter(offered).map((profile) => ({
    modelId: profile.id,
    via: 'inference-profile',
    geo: profile.geo,
    ...(profile.destinationRegions === undefined ? {} : { servedBy: profile.destinationRegions }),
  }));
}

/** Other Regions that the policy permits, those of the same continent first. */
function otherRegions(input: PlanInput, region: string): string[] {
  const continent = region.split('-')[0];
  const others = input.policy.allowRegions.filter((other) => other !== region);
  return others.sort((a, b) => Number(b.split('-')[0] === continent) - Number(a.split('-')[0] === continent));
}

/** Nothing is known to be offered here. AWS's own word refuses; the catalogue's silence only warns. */
function planUnoffered(
  input: PlanInput,
  region: string,
  live: LiveCatalog | undefined,
  warnings: string[],
): TargetPlan {
  const { model, asked, policy } = input;
  const where = whereOffered(model);
  const onlyGlobal =
    !policy.allowGlobal && (live?.profiles ?? []).some((profile) => profile.id === `global.${model.id}`);
  const onlyGlobalByCatalogue =
    !policy.allowGlobal &&
    live === undefined &&
    model.profiles.some(
      (profile) => profile.geo === 'global' && (profile.sourceRegions?.includes(region) ?? true),
    );
  if (onlyGlobal || onlyGlobalByCatalogue) {
    throw new BedrockError('not_allowed', {
      message: `In ${region}, ${asked} is offered only through the global profile, which may be served in any commercial Region; this server does not allow that.`,
      fix: `Set BEDROCK_MCP_ALLOW_GLOBAL=true if the data may leave the geography, or give a Region that serves it${where === '' ? '' : ` (${where})`}.`,
      field: 'model',
    });
  }
  if (live?.profiles !== undefined && live.models !== undefined && model.source === 'catalog') {
    throw new BedrockError('not_in_region', {
      message: `${asked} is not offered in ${region}: AWS lists neither the model nor a profile of it there.`,
      fix:
        where === ''
          ? 'list_inference_profiles shows what this Region offers.'
          : `Give region: one of ${where}, or permit one in BEDROCK_MCP_ALLOW_REGIONS. list_inference_profiles shows what ${region} offers.`,
      field: 'model',
    });
  }
  if (model.source === 'catalog' && where !== '')
    warnings.push(
      `The catalogue does not list ${asked} in ${region} (it lists ${where}); the call is tried all the same.`,
    );
  return {
    targets: [
      {
        modelId: model.id,
        region,
        via: 'as given',
        model,
      },
    ],
    warnings,
    basis: live === undefined ? 'catalogue' : 'live',
  };
}

function whereOffered(model: ModelRecord): string {
  const regions = new Set<string>(model.onDemandRegions ?? []);
  for (const profile of model.profiles)
    for (const region of profile.sourceRegions ?? []) if (profile.geo !== 'global') regions.add(region);
  const list = [...regions].sort();
  return list.length > 6 ? `${list.slice(0, 6).join(', ')} and ${list.length - 6} more` : list.join(', ');
}

function asTarget(offer: Offer, region: string, model: ModelRecord): Target {
  return { ...offer, region, model };
}

function dropRepeats(targets: readonly Target[]): Target[] {
  const seen = new Set<string>();
  return targets.filter((target) => {
    const key = `${target.region} ${target.modelId}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function geoNotAllowed(profileId: string, policy: TargetPolicy): BedrockError {
  return new BedrockError('not_allowed', {
    message: `${profileId} belongs to a geography that this server does not allow (allowed: ${policy.allowGeos.join(', ')}).`,
    fix: 'Choose a profile of an allowed geography, or extend BEDROCK_MCP_ALLOW_GEOS.',
    field: 'model',
  });
}
