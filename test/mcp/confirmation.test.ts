/** Asking before a dear call, through real clients of both eras. */
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { createServerFactory } from '../../src/mcp/server.ts';
import { ALL_TOOLS } from '../../src/tools/all-tools.ts';
import { createToolHost } from '../../src/tools/tool-host.ts';
import { type Bench, bench } from '../tools/with-sandbox.ts';

const DEAR = {
  name: 'invoke_model',
  arguments: { model: 'claude-opus-4-5', prompt: 'Hello', max_tokens: 4000 },
};

let on: Bench;
afterEach(() => on.close());

async function serve() {
  on = await bench({ config: { confirm_above_usd: 0.01 } });
  const factory = createServerFactory({
    version: '0.0.0',
    host: createToolHost(['all'], async () => ({ tools: ALL_TOOLS, services: on.services })),
    log: on.services.log,
    redact: on.services.redact,
    stopping: new AbortController().signal,
  });
  const [client, server] = InMemoryTransport.createLinkedPair();
  await factory().connect(server);
  return client;
}
const sent = () =>
  on.sandbox.record.requests.filter((request) => /Converse|Invoke/.test(request.operation ?? ''));

describe.each(['v1 SDK', 'v2 SDK'])('a dear call through a client of the %s', (kind) => {
  const connect = async (answer: 'accept' | 'decline' | 'cannot be asked') => {
    const capabilities = answer === 'cannot be asked' ? {} : { elicitation: {} };
    const questions: string[] = [];
    const reply = () =>
      answer === 'accept'
        ? { action: 'accept' as const, content: { confirm: true } }
        : { action: 'decline' as const };
    const transport = await serve();
    if (kind === 'v1 SDK') {
      const client = new LegacyClient({ name: 'test', version: '1' }, { capabilities });
      if (answer !== 'cannot be asked') {
        client.setRequestHandler(ElicitRequestSchema, async (request) => {
          questions.push(request.params.message);
          return reply();
        });
      }
      await client.connect(transport);
      return { questions, call: () => client.callTool(DEAR) };
    }
    const client = new ModernClient({ name: 'test', version: '1' }, { capabilities });
    if (answer !== 'cannot be asked') {
      client.setRequestHandler('elicitation/create', async (request) => {
        questions.push(request.params.message);
        return reply();
      });
    }
    await client.connect(transport);
    return { questions, call: () => client.callTool(DEAR) };
  };

  it('asks with the amount and goes when the person agrees', async () => {
    const { call, questions } = await connect('accept');
    expect(await call()).not.toHaveProperty('isError', true);
    expect(questions).toEqual([expect.stringMatching(/up to 0\.\d+ USD/)]);
    expect(sent()).toHaveLength(1);
  });

  it('sends nothing when the person declines', async () => {
    const { call } = await connect('decline');
    expect(await call()).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('did not agree') }],
    });
    expect(sent()).toEqual([]);
  });

  it('answers with the estimate and the argument that confirms it when nobody can be asked', async () => {
    const { call } = await connect('cannot be asked');
    expect(await call()).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('confirm_cost_usd') }],
    });
    expect(sent()).toEqual([]);
  });
});
