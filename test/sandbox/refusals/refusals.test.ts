import {
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const OPUS_47 = 'us.anthropic.claude-opus-4-7';
const NOVA = 'us.amazon.nova-lite-v1:0';
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });
const assistant = (...content: ContentBlock[]): Message => ({ role: 'assistant', content });
const hi = user({ text: 'Hi' });
const tool = (name = 'get_it', json: Record<string, unknown> = { type: 'object', properties: {} }) => ({
  toolSpec: {
    name,
    description: 'x',
    inputSchema: { json: JSON.parse(JSON.stringify(json)) },
    strict: false,
  },
});
const tools = { tools: [tool()] };
const use = (toolUseId: string): ContentBlock => ({ toolUse: { toolUseId, name: 'get_it', input: {} } });
const result = (toolUseId: string): ContentBlock => ({
  toolResult: { toolUseId, content: [{ text: 'ok' }] },
});
const document = (name: string): ContentBlock => ({
  document: { format: 'txt', name, source: { bytes: Buffer.from('words') } },
});

type Row = readonly [what: string, expected: string, input: Partial<ConverseCommandInput>];

const CONVERSE: readonly Row[] = [
  [
    'an unknown model',
    '400 ValidationException: The provided model identifier is invalid.',
    { modelId: 'no.such' },
  ],
  [
    'a bare ID that needs a profile',
    '400 ValidationException: Invocation of model ID anthropic.claude-haiku-4-5-20251001-v1:0 with on-demand throughput isn\u2019t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    { modelId: 'anthropic.claude-haiku-4-5-20251001-v1:0' },
  ],
  [
    'a profile of another geography',
    '400 ValidationException: The provided model identifier is invalid.',
    { modelId: 'eu.amazon.nova-lite-v1:0' },
  ],
  [
    'a model of the mantle endpoint',
    '400 ValidationException: The provided model identifier is invalid.',
    { modelId: 'openai.gpt-5.5' },
  ],
  [
    'a context suffix',
    "400 ValidationException: The provided model doesn't support on-demand throughput.",
    { modelId: 'amazon.nova-lite-v1:0:300k' },
  ],
  [
    'a retired model',
    '404 ResourceNotFoundException: This model version has reached the end of its life. Please refer to the AWS documentation for more details.',
    { modelId: 'us.amazon.nova-premier-v1:0' },
  ],
  [
    'an embedding model',
    "400 ValidationException: This action doesn't support the model that you provided. Try again with a supported text or chat model.",
    { modelId: TITAN },
  ],
  ['no messages', 'A conversation must start with a user message.', { messages: [] }],
  [
    'an empty message',
    'The content field in the Message object at messages.0 is empty. Add a ContentBlock object to the content field and try again.',
    { messages: [user()] },
  ],
  [
    'blank text',
    'The text field in the ContentBlock object at messages.0.content.0 is blank.',
    { messages: [user({ text: ' \n' })] },
  ],
  [
    'an assistant message first',
    'A conversation must start with a user message.',
    { modelId: NOVA, messages: [assistant({ text: 'a' }), hi] },
  ],
  [
    'two user messages in a row',
    'A conversation must alternate between user and assistant roles.',
    { modelId: 'mistral.mistral-large-3-675b-instruct', messages: [hi, hi] },
  ],
  [
    'prefill on Opus 4.7',
    'The model returned the following errors: This model does not support assistant message prefill. The conversation must end with a user message.',
    { modelId: OPUS_47, messages: [hi, assistant({ text: '{' })] },
  ],
  [
    'tool blocks without toolConfig',
    'The toolConfig field must be defined when using toolUse and toolResult content blocks.',
    { messages: [hi, assistant(use('a')), user(result('a'))] },
  ],
  [
    'a tool use without its result',
    'Expected toolResult blocks at messages.2.content for the following Ids: b',
    { messages: [hi, assistant(use('a'), use('b')), user(result('a'))], toolConfig: tools },
  ],
  [
    'more results than uses',
    'The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.',
    { messages: [hi, assistant(use('a')), user(result('a'), result('b'))], toolConfig: tools },
  ],
  [
    'a tool result beside text on Llama',
    'messages.2.content: Conversation blocks and tool result blocks cannot be provided in the same turn.',
    {
      modelId: LLAMA,
      messages: [hi, assistant(use('a')), user(result('a'), { text: 'and' })],
      toolConfig: tools,
    },
  ],
  [
    'an empty error result',
    'The content field at messages.2.content.0.toolResult cannot be empty when status value is error.',
    {
      messages: [
        hi,
        assistant(use('a')),
        user({ toolResult: { toolUseId: 'a', content: [], status: 'error' } }),
      ],
      toolConfig: tools,
    },
  ],
  [
    'a status on Palmyra',
    "This model doesn't support the status field. Remove status and try again.",
    {
      modelId: 'us.writer.palmyra-x5-v1:0',
      messages: [
        hi,
        assistant(use('a')),
        user({ toolResult: { toolUseId: 'a', content: [{ text: 'x' }], status: 'success' } }),
      ],
      toolConfig: tools,
    },
  ],
  [
    'tools on DeepSeek R1',
    "This model doesn't support tool use.",
    { modelId: 'us.deepseek.r1-v1:0', toolConfig: tools },
  ],
  [
    'toolChoice any on Llama',
    "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.",
    { modelId: LLAMA, toolConfig: { ...tools, toolChoice: { any: {} } } },
  ],
  [
    'a tool name with a dot',
    "1 validation error detected: Value 'a.b' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    { toolConfig: { tools: [tool('a.b')] } },
  ],
  [
    'an input schema that is no object',
    'The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.',
    { toolConfig: { tools: [tool('a', { type: 'string' })] } },
  ],
  [
    'system on Mistral 7B',
    "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    { modelId: 'mistral.mistral-7b-instruct-v0:2', system: [{ text: 'Be brief' }] },
  ],
  [
    'an image on a text model',
    "This model doesn't support the image content block that you provided. Update the content block and try again.",
    {
      modelId: 'us.amazon.nova-micro-v1:0',
      messages: [user({ text: 'a' }, { image: { format: 'png', source: { bytes: Buffer.from('x') } } })],
    },
  ],
  [
    'bytes that are no image',
    'The model returned the following errors: Could not process image',
    {
      messages: [
        user({ text: 'a' }, { image: { format: 'png', source: { bytes: Buffer.from('not a png at all') } } }),
      ],
    },
  ],
  [
    'a document without text',
    'A text block must be included when using documents. Add a text block and retry your request.',
    { messages: [user(document('a'))] },
  ],
  [
    'a document name with a dot',
    'The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets.',
    { messages: [user({ text: 'a' }, document('a.txt'))] },
  ],
  [
    'duplicate document names',
    "Messages can't contain duplicate document names.",
    { messages: [user({ text: 'a' }, document('a'), document('a'))] },
  ],
  [
    'six documents',
    "You can't include more than 5 documents in a request.",
    { messages: [user({ text: 'a' }, ...['a', 'b', 'c', 'd', 'e', 'f'].map(document))] },
  ],
  [
    'temperature and topP on Haiku 4.5',
    'The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    { inferenceConfig: { temperature: 0.5, topP: 0.5 } },
  ],
  [
    'temperature on Opus 4.7',
    'The model returned the following errors: `temperature` is deprecated for this model.',
    { modelId: OPUS_47, inferenceConfig: { temperature: 0 } },
  ],
  [
    'a temperature out of range',
    "Value '5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
    { inferenceConfig: { temperature: 5 } },
  ],
  [
    'too many output tokens',
    'The maximum tokens you requested exceed the model limit of 64000. Try again with a maximum tokens value lower than 64000.',
    { inferenceConfig: { maxTokens: 65_537 } },
  ],
  [
    'enabled thinking on Opus 4.7',
    'The model returned the following errors: "thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
    {
      modelId: OPUS_47,
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
    },
  ],
  [
    'a thinking budget above the limit',
    '`max_tokens` must be greater than `thinking.budget_tokens`.',
    {
      inferenceConfig: { maxTokens: 1500 },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } },
    },
  ],
  [
    'an unknown model field',
    'The model returned the following errors: nonsense: Extra inputs are not permitted',
    { additionalModelRequestFields: { nonsense: 1 } },
  ],
  [
    'a cache point on DeepSeek R1',
    '403 AccessDeniedException: You invoked an unsupported model or your request did not allow prompt caching.',
    { modelId: 'us.deepseek.r1-v1:0', messages: [user({ text: 'a' }, { cachePoint: { type: 'default' } })] },
  ],
  [
    'a signature in the reasoning of another family',
    "This model doesn't support the reasoningContent.reasoningText.signature field.",
    {
      modelId: 'openai.gpt-oss-20b-1:0',
      messages: [
        hi,
        assistant({ reasoningContent: { reasoningText: { text: 'a', signature: 'b' } } }, { text: 'c' }),
        hi,
      ],
    },
  ],
  [
    'a schema keyword that structured output lacks',
    "The model returned the following errors: output_config.format.schema: For 'array' type, property 'maxItems' is not supported",
    {
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'a', schema: '{"type":"array","maxItems":5}' } },
        },
      },
    },
  ],
];

describe('Converse refuses like Bedrock', () => {
  it.each(CONVERSE)('%s', async (_what, expected, input) => {
    const command = new ConverseCommand({ modelId: HAIKU, messages: [hi], ...input });
    expect(await refusalOf(runtimeClient(sandbox.url).send(command))).toContain(expected);
  });

  it('tools in streaming mode on Llama, which whole answers allow', async () => {
    const client = runtimeClient(sandbox.url);
    const input = { modelId: LLAMA, messages: [hi], toolConfig: tools };
    expect(await refusalOf(client.send(new ConverseStreamCommand(input)))).toContain(
      "This model doesn't support tool use in streaming mode.",
    );
    expect((await client.send(new ConverseCommand(input))).stopReason).toBe('tool_use');
  });

  it('an unreadable image on Nova in the first frame of the stream, without an HTTP status', async () => {
    const image: ContentBlock = {
      image: { format: 'png', source: { bytes: Buffer.from('these bytes are not') } },
    };
    const call = runtimeClient(sandbox.url).send(
      new ConverseStreamCommand({ modelId: NOVA, messages: [user({ text: 'a' }, image)] }),
    );
    const said = await refusalOf(call);
    expect(said).toContain(
      'ValidationException: The model returned the following errors: The detected file MIME type',
    );
  });
});

describe('CountTokens', () => {
  const claudeBody = {
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hi' }],
  };
  const input = { converse: { messages: [hi] } };
  it('counts for a bare Claude ID, although it needs a profile elsewhere', async () => {
    const modelId = 'anthropic.claude-haiku-4-5-20251001-v1:0';
    const client = runtimeClient(sandbox.url);
    expect((await client.send(new CountTokensCommand({ modelId, input }))).inputTokens).toBe(1);
    const body = new TextEncoder().encode(JSON.stringify(claudeBody));
    const native = new CountTokensCommand({ modelId, input: { invokeModel: { body } } });
    expect((await client.send(native)).inputTokens).toBe(1);
  });

  it.each([HAIKU, 'amazon.nova-lite-v1:0'])('is refused for %s', async (modelId) => {
    const said = await refusalOf(runtimeClient(sandbox.url).send(new CountTokensCommand({ modelId, input })));
    expect(said).toBe("400 ValidationException: The provided model doesn't support counting tokens.");
  });
});

describe('onDemandRefused', () => {
  it('refuses or accepts every bare ID when told so', async () => {
    const all = await startSandbox({ onDemandRefused: 'all' });
    const none = await startSandbox({ onDemandRefused: 'none' });
    const said = await refusalOf(
      runtimeClient(all.url).send(new ConverseCommand({ modelId: 'amazon.nova-lite-v1:0', messages: [hi] })),
    );
    expect(said).toContain('isn\u2019t supported');
    const bare = new ConverseCommand({ modelId: 'anthropic.claude-haiku-4-5-20251001-v1:0', messages: [hi] });
    expect((await runtimeClient(none.url).send(bare)).stopReason).toBe('end_turn');
    await Promise.all([all.close(), none.close()]);
  });
});
