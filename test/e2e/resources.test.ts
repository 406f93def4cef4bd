/** Resources, completions and confirmation through the spawned server, in both eras. */
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/json.ts';
import { cleanEnvironment, MAIN } from './server-process.ts';

const open: Client[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

describe.each([
  ['2025 era', 'legacy' as const],
  ['2026 era', { pin: '2026-07-28' }],
])('a client of the %s', (_era, mode) => {
  const connect = async (args: readonly string[] = [], name = 'test') => {
    const client = new Client(
      { name, version: '1' },
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
      'bedrock://threads',
    ]);
    expect(
      (await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    ).toEqual(['bedrock://models/{id}', 'bedrock://profiles/{region}', 'bedrock://threads/{thread_id}']);
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

  it('gets the prompts, and completions for their models', async () => {
    const { client } = await connect();
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual([
      'second_opinion',
      'compare',
      'cheapest_model_for',
    ]);
    const { messages } = await client.getPrompt({
      name: 'compare',
      arguments: { question: 'Is it so?', models: '' },
    });
    expect(messages).toEqual([
      { role: 'user', content: { type: 'text', text: expect.stringContaining('Is it so?') } },
    ]);
    await expect(client.getPrompt({ name: 'compare' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.getPrompt({ name: 'no_such' })).rejects.toThrow('Prompts are: second_opinion');
    const complete = async (prompt: string, name: string, value: string) =>
      (await client.complete({ ref: { type: 'ref/prompt', name: prompt }, argument: { name, value } }))
        .completion.values;
    expect(await complete('second_opinion', 'model', 'claude-haiku')).toContain('claude-haiku-4-5');
    expect(await complete('compare', 'models', 'nova-lite,claude-haiku')).toContain(
      'nova-lite,claude-haiku-4-5',
    );
  });

  it.each([
    ['claude-code', 190_000],
    ['test', 40_000],
  ])('named %s gets %d characters of a long answer at once', async (name, characters) => {
    const { client } = await connect([], name);
    const reply = await client.callTool({
      name: 'invoke_model',
      arguments: { model: 'claude-haiku-4-5', prompt: 'sandbox:long 60000', max_tokens: 64_000 },
    });
    const text = isJsonObject(reply.structuredContent) ? reply.structuredContent['text'] : undefined;
    expect(String(text).length).toBe(characters);
  });

  it('is asked before a dear comparison once, for all of it', async () => {
    const { client, questions } = await connect(['--confirm-above-usd', '0.01']);
    const reply = await client.callTool({
      name: 'compare_models',
      arguments: { models: ['claude-opus-4-5', 'claude-haiku-4-5'], prompt: 'Hello', judge: 'nova-pro' },
    });
    expect(reply).not.toHaveProperty('isError', true);
    expect(questions).toEqual([expect.stringMatching(/up to 0\.\d+ USD/)]);
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
