/** Who is calling: SigV4 or a Bedrock API key. Shapes and dates are checked, signatures are not. */
import type { IncomingHttpHeaders } from 'node:http';
import { Refusal } from '../refusal.ts';

export interface Caller {
  readonly kind: 'sigv4' | 'bearer';
  /** The Region of the credential scope; undefined for bearer tokens. */
  readonly region?: string;
  /** Access key ID or bearer token: words in it decide what is denied. */
  readonly key: string;
}

const SKEW_MS = 5 * 60_000;
const coral = (type: string, message: string) => new Refusal(403, type, message, { origin: 'coral' });
const denied = (message: string, origin: 'iam' | 'plain') =>
  new Refusal(403, 'AccessDeniedException', message, { origin });

/** `20261121T135849Z` */
const stamp = (time: number): string => `${new Date(time).toISOString().replace(/[-:]/g, '').slice(0, 15)}Z`;

function parseStamp(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function checkDate(amzDate: string, scopeDate: string, now: number): void {
  const time = parseStamp(amzDate);
  if (time === undefined) {
    throw coral(
      'IncompleteSignatureException',
      `Date must be in ISO-8601 'basic format'. Got '${amzDate}'. See http://en.wikipedia.org/wiki/ISO_8601`,
    );
  }
  if (time < now - SKEW_MS) {
    throw coral(
      'InvalidSignatureException',
      `Signature expired: ${amzDate} is now earlier than ${stamp(now - SKEW_MS)} (${stamp(now)} - 5 min.)`,
    );
  }
  if (time > now + SKEW_MS) {
    throw coral(
      'InvalidSignatureException',
      `Signature not yet current: ${amzDate} is still later than ${stamp(now + SKEW_MS)} (${stamp(now)} + 5 min.)`,
    );
  }
  if (!amzDate.startsWith(scopeDate)) {
    throw coral(
      'InvalidSignatureException',
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${scopeDate}' != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    );
  }
}

function checkSignature(signature: string): void {
  if (/^[0-9a-f]{64}$/.test(signature)) return;
  throw coral(
    'InvalidSignatureException',
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
  );
}

function checkScope(
  scope: { readonly service: string; readonly region: string; readonly terminator: string },
  regions: readonly string[],
): void {
  if (scope.service !== 'bedrock') {
    throw coral('InvalidSignatureException', "Credential should be scoped to correct service: 'bedrock'.");
  }
  if (!regions.includes(scope.region)) {
    throw coral('InvalidSignatureException', 'Credential should be scoped to a valid region.');
  }
  if (scope.terminator !== 'aws4_request') {
    throw coral(
      'InvalidSignatureException',
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${scope.terminator}'.`,
    );
  }
}

function sigV4(
  header: string,
  headers: IncomingHttpHeaders,
  now: number,
  regions: readonly string[],
): Caller {
  const fields = new Map<string, string>();
  for (const part of header.slice('AWS4-HMAC-SHA256'.length).split(',')) {
    const at = part.indexOf('=');
    if (at > 0) fields.set(part.slice(0, at).trim(), part.slice(at + 1).trim());
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !fields.get(name));
  const amzDate = headers['x-amz-date'];
  const complaints = missing.map((name) => `Authorization header requires '${name}' parameter.`);
  if (typeof amzDate !== 'string') {
    complaints.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const credential = fields.get('Credential') ?? '';
  const [key = '', date = '', region = '', service = '', terminator = '', ...more] = credential.split('/');
  if (missing.length === 0 && (key === '' || terminator === '' || more.length > 0)) {
    complaints.push(
      "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '[redacted]'.",
    );
  }
  if (complaints.length > 0 || typeof amzDate !== 'string') {
    throw coral('IncompleteSignatureException', complaints.join(' '));
  }
  checkSignature(fields.get('Signature') ?? '');
  checkScope({ service, region, terminator }, regions);
  checkDate(amzDate, date, now);
  if (key.includes('EXPIRED')) {
    throw coral('ExpiredTokenException', 'The security token included in the request is expired');
  }
  if (key.includes('INVALID')) {
    throw coral('UnrecognizedClientException', 'The security token included in the request is invalid.');
  }
  return { kind: 'sigv4', region, key };
}

/**
 * The caller of a request, or the refusal that AWS gives: missing or malformed signature, wrong scope,
 * a Region that is none of `regions`, a date more than five minutes off `now` (ms), and access keys that contain EXPIRED or INVALID.
 */
export function authenticate(headers: IncomingHttpHeaders, now: number, regions: readonly string[]): Caller {
  const header = headers.authorization?.trim() ?? '';
  if (header === '') throw coral('MissingAuthenticationTokenException', 'Missing Authentication Token');
  if (header.startsWith('AWS4-HMAC-SHA256')) return sigV4(header, headers, now, regions);
  if (/^bearer(?: |$)/i.test(header)) {
    const key = header.slice('bearer'.length).trim();
    if (key.includes('EXPIRED')) throw denied('Bearer Token has expired', 'plain');
    if (key === '' || key.includes('INVALID')) {
      throw denied('Invalid API Key format: Must start with pre-defined prefix', 'iam');
    }
    return { kind: 'bearer', key };
  }
  throw coral('IncompleteSignatureException', 'Unsupported AWS algorithm in the Authorization header.');
}

const DENIALS: readonly { readonly word: string; readonly denies: (action: string) => boolean }[] = [
  { word: 'DENIED', denies: () => true },
  { word: 'DENYSTREAM', denies: (action) => action === 'bedrock:InvokeModelWithResponseStream' },
  { word: 'DENYLIST', denies: (action) => action.startsWith('bedrock:List') },
  { word: 'DENYCOUNT', denies: (action) => action === 'bedrock:CountTokens' },
];

/** Refuses with IAM's wording when a word in the key denies `action` (such as `bedrock:InvokeModel`). */
export function authorize(caller: Caller, action: string, resourceArn: string, account: string): void {
  if (!DENIALS.some((row) => caller.key.includes(row.word) && row.denies(action))) return;
  const user = `arn:aws:iam::${account}:user/sandbox`;
  throw denied(
    `User: ${user} is not authorized to perform: ${action} on resource: ${resourceArn} because no identity-based policy allows the ${action} action`,
    'iam',
  );
}
