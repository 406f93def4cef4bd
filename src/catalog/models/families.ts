/** Which family a bare model ID belongs to. Everything that differs by wire format or rules keys on the family. */
import type { Family, ModelKind } from '../types.ts';

/** First segment of a model ID -> the provider's name as Bedrock prints it. */
export const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['ai21', 'AI21 Labs'],
  ['amazon', 'Amazon'],
  ['anthropic', 'Anthropic'],
  ['cohere', 'Cohere'],
  ['deepseek', 'DeepSeek'],
  ['google', 'Google'],
  ['luma', 'Luma AI'],
  ['meta', 'Meta'],
  ['minimax', 'MiniMax'],
  ['mistral', 'Mistral AI'],
  ['moonshot', 'Moonshot AI'],
  ['moonshotai', 'Moonshot AI'],
  ['nvidia', 'NVIDIA'],
  ['openai', 'OpenAI'],
  ['qwen', 'Qwen'],
  ['stability', 'Stability AI'],
  ['twelvelabs', 'TwelveLabs'],
  ['writer', 'Writer'],
  ['xai', 'xAI'],
  ['zai', 'Z.ai'],
]);

/** Profile prefixes seen in ListInferenceProfiles. Only a help for IDs of providers that are not known yet. */
export const KNOWN_GEOS: ReadonlySet<string> = new Set([
  'us',
  'us-gov',
  'eu',
  'apac',
  'jp',
  'au',
  'ca',
  'in',
  'global',
]);

/** First match wins. Patterns read a bare model ID. */
const FAMILY_RULES: readonly (readonly [RegExp, Family])[] = [
  [/^anthropic\.claude-(?:v\d|instant)/, 'claude-legacy'],
  [/^anthropic\.claude/, 'claude'],
  [/^amazon\.nova-[a-z0-9-]*embed/, 'nova-embed'],
  [/^amazon\.nova-canvas/, 'nova-canvas'],
  [/^amazon\.nova-reel/, 'nova-reel'],
  [/^amazon\.nova-(?:\d-)?sonic/, 'nova-sonic'],
  [/^amazon\.nova-/, 'nova'],
  [/^amazon\.titan-embed-image/, 'titan-embed-image'],
  [/^amazon\.titan-embed/, 'titan-embed'],
  [/^amazon\.titan-image/, 'titan-image'],
  [/^amazon\.titan-t(?:ext|g1)/, 'titan-text'],
  [/^amazon\.rerank/, 'amazon-rerank'],
  [/^meta\.llama2/, 'llama2'],
  [/^meta\.llama3/, 'llama3'],
  [/^meta\.llama4/, 'llama4'],
  // The 2024 models that take one prompt text; Large 2407, Pixtral and all later ones take a chat body.
  [/^mistral\.(?:mistral-7b|mixtral-8x7b|mistral-(?:large|small)-2402)/, 'mistral'],
  [/^mistral\./, 'mistral-chat'],
  [/^cohere\.embed/, 'cohere-embed'],
  [/^cohere\.rerank/, 'cohere-rerank'],
  [/^cohere\.command-r/, 'command-r'],
  [/^cohere\.command/, 'command'],
  [/^ai21\.jamba/, 'jamba'],
  [/^ai21\.j2/, 'jurassic-2'],
  [/^deepseek\.r1/, 'deepseek-r1'],
  [/^deepseek\./, 'deepseek'],
  [/^openai\.gpt-oss/, 'gpt-oss'],
  [/^openai\.gpt-/, 'gpt'],
  [/^qwen\./, 'qwen'],
  [/^moonshot(?:ai)?\./, 'kimi'],
  [/^minimax\./, 'minimax'],
  [/^zai\./, 'glm'],
  [/^google\.gemma/, 'gemma'],
  [/^nvidia\./, 'nemotron'],
  [/^writer\./, 'palmyra'],
  [/^xai\./, 'grok'],
  [/^twelvelabs\.pegasus/, 'pegasus'],
  [/^twelvelabs\.marengo/, 'marengo'],
  [/^stability\./, 'stability'],
  [/^luma\./, 'luma'],
];

/** What families produce other than text. */
const KINDS: ReadonlyMap<Family, ModelKind> = new Map<Family, ModelKind>([
  ['titan-embed', 'embedding'],
  ['titan-embed-image', 'embedding'],
  ['cohere-embed', 'embedding'],
  ['nova-embed', 'embedding'],
  ['marengo', 'embedding'],
  ['cohere-rerank', 'rerank'],
  ['amazon-rerank', 'rerank'],
  ['nova-canvas', 'image'],
  ['titan-image', 'image'],
  ['stability', 'image'],
  ['nova-reel', 'video'],
  ['luma', 'video'],
  ['nova-sonic', 'speech'],
]);

/** Words in the ID of a model whose family is not known. */
const KIND_WORDS: readonly (readonly [RegExp, ModelKind])[] = [
  [/embed/, 'embedding'],
  [/rerank/, 'rerank'],
  [/image|canvas|diffusion/, 'image'],
  [/video|reel/, 'video'],
  [/sonic|speech/, 'speech'],
];

/** The provider's name (`Anthropic`) of a bare model ID; the first segment itself when the provider is new. */
export function providerOf(modelId: string): string {
  const segment = modelId.split('.', 1)[0] ?? '';
  return PROVIDERS.get(segment) ?? segment;
}

/** The family of a bare model ID; `unknown` when no rule names it. */
export function familyOf(modelId: string): Family {
  return FAMILY_RULES.find(([pattern]) => pattern.test(modelId))?.[1] ?? 'unknown';
}

/** What a bare model ID produces; text unless its family or its name says otherwise. */
export function kindOf(modelId: string): ModelKind {
  const family = familyOf(modelId);
  if (family !== 'unknown') {
    return KINDS.get(family) ?? 'text';
  }
  return KIND_WORDS.find(([pattern]) => pattern.test(modelId))?.[1] ?? 'text';
}
