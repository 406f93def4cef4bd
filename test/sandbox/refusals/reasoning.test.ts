/** Reasoning in the wrong form, sent raw: the sandbox refuses it, or thinks in secret, as Bedrock does. */
import {
  ConverseCommand,
  type ConverseCommandInput,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const FROM_MODEL = 'The model returned the following errors: ';
const input = (modelId: string, more: Partial<ConverseCommandInput>): ConverseCommandInput => ({
  modelId,
  messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
  ...more,
});
const body = (more: object) =>
  new TextEncoder().encode(
    JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 9_000,
      messages: [{ role: 'user', content: 'Hi' }],
      ...more,
    }),
  );

describe('the sandbox refuses on Converse', () => {
  it.each([
    [
      'us.openai.gpt-5.6-sol',
      { additionalModelRequestFields: { reasoning_effort: 'low' } },
      `${FROM_MODEL}{"error":{"code":"unknown_parameter","message":"Unknown parameter: 'reasoning_effort'.","param":"reasoning_effort","type":"invalid_request_error"}}`,
    ],
    [
      'us.openai.gpt-6-astra',
      { additionalModelRequestFields: { reasoning: { effort: 'none' } } },
      "Unsupported value: 'none' is not supported with the 'gpt-6-astra' model.",
    ],
    [
      'us.openai.gpt-5.6-sol',
      { inferenceConfig: { temperature: 0 } },
      "400 ValidationException: This model doesn't support the temperature field. Remove temperature and try again.",
    ],
    [
      'us.openai.gpt-6-luna',
      { inferenceConfig: { topP: 0.5 } },
      "400 ValidationException: This model doesn't support the topP field. Remove topP and try again.",
    ],
    [
      'us.anthropic.claude-opus-5-5',
      { additionalModelRequestFields: { thinking: { type: 'disabled' } } },
      `${FROM_MODEL}"thinking.type.disabled" is not supported for this model.`,
    ],
    [
      'us.anthropic.claude-opus-4-8',
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2_000 } } },
      `${FROM_MODEL}"thinking.type.enabled" is not supported for this model.`,
    ],
  ] as const)('%s with %j', async (modelId, more, expected) => {
    const call = runtimeClient(sandbox.url).send(new ConverseCommand(input(modelId, more)));
    expect(await refusalOf(call)).toContain(expected);
  });
});

it('thinking of Opus 4.7 and later is empty, but signed, unless its display is asked for', async () => {
  const client = runtimeClient(sandbox.url);
  const ask = async (thinking: { type: string; display?: string }) => {
    const fields = { thinking, output_config: { effort: 'low' } };
    const answer = await client.send(
      new ConverseCommand(input('us.anthropic.claude-opus-4-8', { additionalModelRequestFields: fields })),
    );
    return answer.output?.message?.content?.[0]?.reasoningContent?.reasoningText;
  };
  expect(await ask({ type: 'adaptive' })).toEqual({ text: '', signature: expect.stringMatching(/./) });
  expect((await ask({ type: 'adaptive', display: 'summarized' }))?.text).toContain('sandbox');
  const native = await client.send(
    new InvokeModelCommand({
      modelId: 'us.anthropic.claude-opus-4-8',
      body: body({ thinking: { type: 'adaptive' } }),
    }),
  );
  expect(JSON.parse(new TextDecoder().decode(native.body)).content[0]).toMatchObject({
    type: 'thinking',
    thinking: '',
  });
});
