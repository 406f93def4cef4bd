/** Amazon Nova Multimodal Embeddings, the text part: one text per call. */
import { defined } from '../defined.ts';
import { isJsonObject } from '../json.ts';
import type { EmbeddingCodec, EmbeddingInputType, EmbeddingRules } from './types.ts';
import { firstText, incompleteAnswer, readInputTokens, readVector } from './vector-body.ts';

// The published schema says 8,192 characters; the service enforces `maxLength: 50000` (a public guide on migrating from
// Titan to Nova embeddings) and cuts at 8,192 tokens.
const RULES: EmbeddingRules = {
  dimensions: [3072, 1024, 384, 256],
  maxCharacters: 50_000,
  truncates: ['start', 'end'],
  normalizeSwitch: false,
};

// GENERIC_RETRIEVAL fits every index; TEXT_RETRIEVAL would be wrong for an index that also holds images or audio.
const PURPOSES: Readonly<Record<EmbeddingInputType, string>> = {
  document: 'GENERIC_INDEX',
  query: 'GENERIC_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
};

/**
 * `{taskType, singleEmbeddingParams: {embeddingPurpose, embeddingDimension?, text: {truncationMode, value}}}`;
 * `truncationMode` is required. Answer: `{embeddings: [{embeddingType, embedding, truncatedCharLength?}]}`
 * (AWS: Nova embeddings schema; recorded by ruby_llm and pydantic-ai).
 */
export const novaCodec: EmbeddingCodec = {
  maxBatch: 1,
  rules: () => RULES,
  encode(texts, request) {
    return {
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: PURPOSES[request.inputType],
        ...defined({ embeddingDimension: request.dimensions }),
        text: { truncationMode: (request.truncate ?? 'none').toUpperCase(), value: firstText(texts) },
      },
    };
  },
  decode(body, facts) {
    const embeddings = isJsonObject(body) ? body.embeddings : undefined;
    const first = Array.isArray(embeddings) ? embeddings[0] : undefined;
    if (!isJsonObject(first)) throw incompleteAnswer('has no embeddings', facts);
    const vector = readVector(first.embedding, 'embeddings[0].embedding', facts);
    const kept = first.truncatedCharLength;
    return {
      vectors: [vector],
      ...readInputTokens(undefined, facts),
      // Sent only when the text was cut, which has been seen even with truncationMode NONE.
      ...(typeof kept === 'number' && kept > 0 ? { truncatedAt: new Map([[0, kept]]) } : {}),
    };
  },
};
