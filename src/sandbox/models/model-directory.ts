/** Which model an identifier leads to in a Region, or why Bedrock would not know it there. */
import type { ModelRecord, ProfileRecord } from '../../catalog/types.ts';
import { invalid, Refusal } from '../refusal.ts';
import type { SandboxOptions } from '../types.ts';

export interface ResolvedModel {
  readonly record: ModelRecord;
  /** True when the bare ID (or its foundation-model ARN) was sent, not a profile. */
  readonly bare: boolean;
  /** The ARN that IAM would check. */
  readonly resourceArn: string;
}

export interface ProfileEntry {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly type: 'SYSTEM_DEFINED' | 'APPLICATION';
  readonly modelArns: readonly string[];
}

export interface ModelDirectory {
  /**
   * Throws the refusal that Bedrock gives for an identifier it cannot serve in `region`.
   * CountTokens takes bare IDs of models that otherwise need a profile: `forCounting`.
   */
  resolve(identifier: string, region: string, forCounting?: boolean): ResolvedModel;
  /** The profiles that can be called from `region`. */
  profiles(region: string): readonly ProfileEntry[];
  /** The models that ListFoundationModels shows in `region`. */
  listed(region: string): readonly ModelRecord[];
}

/** Regions where a geography's profiles start, for profiles whose source Regions nobody recorded. */
const GEO_REGIONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['us', ['us-', 'ca-central-1']],
  ['us-gov', ['us-gov-']],
  ['eu', ['eu-']],
  ['apac', ['ap-']],
  ['jp', ['ap-northeast-1', 'ap-northeast-3']],
  ['au', ['ap-southeast-2']],
  ['ca', ['ca-']],
  ['in', ['ap-south-']],
]);

function callableFrom(profile: ProfileRecord, region: string): boolean {
  if (profile.sourceRegions) return profile.sourceRegions.includes(region);
  if (profile.geo === 'global') return true;
  const starts = GEO_REGIONS.get(profile.geo) ?? [];
  return (
    starts.some((start) => region.startsWith(start)) &&
    !(profile.geo === 'us' && region.startsWith('us-gov-'))
  );
}

const invalidIdentifier = (): Refusal => invalid('The provided model identifier is invalid.');

const endOfLife = (): Refusal =>
  new Refusal(
    404,
    'ResourceNotFoundException',
    'This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
  );

/** The apostrophe of "isn’t" is typographic (U+2019) in every recorded answer. */
const onDemandRefused = (identifier: string): Refusal =>
  invalid(
    `Invocation of model ID ${identifier} with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.`,
  );

const NAMES: ReadonlyMap<string, string> = new Map([
  ['us', 'US'],
  ['eu', 'EU'],
  ['apac', 'APAC'],
  ['global', 'Global'],
]);

/** Served by neither runtime API: such models live on another endpoint, and the runtime does not know their IDs. */
function isElsewhere({ apis }: ModelRecord): boolean {
  const runtime = [apis.converse, apis.converseStream, apis.invoke, apis.invokeStream];
  return runtime.every((api) => api === false) || (apis.mantle === true && !runtime.includes(true));
}

/** Retired everywhere; models that AWS no longer lists and that no profile offers have gone the same way. */
const isRetired = ({ lifecycle, profiles }: ModelRecord): boolean =>
  (lifecycle.status === 'end-of-life' && !lifecycle.regional) ||
  (lifecycle.status === 'unlisted' && profiles.length === 0);

export function createModelDirectory(
  records: readonly ModelRecord[],
  options: SandboxOptions,
  account: string,
): ModelDirectory {
  const models = new Map(records.map((record) => [record.id, record]));
  const systemProfiles = new Map(
    records.flatMap((record) => record.profiles.map((profile) => [profile.id, { record, profile }] as const)),
  );
  const applicationProfiles = new Map(Object.entries(options.applicationProfiles ?? {}));
  const otherArns = new Map(Object.entries(options.arns ?? {}));

  const foundationArn = (id: string, region: string) => `arn:aws:bedrock:${region}::foundation-model/${id}`;
  const profileArn = (kind: string, id: string, region: string) =>
    `arn:aws:bedrock:${region}:${account}:${kind}/${id}`;

  function usable(record: ModelRecord | undefined): ModelRecord {
    if (!record || isElsewhere(record)) throw invalidIdentifier();
    if (isRetired(record) && options.retired !== 'serve') throw endOfLife();
    return record;
  }

  function needsProfile(record: ModelRecord, region: string): boolean {
    const mode = options.onDemandRefused ?? 'as-catalogue';
    const here = record.profiles.some((profile) => callableFrom(profile, region));
    if (mode === 'none' || isRetired(record)) return false;
    if (mode === 'all') return here;
    if (record.onDemandRegions === undefined) return record.profiles.length > 0;
    if (record.onDemandRegions.includes(region)) return false;
    if (record.onDemandRegions.length === 0 || here) return true;
    throw record.lifecycle.status === 'end-of-life' ? endOfLife() : invalidIdentifier();
  }

  function resolveBare(id: string, region: string, forCounting: boolean): ResolvedModel {
    if (!models.has(id)) {
      const suffix = id.lastIndexOf(':');
      if (suffix > 0 && models.has(id.slice(0, suffix))) {
        throw invalid("The provided model doesn't support on-demand throughput.");
      }
    }
    const record = usable(models.get(id));
    if (!forCounting && needsProfile(record, region)) throw onDemandRefused(id);
    return { record, bare: true, resourceArn: foundationArn(id, region) };
  }

  function resolveProfile(id: string, region: string): ResolvedModel | undefined {
    const system = systemProfiles.get(id);
    const revived = options.retired === 'serve' && system?.record.lifecycle.status === 'end-of-life';
    if (system && (revived || callableFrom(system.profile, region))) {
      const resourceArn = profileArn('inference-profile', id, region);
      return { record: usable(system.record), bare: false, resourceArn };
    }
    const base = applicationProfiles.get(id);
    if (base === undefined) return undefined;
    const resourceArn = profileArn('application-inference-profile', id, region);
    return { record: usable(models.get(base)), bare: false, resourceArn };
  }

  function resolveArn(arn: string, region: string, forCounting: boolean): ResolvedModel {
    const other = otherArns.get(arn);
    if (other !== undefined) return { record: usable(models.get(other)), bare: false, resourceArn: arn };
    const [, , service, arnRegion, , ...rest] = arn.split(':');
    const resource = rest.join(':');
    const slash = resource.indexOf('/');
    const kind = resource.slice(0, Math.max(0, slash));
    const id = resource.slice(slash + 1);
    if (service !== 'bedrock' || (arnRegion !== '' && arnRegion !== region)) throw invalidIdentifier();
    if (kind === 'foundation-model') return resolveBare(id, region, forCounting);
    const known = kind.endsWith('inference-profile') ? resolveProfile(id, region) : undefined;
    if (!known) throw invalidIdentifier();
    return known;
  }

  return {
    resolve(identifier, region, forCounting = false) {
      if (identifier.startsWith('arn:')) return resolveArn(identifier, region, forCounting);
      return resolveProfile(identifier, region) ?? resolveBare(identifier, region, forCounting);
    },
    profiles(region) {
      const system = [...systemProfiles.values()]
        .filter(({ record, profile }) => callableFrom(profile, region) && !isElsewhere(record))
        .filter(({ record }) => !isRetired(record) || options.retired === 'serve')
        .map(({ record, profile }): ProfileEntry => {
          const destinations = profile.destinationRegions ?? [region];
          const arns = destinations.map((destination) => foundationArn(record.id, destination));
          return {
            id: profile.id,
            arn: profileArn('inference-profile', profile.id, region),
            name: `${NAMES.get(profile.geo) ?? profile.geo.toUpperCase()} ${record.name ?? record.id}`,
            type: 'SYSTEM_DEFINED',
            modelArns: profile.geo === 'global' ? [foundationArn(record.id, ''), ...arns] : arns,
          };
        });
      const application = [...applicationProfiles].map(
        ([id, base]): ProfileEntry => ({
          id,
          arn: profileArn('application-inference-profile', id, region),
          name: `sandbox-${id}`,
          type: 'APPLICATION',
          modelArns: [foundationArn(base, ''), foundationArn(base, region)],
        }),
      );
      return [...system, ...application];
    },
    listed(region) {
      return records.filter((record) => {
        if (isElsewhere(record)) return false;
        if (isRetired(record) && options.retired !== 'serve') return false;
        const here = record.onDemandRegions?.includes(region) ?? record.profiles.length === 0;
        return here || record.profiles.some((profile) => callableFrom(profile, region));
      });
    },
  };
}
