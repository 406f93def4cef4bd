/** Amazon Titan Text Embeddings: one text per call. */
import { defined } from '../defined.ts';
import { isJsonObject } from '../json.ts';
import type { EmbeddingCodec, EmbeddingRules } from './types.ts';
import { firstText, incompleteAnswer, readInputTokens, readVector } from './vector-body.ts';

// 50,000 characters: `expected maxLength: 50000, actual: 160000` (govuk-chat#220). Over 8,192 tokens Titan answers
// `Too many input tokens` and has no truncation of its own (amazon-bedrock-workshop#136).
const V1: EmbeddingRules = {
  dimensions: [1536],
  maxCharacters: 50_000,
  truncates: [],
  normalizeSwitch: false,
};
const V2: EmbeddingRules = {
  dimensions: [1024, 512, 256],
  maxCharacters: 50_000,
  truncates: [],
  normalizeSwitch: true,
};

const isV2 = (modelId: string): boolean => modelId.includes('titan-embed-text-v2');

/**
 * v2: `{inputText, dimensions?, normalize?}`; v1 and G1: `{inputText}`, any other key is refused.
 * Answer: `{embedding, embeddingsByType?, inputTextTokenCount}` (AWS: Titan Embeddings parameters; recorded by rig).
 */
export const titanCodec: EmbeddingCodec = {
  maxBatch: 1,
  rules: (modelId) => (isV2(modelId) ? V2 : V1),
  encode(texts, request, model) {
    const inputText = firstText(texts);
    if (!isV2(model.id)) return { inputText };
    return {
      inputText,
      ...defined({ dimensions: request.dimensions, normalize: request.normalize }),
    };
  },
  decode(body, facts) {
    if (!isJsonObject(body)) throw incompleteAnswer('is not a JSON object', facts);
    const byType = isJsonObject(body.embeddingsByType) ? body.embeddingsByType.float : undefined;
    const vector = readVector(body.embedding ?? byType, 'embedding', facts);
    return { vectors: [vector], ...readInputTokens(body.inputTextTokenCount, facts) };
  },
};
