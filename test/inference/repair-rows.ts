/** The refusals of the repair table, each with what is sent instead. */
import type { ModelFeatures } from '../../src/catalog/types.ts';
import type { Repair } from '../../src/inference/send/repairs/repair-row.ts';
import type { ContentBlock, InferenceRequest } from '../../src/messages/types.ts';
import { asking } from './sample-model.ts';

const hi: ContentBlock = { text: 'Hi' };
export const tools = { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }] };
const point: ContentBlock = { cachePoint: { type: 'default' } };
const thought = (
  reasoningContent: Extract<ContentBlock, { reasoningContent: unknown }>['reasoningContent'],
) => ({
  messages: [
    { role: 'user' as const, content: [hi] },
    { role: 'assistant' as const, content: [{ reasoningContent }, hi] },
    { role: 'user' as const, content: [hi] },
  ],
});
const results = (status: 'success' | undefined, ...more: ContentBlock[]): InferenceRequest => ({
  messages: [
    { role: 'user', content: [hi] },
    { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] },
    {
      role: 'user',
      content: [
        { toolResult: { toolUseId: 'a', content: [hi], ...(status === undefined ? {} : { status }) } },
        ...more,
      ],
    },
  ],
});
const prefilled: InferenceRequest = {
  messages: [
    { role: 'user', content: [hi] },
    { role: 'assistant', content: [{ text: '{' }] },
  ],
};

const schema = { type: 'object', properties: { a: { type: 'string' } } };
export const shaped = (atMost?: 'native' | 'tool' | 'words', more: Partial<InferenceRequest> = {}) =>
  asking({ outputSchema: { name: 'n', schema, ...(atMost === undefined ? {} : { atMost }) }, ...more });

export interface Row {
  readonly cause: string;
  readonly said: string;
  readonly request: InferenceRequest;
  readonly sends: Partial<Repair>;
  readonly features?: ModelFeatures;
}

export const ROWS: readonly Row[] = [
  {
    cause: 'on-demand',
    said: 'Invocation of model ID deepseek.r1-v1:0 with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    request: asking(),
    sends: { needsProfile: true },
  },
  {
    cause: 'output-schema-native',
    said: "This model doesn't support the outputConfig.textFormat field. Remove outputConfig.textFormat and try again.",
    request: shaped(),
    sends: { request: shaped('tool'), learned: { structuredOutput: false } },
  },
  {
    cause: 'output-schema-native',
    said: 'output_config.format: Extra inputs are not permitted',
    request: shaped(),
    sends: { request: shaped('tool'), learned: { structuredOutput: false } },
  },
  {
    cause: 'output-schema-native',
    said: 'The model returned the following errors: output_config.format.schema: Schema is too complex.',
    // A refused schema says nothing about the next one.
    request: shaped(),
    sends: { request: shaped('tool') },
  },
  {
    cause: 'output-schema-tool',
    said: "This model doesn't support the toolConfig.toolChoice.tool field. Remove toolConfig.toolChoice.tool and try again.",
    features: { structuredOutput: false },
    request: shaped(),
    sends: { request: shaped('words'), learned: { toolChoice: ['auto', 'any'] } },
  },
  {
    cause: 'output-schema-tool',
    said: 'The model returned the following errors: tool_choice: type "tool" and "any" are not supported for this model.',
    features: { structuredOutput: false },
    request: shaped(),
    sends: { request: shaped('words'), learned: { toolChoice: ['auto'] } },
  },
  {
    cause: 'output-schema-tool',
    said: 'tools.0.custom.input_schema: JSON schema is invalid.',
    request: shaped('tool'),
    sends: { request: shaped('words') },
  },
  {
    cause: 'output-schema-tool',
    said: 'Thinking may not be enabled when tool_choice forces tool use.',
    features: { structuredOutput: false },
    request: shaped(),
    sends: { request: shaped('words'), learned: { forcedToolWhileThinking: false } },
  },
  {
    // Wording of the Messages API.
    cause: 'thinking-first',
    said: 'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block.',
    request: asking({ reasoning: { effort: 'low' } }),
    sends: { request: asking() },
  },
  {
    cause: 'member top_p',
    said: '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    request: asking({ inferenceConfig: { temperature: 0.2, topP: 0.9, maxTokens: 5 } }),
    sends: {
      request: asking({ inferenceConfig: { temperature: 0.2, maxTokens: 5 } }),
      learned: { sampling: 'temperature-or-top-p' },
    },
  },
  {
    cause: 'member temperature',
    said: 'The model returned the following errors: `temperature` is deprecated for this model.',
    request: asking({ inferenceConfig: { temperature: 0.2, topP: 0.9 } }),
    sends: { request: asking({ inferenceConfig: { topP: 0.9 } }), learned: { sampling: 'none' } },
  },
  {
    cause: 'member top_k',
    said: 'Malformed input request: extraneous key [top_k] is not permitted, please reformat your input and try again.',
    request: asking({ inferenceConfig: { topK: 3, topP: 0.9 } }),
    sends: {
      request: asking({ inferenceConfig: { topP: 0.9 } }),
      learned: { refused: ['inferenceConfig.topK'] },
    },
  },
  {
    cause: 'member temperature',
    said: '`temperature` may only be set to 1 when thinking is enabled.',
    request: asking({ inferenceConfig: { temperature: 0.2 } }),
    sends: { request: asking({ inferenceConfig: {} }) },
  },
  ...[
    'The model returned the following errors: input length and `max_tokens` exceed context limit: 195000 + 8192 > 200000, decrease input length or `max_tokens` and try again',
    "This model's maximum context length is 200000 tokens. However, you requested 203192 tokens (195000 in the messages, 8192 in the completion).",
    "'max_tokens' is too large: 8192. This model's maximum context length is 200000 tokens and your request has 195000 input tokens (8192 > 200000 - 195000).",
  ].map((said) => ({
    cause: 'context-window',
    said,
    request: asking(),
    sends: { request: asking({ inferenceConfig: { maxTokens: 5_000 } }) },
  })),
  {
    cause: 'system-turns',
    said: "The model returned the following errors: messages.1.role: Input should be 'user' or 'assistant'",
    request: { messages: [...asking().messages, { role: 'system', content: [{ text: 'now in French' }] }] },
    sends: {
      request: { messages: [...asking().messages, { role: 'system', content: [{ text: 'now in French' }] }] },
      learned: { systemTurns: false },
    },
  },
  {
    cause: 'member stopSequences',
    said: "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
    request: asking({ inferenceConfig: { stopSequences: ['END'] } }),
    sends: {
      request: asking({ inferenceConfig: { stopSequences: ['END'] } }),
      learned: { stopSequences: false },
    },
  },
  {
    cause: 'member system',
    said: "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    request: asking({ system: [{ text: 'be brief' }] }),
    sends: {
      request: { messages: [{ role: 'user', content: [{ text: 'be brief' }, { text: 'Hello' }] }] },
      learned: { system: false },
    },
  },
  {
    cause: 'member tools.custom.strict',
    said: 'The model returned the following errors: tools.0.custom.strict: Extra inputs are not permitted',
    request: asking({
      toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' }, strict: true } }] },
    }),
    sends: {
      request: asking({
        toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { type: 'object' } } }] },
      }),
      learned: { strictTools: false },
    },
  },
  {
    cause: 'member toolConfig.toolChoice.any',
    said: "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
    request: asking({ toolConfig: { ...tools, toolChoice: { any: {} } } }),
    sends: {
      request: asking({ toolConfig: { ...tools, toolChoice: { auto: {} } } }),
      learned: { toolChoice: ['auto', 'tool'] },
    },
  },
  {
    cause: 'member tool_choice',
    said: 'tool_choice: type "tool" and "any" are not supported for this model.',
    request: asking({ toolConfig: { ...tools, toolChoice: { any: {} } } }),
    sends: {
      request: asking({ toolConfig: { ...tools, toolChoice: { auto: {} } } }),
      learned: { toolChoice: ['auto'] },
    },
  },
  {
    cause: 'member toolConfig.toolChoice.tool',
    said: "This model doesn't support the toolConfig.toolChoice.tool field.",
    features: { toolChoice: ['auto', 'tool'] },
    request: asking({ toolConfig: { ...tools, toolChoice: { tool: { name: 'f' } } } }),
    sends: {
      request: asking({ toolConfig: { ...tools, toolChoice: { auto: {} } } }),
      learned: { toolChoice: ['auto'] },
    },
  },
  {
    cause: 'member tool_choice',
    said: 'Thinking may not be enabled when tool_choice forces tool use.',
    request: asking({ toolConfig: { ...tools, toolChoice: { any: {} } } }),
    sends: {
      request: asking({ toolConfig: { ...tools, toolChoice: { auto: {} } } }),
      learned: { forcedToolWhileThinking: false },
    },
  },
  {
    cause: 'member reasoningContent.reasoningText.signature',
    said: "This model doesn't support the reasoningContent.reasoningText.signature field. Remove it and try again.",
    request: thought({ reasoningText: { text: 'a', signature: 's' } }),
    sends: { request: thought({ reasoningText: { text: 'a' } }) },
  },
  {
    cause: 'member reasoningContent',
    said: "This model doesn't support the reasoningContent field.",
    request: thought({ reasoningText: { text: 'a' } }),
    sends: {
      request: {
        messages: [
          { role: 'user', content: [hi] },
          { role: 'assistant', content: [hi] },
          { role: 'user', content: [hi] },
        ],
      },
    },
  },
  {
    cause: 'member status',
    said: "This model doesn't support the status field. Remove status and try again.",
    request: results('success'),
    sends: { request: results(undefined), learned: { toolResultStatus: false } },
  },
  {
    cause: 'streaming-tools',
    said: "This model doesn't support tool use in streaming mode.",
    request: asking({ toolConfig: tools }),
    sends: { stream: false, learned: { streamingTools: false } },
  },
  {
    cause: 'streaming',
    said: 'The model does not support streaming.',
    request: asking(),
    sends: { stream: false },
  },
  {
    cause: 'streaming',
    said: 'The model is unsupported for streaming.',
    request: asking(),
    sends: { stream: false },
  },
  {
    cause: 'prefill',
    said: 'This model does not support assistant message prefill. The conversation must end with a user message.',
    request: prefilled,
    sends: {
      request: { messages: [...prefilled.messages, { role: 'user', content: [{ text: 'Continue.' }] }] },
      learned: { prefill: false },
    },
  },
  {
    cause: 'prefill',
    said: 'The model returned the following errors: Your API request included an `assistant` message in the final position, which would pre-fill the `assistant` response. When using tools, pre-filling the `assistant` response is not supported.',
    request: prefilled,
    // Nothing learned: the same model continues messages when it has no tools.
    sends: {
      request: { messages: [...prefilled.messages, { role: 'user', content: [{ text: 'Continue.' }] }] },
    },
  },
  {
    cause: 'user-first',
    said: 'A conversation must start with a user message. Try again with a conversation that starts with a user message.',
    request: { messages: [{ role: 'assistant', content: [hi] }] },
    sends: {
      request: {
        messages: [
          { role: 'user', content: [{ text: 'Begin.' }] },
          { role: 'assistant', content: [hi] },
        ],
      },
      learned: { userFirst: true },
    },
  },
  {
    cause: 'tool-results-alone',
    said: 'messages.2.content: Conversation blocks and tool result blocks cannot be provided in the same turn.',
    request: results(undefined, hi),
    sends: {
      request: {
        messages: [
          ...results(undefined).messages,
          { role: 'assistant', content: [{ text: '.' }] },
          { role: 'user', content: [hi] },
        ],
      },
      learned: { toolResultAlone: true },
    },
  },
  {
    cause: 'max-tokens',
    said: 'The maximum tokens you requested exceed the model limit of 4096. Try again with a maximum tokens value lower than 4096.',
    request: asking({ inferenceConfig: { maxTokens: 9000, topP: 1 } }),
    sends: {
      request: asking({ inferenceConfig: { maxTokens: 4096, topP: 1 } }),
      learned: { outputLimit: 4096 },
    },
  },
  {
    cause: 'max-tokens',
    said: 'max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens',
    request: asking({
      inferenceConfig: { maxTokens: 100_000 },
      reasoning: { effort: 'max', budgetTokens: 80_000 },
    }),
    sends: {
      request: asking({
        inferenceConfig: { maxTokens: 64_000 },
        reasoning: { effort: 'max', budgetTokens: 32_000 },
      }),
      learned: { outputLimit: 64_000 },
    },
  },
  {
    cause: 'member cachePoint.ttl',
    said: "This model doesn't support the cachePoint.ttl field. Remove cachePoint.ttl and try again.",
    features: { caching: { minimumTokens: 7, ttl: ['5m', '1h'], fields: ['messages'] } },
    request: {
      messages: [{ role: 'user', content: [hi, { cachePoint: { type: 'default', ttl: '1h' } }] }],
      system: [{ text: 's' }, { cachePoint: { type: 'default', ttl: '5m' } }],
    },
    sends: {
      request: {
        messages: [{ role: 'user', content: [hi, point] }],
        system: [{ text: 's' }, { cachePoint: { type: 'default' } }],
      },
      learned: { caching: { minimumTokens: 7, ttl: [], fields: ['messages'] } },
    },
  },
  {
    cause: 'member messages.content.text.cache_control.ephemeral.ttl',
    said: 'messages.0.content.0.text.cache_control.ephemeral.ttl: Extra inputs are not permitted',
    request: asking({ cache: { ttl: '1h' } }),
    sends: { request: asking({ cache: {} }), learned: { caching: { ttl: [] } } },
  },
  {
    cause: 'member cachePoint',
    said: "This model doesn't support the cachePoint field. Remove it and try again.",
    request: {
      messages: [{ role: 'user', content: [hi, point] }],
      system: [{ text: 's' }, { cachePoint: { type: 'default' } }],
      toolConfig: { tools: [...tools.tools, { cachePoint: { type: 'default' } }] },
    },
    sends: {
      request: { messages: [{ role: 'user', content: [hi] }], system: [{ text: 's' }], toolConfig: tools },
      learned: { caching: false },
    },
  },
  {
    cause: 'member cachePoint',
    said: "This model doesn't support the cachePoint field. Remove it and try again.",
    request: asking({ cache: { ttl: '5m' } }),
    sends: { request: asking(), learned: { caching: false } },
  },
];
