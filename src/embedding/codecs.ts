/** Which format an embedding model speaks. */
import { BedrockError } from '../bedrock-error.ts';
import type { Family } from '../catalog/types.ts';
import { cohereCodec } from './cohere.ts';
import { marengoCodec } from './marengo.ts';
import { novaCodec } from './nova.ts';
import { titanCodec } from './titan.ts';
import { titanImageCodec } from './titan-image.ts';
import type { EmbeddingCodec, EmbeddingModel } from './types.ts';

export const EMBEDDING_CODECS: ReadonlyMap<Family, EmbeddingCodec> = new Map([
  ['titan-embed', titanCodec],
  ['titan-embed-image', titanImageCodec],
  ['cohere-embed', cohereCodec],
  ['nova-embed', novaCodec],
  ['marengo', marengoCodec],
]);

/** The codec of a model. Throws BedrockError `unsupported_model` when the model makes no embeddings of texts. */
export function embeddingCodec(model: Pick<EmbeddingModel, 'id' | 'family'>): EmbeddingCodec {
  const codec = EMBEDDING_CODECS.get(model.family);
  if (codec !== undefined) return codec;
  throw new BedrockError('unsupported_model', {
    message: `${model.id} is not an embedding model that this server can call.`,
    fix: 'Use an embedding model, such as amazon.titan-embed-text-v2:0, cohere.embed-v4:0 or amazon.nova-2-multimodal-embeddings-v1:0.',
    field: 'model',
  });
}
