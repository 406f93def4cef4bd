/** Files from the web: https only, from the hosts that the owner named, every redirect checked like the first address. */
import { isIP, isIPv6 } from 'node:net';
import { posix } from 'node:path';
import { cancelledError } from '../aws/errors/errors.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { webFetch } from '../net/web-fetch.ts';
import { joined } from './local-file.ts';
import { fileRefusal, quoted } from './refusal.ts';
import type { SizeLimit } from './size-limit.ts';

const MOST_REDIRECTS = 5;
const TIME_LIMIT = 30_000; // ms, redirects and body included

export interface RemoteFile {
  readonly bytes: Uint8Array;
  /** Last part of the address that was asked for; the host when it has none. */
  readonly name: string;
}
export interface RemoteReading {
  /** The argument that asks, for errors. */
  readonly field: string;
  /** Host names, `*.example.com` for sub-domains, with `:port` when it is not 443. */
  readonly hosts: readonly string[];
  readonly limit: SizeLimit;
  readonly signal: AbortSignal;
  readonly fetch: typeof webFetch;
}

/**
 * Fetches one file within 30 seconds.
 * @throws BedrockError `file` (address not allowed, not reachable, not 2xx, too large) or `cancelled`.
 */
export async function readRemoteFile(address: string, reading: RemoteReading): Promise<RemoteFile> {
  const { field, signal } = reading;
  const first = checkedUrl(address, reading, `${field} `);
  const late = AbortSignal.timeout(TIME_LIMIT);
  const either = AbortSignal.any([signal, late]);
  try {
    const response = await follow(first, { ...reading, signal: either });
    return { bytes: await readBody(response, reading.limit), name: nameOf(first) };
  } catch (error) {
    if (signal.aborted) throw cancelledError('Reading files');
    if (late.aborted) {
      throw fileRefusal(
        field,
        `${field}: ${shownUrl(first)} did not come within ${TIME_LIMIT / 1000} seconds.`,
        'Call again later, or give the file as a path or base64.',
        error,
      );
    }
    throw error instanceof BedrockError ? error : unreachable(field, first, error);
  }
}

async function follow(first: URL, reading: RemoteReading): Promise<Response> {
  const { field, fetch: get } = reading;
  let url = first;
  for (let redirects = 0; ; redirects += 1) {
    const response = await get(url, { redirect: 'manual', signal: reading.signal });
    if (response.ok) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      throw fileRefusal(
        field,
        `${field}: ${shownUrl(url)} answered HTTP ${response.status}.`,
        'Check the address; addresses that need a login cannot be read.',
      );
    }
    if (redirects === MOST_REDIRECTS) {
      throw fileRefusal(
        field,
        `${field}: ${shownUrl(first)} redirects more than ${MOST_REDIRECTS} times.`,
        'Give the final address.',
      );
    }
    url = checkedUrl(location, reading, `${field} redirects to an address that `, url);
  }
}

async function readBody(response: Response, limit: SizeLimit): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  try {
    const length = Number(response.headers.get('content-length') ?? 0);
    if (length > 0) limit.expect(length);
    const chunks: Uint8Array[] = [];
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return joined(chunks);
      // What counts is what comes out of the decompression.
      limit.add(value.length);
      chunks.push(value);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function checkedUrl(address: string, { field, hosts }: RemoteReading, subject: string, base?: URL): URL {
  const url = URL.canParse(address, base?.href) ? new URL(address, base?.href) : undefined;
  if (url === undefined) throw fileRefusal(field, `${subject}is no valid URL.`, 'Write https://host/path.');
  if (url.protocol !== 'https:') {
    const scheme = quoted(url.protocol.slice(0, -1));
    throw fileRefusal(
      field,
      `${subject}has the scheme ${scheme}; only https is fetched.`,
      'Give an https:// URL.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw fileRefusal(
      field,
      `${subject}carries a user name or password.`,
      'Give a URL without them, or the file as a path or base64.',
    );
  }
  if (!isAllowedHost(url, hosts)) {
    throw fileRefusal(
      field,
      `${subject}is on ${quoted(url.host)}, from where files may not be fetched.`,
      hosts.length === 0
        ? 'Set BEDROCK_MCP_FILE_HOSTS (or --file-hosts) to the hosts that may be fetched from, or give the file as a path or base64.'
        : `Allowed are ${hosts.slice(0, 10).join(', ')} (BEDROCK_MCP_FILE_HOSTS); or give the file as a path or base64.`,
    );
  }
  return url;
}

/** True when a listed host covers the URL's host and port (443 unless the list names another). */
export function isAllowedHost(url: URL, hosts: readonly string[]): boolean {
  const host = bareHost(url);
  const port = url.port;
  // Addresses and this machine's own names are never sub-domains of anything.
  const exactOnly =
    isIP(host.replace(/^\[|\]$/g, '')) !== 0 || host === 'localhost' || host.endsWith('.localhost');
  return hosts.some((entry) => {
    const listed = listedHost(entry);
    if (listed === undefined || listed.port !== port) return false;
    const pattern = bareHost(listed);
    if (!pattern.startsWith('*.')) return pattern === host;
    return !exactOnly && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
  });
}

/** The entry read like a URL's host, so that both are written in the same way (case, IPv6, numbers). */
function listedHost(entry: string): URL | undefined {
  const trimmed = entry.trim();
  if (trimmed === '' || /[/\\@?#]/.test(trimmed)) return undefined;
  const address = `https://${isIPv6(trimmed) ? `[${trimmed}]` : trimmed}/`;
  return URL.canParse(address) ? new URL(address) : undefined;
}

function bareHost(url: URL): string {
  return url.hostname.toLowerCase().replace(/\.$/, '');
}

/** Without the query: signed addresses carry their secret there. */
function shownUrl(url: URL): string {
  return quoted(`https://${url.host}${url.pathname}`);
}

function nameOf(url: URL): string {
  const last = posix.basename(url.pathname);
  try {
    return decodeURIComponent(last) || url.hostname;
  } catch {
    return last;
  }
}

function unreachable(field: string, url: URL, error: unknown): Error {
  // fetch says only that it failed; what happened stands further inside.
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  const message = cause instanceof Error ? cause.message : '';
  const isProxy = /proxy/i.test(message);
  const said = isProxy
    ? message
    : cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
      ? cause.code
      : '';
  const code = said === '' ? '' : ` (${said})`;
  return fileRefusal(
    field,
    `${field}: ${shownUrl(url)} could not be fetched${code}.`,
    `Check the address and ${isProxy ? 'HTTPS_PROXY' : 'the network'}, or give the file as a path or base64.`,
    error,
  );
}
