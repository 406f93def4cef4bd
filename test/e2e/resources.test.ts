/** Resources, completions and confirmation through the spawned server, in both eras. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, describe, expect, it } from 'vitest';
import { cleanEnvironment, MAIN } from './server-process.ts';

const open: Client[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

describe.each([
  ['2025 era', 'legacy' as const],
  ['2026 era', { pin: '2026-07-28' }],
])('a client of the %s', (_era, mode) => {
  const connect = async (args: readonly string[] = []) => {
    const client = new Client(
      { name: 'test', version: '1' },
      { capabilities: { elicitation: { form: {} } }, versionNegotiation: { mode } },
    );
    open.push(client);
    const questions: string[] = [];
    client.setRequestHandler('elicitation/create', async (request) => {
      questions.push(request.params.message);
      return { action: 'accept', content: { confirm: true } };
    });
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [MAIN, '--sandbox', ...args],
        env: cleanEnvironment(),
      }),
    );
    return { client, questions };
  };
  const json = async (client: Client, uri: string): Promise<unknown> => {
    const [content] = (await client.readResource({ uri })).contents;
    return JSON.parse(content !== undefined && 'text' in content ? content.text : '');
  };

  it('reads the models, one model by alias, the profiles and what was spent', async () => {
    const { client } = await connect();
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual([
      'bedrock://models',
      'bedrock://profiles',
      'bedrock://usage',
    ]);
    expect(
      (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    ).toEqual(['bedrock://models/{id}', 'bedrock://profiles/{region}']);
    expect(await json(client, 'bedrock://models')).toMatchObject({
      models: expect.arrayContaining([expect.objectContaining({ alias: 'nova-lite' })]),
    });
    expect(await json(client, 'bedrock://models/nova-lite')).toMatchObject({
      id: 'amazon.nova-lite-v1:0',
      price_usd_per_1m: { input: '0.06' },
    });
    expect(await json(client, 'bedrock://models/amazon.nova-lite-v1%3A0')).toMatchObject({
      alias: 'nova-lite',
    });
    expect(await json(client, 'bedrock://profiles/eu-central-1')).toMatchObject({
      source: 'live',
      region: 'eu-central-1',
    });
    expect(await json(client, 'bedrock://usage')).toMatchObject({ total: { calls: expect.any(Number) } });
    await expect(client.readResource({ uri: 'bedrock://models/no-such-model' })).rejects.toThrow('not found');
    await expect(client.readResource({ uri: 'bedrock://models/%E0%A4%A' })).rejects.toThrow('not found');
    await expect(client.readResource({ uri: 'file:///etc/passwd' })).rejects.toThrow('not found');
  });

  it('completes model names and Regions', async () => {
    const { client } = await connect();
    const complete = async (uri: string, name: string, value: string) =>
      (await client.complete({ ref: { type: 'ref/resource', uri }, argument: { name, value } })).completion
        .values;
    expect(await complete('bedrock://models/{id}', 'id', 'claude-haiku')).toContain('claude-haiku-4-5');
    expect(await complete('bedrock://profiles/{region}', 'region', 'eu-c')).toEqual(
      expect.arrayContaining(['eu-central-1', 'eu-central-2']),
    );
    expect(await complete('bedrock://models/{id}', 'nothing', '')).toEqual([]);
  });

  it('is asked before a dear call', async () => {
    const { client, questions } = await connect(['--confirm-above-usd', '0.01']);
    const reply = await client.callTool({
      name: 'invoke_model',
      arguments: { model: 'claude-opus-4-5', prompt: 'Hello', max_tokens: 4000 },
    });
    expect(reply).not.toHaveProperty('isError', true);
    expect(questions).toEqual([expect.stringMatching(/up to 0\.\d+ USD/)]);
  });
});
