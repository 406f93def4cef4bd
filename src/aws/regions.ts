/**
 * Region names. Pure.
 * The list is botocore's endpoints.json for `bedrock-runtime` (2026-08-07); it is for hints, never for refusing:
 * a Region that AWS opens tomorrow must work today.
 */
import { BedrockError } from '../bedrock-error.ts';
import { nearest } from '../catalog/models/suggest.ts';

export const BEDROCK_REGIONS: readonly string[] = [
  'af-south-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'eu-central-1',
  'eu-central-2',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'mx-central-1',
  'sa-east-1',
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'eusc-de-east-1',
];

// Two to four words and a number: us-east-1, us-gov-west-1, us-iso-east-1, eusc-de-east-1. It becomes part of a host name.
const REGION_PATTERN = /^[a-z]{2,8}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;

/** True when the text has the form of a Region name; it may still not exist. */
export function isRegionName(text: string): boolean {
  return REGION_PATTERN.test(text);
}

/** The Region that was meant, and the list of all, for an error text. */
export function regionHint(typed: string): string {
  const candidates = BEDROCK_REGIONS.map((name) => ({ name, shown: name, model: name, living: true }));
  const [near] = nearest(typed, candidates, 1);
  return `${near === undefined ? '' : `Did you mean ${near}? `}Regions with Bedrock: ${BEDROCK_REGIONS.join(', ')}.`;
}

/** Gives the Region back, or throws `unreachable_region` before anything is dialled. */
export function checkRegion(region: string): string {
  if (isRegionName(region)) return region;
  throw new BedrockError('unreachable_region', {
    message: `${JSON.stringify(region.slice(0, 60))} is not the name of an AWS Region.`,
    fix: `${regionHint(region)} It is given as region, AWS_REGION or --region.`,
  });
}

/**
 * For answers that AWS has not confirmed, such as prices and lists from the catalogue: a Region that it does not know is
 * most likely mistyped, and there is nothing to say of one that is newer.
 * @param known of the catalogue.
 * @throws BedrockError `unreachable_region`.
 */
export function checkKnownRegion(typed: string, known: readonly string[]): string {
  const region = checkRegion(typed);
  if (known.includes(region)) return region;
  throw new BedrockError('unreachable_region', {
    message: `${region} is no Region with Bedrock that this server knows, so it has no list and no prices of it.`,
    fix: regionHint(region),
    field: 'region',
  });
}

export function missingRegion(): BedrockError {
  return new BedrockError('missing_region', {
    message: 'No AWS Region is configured, and the AWS profile names none.',
    fix: 'Set AWS_REGION (or AWS_DEFAULT_REGION: the plain AWS SDK for JavaScript ignores that one, this server honours it), pass --region, or add "region = us-east-1" to the profile in ~/.aws/config.',
  });
}
