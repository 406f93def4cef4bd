/** The contract of the embedded Bedrock: how it is started, what it remembers, how it is made to fail. */
import type { ModelRecord } from '../catalog/types.ts';
import type { JsonValue } from '../json.ts';

export const OPERATIONS = [
  'Converse',
  'ConverseStream',
  'InvokeModel',
  'InvokeModelWithResponseStream',
  'CountTokens',
  'ListInferenceProfiles',
  'GetInferenceProfile',
  'ListFoundationModels',
  'GetFoundationModel',
] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface SandboxOptions {
  /** TCP port on 127.0.0.1; 0 (the default) takes a free one. */
  readonly port?: number;
  /** Pause between two text deltas of a stream, ms. Default 0. */
  readonly chunkDelayMs?: number;
  /** Region of requests with a bearer token, which do not name one. Default `us-east-1`. */
  readonly region?: string;
  /** Twelve-digit AWS account of the caller. */
  readonly account?: string;
  readonly throttle?: ThrottleOptions;
  /**
   * When a bare model ID is refused with "on-demand throughput isn't supported": as the catalogue says (default),
   * for every model that has an inference profile here (`all`), or never (`none`).
   */
  readonly onDemandRefused?: 'as-catalogue' | 'all' | 'none';
  /** Models past their end of life: refused with 404 like Bedrock (default), or served, to show old formats. */
  readonly retired?: 'refuse' | 'serve';
  /** Application inference profiles of the account: twelve-character ID to bare model ID. */
  readonly applicationProfiles?: Readonly<Record<string, string>>;
  /** Any other ARN that may be invoked (imported, provisioned, custom deployment, router): ARN to bare model ID. */
  readonly arns?: Readonly<Record<string, string>>;
  readonly faults?: readonly SandboxFault[];
  /** The models offered. Default: the catalogue. */
  readonly models?: readonly ModelRecord[];
}

export interface ThrottleOptions {
  /** So many model calls are throttled before the first one is served. */
  readonly first?: number;
  /** More model calls than this at the same time are throttled. */
  readonly concurrent?: number;
  /** Sent as `retry-after` when set, seconds. */
  readonly retryAfterSeconds?: number;
}

/** A magic prompt applied to requests that do not contain it. */
export interface SandboxFault {
  /** A magic prompt with its argument, such as `sandbox:throttle` or `sandbox:slow 20`. */
  readonly prompt: string;
  readonly operation?: Operation;
  /** Text that the model identifier as sent contains, such as `us.` or a whole ID. */
  readonly modelId?: string;
  readonly region?: string;
  /** How many requests it hits; all when left out. */
  readonly times?: number;
}

export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  /** Part of cacheWriteTokens that was written for one hour. */
  readonly cacheWrite1hTokens: number;
}

export type RequestState = 'in-flight' | 'completed' | 'aborted' | 'failed';

/** One request as it was received and answered. Changes until `state` is no longer `in-flight`. */
export interface SandboxRequest {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  operation?: Operation;
  /** The identifier as sent (decoded). */
  modelId?: string;
  /** The bare model ID it led to. */
  model?: string;
  /** From the SigV4 credential scope, or the sandbox's own for bearer tokens. */
  region?: string;
  auth: 'none' | 'sigv4' | 'bearer';
  accessKeyId?: string;
  /** The parsed request body; left out above 1 MB. */
  body?: JsonValue;
  /** completed: answered whole. aborted: the client went away. failed: refused, or broken on purpose. */
  state: RequestState;
  status?: number;
  /** The AWS exception name of a refusal or of an exception frame. */
  error?: string;
  usage?: TokenUsage;
  /** Milliseconds since the epoch. */
  endedAt?: number;
}

export interface SandboxRecord {
  /** Newest last; at most 5,000 are kept. */
  readonly requests: readonly SandboxRequest[];
  /** Requests whose client went away before the answer was complete. */
  readonly aborted: number;
  readonly inFlight: number;
}

export interface Sandbox {
  /** Such as `http://127.0.0.1:41234`: the endpoint for both the runtime and the control client. */
  readonly url: string;
  readonly port: number;
  readonly record: SandboxRecord;
  /** Adds a fault; it applies to the next matching requests. */
  inject(fault: SandboxFault): void;
  /** Ends every connection and releases the port. */
  close(): Promise<void>;
}
