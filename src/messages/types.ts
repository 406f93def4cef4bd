/**
 * The neutral language of one text call: Converse's own shapes, with bytes as Uint8Array and JSON as JSON.
 * Every door (MCP, OpenAI face, CLI) speaks it downwards, every codec translates from and to it.
 */
import type { ModelFeatures } from '../catalog/types.ts';
import type { JsonObject, JsonValue } from '../json.ts';

export type Api = 'converse' | 'native';

export interface S3Location {
  readonly uri: string;
  readonly bucketOwner?: string;
}
/** Bytes are decoded bytes, never base64: the SDK would encode a string a second time. */
export type MediaSource = { readonly bytes: Uint8Array } | { readonly s3Location: S3Location };

export interface ImageBlock {
  readonly format: 'png' | 'jpeg' | 'gif' | 'webp';
  readonly source: MediaSource;
}
export interface DocumentBlock {
  readonly format: 'pdf' | 'csv' | 'doc' | 'docx' | 'xls' | 'xlsx' | 'html' | 'txt' | 'md';
  readonly name: string;
  readonly source:
    | MediaSource
    | { readonly text: string }
    | { readonly content: readonly { readonly text: string }[] };
  readonly context?: string;
  readonly citations?: { readonly enabled: boolean };
}
export interface VideoBlock {
  readonly format: 'mkv' | 'mov' | 'mp4' | 'webm' | 'flv' | 'mpeg' | 'mpg' | 'wmv' | 'three_gp';
  readonly source: MediaSource;
}
export interface AudioBlock {
  readonly format: string;
  readonly source: MediaSource;
}
export interface ToolUseBlock {
  readonly toolUseId: string;
  readonly name: string;
  readonly input: JsonValue;
  /** `server_tool_use` for tools that the model's provider runs itself. */
  readonly type?: string;
}
export type ToolResultContent =
  | { readonly text: string }
  | { readonly json: JsonValue }
  | { readonly image: ImageBlock }
  | { readonly document: DocumentBlock }
  | { readonly video: VideoBlock }
  | { readonly searchResult: JsonObject };
export interface ToolResultBlock {
  readonly toolUseId: string;
  readonly content: readonly ToolResultContent[];
  readonly status?: 'success' | 'error';
  readonly type?: string;
}
export type ReasoningBlock =
  | { readonly reasoningText: { readonly text: string; readonly signature?: string } }
  | { readonly redactedContent: Uint8Array };
export interface CachePointBlock {
  readonly type: 'default';
  readonly ttl?: '5m' | '1h';
}
export type GuardContentBlock =
  | { readonly text: { readonly text: string; readonly qualifiers?: readonly string[] } }
  | { readonly image: { readonly format: 'png' | 'jpeg'; readonly source: { readonly bytes: Uint8Array } } };
/** Citations are passed through as Bedrock gave them. */
export interface CitationsBlock {
  readonly content: readonly { readonly text: string }[];
  readonly citations: readonly JsonObject[];
}

export type ContentBlock =
  | { readonly text: string }
  | { readonly image: ImageBlock }
  | { readonly document: DocumentBlock }
  | { readonly video: VideoBlock }
  | { readonly audio: AudioBlock }
  | { readonly toolUse: ToolUseBlock }
  | { readonly toolResult: ToolResultBlock }
  | { readonly reasoningContent: ReasoningBlock }
  | { readonly cachePoint: CachePointBlock }
  | { readonly guardContent: GuardContentBlock }
  | { readonly citationsContent: CitationsBlock }
  | { readonly searchResult: JsonObject }
  /** A block that this version does not know, kept as it came so that nothing is lost. */
  | { readonly unknown: { readonly name: string; readonly value: JsonValue } };

export interface Message {
  readonly role: 'user' | 'assistant' | 'system';
  readonly content: readonly ContentBlock[];
  /** Family of the model that said it, where that is known: reasoning goes back only to its own family. Never sent. */
  readonly family?: string;
  /** Bare ID of the model that said it, where that is known: what it signed or encrypted goes back to it alone. Never sent. */
  readonly model?: string;
}
export type SystemBlock =
  | { readonly text: string }
  | { readonly guardContent: GuardContentBlock }
  | { readonly cachePoint: CachePointBlock };

export interface InferenceConfig {
  /** Tokens. */
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  /** Not a Converse member: each codec puts it where its family wants it. */
  readonly topK?: number;
  readonly stopSequences?: readonly string[];
}

export interface ToolSpec {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema with an object at its root. */
  readonly inputSchema: JsonObject;
  readonly strict?: boolean;
  /** Members that only Anthropic's own form has (`input_examples`, `defer_loading` ...), sent there as given. */
  readonly anthropicFields?: JsonObject;
}
export type Tool =
  | { readonly toolSpec: ToolSpec }
  | { readonly systemTool: { readonly name: string } }
  | { readonly cachePoint: CachePointBlock }
  /** A provider's own typed tool (Anthropic `bash_20250124` ...): native only, sent as given. */
  | { readonly nativeTool: JsonObject };
export type ToolChoice =
  | { readonly auto: Record<string, never> }
  | { readonly any: Record<string, never> }
  | { readonly none: Record<string, never> }
  | { readonly tool: { readonly name: string } };

export type ReasoningEffort = 'off' | 'low' | 'medium' | 'high' | 'max';

export interface GuardrailConfig {
  readonly guardrailIdentifier: string;
  readonly guardrailVersion: string;
  readonly trace?: 'enabled' | 'disabled' | 'enabled_full';
  readonly streamProcessingMode?: 'sync' | 'async';
}

export interface InferenceRequest {
  readonly messages: readonly Message[];
  readonly system?: readonly SystemBlock[];
  readonly inferenceConfig?: InferenceConfig;
  readonly toolConfig?: { readonly tools: readonly Tool[]; readonly toolChoice?: ToolChoice };
  /** Absent = the model's own default. */
  readonly reasoning?: { readonly effort: ReasoningEffort; readonly budgetTokens?: number };
  /** JSON Schema of the answer; `output-mode.ts` puts it into the form that the model takes. */
  readonly outputSchema?: {
    readonly name: string;
    readonly schema: JsonObject;
    readonly description?: string;
    /** The best form that has not been refused yet. */
    readonly atMost?: 'native' | 'tool' | 'words';
  };
  /** What came from a stored conversation and may be adapted to the model: the leading messages, and the tools. Never sent. */
  readonly history?: {
    readonly messages: number;
    readonly tools: boolean;
    /** Of the model that the stored tools were given to, where some are a provider's own. */
    readonly toolFamily?: string;
  };
  /** Stop sequences that the model does not take: this server looks for them itself. Never sent. */
  readonly stopHere?: readonly string[];
  /** Prompt caching as one switch; absent lifetime = the model's own. */
  readonly cache?: { readonly ttl?: '5m' | '1h' };
  readonly guardrailConfig?: GuardrailConfig;
  readonly requestMetadata?: Readonly<Record<string, string>>;
  readonly performanceConfig?: { readonly latency: 'standard' | 'optimized' };
  readonly serviceTier?: 'default' | 'flex' | 'priority' | 'reserved';
  readonly promptVariables?: Readonly<Record<string, string>>;
  /** Merged into the provider's part of the request: Converse's additionalModelRequestFields, or the native body. */
  readonly additionalModelRequestFields?: JsonObject;
  readonly additionalModelResponseFieldPaths?: readonly string[];
  /** Anthropic beta names. */
  readonly anthropicBeta?: readonly string[];
  /** The provider's own request body, sent as it is through InvokeModel. */
  readonly rawBody?: JsonObject;
}

export type StopReason =
  | 'end_turn'
  | 'tool_use'
  | 'max_tokens'
  | 'stop_sequence'
  | 'guardrail_intervened'
  | 'content_filtered'
  | 'malformed_model_output'
  | 'malformed_tool_use'
  | 'model_context_window_exceeded'
  /** Anything else; the provider's own word is in `stopReasonRaw`. */
  | 'other';

/** Tokens. `inputTokens` never contains cached ones. Absent = not reported. */
export interface Usage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadInputTokens?: number;
  readonly cacheWriteInputTokens?: number;
  /** Part of cacheWriteInputTokens that was written for one hour, when the provider says so. */
  readonly cacheWrite1hInputTokens?: number;
}

/** A tool call that cannot be answered: its input is no JSON object, because it was cut or badly written. */
export interface IncompleteCall {
  readonly toolUseId: string;
  readonly name: string;
  /** As the model wrote it. */
  readonly rawInput: string;
}

export interface InferenceResult {
  readonly content: readonly ContentBlock[];
  readonly stopReason: StopReason;
  /** The provider's own word for it, when it differs. */
  readonly stopReasonRaw?: string;
  readonly stopSequence?: string;
  readonly usage: Usage;
  readonly latencyMs?: number;
  readonly trace?: JsonValue;
  readonly additionalModelResponseFields?: JsonValue;
  readonly serviceTier?: string;
  readonly incompleteCalls?: readonly IncompleteCall[];
  /** The text was taken out of a tool call or a wrapper, which had an end of its own. */
  readonly framed?: 'call' | 'wrapper';
  /** The model's own answer body, only when the caller sent a raw body. */
  readonly rawResponse?: JsonValue;
  /** All that the model had written when this server left its stream, of which Bedrock then tells no usage. */
  readonly leftEarly?: { readonly produced: string };
}

/** What a stream brings, in order. `index` is the content block it belongs to. */
export type StreamDelta =
  | { readonly type: 'text'; readonly index: number; readonly text: string }
  | { readonly type: 'reasoning'; readonly index: number; readonly text: string }
  | { readonly type: 'reasoningSignature'; readonly index: number; readonly signature: string }
  | { readonly type: 'redactedReasoning'; readonly index: number; readonly data: Uint8Array }
  | {
      readonly type: 'toolUse';
      readonly index: number;
      readonly toolUseId: string;
      readonly name: string;
      readonly kind?: string;
    }
  | { readonly type: 'toolUseInput'; readonly index: number; readonly json: string }
  | { readonly type: 'citation'; readonly index: number; readonly citation: JsonObject }
  /** A block that arrived whole (an image, a tool result, an unknown block). */
  | { readonly type: 'block'; readonly index: number; readonly block: ContentBlock }
  | { readonly type: 'blockStop'; readonly index: number }
  /** The end marker. A stream without it is incomplete. */
  | {
      readonly type: 'stop';
      readonly stopReason: StopReason;
      readonly stopReasonRaw?: string;
      readonly stopSequence?: string;
      readonly additionalModelResponseFields?: JsonValue;
    }
  | {
      readonly type: 'metadata';
      readonly usage?: Usage;
      readonly latencyMs?: number;
      readonly trace?: JsonValue;
      readonly serviceTier?: string;
    };

/** What response headers told about usage: `x-amzn-bedrock-*-token-count`. */
export interface ResponseFacts {
  readonly usage?: Usage;
  readonly latencyMs?: number;
  readonly requestId?: string;
}

/** Tags around reasoning that stands in an answer's text. */
export interface TagRules {
  readonly names: readonly string[];
  /** The prompt ended with this opening tag, so the answer begins inside it. */
  readonly startsInside?: string;
}

/** Turns the parts of one stream into deltas. One instance per stream; it may hold half a tag or half a block. */
export interface StreamDecoder {
  /** One event: a ConverseStream output event, or one parsed native chunk. */
  push(event: unknown): StreamDelta[];
  /** Called once after the last event; gives back what was held. It never invents an end marker. */
  end(): StreamDelta[];
}

/** Of earlier turns, beyond what `carries` says. Text, reasoning and citations always have a place, or are left out by the codec. */
export interface CarriedHistory {
  /** false = the form is one question and nothing else: what was before is told inside it. */
  readonly turns?: false;
  /** false = tool rounds may stand only behind the last question. */
  readonly finishedRounds?: false;
  /** Kinds of blocks of messages. */
  readonly blocks?: readonly ('video' | 'audio' | 'searchResult' | 'unknown')[];
  /** Kinds of parts of tool results, beside text and JSON. */
  readonly resultParts?: readonly ('image' | 'document' | 'searchResult')[];
  readonly filesInS3?: true;
  /** Which of the documents it carries; absent = all. */
  readonly readsDocument?: (document: DocumentBlock) => boolean;
}

/** One native family, pure: no I/O, no clock. */
export interface NativeCodec {
  /** Can the native form carry tools, system prompts, images, documents, a JSON Schema for the answer, cache points? The route table asks. */
  readonly carries: {
    readonly tools: boolean;
    readonly system: boolean;
    readonly images: boolean;
    readonly documents: boolean;
    readonly outputSchema: boolean;
    readonly cachePoints?: boolean;
  };
  /** Which earlier turns of a conversation the form has a place for. Proven on `encode` by test/inference/codecs/carries.test.ts. */
  readonly history: CarriedHistory;
  /** `stream` matters to the families whose body must say it (Cohere Command, OpenAI shape). Throws BedrockError invalid_request / unsupported_feature. */
  encode(request: InferenceRequest, model: CodecModel, stream: boolean): JsonObject;
  /** Throws BedrockError `incomplete` when the body has no answer in it. */
  decode(body: JsonValue, facts: ResponseFacts): InferenceResult;
  stream(): StreamDecoder;
  /** Between which tags the family's models may print their reasoning inside the text. */
  readonly reasoningTags?: TagRules;
}

/** The little that codecs need to know about the model. */
export interface CodecModel {
  /** Bare model ID, when known: prompt templates and `anthropic_version` rules key on it. */
  readonly id: string;
  readonly family: string;
  /** Tokens, for formats that require max_tokens. */
  readonly maxOutput?: number;
  readonly features: ModelFeatures;
}
