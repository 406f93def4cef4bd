/** Thinking of earlier turns that Claude refuses, sent raw over both APIs. */
import { ConverseCommand, InvokeModelCommand, type Message } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const SONNET = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const thinking = { type: 'enabled', budget_tokens: 2_000 };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

const converse = (modelId: string, messages: Message[]) =>
  runtimeClient(sandbox.url).send(
    new ConverseCommand({
      modelId,
      messages,
      inferenceConfig: { maxTokens: 4_000 },
      additionalModelRequestFields: { thinking },
      toolConfig: { tools: [{ toolSpec: { name: 'get_it', inputSchema: { json: { type: 'object' } } } }] },
    }),
  );
const native = (modelId: string, messages: object[]) =>
  runtimeClient(sandbox.url).send(
    new InvokeModelCommand({
      modelId,
      body: new TextEncoder().encode(
        JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 4_000, thinking, messages }),
      ),
    }),
  );
const hi: Message = { role: 'user', content: [{ text: 'Hi' }] };

describe('the sandbox refuses', () => {
  it('what another Claude signed, and takes what this one signed, on Converse', async () => {
    const client = runtimeClient(sandbox.url);
    const { output } = await client.send(
      new ConverseCommand({
        modelId: SONNET,
        messages: [hi],
        inferenceConfig: { maxTokens: 4_000 },
        additionalModelRequestFields: { thinking },
      }),
    );
    const answer: Message = { role: 'assistant', content: output?.message?.content ?? [] };
    expect(await refusalOf(converse(HAIKU, [hi, answer, hi]))).toBe(
      '400 ValidationException: The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block',
    );
    expect((await converse(SONNET, [hi, answer, hi])).stopReason).toBeDefined();
  });

  it('what another Claude signed, on InvokeModel', async () => {
    const { body } = await native(SONNET, [{ role: 'user', content: 'Hi' }]);
    const { content } = JSON.parse(new TextDecoder().decode(body));
    const turns = [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content },
      { role: 'user', content: 'Hi' },
    ];
    expect(await refusalOf(native(HAIKU, turns))).toBe(
      '400 ValidationException: messages.1.content.0: Invalid `signature` in `thinking` block',
    );
  });

  it('an open round of tool calls without thinking in front of it', async () => {
    const round: Message[] = [
      hi,
      { role: 'assistant', content: [{ toolUse: { toolUseId: 'a', name: 'get_it', input: {} } }] },
      { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ text: 'ok' }] } }] },
    ];
    expect(await refusalOf(converse(HAIKU, round))).toContain(
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.',
    );
  });

  it('thinking behind the words of its own answer', async () => {
    const thought = { reasoningContent: { reasoningText: { text: 'hm', signature: 'abc' } } };
    const words = { text: 'So.' };
    const refusal =
      'messages.1.content.0: If an assistant message contains any thinking blocks, the first block must be `thinking` or `redacted_thinking`. Found `text`.';
    expect(await refusalOf(converse(HAIKU, [hi, { role: 'assistant', content: [words, thought] }, hi]))).toBe(
      `400 ValidationException: The model returned the following errors: ${refusal}`,
    );
    const turn = { role: 'user', content: 'Hi' };
    const content = [
      { type: 'text', text: 'So.' },
      { type: 'thinking', thinking: 'hm', signature: 'abc' },
    ];
    expect(await refusalOf(native(HAIKU, [turn, { role: 'assistant', content }, turn]))).toBe(
      `400 ValidationException: ${refusal}`,
    );
  });
});
