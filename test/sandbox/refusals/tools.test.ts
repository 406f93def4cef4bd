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

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const NOT_2020_12 =
  'tools.0.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12 (https://json-schema.org/draft/2020-12). Learn more about tool use at https://docs.claude.com/en/docs/tool-use.';
const ROOT =
  'tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level';
const KEYS =
  "tools.0.custom.input_schema.properties: Property keys should match pattern '^[a-zA-Z0-9_.-]{1,64}$'";
const within = (member: unknown): Schema => ({ type: 'object', properties: { a: member } });

describe('Claude refuses the schema of a tool', () => {
  it.each<readonly [string, Schema, string]>([
    ['oneOf at the root', { ...OBJECT, oneOf: [{ required: ['a'] }] }, ROOT],
    ['anyOf at the root', { ...OBJECT, anyOf: [{ required: ['a'] }] }, ROOT],
    ['allOf at the root', { ...OBJECT, allOf: [{ required: ['a'] }] }, ROOT],
    ['brackets in a name', { type: 'object', properties: { 'filter[name]': {} } }, KEYS],
    ['a dollar in a name', { type: 'object', properties: { $top: {} } }, KEYS],
    ['an umlaut in a name', { type: 'object', properties: { größe: {} } }, KEYS],
    ['a long name', { type: 'object', properties: { ['x'.repeat(65)]: {} } }, KEYS],
    [
      'an int64 bound',
      within({ type: 'integer', maximum: 9223372036854776000 }),
      'tools.0.custom.input_schema: int too big to convert',
    ],
    ['tuple items', within({ type: 'array', items: [{ type: 'string' }] }), NOT_2020_12],
    ['a boolean bound', within({ type: 'integer', minimum: 0, exclusiveMinimum: true }), NOT_2020_12],
    ['required inside a property', within({ type: 'string', required: true }), NOT_2020_12],
    ['a type that is none', within({ type: 'any' }), NOT_2020_12],
    ['properties that are a list', within({ type: 'object', properties: [] }), NOT_2020_12],
    ['a member that is no schema', within(null), NOT_2020_12],
    ['a value in additionalProperties', within({ additionalProperties: 'string' }), NOT_2020_12],
  ])('%s', async (_what, schema, words) => {
    expect(await refusals(HAIKU, { schema })).toEqual(said(words));
  });

  it('where a strict tool has bounds', async () => {
    const schema = { ...within({ type: 'integer', minimum: 1 }), additionalProperties: false };
    expect(await refusals(HAIKU, { strict: true, schema })).toEqual(
      said("tools.0.custom: For 'integer' type, property 'minimum' is not supported"),
    );
  });
});

describe('Nova refuses the schema of a tool', () => {
  it.each(['$defs', 'definitions', 'anyOf', 'oneOf', 'allOf', '$schema', '$ref', 'description'])(
    '%s at the root',
    async (key) => {
      const modelId = 'us.amazon.nova-pro-v1:0';
      const schema = { ...OBJECT, [key]: key.endsWith('Of') ? [{}] : key.startsWith('d') ? {} : 'x' };
      const client = runtimeClient(sandbox.url);
      const words = `Malformed input request: #/toolConfig/tools/0/toolSpec/inputSchema/json: extraneous key [${key}] is not permitted, please reformat your input and try again.`;
      const body = JSON.stringify({
        messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
        toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: schema } } }] },
      });
      expect(await refusalOf(client.send(new ConverseCommand(overConverse(modelId, { schema }))))).toBe(
        said(words)[0],
      );
      expect(await refusalOf(client.send(new InvokeModelCommand({ modelId, body })))).toBe(said(words)[1]);
    },
  );
});

describe('GPT refuses the schema of a tool', () => {
  const refusal = async (schema: Schema) =>
    refusalOf(
      runtimeClient(sandbox.url).send(new ConverseCommand(overConverse('us.openai.gpt-5.6-sol', { schema }))),
    );

  it.each(['anyOf', 'oneOf', 'allOf'])('%s at the root', async (key) => {
    expect(await refusal({ ...OBJECT, [key]: [{}] })).toBe(
      said(
        "Invalid schema for function 'f': schema must have type 'object' and not have 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level.",
      )[0],
    );
  });

  it('without properties', async () => {
    expect(await refusal({ type: 'object' })).toBe(
      said("Invalid schema for function 'f': In context=(), object schema missing properties.")[0],
    );
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
