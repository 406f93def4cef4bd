/** TwelveLabs Marengo Embed, the text part: one text per call. */
import { isJsonObject } from '../json.ts';
import type { EmbeddingCodec, EmbeddingRules } from './types.ts';
import { firstText, incompleteAnswer, readInputTokens, readVector } from './vector-body.ts';

const V27: EmbeddingRules = { dimensions: [1024], truncates: ['end'], normalizeSwitch: false };
const V3: EmbeddingRules = { dimensions: [512], truncates: [], normalizeSwitch: false };

const isV27 = (modelId: string): boolean => modelId.includes('marengo-embed-2-');

/**
 * 3.0: `{inputType: "text", text: {inputText}}`, 500 tokens; 2.7: `{inputType, inputText, textTruncate}`, 77 tokens.
 * 2.7 cuts the end when `textTruncate` is left out, so it is always sent. Answer: `{data: [{embedding}]}`; AWS's
 * pages also show `{data: {embedding}}` and a bare `{embedding}` (AWS: Marengo Embed 3.0 and 2.7 parameters).
 */
export const marengoCodec: EmbeddingCodec = {
  maxBatch: 1,
  rules: (modelId) => (isV27(modelId) ? V27 : V3),
  encode(texts, request, model) {
    const inputText = firstText(texts);
    if (!isV27(model.id)) return { inputType: 'text', text: { inputText } };
    return { inputType: 'text', inputText, textTruncate: request.truncate === 'end' ? 'end' : 'none' };
  },
  decode(body, facts) {
    if (!isJsonObject(body)) throw incompleteAnswer('is not a JSON object', facts);
    const data = Array.isArray(body.data) ? body.data[0] : (body.data ?? body);
    if (!isJsonObject(data)) throw incompleteAnswer('has no vector in data', facts);
    return {
      vectors: [readVector(data.embedding, 'data[0].embedding', facts)],
      ...readInputTokens(undefined, facts),
    };
  },
};
