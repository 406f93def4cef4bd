/** System messages among the turns and turns of white space, sent raw over both APIs. */
import { ConverseCommand, InvokeModelCommand, type Message } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

type Role = 'user' | 'assistant' | 'system';
const say = (role: Role, text = 'Hi') => ({ role, text });
type Said = ReturnType<typeof say>;

function converse(modelId: string, said: readonly Said[]) {
  const messages = said.map(({ role, text }): Message => ({ role, content: [{ text }] }));
  return runtimeClient(sandbox.url).send(new ConverseCommand({ modelId, messages }));
}
function native(modelId: string, said: readonly Said[]) {
  const messages = said.map(({ role, text }) => ({ role, content: text }));
  const body = JSON.stringify({ anthropic_version: 'bedrock-2023-05-31', max_tokens: 100, messages });
  return runtimeClient(sandbox.url).send(
    new InvokeModelCommand({ modelId, body: new TextEncoder().encode(body) }),
  );
}

const OPUS = 'us.anthropic.claude-opus-4-8';
const SONNET = 'us.anthropic.claude-sonnet-5';

describe.each([
  ['Converse', converse],
  ['InvokeModel', native],
] as const)('the sandbox on %s', (_name, send) => {
  it.each([
    [
      'of a model that takes none',
      SONNET,
      [say('user'), say('system')],
      "messages.1.role: Input should be 'user' or 'assistant'",
    ],
    [
      'in the first place',
      OPUS,
      [say('system'), say('user')],
      "messages.0: use the top-level 'system' parameter",
    ],
    ['in front of a user turn', OPUS, [say('user'), say('system'), say('user')], 'messages.1: '],
  ] as const)('refuses a system message %s', async (_what, model, said, expected) => {
    expect(await refusalOf(send(model, said))).toContain(expected);
  });

  it('takes one behind a user turn of Opus 4.8', async () => {
    expect(await send(OPUS, [say('user'), say('system')])).toBeDefined();
  });

  it('refuses white space for Claude', async () => {
    expect(await refusalOf(send(OPUS, [say('user', ' ')]))).toMatch(/blank|non-whitespace/);
  });
});

it('takes white space for Nova, and nothing at all for no model', async () => {
  expect(await converse('us.amazon.nova-lite-v1:0', [say('user', ' ')])).toBeDefined();
  expect(await refusalOf(converse('us.amazon.nova-lite-v1:0', [say('user', '')]))).toContain('is blank');
});
