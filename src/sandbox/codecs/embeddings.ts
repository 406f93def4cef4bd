/** Embedding and rerank models on InvokeModel: limits and answer shapes of each family. */
import type { Family, ModelRecord } from '../../catalog/types.ts';
import type { JsonObject, JsonValue } from '../../json.ts';
import { stableId } from '../answers/answer.ts';
import { countTokens } from '../answers/turn.ts';
import { bits, embed, quantise, similarity } from '../answers/vectors.ts';
import { extraKey, listOf, numberOf, objectOf, own, textOf, textsOf } from '../json-read.ts';
import { invalid, malformed } from '../refusal.ts';

export interface Embedded {
  readonly body: JsonObject;
  /** Undefined where the service sends no token header (rerank). */
  readonly inputTokens?: number;
}

type Embedder = (body: JsonObject, model: ModelRecord) => Embedded;

const COHERE_INPUT_TYPES = ['search_document', 'search_query', 'classification', 'clustering', 'image'];
const COHERE_TYPES = ['float', 'int8', 'uint8', 'binary', 'ubinary'];
const NOVA_PURPOSES = [
  'GENERIC_INDEX',
  'GENERIC_RETRIEVAL',
  'TEXT_RETRIEVAL',
  'IMAGE_RETRIEVAL',
  'VIDEO_RETRIEVAL',
  'AUDIO_RETRIEVAL',
  'DOCUMENT_RETRIEVAL',
  'CLASSIFICATION',
  'CLUSTERING',
];

function only(body: JsonObject, members: readonly string[], path = '#'): void {
  const extra = extraKey(body, members);
  if (extra !== undefined) throw malformed(`${path}: extraneous key [${extra}] is not permitted`);
}

function needed(body: JsonObject, key: string, path = '#'): JsonValue {
  const value = own(body, key);
  if (value === undefined) throw malformed(`${path}: required key [${key}] not found`);
  return value;
}

function oneOf<T extends string | number>(value: unknown, allowed: readonly T[], path: string): T {
  const found = allowed.find((entry) => entry === value);
  if (found === undefined) throw malformed(`${path}: ${String(value)} is not a valid enum value`);
  return found;
}

const rounded = (vector: readonly number[]): number[] => vector.map((value) => Number(value.toFixed(8)));

function checkTitanText(text: JsonValue): string {
  if (typeof text !== 'string') throw malformed('#/inputText: expected type: String');
  if (text === '') throw malformed('#/inputText: expected minLength: 1, actual: 0');
  if (text.length > 50_000) throw malformed(`#/inputText: expected maxLength: 50000, actual: ${text.length}`);
  const tokens = countTokens(text);
  if (tokens > 8192) {
    throw invalid(
      `400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: ${tokens}`,
    );
  }
  return text;
}

const titanText: Embedder = (body, model) => {
  const isV2 = model.id.includes('-v2');
  only(body, isV2 ? ['inputText', 'dimensions', 'normalize', 'embeddingTypes'] : ['inputText']);
  const text = checkTitanText(needed(body, 'inputText'));
  const tokens = countTokens(text);
  if (!isV2) {
    const dimensions = model.embedding?.defaultDimensions ?? 1536;
    const embedding = rounded(embed(text, dimensions, false));
    return { body: { embedding, inputTextTokenCount: tokens }, inputTokens: tokens };
  }
  const dimensions = oneOf(own(body, 'dimensions') ?? 1024, [256, 512, 1024], '#/dimensions');
  const vector = rounded(embed(text, dimensions, own(body, 'normalize') !== false));
  const types = textsOf(own(body, 'embeddingTypes') ?? ['float']);
  const byType = types.map((type): [string, number[]] => {
    oneOf(type, ['float', 'binary'], '#/embeddingTypes/0');
    return [type, type === 'binary' ? bits(vector) : vector];
  });
  const flat = types.includes('float') ? { embedding: vector } : {};
  return {
    body: { ...flat, embeddingsByType: Object.fromEntries(byType), inputTextTokenCount: tokens },
    inputTokens: tokens,
  };
};

const titanImage: Embedder = (body) => {
  only(body, ['inputText', 'inputImage', 'embeddingConfig']);
  const text = textOf(own(body, 'inputText'));
  const image = textOf(own(body, 'inputImage'));
  if (text === '' && image === '') throw malformed('#: required key [inputText] not found');
  const tokens = countTokens(text);
  if (tokens > 128) {
    throw invalid(
      `400 Bad Request: Too many input tokens. Max input tokens: 128, request input token count: ${tokens}`,
    );
  }
  const wanted = objectOf(own(body, 'embeddingConfig'))['outputEmbeddingLength'] ?? 1024;
  const dimensions = oneOf(wanted, [256, 384, 1024], '#/embeddingConfig/outputEmbeddingLength');
  const embedding = rounded(embed(text + image.slice(0, 4000), dimensions));
  return { body: { embedding, inputTextTokenCount: tokens }, inputTokens: tokens };
};

/** The text of one element of Cohere v4's `inputs`. */
const interleavedText = (input: JsonValue): string =>
  listOf(objectOf(input)['content'])
    .map((part) => {
      const { text, image_url: image } = objectOf(part);
      return textOf(text) || textOf(objectOf(image)['url']).slice(0, 4000);
    })
    .join(' ');

function cohereTexts(body: JsonObject, isV4: boolean): { texts: string[]; field: string } {
  const field = ['texts', 'images', ...(isV4 ? ['inputs'] : [])].find((key) => own(body, key) !== undefined);
  if (field === undefined) throw malformed('#: required key [texts] not found');
  const items = listOf(body[field]);
  if (items.length === 0) throw malformed(`#/${field}: expected minimum item count: 1, found: 0`);
  const most = field === 'images' && !isV4 ? 1 : 96;
  if (items.length > most) {
    throw malformed(`#/${field}: expected maximum item count: ${most}, found: ${items.length}`);
  }
  items.forEach((item, index) => {
    if (field !== 'texts') return;
    if (typeof item !== 'string') throw malformed(`#/texts/${index}: expected type: String`);
    if (!isV4 && item.length > 2048) {
      throw malformed(`#/texts/${index}: expected maxLength: 2048, actual: ${item.length}`);
    }
    if (item === '') throw malformed(`#/texts/${index}: expected minLength: 1, actual: 0`);
  });
  return { texts: items.map((item) => (typeof item === 'string' ? item : interleavedText(item))), field };
}

const cohere: Embedder = (body, model) => {
  const isV4 = model.id.includes('-v4');
  const members = ['texts', 'images', 'input_type', 'truncate', 'embedding_types'];
  only(body, isV4 ? [...members, 'inputs', 'output_dimension', 'max_tokens'] : members);
  oneOf(needed(body, 'input_type'), COHERE_INPUT_TYPES, '#/input_type');
  const truncations = isV4 ? ['NONE', 'START', 'END', 'LEFT', 'RIGHT'] : ['NONE', 'START', 'END'];
  oneOf(own(body, 'truncate') ?? 'NONE', truncations, '#/truncate');
  const { texts, field } = cohereTexts(body, isV4);
  const dimensions = isV4
    ? oneOf(own(body, 'output_dimension') ?? 1536, [256, 512, 1024, 1536], '#/output_dimension')
    : (model.embedding?.defaultDimensions ?? 1024);
  const vectors = texts.map((text) => rounded(embed(text, dimensions)));
  const asked = own(body, 'embedding_types');
  const id = stableId(JSON.stringify(body), 24);
  const echoed = field === 'texts' ? { texts } : {};
  const inputTokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  // Recorded: v4 answers by type even when no types are asked for; v3 answers with plain floats.
  if (asked === undefined && !isV4) {
    return { body: { embeddings: vectors, id, response_type: 'embeddings_floats', ...echoed }, inputTokens };
  }
  const types = textsOf(asked ?? ['float']);
  const embeddings = types.map((type): [string, number[][]] => {
    oneOf(type, COHERE_TYPES, '#/embedding_types/0');
    return [type, vectors.map((vector) => quantise(vector, type))];
  });
  return {
    body: { id, ...echoed, embeddings: Object.fromEntries(embeddings), response_type: 'embeddings_by_type' },
    inputTokens,
  };
};

const novaEmbed: Embedder = (body) => {
  only(body, ['schemaVersion', 'taskType', 'singleEmbeddingParams', 'segmentedEmbeddingParams']);
  oneOf(needed(body, 'taskType'), ['SINGLE_EMBEDDING'], '#/taskType');
  const parameters = objectOf(needed(body, 'singleEmbeddingParams'));
  const path = '#/singleEmbeddingParams';
  only(parameters, ['embeddingPurpose', 'embeddingDimension', 'text', 'image', 'audio', 'video'], path);
  oneOf(needed(parameters, 'embeddingPurpose', path), NOVA_PURPOSES, `${path}/embeddingPurpose`);
  const wanted = own(parameters, 'embeddingDimension') ?? 3072;
  const dimensions = oneOf(wanted, [256, 384, 1024, 3072], `${path}/embeddingDimension`);
  const kinds = (['text', 'image', 'audio', 'video'] as const).filter(
    (kind) => own(parameters, kind) !== undefined,
  );
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1)
    throw malformed(`${path}: exactly one of text, image, audio, video is required`);
  const part = objectOf(parameters[kind]);
  if (kind === 'text') {
    oneOf(
      needed(part, 'truncationMode', `${path}/text`),
      ['START', 'END', 'NONE'],
      `${path}/text/truncationMode`,
    );
    if (textOf(part['value']) === '' && own(part, 'source') === undefined) {
      throw malformed(`${path}/text: required key [value] not found`);
    }
  }
  const text = textOf(part['value']) || JSON.stringify(part).slice(0, 8000);
  const inputTokens = countTokens(text);
  if (kind === 'text' && part['truncationMode'] === 'NONE' && inputTokens > 8192) {
    throw invalid(`Input text exceeds the maximum of 8192 tokens: ${inputTokens}`);
  }
  const embedding = rounded(embed(text, dimensions));
  return { body: { embeddings: [{ embeddingType: kind.toUpperCase(), embedding }] }, inputTokens };
};

const marengo: Embedder = (body, model) => {
  only(body, [
    'inputType',
    'inputText',
    'text',
    'image',
    'text_image',
    'video',
    'audio',
    'mediaSource',
    'textTruncate',
  ]);
  const type = oneOf(
    needed(body, 'inputType'),
    ['text', 'image', 'text_image', 'video', 'audio'],
    '#/inputType',
  );
  if (type === 'video' || type === 'audio') {
    throw invalid(`inputType ${type} is not supported by InvokeModel. Use StartAsyncInvoke.`);
  }
  const part = objectOf(own(body, type));
  const spoken = textOf(part['inputText']) || textOf(own(body, 'inputText'));
  if (type === 'text' && spoken === '') throw malformed('#: required key [text] not found');
  const text = spoken || JSON.stringify(own(body, type) ?? body['mediaSource'] ?? '').slice(0, 8000);
  const embedding = rounded(embed(text, model.embedding?.defaultDimensions ?? 512));
  return { body: { data: [{ embedding }] }, inputTokens: countTokens(text) };
};

const rerank: Embedder = (body, model) => {
  const isCohere = model.family === 'cohere-rerank';
  only(body, ['query', 'documents', 'top_n', ...(isCohere ? ['api_version', 'max_tokens_per_doc'] : [])]);
  const query = textOf(needed(body, 'query'));
  if (isCohere && numberOf(needed(body, 'api_version')) !== 2)
    throw malformed('#/api_version: 2 is required');
  const documents = listOf(needed(body, 'documents'));
  if (documents.length === 0) throw malformed('#/documents: expected minimum item count: 1, found: 0');
  if (documents.length > 1000) {
    throw malformed(`#/documents: expected maximum item count: 1000, found: ${documents.length}`);
  }
  const top = own(body, 'top_n');
  if (top !== undefined && (typeof top !== 'number' || !Number.isInteger(top) || top < 1)) {
    throw malformed('#/top_n: value is not greater or equal to 1');
  }
  const results = documents
    .map((document, index) => {
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      const score = Math.max(0, similarity(query, text));
      return { index, relevance_score: Number(score.toFixed(7)) };
    })
    .sort((left, right) => right.relevance_score - left.relevance_score || left.index - right.index)
    .slice(0, typeof top === 'number' ? top : documents.length);
  return { body: { results } };
};

const EMBEDDERS: ReadonlyMap<Family, Embedder> = new Map<Family, Embedder>([
  ['titan-embed', titanText],
  ['titan-embed-image', titanImage],
  ['cohere-embed', cohere],
  ['nova-embed', novaEmbed],
  ['marengo', marengo],
  ['cohere-rerank', rerank],
  ['amazon-rerank', rerank],
]);

/** The answer of an embedding or rerank model; throws the refusal of its limits. */
export function embedBody(body: JsonObject, model: ModelRecord): Embedded {
  return (EMBEDDERS.get(model.family) ?? titanText)(body, model);
}

/** The last text of a body, wherever its family puts it: that is where a magic prompt is looked for. */
export function lastTextOf(body: JsonObject): string {
  const nova = objectOf(objectOf(own(body, 'singleEmbeddingParams'))['text'])['value'];
  const marengoText = objectOf(own(body, 'text'))['inputText'];
  const image = objectOf(own(body, 'textToImageParams'))['text'];
  const candidates = [
    own(body, 'query'),
    own(body, 'inputText'),
    own(body, 'prompt'),
    textsOf(own(body, 'texts')).at(-1),
    nova,
    marengoText,
    image,
  ];
  return textOf(candidates.find((value) => typeof value === 'string' && value !== ''));
}
