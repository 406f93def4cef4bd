/** What the AWS floor offers to the floors above. Everything it throws is a BedrockError. */
import type { JsonValue } from '../json.ts';

/** How requests are signed, decided once and said aloud: left alone, the SDK lets a bearer token beat everything. */
export type AuthMode = 'bearer' | 'sigv4';

/** The part of the configuration that this floor needs. Values are trimmed; empty means absent. */
export interface AwsSettings {
  readonly region?: string;
  readonly profile?: string;
  /** Explicit keys, taken as a whole: never mixed with an ambient session token. */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly sessionToken?: string;
  readonly bearerToken?: string;
  readonly runtimeEndpoint?: string;
  readonly controlEndpoint?: string;
  /** ms */
  readonly connectTimeoutMs: number;
  /** Longest silence, before and between events, ms. */
  readonly idleTimeoutMs: number;
  /** HTTP/1.1 sockets per client; the handler's default of 50 queues the rest. */
  readonly maxSockets: number;
}

export interface CallLimits {
  readonly signal?: AbortSignal;
  /** Longest silence for this call, ms; the setting when absent. */
  readonly idleTimeoutMs?: number;
  /** Total time for this call, ms; no limit when absent. */
  readonly totalTimeoutMs?: number;
  /** The limit that the caller set, ms, where waiting and reading have taken some of it already; for the message. */
  readonly askedTimeoutMs?: number;
}

/** What the response headers said: `x-amzn-bedrock-*-token-count` and the like. Tokens; absent = not sent. */
export interface ResponseHeaders {
  readonly requestId?: string;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
  readonly latencyMs?: number;
}

/** `input` is Converse's request without modelId, in the SDK's member names. `output`/`events` are the SDK's output, untyped on purpose: the codec shape-checks them. */
export interface ConverseCall {
  readonly region: string;
  readonly modelId: string;
  readonly input: Readonly<Record<string, unknown>>;
}
export interface NativeCall {
  readonly region: string;
  readonly modelId: string;
  readonly body: JsonValue;
  readonly guardrailIdentifier?: string;
  readonly guardrailVersion?: string;
  readonly trace?: 'ENABLED' | 'DISABLED' | 'ENABLED_FULL';
  readonly performanceConfigLatency?: 'standard' | 'optimized';
  readonly serviceTier?: string;
  readonly requestMetadata?: Readonly<Record<string, string>>;
}
export interface WholeAnswer {
  readonly output: unknown;
  readonly headers: ResponseHeaders;
  /** What happened on the way, such as credentials that had to be read again. */
  readonly warnings?: readonly string[];
}
export interface StreamedAnswer {
  /** Converse: SDK output events. Native: each chunk parsed from JSON. Throws BedrockError in the middle when the stream breaks; simply ends when the service ends it. */
  readonly events: AsyncIterable<unknown>;
  readonly headers: ResponseHeaders;
  readonly warnings?: readonly string[];
}

export interface BedrockRuntime {
  converse(call: ConverseCall, limits: CallLimits): Promise<WholeAnswer>;
  converseStream(call: ConverseCall, limits: CallLimits): Promise<StreamedAnswer>;
  /** `output` is the body parsed from JSON. */
  invoke(call: NativeCall, limits: CallLimits): Promise<WholeAnswer>;
  invokeStream(call: NativeCall, limits: CallLimits): Promise<StreamedAnswer>;
  /** Tokens that Bedrock would bill as input. `input` is CountTokens' `input` member. modelId must be a bare ID. */
  countTokens(
    call: { region: string; modelId: string; input: Readonly<Record<string, unknown>> },
    limits: CallLimits,
  ): Promise<number>;
  close(): void;
}

/** One inference profile as the account sees it. */
export interface LiveProfile {
  readonly id: string;
  readonly arn: string;
  readonly name: string;
  readonly type: 'SYSTEM_DEFINED' | 'APPLICATION';
  readonly status: string;
  readonly description?: string;
  /** Bare model IDs behind it (usually one, repeated per Region in AWS's answer, here made unique). */
  readonly modelIds: readonly string[];
  /** Regions that may serve it. Contains `*` for the Region-less ARN of global profiles. */
  readonly regions: readonly string[];
  readonly createdAt?: string;
  readonly updatedAt?: string;
}

/** One row of ListFoundationModels. */
export interface LiveModel {
  readonly id: string;
  readonly name?: string;
  readonly provider?: string;
  readonly inputModalities: readonly string[];
  readonly outputModalities: readonly string[];
  readonly streaming?: boolean;
  /** `ON_DEMAND`, `PROVISIONED`, `INFERENCE_PROFILE` (the SDK's enum lacks it, the value passes). */
  readonly inferenceTypes: readonly string[];
  readonly lifecycle?: string;
  readonly endOfLifeDate?: string;
  readonly legacyDate?: string;
}

/** What AWS answered for one Region. Either half may be missing when the identity may not list it. */
export interface LiveCatalog {
  readonly region: string;
  readonly profiles?: readonly LiveProfile[];
  readonly models?: readonly LiveModel[];
  /** Why a half is missing. */
  readonly errors: readonly import('../bedrock-error.ts').BedrockError[];
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
}

export interface BedrockControl {
  /** ListInferenceProfiles (both types) + ListFoundationModels, merged, paginated (at most 20 pages, stops on a repeated token), cached per Region with a TTL, stale-while-revalidate, one request in flight. */
  live(
    region: string,
    options?: { readonly signal?: AbortSignal; readonly fresh?: boolean },
  ): Promise<LiveCatalog>;
  /** The newest cached answer without any network, however old; undefined when there was none. */
  cached(region: string): LiveCatalog | undefined;
  /** Bare model IDs behind any profile, provisioned, deployment, imported or router ARN (GetInferenceProfile ...). Cached 24 h. */
  modelsBehind(
    arnOrId: string,
    region: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<readonly string[]>;
  close(): void;
}
