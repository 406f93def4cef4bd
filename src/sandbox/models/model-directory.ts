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

interface Directory {
  readonly records: readonly ModelRecord[];
  readonly options: SandboxOptions;
  readonly account: string;
  /** By ID. */
  readonly models: ReadonlyMap<string, ModelRecord>;
  readonly systemProfiles: ReadonlyMap<
    string,
    { readonly record: ModelRecord; readonly profile: ProfileRecord }
  >;
  /** Profile ID -> model ID. */
  readonly applicationProfiles: ReadonlyMap<string, string>;
  /** Any other ARN -> model ID. */
  readonly otherArns: ReadonlyMap<string, string>;
}

/** @param account its ID stands in the ARNs of profiles. */
export function createModelDirectory(
  records: readonly ModelRecord[],
  options: SandboxOptions,
  account: string,
): ModelDirectory {
  const directory: Directory = {
    records,
    options,
    account,
    models: new Map(records.map((record) => [record.id, record])),
    systemProfiles: new Map(
      records.flatMap((record) =>
        record.profiles.map((profile) => [profile.id, { record, profile }] as const),
      ),
    ),
    applicationProfiles: new Map(Object.entries(options.applicationProfiles ?? {})),
    otherArns: new Map(Object.entries(options.arns ?? {})),
  };
  return {
    resolve: (identifier, region, forCounting = false) =>
      identifier.startsWith('arn:')
        ? resolveArn(directory, identifier, region, forCounting)
        : (resolveProfile(directory, identifier, region) ??
          resolveBare(directory, identifier, region, forCounting)),
    profiles: (region) => [...systemEntries(directory, region), ...applicationEntries(directory, region)],
    listed: (region) => records.filter((record) => isListed(directory, record, region)),
  };
}

function foundationArn(id: string, region: string): string {
  return `arn:aws:bedrock:${region}::foundation-model/${id}`;
}

function profileArn({ account }: Directory, kind: string, id: string, region: string): string {
  return `arn:aws:bedrock:${region}:${account}:${kind}/${id}`;
}

function usable({ options }: Directory, record: ModelRecord | undefined): ModelRecord {
  if (!record || isElsewhere(record)) throw invalidIdentifier();
  if (isRetired(record) && options.retired !== 'serve') throw endOfLife();
  return record;
}

function needsProfile({ options }: Directory, record: ModelRecord, region: string): boolean {
  const mode = options.onDemandRefused ?? 'as-catalogue';
  const here = record.profiles.some((profile) => callableFrom(profile, region));
  if (mode === 'none' || isRetired(record)) return false;
  if (mode === 'all') return here;
  if (record.onDemandRegions === undefined) return record.profiles.length > 0;
  if (record.onDemandRegions.includes(region)) return false;
  if (record.onDemandRegions.length === 0 || here) return true;
  throw record.lifecycle.status === 'end-of-life' ? endOfLife() : invalidIdentifier();
}

function resolveBare(directory: Directory, id: string, region: string, forCounting: boolean): ResolvedModel {
  const { models } = directory;
  if (!models.has(id)) {
    const suffix = id.lastIndexOf(':');
    if (suffix > 0 && models.has(id.slice(0, suffix))) {
      throw invalid("The provided model doesn't support on-demand throughput.");
    }
  }
  const record = usable(directory, models.get(id));
  if (!forCounting && needsProfile(directory, record, region)) throw onDemandRefused(id);
  return { record, bare: true, resourceArn: foundationArn(id, region) };
}

function resolveProfile(directory: Directory, id: string, region: string): ResolvedModel | undefined {
  const { systemProfiles, applicationProfiles, models, options } = directory;
  const system = systemProfiles.get(id);
  const revived = options.retired === 'serve' && system?.record.lifecycle.status === 'end-of-life';
  if (system && (revived || callableFrom(system.profile, region))) {
    const resourceArn = profileArn(directory, 'inference-profile', id, region);
    return { record: usable(directory, system.record), bare: false, resourceArn };
  }
  const base = applicationProfiles.get(id);
  if (base === undefined) return undefined;
  const resourceArn = profileArn(directory, 'application-inference-profile', id, region);
  return { record: usable(directory, models.get(base)), bare: false, resourceArn };
}

function resolveArn(directory: Directory, arn: string, region: string, forCounting: boolean): ResolvedModel {
  const other = directory.otherArns.get(arn);
  if (other !== undefined) {
    const record = usable(directory, directory.models.get(other));
    return { record, bare: false, resourceArn: arn };
  }
  const [, , service, arnRegion, , ...rest] = arn.split(':');
  const resource = rest.join(':');
  const slash = resource.indexOf('/');
  const kind = resource.slice(0, Math.max(0, slash));
  const id = resource.slice(slash + 1);
  if (service !== 'bedrock' || (arnRegion !== '' && arnRegion !== region)) throw invalidIdentifier();
  if (kind === 'foundation-model') return resolveBare(directory, id, region, forCounting);
  const known = kind.endsWith('inference-profile') ? resolveProfile(directory, id, region) : undefined;
  if (!known) throw invalidIdentifier();
  return known;
}

function systemEntries(directory: Directory, region: string): ProfileEntry[] {
  return [...directory.systemProfiles.values()]
    .filter(({ record, profile }) => callableFrom(profile, region) && isServed(directory, record))
    .map(({ record, profile }): ProfileEntry => {
      const destinations = profile.destinationRegions ?? [region];
      const arns = destinations.map((destination) => foundationArn(record.id, destination));
      return {
        id: profile.id,
        arn: profileArn(directory, 'inference-profile', profile.id, region),
        name: `${NAMES.get(profile.geo) ?? profile.geo.toUpperCase()} ${record.name ?? record.id}`,
        type: 'SYSTEM_DEFINED',
        modelArns: profile.geo === 'global' ? [foundationArn(record.id, ''), ...arns] : arns,
      };
    });
}

function applicationEntries(directory: Directory, region: string): ProfileEntry[] {
  return [...directory.applicationProfiles].map(
    ([id, base]): ProfileEntry => ({
      id,
      arn: profileArn(directory, 'application-inference-profile', id, region),
      name: `sandbox-${id}`,
      type: 'APPLICATION',
      modelArns: [foundationArn(base, ''), foundationArn(base, region)],
    }),
  );
}

function isServed({ options }: Directory, record: ModelRecord): boolean {
  return !isElsewhere(record) && (!isRetired(record) || options.retired === 'serve');
}

function isListed(directory: Directory, record: ModelRecord, region: string): boolean {
  if (!isServed(directory, record)) return false;
  const here = record.onDemandRegions?.includes(region) ?? record.profiles.length === 0;
  return here || record.profiles.some((profile) => callableFrom(profile, region));
}
