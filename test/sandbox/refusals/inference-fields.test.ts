/** Members of inferenceConfig that a model does not take, sent raw. */
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

describe('the sandbox refuses stop sequences on Converse', () => {
  it.each(['us.openai.gpt-5.6-sol', 'openai.gpt-oss-120b-1:0', 'qwen.qwen3-32b-v1:0'])(
    'for %s, in the recorded words',
    async (modelId) => {
      const call = runtimeClient(sandbox.url).send(
        new ConverseCommand({
          modelId,
          messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
          inferenceConfig: { stopSequences: ['END'] },
        }),
      );
      expect(await refusalOf(call)).toBe(
        "400 ValidationException: This model doesn't support the stopSequences field. Remove stopSequences and try again.",
      );
    },
  );
});

it('on InvokeModel such a model reads them and goes on', async () => {
  const body = { messages: [{ role: 'user', content: 'Hi' }], stop: ['answer'] };
  const answer = await runtimeClient(sandbox.url).send(
    new InvokeModelCommand({
      modelId: 'openai.gpt-oss-120b-1:0',
      body: new TextEncoder().encode(JSON.stringify(body)),
    }),
  );
  const { choices } = JSON.parse(new TextDecoder().decode(answer.body));
  expect(choices[0].message.content).toContain('This answer comes');
});
