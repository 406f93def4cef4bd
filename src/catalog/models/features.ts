/**
 * What a model can do, by rules on its bare ID. One table for capabilities, one for the APIs that serve it.
 *
 * Precedence, decided once: the user's own entry, then these rules, then the per-model values of `data/models.json`.
 * The rules win over the data because they carry what AWS's feature tables and real refusals say, while the data
 * comes from catalogues that copy each other; the data fills what no rule states. What nobody states stays undefined.
 *
 * Sources: AWS "Supported models and features" (Converse), "API compatibility", "Prompt caching" and the model
 * cards, autumn 2026; capability tables of langchain-aws 1.7.3 and pydantic-ai; recorded answers and the issue
 * threads named at single rows.
 */
import type { CachingFacts, ModelApis, ModelFeatures, ToolChoiceKind } from '../types.ts';

type FeatureRule = readonly [pattern: RegExp, facts: ModelFeatures];

const EVERY_CHOICE: readonly ToolChoiceKind[] = ['auto', 'any', 'tool'];
const EVERY_FIELD = ['system', 'messages', 'tools'] as const;

function caching(minimumTokens: number, ttl: CachingFacts['ttl']): CachingFacts {
  return { minimumTokens, ttl, fields: EVERY_FIELD };
}
const BOTH_TTL = ['5m', '1h'] as const;
/** Nova takes cache points in system and messages only and refuses a `ttl` member: an empty list says "send none". */
const NOVA_CACHING: CachingFacts = { minimumTokens: 1_000, ttl: [], fields: ['system', 'messages'] };

const TEXT_ONLY: ModelFeatures = { images: false, video: false, audio: false };
const NO_TOOLS: ModelFeatures = { tools: false, streamingTools: false };
const WHOLE_TOOLS: ModelFeatures = { tools: true, streamingTools: false };
const STREAMED_TOOLS: ModelFeatures = { tools: true, streamingTools: true };

/**
 * Every matching row counts; for each member the first row that states it wins. So rows go from the single model to
 * its family.
 */
export const FEATURE_RULES: readonly FeatureRule[] = [
  // Claude: thinking, sampling and structured output differ between neighbouring versions.
  [/^anthropic\.claude-(?:v\d|instant)/, { ...NO_TOOLS, images: false, reasoning: 'none', caching: false }],
  [
    /^anthropic\.claude-(?:v\d|instant)/,
    { structuredOutput: false, countTokens: false, toolResultMedia: [] },
  ],
  // The caching rows of 3.5 Haiku, Sonnet 4, Opus 4 and 4.1 (and Nova's minimum) are not on the page of autumn 2026; unconfirmed.
  [/^anthropic\.claude-3-5-haiku/, { images: false, caching: caching(2_048, ['5m']) }],
  [/^anthropic\.claude-3-5-sonnet-20241022/, { caching: caching(1_024, ['5m']) }],
  [/^anthropic\.claude-3-5-sonnet-20240620/, { caching: false }],
  [/^anthropic\.claude-3-5/, { reasoning: 'none', countTokens: true }],
  [
    /^anthropic\.claude-3-7/,
    { reasoning: 'claude-budget', countTokens: true, caching: caching(1_024, ['5m']) },
  ],
  [/^anthropic\.claude-3-(?:haiku|sonnet|opus)/, { reasoning: 'none', caching: false, countTokens: false }],
  [/^anthropic\.claude-3/, { sampling: 'all', structuredOutput: false, prefill: true }],
  // CountTokens answered for Sonnet 4 (recorded); Haiku 4.5 seen live by others (bx-ai#278).
  [
    /^anthropic\.claude-(?:sonnet|opus)-4-2025/,
    { sampling: 'all', structuredOutput: false, countTokens: true },
  ],
  [/^anthropic\.claude-(?:(?:sonnet|opus)-4-2025|opus-4-1)/, { caching: caching(1_024, ['5m']) }],
  // One sampling parameter only, from Opus 4.1 on (aws-samples/bedrock-chat#979, bedrock-access-gateway#191).
  [/^anthropic\.claude-opus-4-1/, { sampling: 'temperature-or-top-p', structuredOutput: false }],
  [/^anthropic\.claude-haiku-4-5/, { countTokens: true, caching: caching(4_096, BOTH_TTL) }],
  [/^anthropic\.claude-sonnet-4-5/, { caching: caching(1_024, BOTH_TTL) }],
  [/^anthropic\.claude-opus-4-5/, { caching: caching(4_096, BOTH_TTL) }],
  [
    /^anthropic\.claude-(?:haiku|sonnet|opus)-4-5/,
    { sampling: 'temperature-or-top-p', structuredOutput: true },
  ],
  [/^anthropic\.claude-sonnet-4-6/, { caching: caching(1_024, BOTH_TTL) }],
  [/^anthropic\.claude-opus-4-6/, { caching: caching(4_096, BOTH_TTL) }],
  [/^anthropic\.claude-(?:sonnet|opus)-4-6/, { sampling: 'temperature-or-top-p', structuredOutput: true }],
  [/^anthropic\.claude-opus-4-7/, { caching: caching(4_096, BOTH_TTL) }],
  // langchain-aws forces tools on it while it thinks, and on none of those before it.
  [/^anthropic\.claude-opus-4-8/, { caching: caching(1_024, BOTH_TTL), forcedToolWhileThinking: true }],
  [/^anthropic\.claude-opus-4-[78]/, { sampling: 'none', structuredOutput: false }],
  [/^anthropic\.claude-opus-4-[78]/, { reasoning: 'claude-adaptive-hidden', prefill: false }],
  [/^anthropic\.claude-(?:sonnet|opus)-4-6/, { reasoning: 'claude-adaptive', prefill: false }],
  [/^anthropic\.claude-(?:haiku|sonnet|opus)-4/, { reasoning: 'claude-budget', prefill: true }],
  [/^anthropic\.claude-sonnet-5-5/, { countTokens: false }],
  [/^anthropic\.claude-sonnet-5$/, { caching: caching(1_024, BOTH_TTL) }],
  [/^anthropic\.claude-(?:sonnet-5-5|opus-5(?:-5)?)$/, { caching: caching(512, BOTH_TTL) }],
  // "Adaptive thinking is always on and cannot be disabled" (model card of Opus 5.5, 2026-09-22; vercel/ai 5.0.131 for Sonnet 5.5).
  [/^anthropic\.claude-(?:sonnet|opus)-5-5/, { reasoning: 'claude-adaptive-only' }],
  [/^anthropic\.claude-(?:sonnet|opus)-5(?:-5)?$/, { sampling: 'none' }],
  // AWS "Structured outputs" lists the 5 families since autumn 2026; a strict tool of Sonnet 5 was recorded as refused.
  [/^anthropic\.claude-sonnet-5$/, { strictTools: false }],
  [/^anthropic\.claude-(?:sonnet|opus|haiku|fable|mythos)-5/, { structuredOutput: true }],
  // `tool_choice: type "tool" and "any" are not supported for this model` (Opus 5.5 recorded, Sonnet 5.5 by its card).
  [/^anthropic\.claude-(?:sonnet|opus)-5-5/, { toolChoice: ['auto'] }],
  [/^anthropic\.claude-(?:haiku|sonnet|opus)-[5-9]/, { reasoning: 'claude-adaptive-on', prefill: false }],
  // Mid-conversation system messages, without a beta: Opus 4.8, Opus 5 and Fable 5, not Sonnet 5 (langchain4j#5603,
  // elgorro/aiquila#413, summer 2026); of the models since then nobody says it.
  [/^anthropic\.claude-(?:opus-4-8|opus-5$|fable-5$)/, { systemTurns: true }],
  // Fable and Mythos refuse a forced tool choice and both `enabled` and `disabled` thinking.
  [/^anthropic\.claude-(?:fable|mythos)/, { toolChoice: ['auto'], reasoning: 'claude-adaptive-only' }],
  [/^anthropic\.claude-(?:fable|mythos)/, { sampling: 'none', prefill: false, structuredOutput: false }],
  [/^anthropic\.claude-(?:fable|mythos)-5/, { caching: caching(512, BOTH_TTL) }],
  [/^anthropic\.claude/, { ...STREAMED_TOOLS, toolChoice: EVERY_CHOICE, system: true, images: true }],
  [/^anthropic\.claude/, { documents: true, video: false, audio: false, userFirst: false, toolUseId: 'any' }],
  // AWS "Citations API and PDF support" (2025-06): from 3.5 Sonnet v2 on.
  [/^anthropic\.claude-(?:v\d|instant|3-(?:haiku|sonnet|opus)|3-5-sonnet-20240620)/, { citations: false }],
  [/^anthropic\.claude/, { citations: true }],
  [/^anthropic\.claude/, { toolResultStatus: true, toolResultMedia: ['image', 'document'] }],

  // Nova (streaming tools: recorded for Lite, Micro and 2 Lite).
  [/^amazon\.nova-micro/, { images: false, documents: false, video: false }],
  [/^amazon\.nova-2-(?:lite|pro)/, { reasoning: 'nova' }],
  [/^amazon\.nova-(?:lite|pro|premier|micro)/, { reasoning: 'none' }],
  [
    /^amazon\.nova-(?:2-)?(?:lite|pro|premier|micro)/,
    { ...STREAMED_TOOLS, toolChoice: EVERY_CHOICE, system: true },
  ],
  [
    /^amazon\.nova-(?:2-)?(?:lite|pro|premier|micro)/,
    { images: true, documents: true, video: true, audio: false },
  ],
  [/^amazon\.nova-(?:2-)?(?:lite|pro|premier|micro)/, { caching: NOVA_CACHING, structuredOutput: false }],
  [/^amazon\.nova-(?:2-)?(?:lite|pro|premier|micro)/, { countTokens: false, sampling: 'all' }],
  [/^amazon\.nova-(?:2-)?(?:lite|pro|premier|micro)/, { toolResultStatus: true, toolUseId: 'any' }],
  [/^amazon\.titan-text-premier/, { documents: false }],
  [/^amazon\.titan-t/, { ...NO_TOOLS, ...TEXT_ONLY, system: false, documents: true, reasoning: 'none' }],
  [/^amazon\.titan-t/, { structuredOutput: false }],

  // Meta: tools never in streaming mode, tool results alone in their turn (browser-use#710, pi#3739).
  [/^meta\.llama3-2-(?:1b|3b)/, { ...NO_TOOLS, images: false }],
  [/^meta\.llama3-2-/, { ...WHOLE_TOOLS, images: true }],
  [/^meta\.llama3-[13]-/, { ...WHOLE_TOOLS, images: false }],
  [/^meta\.llama[23]-/, { ...NO_TOOLS, images: false }],
  [/^meta\.llama2/, { ...NO_TOOLS, images: false }],
  [/^meta\.llama4/, { ...WHOLE_TOOLS, images: true }],
  [/^meta\.llama/, { system: true, documents: true, video: false, audio: false, toolChoice: ['auto'] }],
  [/^meta\.llama/, { reasoning: 'none', sampling: 'all', toolResultAlone: true }],
  // Images inside a result: Claude, Nova and Llama 4 take them, everyone else that was tried refuses (anomalyco/opencode#49443).
  [/^meta\.llama4/, { toolResultMedia: ['image', 'document'] }],
  [/^meta\.llama/, { toolResultMedia: ['document'], toolUseId: 'any' }],

  // Mistral: the prompt-text models first.
  [/^mistral\.(?:mistral-7b|mixtral)/, { ...NO_TOOLS, ...TEXT_ONLY, system: false, documents: true }],
  [
    /^mistral\.mistral-large-24/,
    { ...WHOLE_TOOLS, ...TEXT_ONLY, toolChoice: ['auto', 'any'], documents: true },
  ],
  [/^mistral\.mistral-small-2402/, { ...WHOLE_TOOLS, ...TEXT_ONLY, toolChoice: ['auto'], documents: false }],
  [/^mistral\.pixtral/, { ...WHOLE_TOOLS, images: true, documents: true, video: false, audio: false }],
  [/^mistral\.(?:mistral-7b|mixtral|mistral-(?:large|small)-24|pixtral)/, { reasoning: 'none' }],
  // Sources disagree on streaming tools of the 2025 models: left unknown, so that the caller tries and remembers.
  [/^mistral\.devstral/, { images: false }],
  [/^mistral\.voxtral/, { images: false, audio: true, reasoning: 'none' }],
  [
    /^mistral\.(?:ministral-3|mistral-large-3|devstral|magistral)/,
    { images: true, audio: false, tools: true },
  ],
  [/^mistral\.(?:ministral-3|mistral-large-3|devstral|magistral)/, { toolChoice: ['auto', 'any'] }],
  [/^mistral\.(?:ministral-3|mistral-large-3|devstral)/, { reasoning: 'none' }],
  [/^mistral\.(?:ministral-3|mistral-large-3|devstral|magistral|voxtral)/, { documents: true, video: false }],
  [/^mistral\.(?:ministral-3|mistral-large-3|devstral|magistral|voxtral)/, { structuredOutput: true }],
  [/^mistral\./, { system: true, toolResultAlone: true, toolResultMedia: ['document'], sampling: 'all' }],
  [/^mistral\./, { toolUseId: 'nine-alphanumerics' }],

  // Cohere and AI21 text.
  [/^cohere\.command-r/, { ...STREAMED_TOOLS, toolChoice: ['auto'], system: true, documents: true }],
  [/^cohere\.command-light/, { documents: false }],
  [/^cohere\.command-(?:text|light)/, { ...NO_TOOLS, system: false }],
  [/^cohere\.command/, { ...TEXT_ONLY, reasoning: 'none', structuredOutput: false, sampling: 'all' }],
  [/^ai21\.jamba-1-5/, { ...STREAMED_TOOLS, toolChoice: ['auto'], documents: true }],
  [/^ai21\.jamba-instruct/, { ...NO_TOOLS, documents: false }],
  [/^ai21\.jamba/, { system: true }],
  [/^ai21\.j2/, { ...NO_TOOLS, system: false, documents: false }],
  [/^ai21\./, { ...TEXT_ONLY, reasoning: 'none', structuredOutput: false, sampling: 'all' }],

  // DeepSeek.
  [/^deepseek\.r1/, { ...NO_TOOLS, reasoning: 'always', structuredOutput: false }],
  [/^deepseek\.v3-v1/, { toolChoice: ['auto', 'any'] }],
  [/^deepseek\.v3\.2/, { reasoning: 'deepseek-effort' }],
  [/^deepseek\.v3/, { ...STREAMED_TOOLS, toolChoice: EVERY_CHOICE, reasoning: 'deepseek' }],
  [/^deepseek\./, { ...TEXT_ONLY, system: true, documents: true }],

  // OpenAI. GPT 6.1: structured output in whole answers only.
  [/^openai\.gpt-oss/, { ...STREAMED_TOOLS, ...TEXT_ONLY, toolChoice: EVERY_CHOICE, system: true }],
  // Text is all they read: Converse refuses the document block.
  [/^openai\.gpt-oss/, { structuredOutput: true, documents: false }],
  [/^openai\.gpt-6\.1/, { structuredOutput: true }],
  // Recorded refusals of temperature, topP and stopSequences (GPT-5.6 Sol, 2026-08); the same words for GPT-6 (llama_index#23211, dify#3464).
  [/^openai\.gpt-(?:5\.6|6)/, { sampling: 'none' }],
  // Refused on Converse in the recorded words; gpt-oss: crewAIInc/crewAI#3317, Qwen: langgenius/dify-official-plugins#1767.
  [/^(?:openai\.gpt-|qwen\.)/, { stopSequences: false }],
  [/^openai\.gpt-(?:5\.6|6)/, { ...STREAMED_TOOLS, images: true, video: false, audio: false }],
  [/^openai\.gpt-oss/, { reasoning: 'effort' }],
  // `none` was taken by 5.6, 6 Sol and 6 Luna and refused by 6 Astra (stdapi-ai/stdapi.ai#283 and anomalyco/opencode#48195,
  // September 2026) and by 6.2 (aws-samples/amazon-bedrock-client-for-mac 2.0.5); nobody has tried it with 6.1.
  [/^openai\.gpt-(?:5\.|6-(?:sol|luna))/, { reasoning: 'gpt' }],
  [/^openai\.gpt-/, { reasoning: 'gpt-always' }],

  // Open-weight families. What only hearsay supports is left unknown.
  [/^qwen\.qwen3-vl/, { images: true, reasoning: 'none' }],
  [/^qwen\.qwen3-coder/, { reasoning: 'none' }],
  [/^qwen\./, { ...STREAMED_TOOLS, ...TEXT_ONLY, toolChoice: EVERY_CHOICE, system: true, documents: true }],
  [/^qwen\./, { reasoning: 'reasoning-config', structuredOutput: true, toolResultMedia: [] }],
  [/^moonshot(?:ai)?\.kimi-k2-thinking/, { images: false, reasoning: 'always' }],
  // LibreChat#11974 (2026-02): a call of each that reasoned.
  [/^(?:moonshotai\.kimi-k2\.5|zai\.glm-4\.7)/, { reasoning: 'reasoning-config-high' }],
  [/^moonshot(?:ai)?\./, { ...STREAMED_TOOLS, toolChoice: ['auto', 'any'], system: true, images: true }],
  [/^moonshot(?:ai)?\./, { documents: true, video: false, audio: false, structuredOutput: true }],
  [/^moonshot(?:ai)?\./, { toolResultMedia: [] }],
  [/^minimax\./, { ...TEXT_ONLY, tools: true, system: true, reasoning: 'always', structuredOutput: true }],
  [/^zai\./, { ...TEXT_ONLY, tools: true, system: true, structuredOutput: true }],
  // "This model doesn't support tool use" (langchain-aws#447).
  [/^google\.gemma-3-(?:12b|27b)/, { structuredOutput: true }],
  [/^google\.gemma-3/, { ...NO_TOOLS, images: true, documents: true, video: false, audio: false }],
  [/^google\.gemma-3/, { system: true, reasoning: 'none' }],
  [/^nvidia\.nemotron-nano-12b/, { images: true }],
  [/^nvidia\.nemotron-nano/, { structuredOutput: true }],
  [/^nvidia\./, { ...TEXT_ONLY, tools: true, system: true }],
  [/^writer\.palmyra-vision/, { images: true }],
  [/^writer\.palmyra-x/, { ...WHOLE_TOOLS, ...TEXT_ONLY, toolChoice: ['auto'], documents: true }],
  [/^writer\./, { streamingTools: false, reasoning: 'none', structuredOutput: false }],
  [/^writer\./, { toolResultAlone: true, toolResultStatus: false }],
  [/^twelvelabs\.pegasus/, { ...NO_TOOLS, video: true, images: false, documents: false, audio: false }],

  // Citations of given documents are Claude's alone ("This model doesn't support citations", boto3#4608).
  [/^(?:ai21|amazon|cohere|deepseek|google|meta|minimax|mistral|moonshot(?:ai)?)\./, { citations: false }],
  [/^(?:nvidia|openai|qwen|twelvelabs|writer|xai|zai)\./, { citations: false }],

  // Explicit caching is Claude's and Nova's; GPT has it in the Responses API only, which is not Converse.
  [
    /^(?:ai21|cohere|deepseek|google|meta|minimax|mistral|nvidia|openai|qwen|twelvelabs|writer|zai)\./,
    { caching: false },
  ],
  [/^(?:moonshot(?:ai)?\.kimi-k2|amazon\.titan)/, { caching: false }],
  [/^(?:ai21|amazon|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot)/, { countTokens: false }],
  [/^(?:nvidia|openai|qwen|stability|twelvelabs|writer|xai|zai)\./, { countTokens: false }],
  // "A conversation must start with a user message": all but these four (pydantic-ai profiles).
  [/^(?:anthropic|qwen|zai|moonshot|moonshotai)\./, { userFirst: false }],
  [
    /^(?:ai21|amazon|cohere|deepseek|google|meta|minimax|mistral|nvidia|openai|writer|xai)\./,
    { userFirst: true },
  ],
  [/^(?:ai21|amazon|cohere|deepseek|google|minimax|moonshot)/, { toolUseId: 'any' }],
  [/^(?:moonshotai|nvidia|openai|qwen|writer|xai|zai)\./, { toolUseId: 'any' }],
  [/^amazon\./, { toolResultMedia: ['image'] }],
  [/^(?:ai21|cohere|deepseek|google|minimax|nvidia|openai|writer|xai|zai)\./, { toolResultMedia: [] }],
];

/** The features that the rules state for a bare model ID; unknown ones are absent. */
export function featuresByRule(modelId: string): ModelFeatures {
  let facts: ModelFeatures = {};
  for (const [pattern, stated] of FEATURE_RULES) {
    if (pattern.test(modelId)) {
      facts = { ...stated, ...facts };
    }
  }
  return facts;
}

const BOTH: ModelApis = { converse: true, converseStream: true, invoke: true, invokeStream: true };
const CONVERSE: ModelApis = { converse: true, converseStream: true };
const CONVERSE_ONLY: ModelApis = { ...CONVERSE, invoke: false, invokeStream: false };
const INVOKE_ONLY: ModelApis = { converse: false, converseStream: false, invoke: true, invokeStream: false };
/** Asynchronous or bidirectional operations only. */
const NEITHER: ModelApis = { converse: false, converseStream: false, invoke: false, invokeStream: false };
const MANTLE_ONLY: ModelApis = { ...NEITHER, mantle: true };

/** First match wins. `mantle` of models that are on both endpoints comes from the data. */
export const API_RULES: readonly (readonly [pattern: RegExp, apis: ModelApis])[] = [
  [/^anthropic\.claude-(?:haiku-4-5|mythos-5|mythos-preview)$/, MANTLE_ONLY],
  [/^anthropic\.claude/, BOTH],

  [/^amazon\.nova-[a-z0-9-]*embed/, INVOKE_ONLY],
  [/^amazon\.nova-canvas/, INVOKE_ONLY],
  [/^amazon\.nova-(?:reel|sonic|2-sonic)/, NEITHER],
  [/^amazon\.(?:titan-embed|titan-image|rerank)/, INVOKE_ONLY],
  [/^amazon\.(?:nova|titan-t)/, BOTH],

  [/^meta\.llama3-1-405b/, CONVERSE_ONLY],
  [/^meta\.llama/, BOTH],
  [/^mistral\./, BOTH],
  [/^cohere\.(?:embed|rerank)/, INVOKE_ONLY],
  [/^cohere\.command/, BOTH],
  // Jurassic-2 answers one user message on Converse and never streamed there.
  [/^ai21\.j2/, { converse: true, converseStream: false, invoke: true, invokeStream: false }],
  [/^ai21\.jamba/, BOTH],
  [/^deepseek\.v3\.1$/, MANTLE_ONLY],
  [/^deepseek\./, BOTH],

  [/^openai\.gpt-oss-(?:20b|120b)$/, MANTLE_ONLY],
  [/^openai\.gpt-oss/, BOTH],
  [/^openai\.gpt-(?:5\.[45]|5\.6-cyber|daybreak)/, MANTLE_ONLY],
  [/^openai\.gpt-(?:5\.6|6-)/, CONVERSE_ONLY],
  [/^openai\.gpt-6\.1-sol/, { ...CONVERSE, invoke: true, invokeStream: false }],
  [/^openai\.gpt-6\.1/, CONVERSE],

  [/^qwen\.(?:qwen3-235b-a22b-2507|qwen3-32b|qwen3-coder-(?:30b-a3b|480b-a35b)-instruct)$/, MANTLE_ONLY],
  [/^qwen\.(?:qwen3-next-80b-a3b|qwen3-vl-235b-a22b)-instruct$/, MANTLE_ONLY],
  [/^qwen\./, BOTH],
  [/^moonshotai\.kimi-k2-thinking$/, MANTLE_ONLY],
  [/^moonshot(?:ai)?\./, BOTH],
  [/^minimax\./, BOTH],
  [/^zai\.glm-4\.6$/, MANTLE_ONLY],
  [/^zai\.glm-(?:4\.7|5$)/, BOTH],
  // GLM 5.3 has runtime profiles; whether InvokeModel serves it is not published.
  [/^zai\./, CONVERSE],
  [/^google\.gemma-4/, MANTLE_ONLY],
  [/^google\.gemma-3/, BOTH],
  [/^nvidia\./, BOTH],
  [/^writer\./, BOTH],
  [/^xai\.grok-4\.3/, MANTLE_ONLY],
  [/^xai\.grok/, { ...CONVERSE, invoke: true, invokeStream: false }],

  [/^twelvelabs\.pegasus/, { ...INVOKE_ONLY, invokeStream: true }],
  [/^twelvelabs\.marengo-embed-2-7/, NEITHER],
  [/^twelvelabs\.marengo/, INVOKE_ONLY],
  [/^stability\./, INVOKE_ONLY],
  [/^luma\./, NEITHER],
];

/** The APIs that serve a bare model ID, as far as the rules state them. */
export function apisByRule(modelId: string): ModelApis {
  return API_RULES.find(([pattern]) => pattern.test(modelId))?.[1] ?? {};
}
