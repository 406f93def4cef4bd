/** Tool results and the IDs of tool calls that AWS refuses, sent by the SDK as they are: this is what the rules spare a caller. */
import {
  type ContentBlock,
  ConverseCommand,
  InvokeModelCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'us.amazon.nova-lite-v1:0';
const GPT = 'us.openai.gpt-6-sol';
const MISTRAL = 'mistral.mistral-large-3-675b-instruct';
const toolConfig = {
  tools: [{ toolSpec: { name: 'f', inputSchema: { json: { type: 'object', properties: {} } } } }],
};
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

type Part = NonNullable<NonNullable<ContentBlock['toolResult']>['content']>[number];
const call = (toolUseId: string): ContentBlock => ({ toolUse: { toolUseId, name: 'f', input: {} } });
const result = (toolUseId: string, part: Part = { text: 'a' }): ContentBlock => ({
  toolResult: { toolUseId, content: [part] },
});
const round = (...ids: string[]): Message[] => [
  { role: 'user', content: [{ text: 'a' }] },
  { role: 'assistant', content: ids.map(call) },
  { role: 'user', content: ids.map((id) => result(id)) },
];
const answered = (part: Part): Message[] => [
  ...round('abcdefgh1').slice(0, 2),
  { role: 'user', content: [result('abcdefgh1', part)] },
];
const twice = (id: string): Message[] => [
  ...round(id),
  { role: 'assistant', content: [call(id)] },
  { role: 'user', content: [result(id)] },
];

type Row = readonly [what: string, modelId: string, messages: Message[], words: string];
const NOT_AN_OBJECT =
  'The format of the value at messages.2.content.0.toolResult.content.0.json is invalid. Provide a json object for the field and try again.';
const REFUSED: readonly Row[] = [
  ['a list as JSON', HAIKU, answered({ json: [1] }), NOT_AN_OBJECT],
  ['a text as JSON', NOVA, answered({ json: 'a' }), NOT_AN_OBJECT],
  ['a number as JSON', MISTRAL, answered({ json: 1 }), NOT_AN_OBJECT],
  ['true as JSON', HAIKU, answered({ json: true }), NOT_AN_OBJECT],
  ['an object with __type inside', HAIKU, answered({ json: { a: [{ __type: 'b' }] } }), NOT_AN_OBJECT],
  [
    'an image in a result to GPT',
    GPT,
    answered({ image: { format: 'png', source: { bytes: PNG } } }),
    "This model doesn't support the image field for user messages. Remove image and try again.",
  ],
  [
    'an image in a result to Mistral',
    MISTRAL,
    answered({ image: { format: 'png', source: { bytes: PNG } } }),
    "This model doesn't support the image field for user messages. Remove image and try again.",
  ],
  [
    'a video in a result to Claude',
    HAIKU,
    answered({ video: { format: 'mp4', source: { bytes: PNG } } }),
    "This model doesn't support the video content block that you provided. Update the content block and try again.",
  ],
  [
    'two calls of one ID in a turn',
    NOVA,
    round('abcdefgh1', 'abcdefgh1'),
    'The toolUse blocks at messages.1.content contain duplicate Ids: abcdefgh1',
  ],
  [
    'an ID of an earlier turn to Claude',
    HAIKU,
    twice('abcdefgh1'),
    'The model returned the following errors: messages.3.content.0: `tool_use` ids must be unique',
  ],
  [
    'an ID with a colon to Claude',
    HAIKU,
    round('list_dir:0'),
    "The model returned the following errors: messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  ],
  [
    'an ID with a pipe',
    NOVA,
    round('a|b'),
    "1 validation error detected: Value 'a|b' at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+",
  ],
  [
    'a short ID to Mistral',
    MISTRAL,
    round('a'),
    'The model returned the following errors: Tool call id was a but must be a-z, A-Z, 0-9, with a length of 9.',
  ],
];

describe('a tool result or call ID that AWS refuses', () => {
  it.each(REFUSED)('is refused on Converse in its words: %s', async (_what, modelId, messages, words) => {
    const client = runtimeClient(sandbox.url);
    const said = await refusalOf(client.send(new ConverseCommand({ modelId, messages, toolConfig })));
    expect(said).toBe(`400 ValidationException: ${words}`);
  });

  it('is taken where the model takes it', async () => {
    const client = runtimeClient(sandbox.url);
    const image: Part = { image: { format: 'png', source: { bytes: PNG } } };
    for (const modelId of [HAIKU, NOVA]) {
      const command = new ConverseCommand({ modelId, messages: answered(image), toolConfig });
      expect((await client.send(command)).stopReason).toBe('end_turn');
    }
    const again = new ConverseCommand({ modelId: NOVA, messages: twice('abcdefgh1'), toolConfig });
    expect((await client.send(again)).stopReason).toBe('end_turn');
  });
});

describe('InvokeModel', () => {
  const invoke = (modelId: string, body: object) =>
    refusalOf(
      runtimeClient(sandbox.url).send(new InvokeModelCommand({ modelId, body: JSON.stringify(body) })),
    );
  const tools = [{ name: 'f', input_schema: { type: 'object' } }];

  it('wants each tool call of Claude to have an ID of its own', async () => {
    const turn = (id: string) => [
      { role: 'assistant', content: [{ type: 'tool_use', id, name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'a' }] },
    ];
    const body = {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 10,
      tools,
      messages: [{ role: 'user', content: 'a' }, ...turn('a'), ...turn('a')],
    };
    expect(await invoke(HAIKU, body)).toContain('messages.3.content.0: `tool_use` ids must be unique');
  });

  it('wants an object as JSON in a result to Nova', async () => {
    const body = {
      messages: [
        { role: 'user', content: [{ text: 'a' }] },
        { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'f', input: {} } }] },
        { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ json: [1] }] } }] },
      ],
      toolConfig,
    };
    expect(await invoke(NOVA, body)).toContain('/json: expected type: JSONObject, found: JSONArray');
  });
});
