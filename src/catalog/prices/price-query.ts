/** What is asked of the price book, and what it answers. */
import type { PriceUnit, Rates } from './price-file.ts';

export type ServiceTier = 'default' | 'flex' | 'priority' | 'reserved';

export interface PriceQuery {
  /** Source Region: the one whose endpoint is called. */
  readonly region?: string;
  /** Prefix of the profile that is called; absent for a call in the Region itself. */
  readonly geo?: string;
  readonly tier?: ServiceTier;
  readonly batch?: boolean;
  /** `performanceConfig.latency`. */
  readonly latency?: 'standard' | 'optimized';
  /** All input tokens, cached ones included: decides the long-context rate. */
  readonly inputTokens?: number;
  /** Alias, ID or ARN that the caller used, for negotiated rates that hang on it. */
  readonly calledAs?: string;
}

export type TokenKind = 'input' | 'output' | 'cacheRead' | 'cacheWrite5m' | 'cacheWrite1h';

/** Rates in USD per 1M tokens. A cache rate that nobody printed holds the input rate and is named in `assumed`. */
export interface PriceFound extends Rates {
  readonly known: true;
  /** The ID whose row was used. */
  readonly modelId: string;
  /** Prices of images, queries, seconds; empty for pure token models. */
  readonly units: readonly PriceUnit[];
  readonly assumed: readonly TokenKind[];
  /** Day on which the source printed the price; absent for the user's own prices. */
  readonly asOf?: string;
  /** Which row was used and what was assumed, for people. */
  readonly basis: string;
  /** `price-list`: fetched from AWS, see `price-refreshed.ts`. */
  readonly source: 'catalog' | 'price-list' | 'user';
}

export interface PriceUnknown {
  readonly known: false;
  readonly modelId: string;
  readonly reason: string;
}
