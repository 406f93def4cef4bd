/** What Bedrock says only in HTTP headers: token counts of native calls, latency, request ID. Pure. */
import type { ResponseHeaders } from './types.ts';

/** Header names are lower case, as Node gives them. */
export type HeaderBag = Readonly<Record<string, string | undefined>>;

function count(headers: HeaderBag, name: string): number | undefined {
  const text = headers[name];
  if (text === undefined || !/^\d{1,15}$/.test(text.trim())) return undefined;
  return Number(text);
}

/**
 * Reads the `x-amzn-bedrock-*` headers. Counts are tokens, latency is ms; what was not sent, or is not a
 * whole number, is left out. The SDK does not expose these headers itself.
 */
export function readResponseHeaders(headers: HeaderBag): ResponseHeaders {
  const found: Record<keyof ResponseHeaders, string | number | undefined> = {
    requestId: headers['x-amzn-requestid'] ?? headers['x-amz-request-id'],
    inputTokens: count(headers, 'x-amzn-bedrock-input-token-count'),
    outputTokens: count(headers, 'x-amzn-bedrock-output-token-count'),
    cacheReadInputTokens: count(headers, 'x-amzn-bedrock-cache-read-input-token-count'),
    cacheWriteInputTokens: count(headers, 'x-amzn-bedrock-cache-write-input-token-count'),
    latencyMs: count(headers, 'x-amzn-bedrock-invocation-latency'),
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** Wait that the service asked for, ms: `x-amz-retry-after` (ms) before `retry-after` (seconds or a date). */
export function readRetryAfterMs(headers: HeaderBag, now: number): number | undefined {
  const ms = count(headers, 'x-amz-retry-after');
  if (ms !== undefined) return ms;
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d{1,9}(?:\.\d{1,6})?$/.test(text)) return Math.round(Number(text) * 1000);
  // Date.parse reads almost anything as a year; an HTTP date starts with a weekday.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
