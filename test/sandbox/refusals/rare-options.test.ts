/** Options that few models have, sent raw: what AWS refuses when nothing of ours stands in between. */
import { ConverseCommand, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../../src/sandbox/types.ts';
import { refusalOf, runtimeClient } from '../clients.ts';

const HAIKU = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const REFUSED = '400 ValidationException: ';
const F = 'The model returned the following errors: ';
const messages = [{ role: 'user' as const, content: [{ text: 'Hi' }] }];
const claude = (more: object = {}) =>
  JSON.stringify({
    anthropic_version: 'bedrock-2023-05-31',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'Hi' }],
    ...more,
  });

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

type Command = ConverseCommand | InvokeModelCommand;
const refused = (command: Command) => {
  const client = runtimeClient(sandbox.url);
  return refusalOf(command instanceof ConverseCommand ? client.send(command) : client.send(command));
};

describe('optimized latency', () => {
  const words = (id: string) =>
    `${REFUSED}Latency performance configuration is not supported for ${id} in us-east-1`;
  it('is refused on both APIs where the model has none', async () => {
    const performanceConfig = { latency: 'optimized' } as const;
    const id = HAIKU.replace('us.', '');
    expect(await refused(new ConverseCommand({ modelId: HAIKU, messages, performanceConfig }))).toBe(
      words(id),
    );
    expect(await refused(new ConverseCommand({ modelId: NOVA, messages, performanceConfig }))).toBe(
      words(NOVA),
    );
    const native = { modelId: HAIKU, performanceConfigLatency: 'optimized', body: claude() } as const;
    expect(await refused(new InvokeModelCommand(native))).toBe(words(id));
  });

  it('is taken through the profile of a model that has it', async () => {
    const client = runtimeClient(sandbox.url);
    const answer = await client.send(
      new ConverseCommand({
        modelId: `us.${NOVA}`,
        messages,
        performanceConfig: { latency: 'optimized' },
      }),
    );
    expect(answer.stopReason).toBe('end_turn');
  });
});

describe('a beta that Bedrock does not know', () => {
  it('is refused on both APIs without its name', async () => {
    const anthropic_beta = ['mcp-servers-2025-12-04'];
    const fields = { modelId: HAIKU, messages, additionalModelRequestFields: { anthropic_beta } };
    expect(await refused(new ConverseCommand(fields))).toBe(`${REFUSED}${F}invalid beta flag`);
    const native = new InvokeModelCommand({ modelId: HAIKU, body: claude({ anthropic_beta }) });
    expect(await refused(native)).toBe(`${REFUSED}invalid beta flag`);
  });
});

describe('a further field on Converse', () => {
  it.each([
    [NOVA, { top_k: 5 }, `${F}Malformed input request: #: extraneous key [top_k] is not permitted`],
    ['us.openai.gpt-5.6-sol', { top_k: 5 }, "Unknown parameter: 'top_k'."],
    [HAIKU, { min_p: 0.1 }, `${F}min_p: Extra inputs are not permitted`],
  ])('is refused by %s', async (modelId, additionalModelRequestFields, words) => {
    const call = new ConverseCommand({ modelId, messages, additionalModelRequestFields });
    expect(await refused(call)).toContain(words);
  });
});
