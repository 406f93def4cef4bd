/**
 * Fetches the AWS Price List: the bulk JSON documents that AWS publishes for everyone, without IAM
 * (https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html).
 */
import { BedrockError } from '../../bedrock-error.ts';
import type { FetchedRegion, RefreshedPrices } from '../../catalog/prices/price-refreshed.ts';
import { isJsonObject, type JsonObject } from '../../json.ts';
import { webFetch } from '../../net/web-fetch.ts';
import { type KnownModels, RegionRows, type RowsReport } from './rows.ts';

export const PRICE_LIST_URL = 'https://pricing.us-east-1.amazonaws.com';
/** Prices of Bedrock are spread over three service codes; each holds models that the others lack. */
export const SERVICE_CODES = [
  'AmazonBedrock',
  'AmazonBedrockFoundationModels',
  'AmazonBedrockService',
] as const;

export interface PriceListOptions {
  readonly regions: readonly string[];
  readonly known: KnownModels;
  /** Day of the fetch, ISO. */
  readonly today: string;
  /** In place of AWS's own address. */
  readonly baseUrl?: string;
  readonly signal?: AbortSignal;
  /** For one document, ms. */
  readonly timeoutMs?: number;
  /** Bytes of one document; AWS's are 1 to 50 MB. */
  readonly maxBytes?: number;
}

export interface FetchedPrices {
  readonly prices: RefreshedPrices;
  readonly reports: readonly (RowsReport & {
    readonly region: string;
    readonly missing: readonly string[];
  })[];
}

const TIMEOUT_MS = 120_000;
const MAX_BYTES = 64 * 1024 * 1024;
const REGION = /^[a-z]{2,5}(?:-[a-z]{2,10}){1,3}-\d{1,2}$/;
const DAY = /^\d{4}-\d{2}-\d{2}/;

/**
 * The prices of some Regions, one document after the other so that only one is in memory. All or nothing.
 * @throws BedrockError `invalid_request`, `network`, `timeout`, `cancelled`, `not_bedrock`, `service_error`.
 */
export async function fetchPriceList(options: PriceListOptions): Promise<FetchedPrices> {
  const regions: FetchedRegion[] = [];
  const reports: FetchedPrices['reports'][number][] = [];
  for (const region of new Set(options.regions)) {
    if (!REGION.test(region)) {
      throw new BedrockError('invalid_request', {
        message: `"${region.slice(0, 40)}" is no AWS Region.`,
        fix: 'Name a Region such as us-east-1.',
        field: 'region',
      });
    }
    const { fetched, report, missing } = await fetchRegion(region, options);
    regions.push(fetched);
    reports.push({ ...report, region, missing });
  }
  return { prices: { asOf: options.today, regions }, reports };
}

async function fetchRegion(
  region: string,
  options: PriceListOptions,
): Promise<{ fetched: FetchedRegion; report: RowsReport; missing: string[] }> {
  const collected = new RegionRows(region, options.known);
  const missing: string[] = [];
  const published: string[] = [];
  for (const code of SERVICE_CODES) {
    const document = await fetchDocument(code, region, options);
    if (document === undefined) missing.push(code);
    else {
      published.push(document.published);
      collected.add(code, document.products, document.onDemand);
    }
  }
  const rows = collected.rows();
  const [newest] = published.sort().reverse();
  if (newest === undefined || rows.length === 0) {
    throw new BedrockError('not_bedrock', {
      message: `The AWS Price List holds no Bedrock prices that are understood for ${region}.`,
      fix: 'Check the Region. The built-in prices stay in use.',
    });
  }
  return {
    fetched: { region, asOf: options.today, published: newest, rows },
    report: collected.report,
    missing,
  };
}

interface Document {
  readonly published: string;
  readonly products: JsonObject;
  readonly onDemand: JsonObject;
}

/** @returns undefined when AWS has no such document: not every code is sold in every Region. */
async function fetchDocument(
  code: string,
  region: string,
  options: PriceListOptions,
): Promise<Document | undefined> {
  const url = `${(options.baseUrl ?? PRICE_LIST_URL).replace(/\/$/, '')}/offers/v1.0/aws/${code}/current/${region}/index.json`;
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout]);
  let text: string | undefined;
  try {
    const response = await webFetch(url, {
      signal,
      redirect: 'error',
      headers: { accept: 'application/json' },
    });
    // The documents lie in S3, which answers 403 for what is not there.
    if (response.status === 403 || response.status === 404) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new BedrockError('service_error', {
        message: `The AWS Price List answered ${response.status} for ${code} in ${region}.`,
        fix: 'Try again later. The built-in prices stay in use.',
        retryable: true,
        httpStatus: response.status,
      });
    }
    text = await bodyOf(response, options.maxBytes ?? MAX_BYTES, url);
  } catch (error) {
    throw error instanceof BedrockError ? error : failure(error, url, options.signal, timeout);
  }
  return readDocument(text, code, url);
}

/** Counted while it arrives: a length header may be missing or wrong. */
async function bodyOf(response: Response, maxBytes: number, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new BedrockError('not_bedrock', {
        message: `${url} is larger than ${maxBytes} bytes, which no price list is.`,
        fix: 'Check the address of the price list and what lies between it and this machine.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function failure(
  cause: unknown,
  url: string,
  caller: AbortSignal | undefined,
  timeout: AbortSignal,
): BedrockError {
  if (caller?.aborted === true) {
    return new BedrockError('cancelled', {
      message: 'The refresh was cancelled.',
      fix: 'Run it again.',
      cause,
    });
  }
  if (timeout.aborted) {
    return new BedrockError('timeout', {
      message: `${url} did not arrive in time.`,
      fix: 'Try again on a faster connection. The built-in prices stay in use.',
      retryable: true,
      cause,
    });
  }
  // fetch says only that it failed; what happened stands further inside.
  let inner = cause;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  const why = (inner instanceof Error ? inner.message : String(inner)).replace(/\.$/, '');
  return new BedrockError('network', {
    message: `${url} cannot be fetched: ${why}.`,
    fix: 'Allow outgoing HTTPS to pricing.us-east-1.amazonaws.com, or set HTTPS_PROXY. The built-in prices stay in use.',
    retryable: true,
    cause,
  });
}

function readDocument(text: string, code: string, url: string): Document {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    data = undefined;
  }
  if (isJsonObject(data) && data['offerCode'] === code) {
    const { products, terms, publicationDate } = data;
    const onDemand = isJsonObject(terms) ? terms['OnDemand'] : undefined;
    const day = typeof publicationDate === 'string' ? DAY.exec(publicationDate)?.[0] : undefined;
    if (isJsonObject(products) && isJsonObject(onDemand) && day !== undefined) {
      return { published: day, products, onDemand };
    }
  }
  throw new BedrockError('not_bedrock', {
    message: `${url} did not answer with a price list of ${code}.`,
    fix: 'A proxy or a portal may have answered in its place. The built-in prices stay in use.',
  });
}
