/**
 * What to call, and in which order: pure planning from the name that was asked, the account's live listing (or the
 * dated catalogue) and the residency policy. A geo prefix is never derived from a Region's name: it comes from the
 * profiles that are really offered there (666 recorded profiles; ca-central-1 offers `us.`, ap-northeast-1 `jp.` and `apac.`).
 */

import { BedrockError } from '../../bedrock-error.ts';
import type { ModelIdentifier } from '../../catalog/models/model-id.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import { isServed } from '../../messages/apis.ts';
import { listsProfiles, type Offer, offersIn, whereOffered } from './regional-offers.ts';
import type { PlanInput, Target, TargetPlan, TargetPolicy } from './target.ts';

/**
 * Orders the callable targets for one name: what was typed, then the Region's own on-demand capacity, the country's
 * profile, the continent's, the global one when allowed, and the same in the other allowed Regions.
 * @throws BedrockError `not_allowed` (residency policy leaves nothing), `not_in_region` (AWS's own listing says so).
 */
export function planTargets(input: PlanInput): TargetPlan {
  if (isOpaque(input.identifier)) return planAsGiven(input);
  const region = input.identifier.region ?? input.region;
  const warnings = suffixWarning(input.identifier);
  const offered = [region, ...otherRegions(input.policy.allowRegions, region)].flatMap((each) =>
    offersIn(input, each).map((offer) => asTarget(offer, each, input.model)),
  );
  const usable = offered.filter((target) => !input.refused(target.modelId, target.region));
  const typed = takeTyped(input, region, usable, warnings);
  const [head, ...rest] = dropRepeats(typed === undefined ? usable : [typed, ...usable]);
  const basis = input.live(head?.region ?? region) === undefined ? 'catalogue' : 'live';
  if (head === undefined) return { ...planUnoffered(input, region, warnings), basis };
  if (head.region !== region)
    warnings.push(
      `${input.requested} is not offered in ${region}; the call goes to ${head.region}, which BEDROCK_MCP_ALLOW_REGIONS permits.`,
    );
  return { targets: [head, ...rest], warnings, basis };
}

/** ARNs whose model is decided elsewhere: sent as they are, to the Region they name. */
function isOpaque({ kind }: ModelIdentifier): boolean {
  return kind !== 'foundation-model' && kind !== 'inference-profile' && kind !== 'name';
}

function planAsGiven(input: PlanInput): TargetPlan {
  const { identifier, model } = input;
  const region = identifier.region ?? input.region;
  const warnings =
    region === input.region
      ? []
      : [`The ARN names ${region}; the call goes there in place of ${input.region}.`];
  const listed = input
    .live(region)
    ?.profiles?.find(({ arn, id }) => arn === identifier.arn || id === identifier.resourceId);
  if (listed?.regions.includes('*') === true && !input.policy.allowGlobal)
    warnings.push(
      `${listed.name} is an application profile over a global one: any commercial Region may serve the call.`,
    );
  return {
    targets: [
      {
        modelId: identifier.invokeId,
        region,
        via: 'arn',
        model,
        ...(listed === undefined ? {} : { servedBy: listed.regions }),
      },
    ],
    warnings,
    basis: 'as given',
  };
}

function suffixWarning({ suffix, text }: ModelIdentifier): string[] {
  if (suffix === undefined) return [];
  return text.endsWith(']')
    ? [
        `"[${suffix}]" is a mark of other clients and was left out; a longer context is asked for with an Anthropic beta such as context-1m-2025-08-07.`,
      ]
    : [
        `The suffix ":${suffix}" names a provisioned variant, which cannot be called on demand; the model itself is called.`,
      ];
}

/** The profile that the caller typed, when it may be used; otherwise undefined, and a stand-in comes from `usable`. */
function takeTyped(
  input: PlanInput,
  region: string,
  usable: readonly Target[],
  warnings: string[],
): Target | undefined {
  const { identifier, policy, model } = input;
  const { profileId, geo = '' } = identifier;
  if (identifier.kind !== 'inference-profile' || profileId === undefined) return undefined;
  const [stand] = usable;
  const forbidden = forbiddenGeo(profileId, geo, policy);
  if (forbidden !== undefined) {
    if (stand === undefined) throw forbidden;
    warnings.push(`${forbidden.message} ${stand.modelId} is called in its place.`);
    return undefined;
  }
  const sent = identifier.arn ?? profileId;
  const offered = usable.find((target) => target.modelId === profileId);
  if (offered !== undefined) {
    const asTyped = { ...offered, modelId: sent };
    return offered.region !== region || input.refused(sent, region) ? offered : asTyped;
  }
  // An unlisted profile may be newer than the catalogue, so without AWS's own list only what is known elsewhere counts.
  const known = model.profiles.find((profile) => profile.id === profileId);
  const elsewhere =
    listsProfiles(input.live(region)) ||
    input.refused(sent, region) ||
    known?.sourceRegions !== undefined ||
    !input.geoPrefixes(region).includes(geo);
  if (elsewhere) {
    if (stand !== undefined)
      warnings.push(
        `${profileId} cannot be called from ${region}, so ${stand.modelId} is called in its place.`,
      );
    return undefined;
  }
  return {
    modelId: sent,
    region,
    via: 'as given',
    model,
    geo,
    servedBy: [geo === 'global' ? '*' : `the ${geo} geography`],
  };
}

function forbiddenGeo(profileId: string, geo: string, policy: TargetPolicy): BedrockError | undefined {
  if (geo === 'global') {
    if (policy.allowGlobal) return undefined;
    return new BedrockError('not_allowed', {
      message: `${profileId} may be served in any commercial Region, which this server does not allow.`,
      fix: 'Set BEDROCK_MCP_ALLOW_GLOBAL=true if the data may leave the geography, or choose a model that list_inference_profiles shows for this Region.',
      field: 'model',
    });
  }
  if (policy.allowGeos.length === 0 || policy.allowGeos.includes(geo)) return undefined;
  return new BedrockError('not_allowed', {
    message: `${profileId} belongs to the geography "${geo}", which this server does not allow (allowed: ${policy.allowGeos.join(', ')}).`,
    fix: 'Choose a profile of an allowed geography, or extend BEDROCK_MCP_ALLOW_GEOS.',
    field: 'model',
  });
}

/** Other Regions that the policy permits, those of the same continent first, otherwise in the operator's order. */
function otherRegions(allowed: readonly string[], region: string): string[] {
  const near = (other: string) => Number(areaOf(other) === areaOf(region));
  return allowed.filter((other) => other !== region).sort((a, b) => near(b) - near(a));
}

/** `eu` of `eu-west-1`; `us-gov` of `us-gov-west-1`, which is no neighbour of `us-west-1`. */
function areaOf(region: string): string {
  return region.split('-').slice(0, -2).join('-');
}

/** Nothing is known to be offered. AWS's own word refuses; the catalogue's silence only warns. */
function planUnoffered(
  input: PlanInput,
  region: string,
  warnings: readonly string[],
): Omit<TargetPlan, 'basis'> {
  const { model, requested, policy } = input;
  if (!isServed(model.apis)) {
    // Another Region would not help: the route table says where the model does live.
    return { targets: [{ modelId: model.id, region, via: 'as given', model }], warnings };
  }
  const live = input.live(region);
  const where = whereOffered(model);
  const geos = offersIn({ ...input, policy: OPEN }, region).flatMap((offer) => offer.geo ?? []);
  const near = geos.filter((geo) => geo !== 'global');
  if (near.length > 0 && policy.allowGeos.length > 0 && !near.some((geo) => policy.allowGeos.includes(geo))) {
    throw new BedrockError('not_allowed', {
      message: `In ${region}, ${requested} is offered only through profiles of the geography ${near.join(', ')}, which this server does not allow (allowed: ${policy.allowGeos.join(', ')}).`,
      fix: 'Extend BEDROCK_MCP_ALLOW_GEOS, or give a Region of an allowed geography.',
      field: 'model',
    });
  }
  if (geos.includes('global') && !policy.allowGlobal) {
    throw new BedrockError('not_allowed', {
      message: `In ${region}, ${requested} is offered only through the global profile, which may be served in any commercial Region; this server does not allow that.`,
      fix: `Set BEDROCK_MCP_ALLOW_GLOBAL=true if the data may leave the geography, or give a Region that serves it${where === '' ? '' : ` (${where})`}.`,
      field: 'model',
    });
  }
  if (listsProfiles(live) && live?.models !== undefined && model.source === 'catalog') {
    throw new BedrockError('not_in_region', {
      message: `${requested} is not offered in ${region}: AWS lists neither the model nor a profile of it there.`,
      fix:
        where === ''
          ? 'list_inference_profiles shows what this Region offers.'
          : `Give region: one of ${where}, or permit one in BEDROCK_MCP_ALLOW_REGIONS. list_inference_profiles shows what ${region} offers.`,
      field: 'model',
    });
  }
  const [first, ...others] = triedUnlisted(input, region).filter(
    (target) => !input.refused(target.modelId, region),
  );
  const { kind, profileId } = input.identifier;
  const replaced =
    first !== undefined &&
    kind === 'inference-profile' &&
    first.geo !== input.identifier.geo &&
    isApart(input, region)
      ? [
          `${profileId ?? requested} cannot be called from ${region}, so ${first.modelId} is called in its place.`,
        ]
      : [];
  const notListed =
    model.source === 'catalog' && where !== ''
      ? [
          `The catalogue does not list ${requested} in ${region} (it lists ${where}); the call is tried all the same.`,
        ]
      : [];
  return {
    targets: first === undefined ? [asGiven(input, region)] : [first, ...others],
    warnings: [...warnings, ...replaced, ...notListed],
  };
}

const OPEN: TargetPolicy = { allowGlobal: true, allowGeos: [], allowRegions: [] };

/** What was typed. A foundation-model ARN says no more than the ID, and a Region-less one cannot be invoked. */
function asGiven({ identifier, model }: PlanInput, region: string): Target {
  const typed =
    identifier.kind === 'inference-profile' ? (identifier.arn ?? identifier.profileId) : undefined;
  return { modelId: typed ?? model.id, region, via: 'as given', model };
}

/** Best first: what is tried where nobody says how the model is offered. */
function triedUnlisted(input: PlanInput, region: string): readonly Target[] {
  const given = asGiven(input, region);
  if (listsProfiles(input.live(region))) return [given];
  const { model, identifier } = input;
  if (!isApart(input, region))
    return model.source !== 'catalog' && input.refused(model.id, region)
      ? [given, ...unlistedProfiles(input, region)]
      : [given];
  // No profile of another partition can be called here, and what is called through profiles there is so here too.
  const isForeign = !input.geoPrefixes(region).includes(identifier.geo ?? '');
  const own = isForeign ? { ...given, modelId: model.id } : given;
  const profiles = unlistedProfiles(input, region);
  const needsProfile = identifier.kind === 'inference-profile' || model.profiles.length > 0;
  return needsProfile ? [...profiles, own] : [own, ...profiles];
}

/** Is the Region in a partition of its own, such as GovCloud? Global profiles are offered in all of the commercial one. */
function isApart({ geoPrefixes }: PlanInput, region: string): boolean {
  const prefixes = geoPrefixes(region);
  return prefixes.length > 0 && !prefixes.includes('global');
}

/**
 * Profiles that nobody listed: every system profile is one of the prefixes offered in the Region, a dot and the model
 * ID (true of all 666 recorded ones).
 */
function unlistedProfiles({ model, policy, geoPrefixes }: PlanInput, region: string): Target[] {
  return geoPrefixes(region).flatMap((geo): Target[] => {
    const modelId = `${geo}.${model.id}`;
    if (forbiddenGeo(modelId, geo, policy) !== undefined) return [];
    const servedBy = [geo === 'global' ? '*' : `the ${geo} geography`];
    return [{ modelId, region, via: 'inference-profile', model, geo, servedBy }];
  });
}

function asTarget(offer: Offer, region: string, model: ModelRecord): Target {
  return { ...offer, region, model };
}

/** One target per identifier and Region; a profile that is also there under its ARN is the same one. */
function dropRepeats(targets: readonly Target[]): Target[] {
  const seen = new Set<string>();
  return targets.filter((target) => {
    const key = `${target.region} ${target.modelId.slice(target.modelId.lastIndexOf('/') + 1)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
