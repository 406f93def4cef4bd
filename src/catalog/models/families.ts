/** Which family a bare model ID belongs to. Everything that differs by wire format or rules keys on the family. */

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

export type ModelKind = 'text' | 'embedding' | 'rerank' | 'image' | 'video' | 'speech';

/**
 * Groups of models that share a wire format and rules, the key into every per-family table: which bare IDs belong to
 * each, and what it produces other than text. First match wins.
 */
const FAMILY_RULES = [
  [/^anthropic\.claude-(?:v\d|instant)/, 'claude-legacy'],
  [/^anthropic\.claude/, 'claude'],
  [/^amazon\.nova-[a-z0-9-]*embed/, 'nova-embed', 'embedding'],
  [/^amazon\.nova-canvas/, 'nova-canvas', 'image'],
  [/^amazon\.nova-reel/, 'nova-reel', 'video'],
  [/^amazon\.nova-(?:\d-)?sonic/, 'nova-sonic', 'speech'],
  [/^amazon\.nova-/, 'nova'],
  [/^amazon\.titan-embed-image/, 'titan-embed-image', 'embedding'],
  [/^amazon\.titan-embed/, 'titan-embed', 'embedding'],
  [/^amazon\.titan-image/, 'titan-image', 'image'],
  [/^amazon\.titan-t(?:ext|g1)/, 'titan-text'],
  [/^amazon\.rerank/, 'amazon-rerank', 'rerank'],
  [/^meta\.llama2/, 'llama2'],
  [/^meta\.llama3/, 'llama3'],
  [/^meta\.llama4/, 'llama4'],
  // The 2024 models that take one prompt text; Large 2407, Pixtral and all later ones take a chat body.
  [/^mistral\.(?:mistral-7b|mixtral-8x7b|mistral-(?:large|small)-2402)/, 'mistral'],
  [/^mistral\./, 'mistral-chat'],
  [/^cohere\.embed/, 'cohere-embed', 'embedding'],
  [/^cohere\.rerank/, 'cohere-rerank', 'rerank'],
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
  [/^twelvelabs\.marengo/, 'marengo', 'embedding'],
  [/^stability\./, 'stability', 'image'],
  [/^luma\./, 'luma', 'video'],
] as const satisfies readonly (readonly [ids: RegExp, family: string, kind?: ModelKind])[];

type KnownFamily = (typeof FAMILY_RULES)[number][1];
export type Family = KnownFamily | 'unknown';

export const FAMILIES: readonly KnownFamily[] = [...new Set(FAMILY_RULES.map(([, family]) => family))];

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
  return ruleOf(modelId)?.[1] ?? 'unknown';
}

/** What a bare model ID produces; text unless its family or its name says otherwise. */
export function kindOf(modelId: string): ModelKind {
  const rule = ruleOf(modelId);
  if (rule !== undefined) return rule[2] ?? 'text';
  return KIND_WORDS.find(([pattern]) => pattern.test(modelId))?.[1] ?? 'text';
}

function ruleOf(modelId: string): readonly [RegExp, KnownFamily, ModelKind?] | undefined {
  return FAMILY_RULES.find(([ids]) => ids.test(modelId));
}
