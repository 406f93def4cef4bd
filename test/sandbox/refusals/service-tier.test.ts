/** Service tiers, sent raw: what AWS refuses when nothing of ours stands in between. */
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const modelId = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';

describe('a service tier that the model has not', () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  afterAll(() => sandbox.close());

  it.each([
    ['flex', 'The provided service tier is not supported for this model.'],
    ['priority', 'The provided service tier is not supported for this model.'],
    ['reserved', 'Reservation not found.'],
  ] as const)('%s is refused on both APIs', async (type, words) => {
    const client = runtimeClient(sandbox.url);
    const converse = new ConverseCommand({
      modelId,
      messages: [{ role: 'user', content: [{ text: 'Hi' }] }],
      serviceTier: { type },
    });
    const native = new InvokeModelCommand({
      modelId,
      serviceTier: type,
      body: JSON.stringify({
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 9,
        messages: [{ role: 'user', content: 'Hi' }],
      }),
    });
    const refused = `400 ValidationException: ${words}`;
    expect(await refusalOf(client.send(converse))).toBe(refused);
    expect(await refusalOf(client.send(native))).toBe(refused);
  });
});
