/**
 * What is known about a model. `undefined` always means "nobody has said so yet":
 * the caller tries, learns from the refusal and remembers; it never reads unknown as no.
 */

import type { Family, ModelKind } from './models/families.ts';

export type { Family, ModelKind };

export interface ModelApis {
  readonly converse?: boolean;
  readonly converseStream?: boolean;
  readonly invoke?: boolean;
  readonly invokeStream?: boolean;
  /** Served by the OpenAI/Anthropic-compatible bedrock-mantle endpoint, which this product cannot call. */
  readonly mantle?: boolean;
}

export type ToolChoiceKind = 'auto' | 'any' | 'tool';
export type MediaKind = 'image' | 'document' | 'video' | 'audio';

/** How a model is told to reason. */
export type ReasoningForm =
  | 'none'
  /** Claude 3.7 to 4.5: `thinking {type:"enabled", budget_tokens}`. */
  | 'claude-budget'
  /** Claude 4.6: `thinking {type:"adaptive"}` and `output_config.effort`; off unless asked. A budget is still taken. */
  | 'claude-adaptive'
  /** Opus 4.7 and 4.8: the same, but a budget is refused, and the text stays empty unless `display` asks for it. */
  | 'claude-adaptive-hidden'
  /** Claude 5 and later: adaptive is on when `thinking` is left out; `disabled` stops it. Display and budget as above. */
  | 'claude-adaptive-on'
  /** Opus 5.5, Sonnet 5.5, Fable and Mythos: always thinks, only effort can be set. Display and budget as above. */
  | 'claude-adaptive-only'
  /** Nova 2: `reasoningConfig {type, maxReasoningEffort}`. */
  | 'nova'
  /** gpt-oss: `reasoning_effort`; cannot be switched off. */
  | 'effort'
  /** GPT-5.6, GPT-6 Sol and Luna: `reasoning {effort}`, `none` switches it off. */
  | 'gpt'
  /** GPT-6 Astra, GPT-6.1 and later: `reasoning {effort}` without `none`. */
  | 'gpt-always'
  /** Qwen: `reasoning_config`, low or high. */
  | 'reasoning-config'
  /** Kimi K2.5, GLM 4.7: `reasoning_config`, high or nothing. */
  | 'reasoning-config-high'
  /** DeepSeek V3.1: `reasoning_config`, low, medium or high. */
  | 'deepseek'
  /** DeepSeek V3.2: `reasoning_effort`, low, medium or high; off unless asked. */
  | 'deepseek-effort'
  /** Reasons always, cannot be steered (DeepSeek R1, Kimi K2 Thinking, MiniMax). */
  | 'always';

export interface CachingFacts {
  /** Fewest tokens before a cache point counts. */
  readonly minimumTokens?: number;
  /** Empty = the model refuses a lifetime. */
  readonly ttl: readonly ('5m' | '1h')[];
  readonly fields?: readonly ('system' | 'messages' | 'tools')[];
}

export interface ModelFeatures {
  readonly tools?: boolean;
  readonly streamingTools?: boolean;
  readonly toolChoice?: readonly ToolChoiceKind[];
  readonly system?: boolean;
  /** Does the model take system messages in mid-conversation? Unknown is read as no: as user text they reach every model. */
  readonly systemTurns?: boolean;
  readonly images?: boolean;
  readonly documents?: boolean;
  /** Does the model cite the documents that it is given? */
  readonly citations?: boolean;
  readonly video?: boolean;
  readonly audio?: boolean;
  readonly reasoning?: ReasoningForm;
  /** Does Claude take a forced tool choice while it thinks? */
  readonly forcedToolWhileThinking?: boolean;
  /** false = the model has no explicit caching. */
  readonly caching?: CachingFacts | false;
  readonly structuredOutput?: boolean;
  /** Does the model take `strict` in a tool? Absent = as structuredOutput. */
  readonly strictTools?: boolean;
  readonly countTokens?: boolean;
  /** Which sampling parameters may be sent: all, one of temperature and topP, or none at all. */
  readonly sampling?: 'all' | 'temperature-or-top-p' | 'none';
  /** Members of the request that AWS has refused for the model, such as `serviceTier.flex`; learned. */
  readonly refused?: readonly string[];
  /** Efforts that AWS has refused for the model. */
  readonly refusedEfforts?: readonly ('low' | 'medium' | 'high' | 'max')[];
  /** Tokens. The most that the model writes, where a refusal said so. */
  readonly outputLimit?: number;
  /** false = refused or ignored by AWS, so this server stops the answer itself. */
  readonly stopSequences?: boolean;
  /** May the conversation end with an assistant message (prefill)? */
  readonly prefill?: boolean;
  /** Must the first message come from the user? */
  readonly userFirst?: boolean;
  /** Must tool results stand alone in their turn? (Llama, Mistral, Writer) */
  readonly toolResultAlone?: boolean;
  /** Does the model accept `toolResult.status`? */
  readonly toolResultStatus?: boolean;
  /** What a tool result may contain beside text and JSON. */
  readonly toolResultMedia?: readonly MediaKind[];
  /** Mistral wants tool-use IDs of exactly nine letters and digits. */
  readonly toolUseId?: 'any' | 'nine-alphanumerics';
}

export type LifecycleStatus = 'active' | 'legacy' | 'end-of-life' | 'unlisted' | 'unknown';

export interface Lifecycle {
  readonly status: LifecycleStatus;
  /** ISO dates. */
  readonly legacyDate?: string;
  readonly endOfLifeDate?: string;
  /** True when only some Regions have retired it. */
  readonly regional?: boolean;
  /** Bare model ID of the model to use instead. */
  readonly successor?: string;
}

/** A system-defined inference profile as the catalogue knows it. */
export interface ProfileRecord {
  /** Such as `us.anthropic.claude-haiku-4-5-20251001-v1:0`. */
  readonly id: string;
  /** `us`, `eu`, `apac`, `jp`, `au`, `ca`, `in`, `us-gov`, `global` ... */
  readonly geo: string;
  /** Regions it can be called from; undefined when nobody recorded them. */
  readonly sourceRegions?: readonly string[];
  /** Regions that may serve it; undefined when not recorded. */
  readonly destinationRegions?: readonly string[];
}

export interface EmbeddingFacts {
  readonly dimensions: readonly number[];
  readonly defaultDimensions: number;
  /** Tokens a text may have. */
  readonly maxTokens?: number;
}

export interface ModelRecord {
  /** Bare model ID, such as `anthropic.claude-haiku-4-5-20251001-v1:0`. */
  readonly id: string;
  readonly provider: string;
  readonly family: Family;
  readonly name?: string;
  /** The same model under the ID that the runtime endpoint serves, for IDs that only bedrock-mantle knows. */
  readonly runtimeId?: string;
  readonly kind: ModelKind;
  readonly apis: ModelApis;
  readonly features: ModelFeatures;
  /** Tokens. */
  readonly contextWindow?: number;
  /** Tokens; a default, never a limit to refuse by (sources disagree). */
  readonly maxOutput?: number;
  readonly lifecycle: Lifecycle;
  /** Regions that serve the bare ID on demand; empty when a profile is required; undefined when unknown. */
  readonly onDemandRegions?: readonly string[];
  readonly profiles: readonly ProfileRecord[];
  readonly embedding?: EmbeddingFacts;
  /** 'catalog' for our dated facts, 'user' for an entry of the config file, 'inferred' for a record made from an ID alone. */
  readonly source: 'catalog' | 'user' | 'inferred';
}

/** One entry of `models:` in the config file. */
export interface UserModel {
  readonly alias?: string;
  readonly id?: string;
  readonly arn?: string;
  /** Bare model ID whose facts apply (for application profiles and imported models). */
  readonly base?: string;
  readonly features?: ModelFeatures;
  readonly apis?: ModelApis;
  readonly price?: UserPrice;
  /** Lower comes first when several entries match. */
  readonly priority?: number;
}

/** Negotiated rates, decimal strings in USD per 1M tokens. */
export interface UserPrice {
  readonly input?: string;
  readonly output?: string;
  readonly cacheRead?: string;
  readonly cacheWrite5m?: string;
  readonly cacheWrite1h?: string;
}
