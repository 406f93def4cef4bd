/** Cohere Embed v3 and v4: up to 96 texts per call. */
import { isJsonObject } from '../json.ts';
import type { EmbeddingCodec, EmbeddingInputType, EmbeddingRules } from './types.ts';
import { incompleteAnswer, readInputTokens, readVector } from './vector-body.ts';

// v3 texts are checked in characters before `truncate` is looked at:
// `#/texts/0: expected maxLength: 2048, actual: 19882` (Scrapegraph-ai#400, dify#3942).
const V3: EmbeddingRules = {
  dimensions: [1024],
  maxCharacters: 2048,
  truncates: ['start', 'end'],
  normalizeSwitch: false,
};
const V4: EmbeddingRules = {
  dimensions: [1536, 1024, 512, 256],
  truncates: ['start', 'end'],
  normalizeSwitch: false,
};

const isV3 = (modelId: string): boolean => /embed-(?:english|multilingual)-/.test(modelId);

const INPUT_TYPES: Readonly<Record<EmbeddingInputType, string>> = {
  document: 'search_document',
  query: 'search_query',
  classification: 'classification',
  clustering: 'clustering',
};

/**
 * `{texts, input_type, truncate?, output_dimension?}`. v3 answers 400 to any key it does not know (recorded:
 * `extraneous key [max_tokens] is not permitted`), so `output_dimension` goes to v4 only. AWS's v4 page names
 * LEFT and RIGHT for `truncate`; the service takes START and END (recorded by pydantic-ai).
 * Answers come as `embeddings: [[...]]` (v3) or `embeddings: {float: [[...]]}` (v4, recorded); both are read.
 */
export const cohereCodec: EmbeddingCodec = {
  maxBatch: 96,
  // The service takes about 20 MB a request (AWS: Cohere Embed v4 parameters); JSON escapes need room too.
  maxBatchBytes: 16_000_000,
  rules: (modelId) => (isV3(modelId) ? V3 : V4),
  encode(texts, request, model) {
    const truncate = request.truncate ?? 'none';
    const sendDimensions = request.dimensions !== undefined && !isV3(model.id);
    return {
      texts: [...texts],
      input_type: INPUT_TYPES[request.inputType],
      // An explicit NONE made v3 refuse short texts (llama_index#13376); leaving it out means the same.
      ...(truncate === 'none' ? {} : { truncate: truncate.toUpperCase() }),
      ...(sendDimensions ? { output_dimension: request.dimensions } : {}),
    };
  },
  decode(body, facts) {
    if (!isJsonObject(body)) throw incompleteAnswer('is not a JSON object', facts);
    const found = isJsonObject(body.embeddings) ? body.embeddings.float : body.embeddings;
    if (!Array.isArray(found)) throw incompleteAnswer('has no float vectors in embeddings', facts);
    const vectors = found.map((vector, i) => readVector(vector, `embeddings[${i}]`, facts));
    return { vectors, ...readInputTokens(undefined, facts) };
  },
};
