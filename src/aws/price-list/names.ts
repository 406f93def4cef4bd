/**
 * The names by which the AWS Price List calls models -> bare model IDs. Written out, because no rule leads from one to
 * the other ("R1", "Devstral", "Nova Sonic 2.0") and a near match would price a model as another one.
 * Sources: `model`, `titanModel` and `servicename` attributes of the bulk price lists, 2026.
 */

/** What marketplace models carry behind their name in `servicename`. */
export const EDITION = ' (Amazon Bedrock Edition)';

const NAMES: Readonly<Record<string, string>> = {
  // AmazonBedrock: `model`
  'Nova Micro': 'amazon.nova-micro-v1:0',
  'Nova Lite': 'amazon.nova-lite-v1:0',
  'Nova Pro': 'amazon.nova-pro-v1:0',
  'Nova Premier': 'amazon.nova-premier-v1:0',
  'Nova 2.0 Lite': 'amazon.nova-2-lite-v1:0',
  'Nova Sonic': 'amazon.nova-sonic-v1:0',
  'Nova Sonic 2.0': 'amazon.nova-2-sonic-v1:0',
  'Nova Canvas': 'amazon.nova-canvas-v1:0',
  'Nova MultiModal Embeddings': 'amazon.nova-2-multimodal-embeddings-v1:0',
  'Llama 3 8B': 'meta.llama3-8b-instruct-v1:0',
  'Llama 3 70B': 'meta.llama3-70b-instruct-v1:0',
  'Llama 3.1 8B': 'meta.llama3-1-8b-instruct-v1:0',
  'Llama 3.1 70B': 'meta.llama3-1-70b-instruct-v1:0',
  'Llama 3.1 405B': 'meta.llama3-1-405b-instruct-v1:0',
  'Llama 3.2 1B': 'meta.llama3-2-1b-instruct-v1:0',
  'Llama 3.2 3B': 'meta.llama3-2-3b-instruct-v1:0',
  'Llama 3.2 11B': 'meta.llama3-2-11b-instruct-v1:0',
  'Llama 3.2 90B': 'meta.llama3-2-90b-instruct-v1:0',
  'Llama 3.3 70B': 'meta.llama3-3-70b-instruct-v1:0',
  'Llama 4 Maverick 17B': 'meta.llama4-maverick-17b-instruct-v1:0',
  'Llama 4 Scout 17B': 'meta.llama4-scout-17b-instruct-v1:0',
  'Mistral 7B': 'mistral.mistral-7b-instruct-v0:2',
  'Mixtral 8x7B': 'mistral.mixtral-8x7b-instruct-v0:1',
  'Mistral Large': 'mistral.mistral-large-2402-v1:0',
  'Mistral Small': 'mistral.mistral-small-2402-v1:0',
  'Mistral Large 3': 'mistral.mistral-large-3-675b-instruct',
  'Pixtral Large 25.02': 'mistral.pixtral-large-2502-v1:0',
  'Magistral Small 1.2': 'mistral.magistral-small-2509',
  'Ministral 3B 3.0': 'mistral.ministral-3-3b-instruct',
  'Ministral 8B 3.0': 'mistral.ministral-3-8b-instruct',
  'Ministral 14B 3.0': 'mistral.ministral-3-14b-instruct',
  'Voxtral Mini 1.0': 'mistral.voxtral-mini-3b-2507',
  'Voxtral Small 1.0': 'mistral.voxtral-small-24b-2507',
  Devstral: 'mistral.devstral-2-123b',
  R1: 'deepseek.r1-v1:0',
  'DeepSeek V3.1': 'deepseek.v3-v1:0',
  'DeepSeek v3.2': 'deepseek.v3.2',
  'Qwen3 32B': 'qwen.qwen3-32b-v1:0',
  'Qwen3 235B A22B 2507': 'qwen.qwen3-235b-a22b-2507-v1:0',
  'Qwen3 Coder 30B A3B': 'qwen.qwen3-coder-30b-a3b-v1:0',
  'Qwen3 Coder 480B A35B': 'qwen.qwen3-coder-480b-a35b-v1:0',
  'Qwen3 Coder Next': 'qwen.qwen3-coder-next',
  'Qwen3 Next 80B A3B': 'qwen.qwen3-next-80b-a3b',
  'Qwen3 VL 235B A22B': 'qwen.qwen3-vl-235b-a22b',
  'gpt-oss-20b': 'openai.gpt-oss-20b-1:0',
  'gpt-oss-120b': 'openai.gpt-oss-120b-1:0',
  'GPT OSS Safeguard 20B': 'openai.gpt-oss-safeguard-20b',
  'GPT OSS Safeguard 120B': 'openai.gpt-oss-safeguard-120b',
  'Gemma 3 4B': 'google.gemma-3-4b-it',
  'Gemma 3 12B': 'google.gemma-3-12b-it',
  'Gemma 3 27B': 'google.gemma-3-27b-it',
  'Minimax M2': 'minimax.minimax-m2',
  'Minimax M2.1': 'minimax.minimax-m2.1',
  'MiniMax M2.5': 'minimax.minimax-m2.5',
  'Kimi K2 Thinking': 'moonshot.kimi-k2-thinking',
  'Kimi K2.5': 'moonshotai.kimi-k2.5',
  'Kimi K3': 'moonshotai.kimi-k3',
  'NVIDIA Nemotron Nano 2': 'nvidia.nemotron-nano-9b-v2',
  'NVIDIA Nemotron Nano 2 VL': 'nvidia.nemotron-nano-12b-v2',
  'Nemotron Nano 3 30B': 'nvidia.nemotron-nano-3-30b',
  'NVIDIA Nemotron 3 Super 120B A12B': 'nvidia.nemotron-super-3-120b',
  'GLM 4.7': 'zai.glm-4.7',
  'GLM 4.7 Flash': 'zai.glm-4.7-flash',
  'GLM 5': 'zai.glm-5',
  'Ray v2': 'luma.ray-v2:0',
  'Writer Palmyra Vision 7B': 'writer.palmyra-vision-7b',
  // AmazonBedrock: `titanModel`
  'TitanEmbeddingsV2-Text-input': 'amazon.titan-embed-text-v2:0',
  'Titan Embeddings G1 Text': 'amazon.titan-embed-text-v1',
  'Titan Embeddings G1 Image': 'amazon.titan-embed-image-v1',
  // AmazonBedrockFoundationModels: `servicename` without the edition; some also as `model`
  'Claude Instant': 'anthropic.claude-instant-v1',
  'Claude 2.1': 'anthropic.claude-v2:1',
  'Claude 3 Haiku': 'anthropic.claude-3-haiku-20240307-v1:0',
  'Claude 3 Sonnet': 'anthropic.claude-3-sonnet-20240229-v1:0',
  'Claude 3 Opus': 'anthropic.claude-3-opus-20240229-v1:0',
  'Claude 3.5 Haiku': 'anthropic.claude-3-5-haiku-20241022-v1:0',
  'Claude 3.5 Sonnet': 'anthropic.claude-3-5-sonnet-20240620-v1:0',
  'Claude 3.5 Sonnet v2': 'anthropic.claude-3-5-sonnet-20241022-v2:0',
  'Claude 3.7 Sonnet': 'anthropic.claude-3-7-sonnet-20250219-v1:0',
  'Claude Sonnet 4': 'anthropic.claude-sonnet-4-20250514-v1:0',
  'Claude Opus 4': 'anthropic.claude-opus-4-20250514-v1:0',
  'Claude Opus 4.1': 'anthropic.claude-opus-4-1-20250805-v1:0',
  'Claude Sonnet 4.5': 'anthropic.claude-sonnet-4-5-20250929-v1:0',
  'Claude Haiku 4.5': 'anthropic.claude-haiku-4-5-20251001-v1:0',
  'Claude Opus 4.5': 'anthropic.claude-opus-4-5-20251101-v1:0',
  'Claude Sonnet 4.6': 'anthropic.claude-sonnet-4-6',
  'Claude Opus 4.6': 'anthropic.claude-opus-4-6-v1',
  'Claude Opus 4.7': 'anthropic.claude-opus-4-7',
  'Claude Opus 4.8': 'anthropic.claude-opus-4-8',
  'Claude Sonnet 5': 'anthropic.claude-sonnet-5',
  'Claude Opus 5': 'anthropic.claude-opus-5',
  'Claude Fable 5': 'anthropic.claude-fable-5',
  'Claude Fable 5.1': 'anthropic.claude-fable-5-1',
  'Claude Fable 5.2': 'anthropic.claude-fable-5-2',
  'Claude Mythos 5': 'anthropic.claude-mythos-5',
  'Claude Mythos Preview': 'anthropic.claude-mythos-preview',
  'Claude Haiku 5.5': 'anthropic.claude-haiku-5-5',
  'Claude Sonnet 5.5': 'anthropic.claude-sonnet-5-5',
  'Claude Opus 5.5': 'anthropic.claude-opus-5-5',
  'OpenAI GPT-5.4': 'openai.gpt-5.4',
  'OpenAI GPT-5.5': 'openai.gpt-5.5',
  'OpenAI GPT-5.6 Luna': 'openai.gpt-5.6-luna',
  'OpenAI GPT-5.6 Sol': 'openai.gpt-5.6-sol',
  'OpenAI GPT-5.6 Terra': 'openai.gpt-5.6-terra',
  'OpenAI GPT-6 Astra': 'openai.gpt-6-astra',
  'OpenAI GPT-6 Luna': 'openai.gpt-6-luna',
  'OpenAI GPT-6 Sol': 'openai.gpt-6-sol',
  'OpenAI GPT-6.1 Sol': 'openai.gpt-6.1-sol',
  'OpenAI GPT-6.1 Terra': 'openai.gpt-6.1-terra',
  'Cohere Command R': 'cohere.command-r-v1:0',
  'Cohere Command R+': 'cohere.command-r-plus-v1:0',
  'Cohere Generate Model - Command': 'cohere.command-text-v14',
  'Cohere Generate Model - Command-Light': 'cohere.command-light-text-v14',
  'Cohere Embed 3 Model - English': 'cohere.embed-english-v3',
  'Cohere Embed Model 3 - Multilingual': 'cohere.embed-multilingual-v3',
  'Cohere Embed 4 Model': 'cohere.embed-v4:0',
  'Jamba 1.5 Large': 'ai21.jamba-1-5-large-v1:0',
  'Jamba 1.5 Mini': 'ai21.jamba-1-5-mini-v1:0',
  'Jamba-Instruct': 'ai21.jamba-instruct-v1:0',
  'Jurassic-2 Mid': 'ai21.j2-mid-v1',
  'Jurassic-2 Ultra': 'ai21.j2-ultra-v1',
  'Meta Llama 2 Chat 13B': 'meta.llama2-13b-chat-v1',
  'Meta Llama 2 Chat 70B': 'meta.llama2-70b-chat-v1',
  'Palmyra X4': 'writer.palmyra-x4-v1:0',
  'Palmyra X5': 'writer.palmyra-x5-v1:0',
};

/** AWS writes some names in two ways ("Minimax", "MiniMax"); letter case never tells models apart. */
const BY_NAME: ReadonlyMap<string, string> = new Map(
  Object.entries(NAMES).map(([name, id]) => [name.toLowerCase(), id]),
);

/** Rows without any name attribute: the model as the usage type spells it, in `usageWords` form. */
const BY_STEM: ReadonlyMap<string, string> = new Map([
  ['titan-embedding-v2', 'amazon.titan-embed-text-v2:0'],
  ['titan-embedding-v2-text', 'amazon.titan-embed-text-v2:0'],
  ['titan-embeddings-g1', 'amazon.titan-embed-text-v1'],
  ['titan-embeddings-g1-text', 'amazon.titan-embed-text-v1'],
  ['titan-embeddings-g1-image', 'amazon.titan-embed-image-v1'],
  ['nova-multi-modal-embeddings', 'amazon.nova-2-multimodal-embeddings-v1:0'],
]);

/** Every ID of the tables; a test holds them against the catalogue. */
export const PRICED_IDS: ReadonlySet<string> = new Set([...BY_NAME.values(), ...BY_STEM.values()]);

/** The bare model ID behind a name attribute, with or without the edition. */
export function idOfName(name: string): string | undefined {
  const trimmed = name.trim();
  const bare = trimmed.endsWith(EDITION) ? trimmed.slice(0, -EDITION.length) : trimmed;
  return BY_NAME.get(bare.toLowerCase());
}

/** The bare model ID behind the model part of a usage type. */
export function idOfStem(stem: string): string | undefined {
  return BY_STEM.get(stem);
}
