import { InvokeModelCommand, InvokeModelWithResponseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const OPUS_47 = 'us.anthropic.claude-opus-4-7';
const NOVA = 'us.amazon.nova-lite-v1:0';
const LLAMA = 'us.meta.llama3-3-70b-instruct-v1:0';
const TITAN = 'amazon.titan-embed-text-v2:0';
const COHERE = 'cohere.embed-english-v3';

let sandbox: Sandbox;
let retired: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
  retired = await startSandbox({ retired: 'serve' });
});
afterAll(() => Promise.all([sandbox.close(), retired.close()]));

const claudeBody = (more: object) => ({
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  ...more,
});

const tool = (more: object) => ({ name: 'f', input_schema: { type: 'object' }, ...more });

const NATIVE: readonly (readonly [what: string, expected: string, modelId: string, body: unknown])[] = [
  ['Claude without a version', 'anthropic_version: Field required', HAIKU, { max_tokens: 1, messages: [] }],
  ['Claude without max_tokens', 'max_tokens: Field required', HAIKU, claudeBody({ max_tokens: undefined })],
  [
    'an unknown Claude member',
    'context_management: Extra inputs are not permitted',
    HAIKU,
    claudeBody({ context_management: {} }),
  ],
  ['a model in a Claude body', 'model: Extra inputs are not permitted', HAIKU, claudeBody({ model: 'x' })],
  [
    'empty Claude text',
    'messages: text content blocks must be non-empty',
    HAIKU,
    claudeBody({ messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }),
  ],
  [
    'a Claude tool name',
    "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'",
    HAIKU,
    claudeBody({ tools: [{ name: 'a b', input_schema: { type: 'object' } }] }),
  ],
  [
    'eager tool input on the 4.5 generation',
    'tools.0.custom.eager_input_streaming: Extra inputs are not permitted',
    HAIKU,
    claudeBody({ tools: [tool({ eager_input_streaming: true })] }),
  ],
  [
    'tool examples without their beta',
    'tools.1.custom.input_examples: Extra inputs are not permitted',
    OPUS_47,
    claudeBody({ tools: [tool({}), tool({ input_examples: [{}] })] }),
  ],
  [
    'a deferred tool without its beta',
    'tools.0.custom.defer_loading: Extra inputs are not permitted',
    OPUS_47,
    claudeBody({ tools: [tool({ defer_loading: false })] }),
  ],
  [
    'callers of a tool',
    'tools.0.custom.allowed_callers: Extra inputs are not permitted',
    OPUS_47,
    claudeBody({ tools: [tool({ allowed_callers: ['direct'] })] }),
  ],
  [
    'both sampling parameters',
    '`temperature` and `top_p` cannot both be specified for this model. Please use only one.',
    HAIKU,
    claudeBody({ temperature: 1, top_p: 1 }),
  ],
  [
    'a URL image',
    'messages.0.content.0.image.source.base64.data: URL sources are not supported',
    HAIKU,
    claudeBody({
      messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://a' } }] }],
    }),
  ],
  [
    'a tool_use without result',
    '`tool_use` ids were found without `tool_result` blocks immediately after: t1.',
    HAIKU,
    claudeBody({
      messages: [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'x', input: {} }] },
        { role: 'user', content: 'b' },
      ],
    }),
  ],
  [
    'output format on Opus 4.7',
    'output_config.format: Extra inputs are not permitted',
    OPUS_47,
    claudeBody({ output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } }),
  ],
  [
    'an unknown Nova block',
    'Malformed input request: #/messages/0/content/0: extraneous key [inputText] is not permitted, please reformat your input and try again.',
    NOVA,
    { messages: [{ role: 'user', content: [{ inputText: 'a' }] }] },
  ],
  [
    'an unknown Llama member',
    'Malformed input request: #: extraneous key [max_tokens] is not permitted',
    LLAMA,
    { prompt: 'a', max_tokens: 1 },
  ],
  ['a missing prompt', 'Malformed input request: #: required key [prompt] not found', LLAMA, {}],
  [
    'a body that is no object',
    'Malformed input request, please reformat your input and try again.',
    NOVA,
    '{ Malformed',
  ],
  [
    'a stream flag that does not agree',
    'The stream field is true, which does not agree with the operation.',
    'openai.gpt-oss-20b-1:0',
    { messages: [{ role: 'user', content: 'a' }], stream: true },
  ],
  [
    'a model that only has Converse',
    "This action doesn't support the model that you provided.",
    'us.openai.gpt-5.6-luna',
    { messages: [] },
  ],
  [
    'Titan over its tokens',
    '400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 10000',
    TITAN,
    { inputText: 'word'.repeat(10_000) },
  ],
  [
    'a Titan dimension',
    'Malformed input request: #/dimensions: 384 is not a valid enum value',
    TITAN,
    { inputText: 'a', dimensions: 384 },
  ],
  [
    'Cohere without input_type',
    'Malformed input request: #: required key [input_type] not found',
    COHERE,
    { texts: ['a'] },
  ],
  [
    'a Cohere text over 2,048 characters',
    'Malformed input request: #/texts/0: expected maxLength: 2048, actual: 19882, please reformat your input and try again.',
    COHERE,
    { texts: ['x'.repeat(19_882)], input_type: 'search_query' },
  ],
  [
    '97 Cohere texts',
    'Malformed input request: #/texts: expected maximum item count: 96, found: 97',
    COHERE,
    { texts: Array.from({ length: 97 }, () => 'a'), input_type: 'search_query' },
  ],
  [
    'a v4 member on Cohere v3',
    'Malformed input request: #: extraneous key [max_tokens] is not permitted, please reformat your input and try again.',
    COHERE,
    { texts: ['a'], input_type: 'search_query', max_tokens: 256 },
  ],
  [
    'Cohere rerank without api_version',
    'required key [api_version] not found',
    'cohere.rerank-v3-5:0',
    { query: 'a', documents: ['b'] },
  ],
];

describe('InvokeModel refuses like Bedrock', () => {
  it.each(NATIVE)('%s', async (_what, expected, modelId, body) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const command = new InvokeModelCommand({ modelId, body: text, contentType: 'application/json' });
    expect(await refusalOf(runtimeClient(sandbox.url).send(command))).toContain(expected);
  });

  it('a stream of an embedding model', async () => {
    const command = new InvokeModelWithResponseStreamCommand({ modelId: TITAN, body: '{"inputText":"a"}' });
    expect(await refusalOf(runtimeClient(sandbox.url).send(command))).toContain(
      'The model is unsupported for streaming',
    );
  });

  it('Claude 2 prompts without the Human turn, when retired models are served', async () => {
    const body = JSON.stringify({ prompt: 'Hi', max_tokens_to_sample: 5 });
    const command = () => new InvokeModelCommand({ modelId: 'anthropic.claude-v2:1', body });
    expect(await refusalOf(runtimeClient(sandbox.url).send(command()))).toContain(
      '404 ResourceNotFoundException',
    );
    expect(await refusalOf(runtimeClient(retired.url).send(command()))).toContain('prompt must start with');
  });
});
