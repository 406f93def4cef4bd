/** The names that people type for each model, each given to one model only. */
import { nameKey } from '../src/catalog/models/names.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../src/json.ts';
import { textOf } from './catalog-shapes.ts';

/**
 * Names chosen by hand; the first is the one we show. Bare family words point at the newest model of the line that
 * AWS lists today.
 */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  'ai21.jamba-1-5-large-v1:0': ['jamba-1.5-large'],
  'ai21.jamba-1-5-mini-v1:0': ['jamba-1.5-mini', 'jamba'],
  'ai21.jamba-instruct-v1:0': ['jamba-instruct'],
  'amazon.nova-2-multimodal-embeddings-v1:0': ['nova-embed', 'nova-multimodal-embeddings', 'nova-embeddings'],
  'amazon.nova-reel-v1:1': ['nova-reel'],
  'amazon.rerank-v1:0': ['amazon-rerank', 'amazon-rerank-1.0'],
  'amazon.titan-embed-g1-text-02': ['titan-embed-g1-text-02'],
  'amazon.titan-embed-image-v1': ['titan-embed-image', 'titan-multimodal-embeddings'],
  'amazon.titan-embed-text-v1': ['titan-embed-v1', 'titan-embed-text-v1'],
  'amazon.titan-embed-text-v2:0': [
    'titan-embed-v2',
    'titan-embed',
    'titan-embed-text',
    'titan-embed-text-v2',
    'titan-text-embeddings-v2',
    'titan-embeddings',
    'amazon-titan-embeddings-v2',
  ],
  'amazon.titan-image-generator-v2:0': ['titan-image-v2', 'titan-image', 'titan-image-generator'],
  'amazon.titan-image-generator-v1': ['titan-image-v1'],
  'amazon.titan-tg1-large': ['titan-text-large', 'titan-tg1-large'],
  'amazon.titan-text-express-v1': ['titan-text-express', 'Titan Text G1 - Express'],
  'amazon.titan-text-lite-v1': ['titan-text-lite', 'Titan Text G1 - Lite'],
  'amazon.titan-text-premier-v1:0': ['titan-text-premier', 'Titan Text G1 - Premier', 'titan-premier'],
  'anthropic.claude-3-5-sonnet-20240620-v1:0': ['claude-3-5-sonnet-v1'],
  'anthropic.claude-3-5-sonnet-20241022-v2:0': ['claude-3-5-sonnet', 'claude-3-5-sonnet-v2'],
  'anthropic.claude-3-opus-20240229-v1:0': ['claude-3-opus'],
  'anthropic.claude-haiku-5-5': ['claude-haiku-5-5', 'haiku', 'claude-haiku'],
  'anthropic.claude-instant-v1': ['claude-instant'],
  'anthropic.claude-opus-5-5': ['claude-opus-5-5', 'opus', 'claude-opus'],
  'anthropic.claude-fable-5-2': ['claude-fable-5-2', 'claude-fable', 'fable'],
  'anthropic.claude-sonnet-5-5': ['claude-sonnet-5-5', 'sonnet', 'claude-sonnet'],
  'anthropic.claude-v1': ['claude-v1', 'claude-1'],
  'anthropic.claude-v2': ['claude-v2', 'claude-2'],
  'anthropic.claude-v2:1': ['claude-2.1', 'claude-v2.1'],
  'cohere.command-light-text-v14': ['command-light'],
  'cohere.command-r-plus-v1:0': ['command-r-plus'],
  'cohere.command-r-v1:0': ['command-r'],
  'cohere.command-text-v14': ['command', 'cohere-command'],
  'cohere.embed-english-v3': [
    'cohere-embed-english-v3',
    'cohere-embed-english',
    'embed-english-v3',
    'cohere-embed-v3',
  ],
  'cohere.embed-multilingual-v3': [
    'cohere-embed-multilingual-v3',
    'cohere-embed-multilingual',
    'embed-multilingual-v3',
  ],
  'cohere.embed-v4:0': ['cohere-embed-v4', 'cohere-embed', 'embed-v4'],
  'cohere.rerank-v3-5:0': ['cohere-rerank-3.5', 'cohere-rerank', 'rerank-3.5'],
  'deepseek.r1-v1:0': ['deepseek-r1', 'r1'],
  'deepseek.v3-v1:0': ['deepseek-v3.1', 'deepseek-v3'],
  'deepseek.v3.2': ['deepseek-v3.2', 'deepseek'],
  'luma.ray-v2:0': ['luma-ray-v2', 'luma-ray'],
  'meta.llama3-1-405b-instruct-v1:0': ['llama3.1-405b'],
  'meta.llama3-1-70b-instruct-v1:0': ['llama3.1-70b'],
  'meta.llama3-1-8b-instruct-v1:0': ['llama3.1-8b'],
  'meta.llama3-2-11b-instruct-v1:0': ['llama3.2-11b'],
  'meta.llama3-2-1b-instruct-v1:0': ['llama3.2-1b'],
  'meta.llama3-2-3b-instruct-v1:0': ['llama3.2-3b'],
  'meta.llama3-2-90b-instruct-v1:0': ['llama3.2-90b'],
  'meta.llama3-3-70b-instruct-v1:0': ['llama3.3-70b', 'llama3.3'],
  'meta.llama4-maverick-17b-instruct-v1:0': ['llama4-maverick'],
  'meta.llama4-scout-17b-instruct-v1:0': ['llama4-scout'],
  'meta.llama2-13b-chat-v1': ['llama2-13b', 'llama2-13b-chat'],
  'meta.llama2-70b-chat-v1': ['llama2-70b', 'llama2-70b-chat'],
  'mistral.devstral-2-123b': ['devstral-2', 'devstral'],
  'mistral.magistral-small-2509': ['magistral-small', 'magistral'],
  'mistral.ministral-3-14b-instruct': ['ministral-14b', 'ministral-3-14b'],
  'mistral.ministral-3-3b-instruct': ['ministral-3b', 'ministral-3-3b'],
  'mistral.ministral-3-8b-instruct': ['ministral-8b', 'ministral-3-8b'],
  'mistral.mistral-large-3-675b-instruct': ['mistral-large-3', 'mistral-large'],
  'mistral.mistral-small-2402-v1:0': ['mistral-small-2402', 'mistral-small'],
  'mistral.pixtral-large-2502-v1:0': ['pixtral-large', 'pixtral'],
  'mistral.voxtral-mini-3b-2507': ['voxtral-mini'],
  'mistral.voxtral-small-24b-2507': ['voxtral-small'],
  'moonshotai.kimi-k3.1': ['kimi-k3.1', 'kimi'],
  'nvidia.nemotron-nano-12b-v2': ['nemotron-nano-12b'],
  'nvidia.nemotron-nano-3-30b': ['nemotron-nano-30b', 'nemotron-nano-3-30b'],
  'nvidia.nemotron-nano-9b-v2': ['nemotron-nano-9b'],
  'nvidia.nemotron-super-3-120b': ['nemotron-super-120b', 'nemotron-super'],
  'openai.gpt-oss-120b-1:0': ['gpt-oss-120b', 'gpt-oss'],
  'openai.gpt-oss-20b-1:0': ['gpt-oss-20b'],
  'qwen.qwen3-coder-480b-a35b-v1:0': ['qwen3-coder-480b', 'qwen3-coder'],
  'qwen.qwen3-coder-30b-a3b-v1:0': ['qwen3-coder-30b'],
  'qwen.qwen3-235b-a22b-2507-v1:0': ['qwen3-235b'],
  'qwen.qwen3-next-80b-a3b': ['qwen3-next-80b', 'qwen3-next'],
  'qwen.qwen3-vl-235b-a22b': ['qwen3-vl-235b', 'qwen3-vl'],
  'stability.sd3-5-large-v1:0': ['sd3.5-large', 'stable-diffusion-3.5-large'],
  'stability.stable-image-core-v1:1': ['stable-image-core'],
  'stability.stable-image-ultra-v1:1': ['stable-image-ultra'],
  'twelvelabs.marengo-embed-3-0-v1:0': ['marengo-embed-3', 'marengo', 'marengo-embed-3.0'],
  'twelvelabs.pegasus-1-2-v1:0': ['pegasus-1.2', 'pegasus'],
  'zai.glm-5.3': ['glm-5.3', 'glm'],
};
/** Names of the facts that are not ours: a bare word that would lead to one model by accident. */
const REFUSED = new Set(['claude', 'embed', 'v3', 'rerank', 'ray']);
const RANK = ['ACTIVE', 'PREVIEW', 'LEGACY', 'EOL_IN_SOME_REGIONS', 'EOL', 'UNLISTED'];

/** Bare ID -> its names, the one to show first. IDs that only twin a runtime ID get their own text and nothing else. */
export function aliasesFor(models: readonly JsonObject[], source: JsonValue): ReadonlyMap<string, string[]> {
  const owners = new Map<string, string>();
  const names = new Map<string, string[]>();
  const give = (id: string, name: string): void => {
    const key = nameKey(name);
    if (key === undefined || REFUSED.has(key) || owners.has(key)) {
      return;
    }
    owners.set(key, id);
    names.set(id, [...(names.get(id) ?? []), name]);
  };
  const own = models.filter((model) => model.price_as === null);
  const ranked = [...own].sort((a, b) => rank(a) - rank(b) || (textOf(a.id) < textOf(b.id) ? 1 : -1));
  const ids = new Set(own.map((model) => textOf(model.id)));

  for (const [id, chosen] of Object.entries(CHOSEN)) {
    if (!ids.has(id)) {
      throw new Error(`chosen names for a model that is not in the facts: ${id}`);
    }
    for (const name of chosen) {
      give(id, name);
    }
  }
  for (const model of ranked) {
    const short = shortNames(textOf(model.id));
    give(textOf(model.id), short[0] ?? textOf(model.id));
  }
  for (const model of ranked) {
    give(textOf(model.id), tail(textOf(model.id)));
    if (typeof model.name === 'string') {
      give(textOf(model.id), model.name);
    }
  }
  for (const [name, id] of isJsonObject(source) ? Object.entries(source).sort() : []) {
    if (typeof id === 'string' && ids.has(id)) {
      give(id, name);
    }
  }
  for (const model of ranked) {
    for (const name of shortNames(textOf(model.id)).flatMap(variants)) {
      give(textOf(model.id), name);
    }
  }
  return names;
}

function rank(model: JsonObject): number {
  const lifecycle = isJsonObject(model.lifecycle) ? model.lifecycle : {};
  return RANK.indexOf(textOf(lifecycle.effective_today));
}

function tail(id: string): string {
  return id.slice(id.indexOf('.') + 1);
}

/** An ID without provider, version, date and `-instruct`, shortest first. */
function shortNames(id: string): string[] {
  const plain = tail(id).replace(/-v\d+(?::\d+)?$|(?:-\d)?:\d+$/, '');
  const undated = plain.replace(/-20\d{6}$/, '').replace(/^(claude-.*)-v1$/, '$1');
  return [undated.replace(/-(?:instruct|it)$/, ''), undated, plain];
}

/** Claude is called by either word order, with and without its first name. */
function variants(name: string): string[] {
  const claude = /^claude-(?:([a-z]+)-(\d+(?:-\d)?)|(\d+(?:-\d)?)-([a-z]+))$/.exec(name);
  if (claude === null) {
    return [name];
  }
  const line = claude[1] ?? claude[4] ?? '';
  const version = claude[2] ?? claude[3] ?? '';
  return [
    name,
    `claude-${line}-${version}`,
    `claude-${version}-${line}`,
    `${line}-${version}`,
    `${version}-${line}`,
  ];
}
