/** Amazon Titan Multimodal Embeddings, the text part: one text per call. */
import { isJsonObject } from '../json.ts';
import type { EmbeddingCodec, EmbeddingRules } from './types.ts';
import { firstText, incompleteAnswer, readInputTokens, readVector } from './vector-body.ts';

const RULES: EmbeddingRules = { dimensions: [1024, 384, 256], truncates: [], normalizeSwitch: false };

/**
 * `{inputText, embeddingConfig?: {outputEmbeddingLength}}`; answer `{embedding, inputTextTokenCount, message?}`,
 * where `message` tells what went wrong (AWS: Titan Multimodal Embeddings G1 parameters).
 */
export const titanImageCodec: EmbeddingCodec = {
  maxBatch: 1,
  rules: () => RULES,
  encode(texts, request) {
    const inputText = firstText(texts);
    if (request.dimensions === undefined) return { inputText };
    return { inputText, embeddingConfig: { outputEmbeddingLength: request.dimensions } };
  },
  decode(body, facts) {
    if (!isJsonObject(body)) throw incompleteAnswer('is not a JSON object', facts);
    if (!Array.isArray(body.embedding) && typeof body.message === 'string') {
      throw incompleteAnswer(`has no vector; the model says: ${body.message.slice(0, 300)}`, facts);
    }
    const vector = readVector(body.embedding, 'embedding', facts);
    return { vectors: [vector], ...readInputTokens(body.inputTextTokenCount, facts) };
  },
};
