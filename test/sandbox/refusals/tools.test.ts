/** What AWS refuses about tools, sent raw: a rule of ours that is switched off meets these words. */
import {
  ConverseCommand,
  type ConverseCommandInput,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const OPUS_55 = 'us.anthropic.claude-opus-5-5';
const SONNET_55 = 'us.anthropic.claude-sonnet-5-5';
const FABLE = 'us.anthropic.claude-fable-5';
const SONNET_5 = 'us.anthropic.claude-sonnet-5';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

type Schema = Record<string, unknown>;
const OBJECT: Schema = { type: 'object', properties: {} };

const overConverse = (
  modelId: string,
  tool: { name?: string; schema?: Schema; strict?: boolean },
  toolChoice?: Schema,
): ConverseCommandInput => ({
  modelId,
  messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
  toolConfig: JSON.parse(
    JSON.stringify({
      tools: [
        {
          toolSpec: {
            name: tool.name ?? 'f',
            strict: tool.strict,
            inputSchema: { json: tool.schema ?? OBJECT },
          },
        },
      ],
      toolChoice,
    }),
  ),
});

const claudeBody = (
  tool: { name?: string; schema?: Schema; strict?: boolean },
  toolChoice?: Schema,
): string =>
  JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 100,
    messages: [{ role: 'user', content: 'Hi' }],
    tools: [{ name: tool.name ?? 'f', strict: tool.strict, input_schema: tool.schema ?? OBJECT }],
    tool_choice: toolChoice,
  });

async function refusals(
  modelId: string,
  tool: { name?: string; schema?: Schema; strict?: boolean },
  converseChoice?: Schema,
  nativeChoice?: Schema,
): Promise<readonly string[]> {
  const client = runtimeClient(sandbox.url);
  const converse = await refusalOf(
    client.send(new ConverseCommand(overConverse(modelId, tool, converseChoice))),
  );
  const native = await refusalOf(
    client.send(new InvokeModelCommand({ modelId, body: claudeBody(tool, nativeChoice) })),
  );
  return [converse, native];
}

const said = (complaint: string): readonly string[] => [
  `400 ValidationException: The model returned the following errors: ${complaint}`,
  `400 ValidationException: ${complaint}`,
];

describe('Claude refuses', () => {
  it.each([OPUS_55, SONNET_55, FABLE])('a forced tool choice: %s', async (model) => {
    const words = said('tool_choice: type "tool" and "any" are not supported for this model.');
    expect(await refusals(model, {}, { any: {} }, { type: 'any' })).toEqual(words);
    expect(await refusals(model, {}, { tool: { name: 'f' } }, { type: 'tool', name: 'f' })).toEqual(words);
  });

  it('strict where a model does not have it', async () => {
    expect(
      await refusals(SONNET_5, { strict: true, schema: { ...OBJECT, additionalProperties: false } }),
    ).toEqual(said('tools.0.custom.strict: Extra inputs are not permitted'));
  });
});

describe('Nova fails to call', () => {
  it.each(['us.amazon.nova-pro-v1:0', 'us.amazon.nova-2-lite-v1:0'])(
    'a tool with a hyphen in its name: %s',
    async (modelId) => {
      const client = runtimeClient(sandbox.url);
      const words =
        '424 ModelErrorException: Model produced invalid sequence as part of ToolUse. Please refer to the model tool use troubleshooting guide.';
      const body = JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
        toolConfig: { tools: [{ toolSpec: { name: 'get-it', inputSchema: { json: OBJECT } } }] },
      });
      expect(
        await refusalOf(client.send(new ConverseCommand(overConverse(modelId, { name: 'get-it' })))),
      ).toBe(words);
      expect(await refusalOf(client.send(new InvokeModelCommand({ modelId, body })))).toBe(words);
    },
  );
});
