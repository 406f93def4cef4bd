/** Embeddings of texts: what a caller asks, what one call carries, what comes back. */
import type { ModelRecord } from '../catalog/types.ts';
import type { JsonObject } from '../json.ts';
import type { ResponseFacts } from '../messages/types.ts';

/** What the vector is for. Documents and queries must differ where the model makes a difference (Cohere, Nova). */
export type EmbeddingInputType = 'document' | 'query' | 'classification' | 'clustering';

/** Which end of a text may be cut when it is too long; `none` = refuse it. */
export type Truncate = 'none' | 'start' | 'end';

export interface EmbeddingRequest {
  readonly texts: readonly string[];
  readonly inputType: EmbeddingInputType;
  /** Length of the vectors; the model's default when absent. */
  readonly dimensions?: number;
  /** true = unit length wanted; false = the model's own length wanted; absent = the model's default. */
  readonly normalize?: boolean;
  /** Absent = `none`. */
  readonly truncate?: Truncate;
}

/** The little that embeddings need to know about a model. A whole `ModelRecord` fits. */
export type EmbeddingModel = Pick<ModelRecord, 'id' | 'family' | 'embedding'>;

/** What one model of a family accepts. `undefined` = nobody has said so, hence not checked. */
export interface EmbeddingRules {
  /** Vector lengths on offer, the default first. */
  readonly dimensions?: readonly number[];
  /** Code points that a text may have. Bedrock checks this before the model's own truncation. */
  readonly maxCharacters?: number;
  /** The ends that the model itself cuts when a text is over its token limit. */
  readonly truncates: readonly ('start' | 'end')[];
  /** Whether the request has a switch for unit length. */
  readonly normalizeSwitch: boolean;
}

export interface EmbeddingAnswer {
  /** In the order of the texts of the call. */
  readonly vectors: readonly Float32Array[];
  /** Tokens; absent = neither body nor headers told. */
  readonly inputTokens?: number;
  /** Texts of this call that the model cut, as `position in the call -> characters kept`. */
  readonly truncatedAt?: ReadonlyMap<number, number>;
}

/** One native embedding format, pure: no I/O, no clock. */
export interface EmbeddingCodec {
  /** Texts in one call. */
  readonly maxBatch: number;
  /** UTF-8 bytes of text in one call. */
  readonly maxBatchBytes?: number;
  rules(modelId: string): EmbeddingRules;
  /** `texts` are checked, cut and at most `maxBatch`. */
  encode(texts: readonly string[], request: EmbeddingRequest, model: EmbeddingModel): JsonObject;
  /** Throws BedrockError `incomplete` when the body does not hold vectors. */
  decode(body: unknown, facts: ResponseFacts): EmbeddingAnswer;
}

/** One InvokeModel call. */
export interface EmbeddingCall {
  readonly body: JsonObject;
  /** Which texts of the request this call covers, in the order of the vectors that come back. */
  readonly indexes: readonly number[];
}

export interface EmbeddingPlan {
  readonly calls: readonly EmbeddingCall[];
  readonly warnings: readonly string[];
}
