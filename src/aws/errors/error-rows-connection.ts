/** Before Bedrock itself has a say: DNS, TLS, proxies, broken connections, credentials, the clock. */

import { regionHint } from '../regions.ts';
import { type ErrorRow, region, said } from './error-row.ts';
import type { Failure } from './failure.ts';

const host = (f: Failure): string =>
  f.endpoint === undefined ? `Bedrock in ${region(f)}` : f.endpoint.slice(0, 200);
const source = (f: Failure): string => (f.authSource === undefined ? '' : ` (${f.authSource})`);
const code = (f: Failure): string => (f.socketCode === undefined ? '' : ` (${f.socketCode})`);

/** A profile name ready for a shell. */
function quoted(profile: string): string {
  return /^[\w.@-]{1,100}$/.test(profile) ? profile : `'${profile.slice(0, 100).replaceAll("'", '')}'`;
}

function login(f: Failure): string {
  const command = f.text.includes('aws login') && !f.text.includes('sso') ? 'aws login' : 'aws sso login';
  return `${command}${f.profile === undefined ? '' : ` --profile ${quoted(f.profile)}`}`;
}

function renew(f: Failure): string {
  if (f.authMode === 'bearer') {
    return 'Create a new Bedrock API key (Bedrock console, API keys), set AWS_BEARER_TOKEN_BEDROCK to it and restart the server.';
  }
  if (f.profile !== undefined) {
    return `Run: ${login(f)} (or renew the keys of that profile), then call again; no restart is needed.`;
  }
  if (f.authSource === 'default chain') {
    return 'Renew the credentials (for SSO: aws sso login), then call again; no restart is needed.';
  }
  return 'Set fresh AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN and restart the server, or use AWS_PROFILE.';
}

const isProviderError = (f: Failure): boolean =>
  f.name === 'credentialsprovidererror' || f.name === 'tokenprovidererror' || f.name === 'providererror';

export const CONNECTION_ROWS: readonly ErrorRow[] = [
  {
    code: 'unreachable_region',
    sockets: ['ENOTFOUND'],
    when: (f) => f.endpoint === undefined,
    message: (f) => `The host name of Bedrock in ${region(f)} cannot be resolved.`,
    fix: (f) => `Check the Region name and this machine's DNS. ${regionHint(f.region ?? '')}`,
  },
  {
    code: 'network',
    sockets: ['ENOTFOUND', 'EAI_AGAIN'],
    message: (f) => `The host name of ${host(f)} cannot be resolved${code(f)}.`,
    fix: "Check this machine's DNS and connection, and the endpoint override (AWS_ENDPOINT_URL_BEDROCK_RUNTIME) if one is set.",
    retryable: true,
  },
  {
    code: 'network',
    sockets: ['ERR_CONNECT_TIMEOUT'],
    message: (f) => `No connection to ${host(f)} within the connection time limit.`,
    fix: 'Check the network, the firewall, HTTPS_PROXY / NO_PROXY and the VPC endpoint.',
    retryable: true,
  },
  {
    code: 'network',
    sockets: ['ECONNREFUSED'],
    message: (f) => `Nothing answers at ${host(f)}${code(f)}.`,
    fix: (f) =>
      f.endpoint === undefined
        ? 'Check HTTPS_PROXY / NO_PROXY, the firewall and the VPC endpoint.'
        : 'Start the server behind the endpoint override, or unset AWS_ENDPOINT_URL_BEDROCK_RUNTIME / AWS_ENDPOINT_URL_BEDROCK / AWS_ENDPOINT_URL.',
    retryable: true,
  },
  {
    code: 'network',
    when: (f) => /CERT|^ERR_TLS_|^ERR_SSL_|^EPROTO$/.test(f.socketCode ?? ''),
    message: (f) => `The TLS connection to ${host(f)} failed${code(f)}.`,
    fix: 'If a company proxy inspects TLS, set NODE_EXTRA_CA_CERTS to its root certificate (a PEM file).',
  },
  {
    code: 'not_bedrock',
    statuses: [407],
    message: () => 'A proxy asks for credentials (HTTP 407).',
    fix: 'Put them into HTTPS_PROXY (http://user:password@proxy:port), or add the host to NO_PROXY.',
  },
  {
    code: 'not_bedrock',
    when: (f) => /^HPE_/.test(f.socketCode ?? ''),
    message: (f) => `What answers at ${host(f)} does not speak HTTP${code(f)}.`,
    fix: 'Check the endpoint override and the proxy settings.',
  },
  {
    code: 'not_bedrock',
    statuses: [502, 503, 504],
    when: (f) => f.page,
    message: (f) => `A gateway in front of ${host(f)} answered with an error page (HTTP ${f.status ?? 0}).`,
    fix: 'Try again; if it stays, check the gateway or proxy and the endpoint override.',
    retryable: true,
  },
  {
    code: 'not_bedrock',
    when: (f) => f.page || [301, 302, 303, 307, 308].includes(f.status ?? 0),
    message: (f) =>
      `Not Bedrock but a web page or a redirect answered at ${host(f)}${f.status === undefined ? '' : ` (HTTP ${f.status})`}.`,
    fix: 'A proxy, a captive portal or a gateway stands in between: sign in to the network, or check HTTPS_PROXY / NO_PROXY and the endpoint override.',
  },
  {
    code: 'incomplete',
    texts: ['truncated event message'],
    message: () => 'The stream ended in the middle of an event.',
    fix: 'Call again if the text so far is not enough; a proxy between here and Bedrock may cut long answers.',
  },
  {
    code: 'network',
    texts: ['checksum', 'prelude', 'unrecognizable event type', 'message length is too short'],
    when: (f) => f.name === 'error' || f.name === 'rangeerror',
    message: () => 'The stream was damaged on its way: a checksum or a length is wrong.',
    fix: 'Call again; if it stays, something between here and Bedrock rewrites the stream (proxy, gateway).',
  },
  {
    code: 'incomplete',
    names: ['syntaxerror'],
    when: (f) => f.status !== undefined && f.status < 300,
    message: () => 'The answer is not complete: its JSON ends early or is damaged.',
    fix: 'Call again; if it stays, something between here and Bedrock cuts or rewrites answers (proxy, gateway).',
  },
  {
    code: 'not_bedrock',
    names: ['syntaxerror'],
    when: (f) => f.status !== 429 && f.status !== 503 && f.status !== 529,
    message: (f) =>
      `Something that is not Bedrock answered at ${host(f)}${f.status === undefined ? '' : ` (HTTP ${f.status})`}.`,
    fix: 'Check HTTPS_PROXY / NO_PROXY, the gateway and the endpoint override.',
  },
  {
    code: 'network',
    sockets: [
      'ECONNRESET',
      'EPIPE',
      'ETIMEDOUT',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENETDOWN',
      'ECONNABORTED',
      'ERR_STREAM_PREMATURE_CLOSE',
      'ERR_SOCKET_CLOSED',
    ],
    message: (f) => `The connection to ${host(f)} broke${code(f)}.`,
    fix: 'Try again. If calls break after about 350 s of silence, a NAT gateway or VPC endpoint drops idle connections: stream the answer.',
    retryable: true,
  },
  {
    code: 'network',
    texts: ['socket hang up', 'aborted', 'premature close'],
    names: ['error', 'timeouterror'],
    message: (f) => `The connection to ${host(f)} broke.`,
    fix: 'Try again.',
    retryable: true,
  },
];

export const CREDENTIAL_ROWS: readonly ErrorRow[] = [
  {
    code: 'missing_region',
    texts: ['region is missing'],
    message: () => 'No AWS Region is configured.',
    fix: 'Set AWS_REGION (or AWS_DEFAULT_REGION, which this server honours although the plain SDK ignores it), or pass --region.',
  },
  {
    code: 'unreachable_region',
    texts: ['region not accepted'],
    message: (f) => `The AWS SDK does not accept the Region ${region(f)}.`,
    fix: (f) => regionHint(f.region ?? ''),
  },
  {
    // AWS's words where a request reaches an endpoint under the name of a Region that there is not.
    code: 'unreachable_region',
    texts: ['scoped to a valid region'],
    message: (f) => `AWS knows no Region ${region(f)}.`,
    fix: (f) => regionHint(f.region ?? ''),
  },
  {
    code: 'expired_credentials',
    when: (f) => isProviderError(f) && /\bsso\b|aws login|expired|reauthenticate/.test(f.text),
    message: (f) => `The sign-in behind the credentials${source(f)} has expired or was never made.`,
    fix: (f) => `Run: ${login(f)}, then call again; no restart is needed.`,
  },
  {
    code: 'no_credentials',
    when: (f) => isProviderError(f),
    message: (f) =>
      `No AWS credentials could be loaded${source(f)}.${said(f).replace('AWS says', 'The SDK says')}`,
    fix: (f) =>
      f.profile === undefined
        ? 'Tried: environment keys, SSO, ~/.aws files, credential process, web identity, container and instance roles. Set AWS_PROFILE, AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK (a Bedrock API key).'
        : `Check that the profile exists and is complete: aws configure list --profile ${quoted(f.profile)}. For SSO run: aws sso login --profile ${quoted(f.profile)}.`,
  },
  {
    code: 'no_credentials',
    texts: [
      'could not load credentials',
      'could not resolve credentials',
      'credential is missing',
      'credential object is not valid',
      "the 'token' is not defined",
    ],
    message: (f) => `No usable AWS credentials were found${source(f)}.`,
    fix: 'Set AWS_PROFILE, AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, or AWS_BEARER_TOKEN_BEDROCK (a Bedrock API key).',
  },
  {
    code: 'clock_skew',
    texts: ['signature expired', 'signature not yet current', 'is now earlier than', 'is now later than'],
    message: (f) => `The clock of this machine is wrong, so AWS refuses the signature.${said(f)}`,
    fix: 'Synchronise the clock: sudo timedatectl set-ntp true (Linux), sudo sntp -sS time.apple.com (macOS), w32tm /resync (Windows).',
  },
  {
    code: 'clock_skew',
    names: ['requestexpired', 'requesttimetooskewed', 'requestinthefuture'],
    message: () => 'The clock of this machine is wrong, so AWS refuses the signature.',
    fix: 'Synchronise the clock: sudo timedatectl set-ntp true (Linux), sudo sntp -sS time.apple.com (macOS), w32tm /resync (Windows).',
  },
  {
    code: 'expired_credentials',
    when: (f) =>
      f.name === 'expiredtokenexception' ||
      f.name === 'expiredtoken' ||
      f.name === 'tokenrefreshrequired' ||
      /(?:token|api key|credentials) (?:included in the request is |has |have |is )expired/.test(f.text),
    message: (f) => `The AWS credentials${source(f)} have expired.`,
    fix: renew,
  },
  {
    code: 'invalid_credentials',
    texts: [
      'make sure your api key is valid',
      'invalid api key',
      'bearer token is invalid',
      'invalid bearer token',
    ],
    message: (f) => `AWS does not accept the Bedrock API key${source(f)}.`,
    fix: 'Check AWS_BEARER_TOKEN_BEDROCK (a Bedrock API key, without quotes); it beats every other credential. Unset it to use AWS_PROFILE or access keys.',
  },
  {
    code: 'invalid_credentials',
    names: [
      'unrecognizedclientexception',
      'invalidclienttokenid',
      'invalidsignatureexception',
      'signaturedoesnotmatch',
      'incompletesignatureexception',
      'incompletesignature',
      'missingauthenticationtokenexception',
      'missingauthenticationtoken',
      'invalidaccesskeyid',
      'authfailure',
    ],
    message: (f) => `AWS does not accept the credentials${source(f)}.${said(f)}`,
    fix: (f) =>
      f.authMode === 'bearer'
        ? 'Check AWS_BEARER_TOKEN_BEDROCK: it must be a current Bedrock API key. Unset it to use AWS_PROFILE or access keys.'
        : f.profile === undefined
          ? 'Check that access key, secret and session token belong together (keys that start with ASIA need AWS_SESSION_TOKEN), and that an opt-in Region is enabled for the account. Test with: aws sts get-caller-identity'
          : `Check the keys of the profile, and that an opt-in Region is enabled for the account. Test with: aws sts get-caller-identity --profile ${quoted(f.profile)}`,
  },
  {
    code: 'invalid_credentials',
    sockets: ['ERR_INVALID_CHAR'],
    message: (f) => `The credentials${source(f)} contain a character that cannot be sent.`,
    fix: 'Set them again without line breaks, blanks or quotes.',
  },
];
