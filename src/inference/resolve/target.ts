/** What to call: identifier, Region and model of one request. */
import type { LiveCatalog } from '../../aws/types.ts';
import type { ModelIdentifier } from '../../catalog/models/model-id.ts';
import type { ModelRecord } from '../../catalog/types.ts';

export interface TargetPolicy {
  readonly allowGlobal: boolean;
  /** Geographies whose profiles may be used, `global` aside; empty = every geography offered in the Region. */
  readonly allowGeos: readonly string[];
  /** Other Regions that calls may go to, in the operator's order. */
  readonly allowRegions: readonly string[];
}

export interface Target {
  /** What goes on the wire: bare model ID, profile ID or ARN. */
  readonly modelId: string;
  /** Region whose endpoint is called. */
  readonly region: string;
  readonly via: 'on-demand' | 'inference-profile' | 'arn' | 'as given';
  readonly model: ModelRecord;
  readonly geo?: string;
  /** Regions that may serve the call; absent = only `region`, `['*']` = any commercial Region. */
  readonly servedBy?: readonly string[];
}

export interface TargetPlan {
  readonly targets: readonly [Target, ...Target[]];
  readonly warnings: readonly string[];
  readonly basis: 'live' | 'catalogue' | 'as given';
}

export interface PlanInput {
  /** What the caller typed. */
  readonly requested: string;
  /** The parsed name, aliases already followed. */
  readonly identifier: ModelIdentifier;
  readonly model: ModelRecord;
  readonly region: string;
  /** What AWS said about a Region; undefined when it was not asked or did not answer. */
  readonly live: (region: string) => LiveCatalog | undefined;
  /** Prefixes offered in a Region, country before continent, global last. */
  readonly geoPrefixes: (region: string) => readonly string[];
  readonly policy: TargetPolicy;
  /** Bedrock refused this identifier in this Region before. */
  readonly refused: (sentId: string, region: string) => boolean;
}
