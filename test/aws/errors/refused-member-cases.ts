/** What AWS says when it refuses, and the member that it means: every recorded 400, and words of public issues. */
import type { RefusedMember } from '../../../src/aws/errors/refused-member.ts';

const F = 'The model returned the following errors: ';

export const MEMBER_CASES: readonly (readonly [
  words: string,
  path: string | undefined,
  scope: RefusedMember['scope'] | undefined,
])[] = [
  [
    "This model doesn't support the temperature field. Remove temperature and try again.",
    'temperature',
    'whole',
  ],
  ['The guardrail identifier or version provided in the request does not exist.', 'guardrailConfig', 'value'],
  ["This model doesn't support the s3Uri field. Remove s3Uri and try again.", 's3Uri', 'whole'],
  [
    "This model doesn't support the image field for user messages. Remove image and try again.",
    'image',
    'whole',
  ],
  [
    "This model doesn't support the video content block that you provided. Update the content block and try again.",
    'video',
    'whole',
  ],
  [
    'This model doesn\u2019t support the toolConfig.toolChoice.any field.',
    'toolConfig.toolChoice.any',
    'whole',
  ],
  [`${F}\`top_p\` is deprecated for this model.`, 'top_p', 'whole'],
  [`${F}Unknown parameter: 'reasoning_effort'.`, 'reasoning_effort', 'whole'],
  [`${F}tools.0.custom.strict: Extra inputs are not permitted`, 'tools.0.custom.strict', 'whole'],
  ['context_management: Extra inputs are not permitted', 'context_management', 'whole'],
  [
    'Malformed input request: #: extraneous key [max_tokens] is not permitted, please reformat your input and try again.',
    'max_tokens',
    'whole',
  ],
  [
    'Malformed input request: extraneous key [top_k] is not permitted, please reformat your input and try again.',
    'top_k',
    'whole',
  ],
  [
    `${F}Malformed input request: #/messages/2/content/0: extraneous key [toolResult] is not permitted, please reformat your input and try again.`,
    'messages.2.content.0.toolResult',
    'whole',
  ],
  [
    'The additional field tool_choice/type conflicts with the existing field toolConfig.toolChoice.auto. Remove tool_choice/type and try again.',
    'tool_choice.type',
    'beside',
  ],
  [
    "1 validation error detected: Value at 'messages.2.member.content.1.member.toolUse.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    'messages.1.content.0.toolUse.name',
    'value',
  ],
  [
    "1 validation error detected: Value '2' at 'inferenceConfig.topP' failed to satisfy constraint: Member must have value less than or equal to 1",
    'inferenceConfig.topP',
    'value',
  ],
  [
    'Malformed input request: #/inferenceConfig/topP: 2 is not less or equal to 1, please reformat your input and try again.',
    'inferenceConfig.topP',
    'value',
  ],
  [
    `${F}messages.2.content.2.document.source.type: Field required`,
    'messages.2.content.2.document.source.type',
    'value',
  ],
  [`${F}tools.0.custom: For 'array' type, property 'maxItems' is not supported`, 'tools.0.custom', 'value'],
  [
    `${F}output_config.format.schema: For 'array' type, property 'maxItems' is not supported`,
    'output_config.format.schema',
    'value',
  ],
  [`${F}tool_choice: type "tool" and "any" are not supported for this model.`, 'tool_choice', 'whole'],
  [
    'The content field in the Message object at messages.1 is empty. Add a ContentBlock object to the content field and try again.',
    'messages.1',
    'value',
  ],
  [
    'The toolUse blocks at messages.2.content contain duplicate Ids: tooluseAc',
    'messages.2.content',
    'value',
  ],
  [
    `${F}{"error":{"code":"unknown_parameter","message":"Unknown parameter: 'reasoningConfig'.","param":"reasoningConfig","type":"invalid_request_error"}}`,
    'reasoningConfig',
    'whole',
  ],
  [
    `${F}{"error":{"code":"unsupported_value","message":"Unsupported value: 'minimal' is not supported with the 'gpt-5.6-sol' model.","param":"reasoning.effort","type":"invalid_request_error"}}`,
    'reasoning.effort',
    'value',
  ],
  [
    "Unsupported value: 'temperature' does not support 0.2 with this model. Only the default (1) value is supported.",
    'temperature',
    'whole',
  ],
  ['Unrecognized request argument supplied: top_k', 'top_k', 'whole'],
  [
    '{"detail":[{"type":"extra_forbidden","loc":["body","ChatCompletionRequest","seed"],"msg":"Extra inputs are not permitted","input":42}]}',
    'seed',
    'whole',
  ],
  [`${F}invalid beta flag`, 'anthropic_beta', 'whole'],
  ['invalid beta flag', 'anthropic_beta', 'whole'],
  [
    'Unexpected value(s) `context-9m` for the `anthropic-beta` header. Please consult our documentation.',
    'anthropic_beta',
    'whole',
  ],
  [
    'Latency performance configuration is not supported for amazon.nova-pro-v1:0 in us-east-1',
    'performanceConfig',
    'whole',
  ],
  ['The provided service tier is not supported for this model.', 'serviceTier', 'whole'],
  ['Reservation not found.', 'serviceTier', 'whole'],
  ['This model does not support the effort parameter.', 'output_config.effort', 'whole'],
  [`${F}output_config.effort: Extra inputs are not permitted`, 'output_config.effort', 'whole'],
  [
    `${F}"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`,
    'thinking.type.enabled',
    'whole',
  ],
  [
    `${F}thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', 'enabled'`,
    'thinking',
    'value',
  ],
  [`${F}adaptive thinking is not supported on this model`, 'thinking.type', 'value'],
  [
    `${F}Malformed input request: the provided reasoning config value is invalid, please reformat your input and try again.`,
    'reasoningConfig',
    'value',
  ],
  ["This model doesn't support citations.", 'citations', 'whole'],
  [
    "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    'system',
    'whole',
  ],
  ["This model doesn't support tool use.", 'tools', 'whole'],
  ["This model doesn't support tool use in streaming mode.", undefined, undefined],
  [
    "This model doesn't support the text field for assistant messages. Remove text and try again.",
    'text',
    'whole',
  ],
  [`${F}system.0.cache_control: Extra inputs are not permitted`, 'system.0.cache_control', 'whole'],
  [
    'messages.0.content.0.text.cache_control.ephemeral.ttl: Extra inputs are not permitted',
    'messages.0.content.0.text.cache_control.ephemeral.ttl',
    'whole',
  ],
  [
    'Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted, please reformat your input and try again.',
    'toolConfig.tools.1.cachePoint',
    'whole',
  ],
  [
    'You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    'cachePoint',
    'whole',
  ],
  [
    'There is nothing available to cache. Please remove the invalid cache point and try again.',
    'cachePoint',
    'beside',
  ],
  [
    `${F}tools.0.custom.eager_input_streaming: Extra inputs are not permitted`,
    'tools.0.custom.eager_input_streaming',
    'whole',
  ],
  [
    "tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom'",
    'tools.0',
    'value',
  ],
  ["Invalid 'tools': missing field `type` at line 1 column 30848", 'tools', 'value'],
  [`${F}Thinking may not be enabled when tool_choice forces tool use.`, 'tool_choice', 'beside'],
  [
    '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    'top_p',
    'beside',
  ],
  ['`temperature` may only be set to 1 when thinking is enabled.', 'temperature', 'beside'],
  [
    "`maxTokens` must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'. Please consult our documentation at https://docs.aws.amazon.com/nova/latest/userguide",
    'maxTokens',
    'beside',
  ],
  // A property of the caller's tool that is called like a parameter.
  [
    `${F}tools.0.custom.input_schema.properties.temperature: JSON schema is invalid, 'default' is not supported`,
    'tools.0.custom.input_schema.properties.temperature',
    'value',
  ],
  ['Malformed input request, please reformat your input and try again.', undefined, undefined],
  ['Malformed request. Please check your parameter/values and try again.', undefined, undefined],
  ['Validation Error', undefined, undefined],
  ['Operation not allowed', undefined, undefined],
  [`${F}Could not process image`, undefined, undefined],
  [`${F}Invalid CachePoint placement`, 'cachePoint', 'beside'],
  ['Model does not support parameter presencePenalty', 'presencePenalty', 'whole'],
  // The rest of what was recorded.
  [
    "tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728'",
    'tools.0',
    'value',
  ],
  [
    'messages.0.content.1.image.source.base64.data: URL sources are not supported',
    'messages.0.content.1.image.source.base64.data',
    'value',
  ],
  [
    'Malformed input request: #/messages/0/content/0: required key [toolUse] not found, please reformat your input and try again.',
    'messages.0.content.0',
    'value',
  ],
  [
    'Malformed input request: #/messages/0/content/0: extraneous key [inputText] is not permitted, please reformat your input and try again.',
    'messages.0.content.0.inputText',
    'whole',
  ],
  [
    'Malformed input request: #: subject must not be valid against schema {"required":["messages"]}#/messages/0/content: expected type: String, found: JSONObject#/messages/0/content: expected type: JSONArray, found: JSONObject, please reformat your input and try again.',
    'messages.0.content',
    'value',
  ],
  [
    `${F}output_config.format.schema: For 'integer' type, property 'multipleOf' is not supported`,
    'output_config.format.schema',
    'value',
  ],
  [
    `${F}tools.0.custom: For 'array' type, 'minItems' values other than 0 or 1 are not supported (got: [2, 5])`,
    'tools.0.custom',
    'value',
  ],
  [
    `${F}tools.0.custom: For 'integer' type, property 'multipleOf' is not supported`,
    'tools.0.custom',
    'value',
  ],
  [
    `${F}tools.0.custom: For 'object' type, 'additionalProperties' must be explicitly set to false`,
    'tools.0.custom',
    'value',
  ],
  [
    "This model doesn't support the stopSequences field. Remove stopSequences and try again.",
    'stopSequences',
    'whole',
  ],
  ["This model doesn't support the topP field. Remove topP and try again.", 'topP', 'whole'],
  [`${F}\`temperature\` is deprecated for this model.`, 'temperature', 'whole'],
  [
    `${F}{"error":{"code":"unknown_parameter","message":"Unknown parameter: 'reasoning_effort'.","param":"reasoning_effort","type":"invalid_request_error"}}`,
    'reasoning_effort',
    'whole',
  ],
  ...['less than or equal to 200', 'greater than or equal to 1'].map(
    (rule) =>
      [
        `1 validation error detected: Value at 'messages.1.member.content.2.member.document.name' failed to satisfy constraint: Member must have length ${rule}`,
        'messages.0.content.1.document.name',
        'value',
      ] as const,
  ),
  [
    `${F}\`maxTokens\` must be unset when reasoningConfig type is 'enabled' and maxReasoningEffort is 'high'. Please consult our documentation at https://docs.aws.amazon.com/nova/latest/userguide`,
    'maxTokens',
    'beside',
  ],
  ...[
    `${F}Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.`,
    'Invocation of model ID deepseek.r1-v1:0 with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    "The provided model doesn't support counting tokens.",
    'The provided model identifier is invalid.',
    'Input is too long for requested model.',
    `${F}Input is too long for requested model.`,
    'too many total text bytes: 10000002 > 9000000',
    `${F}too many total text bytes: 10000002 > 9000000`,
    `${F}Your API request included an \`assistant\` message in the final position, which would pre-fill the \`assistant\` response. When using tools, pre-filling the \`assistant\` response is not supported.`,
    'A text block must be included when using documents. Add a text block and retry your request.',
    'User messages cannot contain reasoning content. Please remove the reasoning content and try again.',
    `${F}Provided S3Location not found`,
    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request.",
  ].map((words) => [words, undefined, undefined] as const),
];
