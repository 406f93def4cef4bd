/** What every official client must find, over each transport. `clients-*.test.ts` run it side by side. */
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { CLIENTS, type ClientKind, type ConnectedClient, type ProgressNote } from './mcp-clients.ts';
import {
  abortedUpstream,
  type HttpServerProcess,
  modelCalls,
  sandboxEnvironment,
  startHttpServer,
  stopServers,
  upstreamCall,
} from './server-process.ts';

const CALLS: readonly { name: string; args: Record<string, unknown>; has: readonly string[] }[] = [
  {
    name: 'compare_models',
    args: { models: ['nova-lite', 'no-such-model', 'nova-lite'], prompt: 'hello', judge: 'nova-pro' },
    has: ['results', 'judge', 'total_cost_usd', 'call_id'],
  },
  {
    name: 'compare_models',
    args: { models: ['nova-lite', 'nova-pro'], prompt: 'sandbox:slow 3', options: { wait_seconds: 0 } },
    has: ['status', 'call_id', 'text'],
  },
  {
    name: 'embed_text',
    args: { texts: ['a cat', 'a dog'], dimensions: 256, return: 'similarity' },
    has: ['similarity', 'receipt'],
  },
  {
    name: 'estimate_cost',
    args: { models: ['nova-lite', 'claude-haiku-4-5'], input_tokens: 1000 },
    has: ['estimates', 'disclaimer'],
  },
  { name: 'get_result', args: {}, has: ['status', 'calls'] },
  { name: 'invoke_model', args: { prompt: 'hello' }, has: ['text', 'stop_reason', 'receipt'] },
  { name: 'invoke_model', args: { prompt: 'hello', dry_run: true }, has: ['dry_run', 'receipt'] },
  { name: 'list_inference_profiles', args: { limit: 3 }, has: ['profiles', 'total'] },
];

/** Arguments that a careless or hostile model writes, and what the answer must name so that it can be put right. */
const WRONG: readonly {
  what: string;
  name: string;
  args: Record<string, unknown>;
  says: readonly string[];
}[] = [
  {
    what: 'an unknown argument',
    name: 'invoke_model',
    args: { prompt: 'x', max_token: 5 },
    says: ['max_token', 'max_tokens', 'temperature'],
  },
  {
    what: 'a wrong type',
    name: 'invoke_model',
    args: { prompt: 'x', max_tokens: 'many' },
    says: ['max_tokens', 'number'],
  },
  { what: 'null', name: 'invoke_model', args: { prompt: null }, says: ['prompt', 'nothing to ask'] },
  {
    what: 'an array for text',
    name: 'invoke_model',
    args: { prompt: ['x'] },
    says: ['prompt', 'must be text'],
  },
  {
    what: 'a number out of bounds',
    name: 'invoke_model',
    args: { prompt: 'x', temperature: 99 },
    says: ['temperature', '2'],
  },
  {
    what: 'a value that is not in the list',
    name: 'embed_text',
    args: { texts: ['a'], return: 'poem' },
    says: ['return', 'similarity'],
  },
  { what: 'an empty list', name: 'embed_text', args: { texts: [] }, says: ['texts'] },

  {
    what: 'constructor',
    name: 'estimate_cost',
    args: { constructor: { prototype: {} } },
    says: ['constructor', 'models'],
  },
  { what: 'nothing', name: 'invoke_model', args: {}, says: ['prompt', 'messages'] },
  {
    what: 'an unknown model',
    name: 'invoke_model',
    args: { prompt: 'x', model: 'claude-hiku' },
    says: ['claude-haiku'],
  },
];

export function describeClients(transport: 'stdio' | 'http'): void {
  describe.each(CLIENTS)(`$name over ${transport}`, (kind) => describeClient(kind, transport));
}

function describeClient(kind: ClientKind, transport: 'stdio' | 'http'): void {
  let sandbox: Sandbox;
  let server: HttpServerProcess | undefined;
  let client: ConnectedClient;

  const connect = (which: ClientKind): Promise<ConnectedClient> =>
    which.connect(server === undefined ? { stdio: sandboxEnvironment(sandbox) } : { url: server.url });

  beforeAll(async () => {
    sandbox = await startSandbox();
    if (transport === 'http') server = await startHttpServer([], sandboxEnvironment(sandbox));
    client = await connect(kind);
  });
  afterAll(async () => {
    await client.close();
    stopServers();
    await sandbox.close();
  });

  it('speaks the protocol version it was asked for', () => {
    expect(client.protocolVersion).toBe(kind.protocolVersion);
  });

  it('lists the tools in one order, each with valid schemas and all four annotations', async () => {
    const tools = await client.listTools();
    const names = tools.map((tool) => tool.name);
    expect(names).toEqual([...names].sort());
    expect(names).toContain('invoke_model');
    expect((await client.listTools()).map((tool) => tool.name)).toEqual(names);
    for (const tool of tools) {
      const validator = new AjvJsonSchemaValidator();
      expect(() => validator.getValidator(tool.inputSchema), tool.name).not.toThrow();
      expect(tool.outputSchema, tool.name).toMatchObject({ type: 'object' });
      expect(tool.inputSchema, tool.name).toMatchObject({ type: 'object' });
      expect(tool.title, tool.name).toBeTruthy();
      const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations ?? {};
      for (const hint of [readOnlyHint, destructiveHint, idempotentHint, openWorldHint])
        expect(hint, tool.name).toBeTypeOf('boolean');
    }
  });

  it.each(CALLS)(
    'answers $name with structured content that keeps its schema',
    async ({ name, args, has }) => {
      const tools = await client.listTools();
      const reply = await client.call(name, args);
      expect(reply.text).not.toBe('');
      expect(reply.isError, reply.text).toBe(false);
      expect(reply.structured).toBeTypeOf('object');
      for (const key of has) expect(reply.structured).toHaveProperty(key);
      const schema = tools.find((tool) => tool.name === name)?.outputSchema ?? {};
      const checked = new AjvJsonSchemaValidator().getValidator(schema)(reply.structured);
      expect(checked.errorMessage).toBeUndefined();
    },
  );

  it('reports progress that only grows', async () => {
    const notes: ProgressNote[] = [];
    const reply = await client.call(
      'invoke_model',
      { prompt: 'sandbox:slow 1' },
      { onprogress: (note) => notes.push(note) },
    );
    expect(reply.isError, reply.text).toBe(false);
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.every((note) => (note.message ?? '') !== '')).toBe(true);
    const steps = notes.map((note) => note.progress);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  });

  it.each(WRONG)('explains $what', async ({ name, args, says }) => {
    const before = modelCalls(sandbox).length;
    const reply = await client.call(name, args);
    expect(reply.isError, reply.text).toBe(true);
    expect(reply.text).toMatch(/^Error [a-z_]+: /);
    expect(reply.text).toContain('What to do: ');
    for (const word of says) expect(reply.text).toContain(word);
    expect(modelCalls(sandbox)).toHaveLength(before);
  });

  it('is not changed by an argument named __proto__', async () => {
    const args: Record<string, unknown> = JSON.parse(
      '{"prompt":"x","__proto__":{"max_tokens":0,"isError":true}}',
    );
    const reply = await client.call('invoke_model', args);
    expect(reply.isError, reply.text).toBe(false);
    expect(reply.text).not.toContain('__proto__');
  });

  it.each([[[]], [['prompt']], [null], ['prompt'], [7]])('refuses arguments that are %j', async (args) => {
    const outcome = await client.callRaw({ name: 'invoke_model', arguments: args }).then(
      (reply) => ({ isError: reply.isError, text: reply.text }),
      (error: unknown) => ({ isError: true, text: String(error) }),
    );
    expect(outcome.isError).toBe(true);
    expect(outcome.text).toMatch(/arguments|prompt/);
    expect(outcome.text).not.toMatch(/\n\s+at /);
  });

  it('names the tools when asked for one that it does not have', async () => {
    await expect(client.callRaw({ name: 'invoke_modle', arguments: {} })).rejects.toThrow(
      /Unknown tool "invoke_modle".*invoke_model/,
    );
    await expect(client.callRaw({ name: '__proto__', arguments: {} })).rejects.toThrow(/Unknown tool/);
  });

  it('gives a tool error as text and goes on', async () => {
    const reply = await client.call('invoke_model', { prompt: 'sandbox:no-access' });
    expect(reply.isError).toBe(true);
    expect(reply.text).toMatch(/^Error model_access: /);
    expect((await client.call('invoke_model', { prompt: 'hello again' })).isError).toBe(false);
  });

  it('closes the upstream request when the client cancels', async () => {
    const stop = new AbortController();
    const before = sandbox.record.aborted;
    const call = client.call(
      'invoke_model',
      { prompt: 'sandbox:slow 10 cancel me' },
      { signal: stop.signal },
    );
    const ending = call.then(
      (reply) => reply.text,
      () => 'rejected',
    );
    const request = await upstreamCall(sandbox, 'cancel me');
    expect(request.state).toBe('in-flight');
    const cancelledAt = Date.now();
    stop.abort('enough');
    expect(await ending).toBe('rejected');
    const ms = await abortedUpstream(request, cancelledAt);
    process.stdout.write(`cancel -> upstream closed, ${kind.name}, ${transport}: ${ms} ms\n`);
    expect(sandbox.record.aborted).toBe(before + 1);
    expect((await client.call('invoke_model', { prompt: 'still here' })).isError).toBe(false);
    // The cancelled prompt was not sent a second time.
    expect(modelCalls(sandbox).filter(({ body }) => JSON.stringify(body).includes('cancel me'))).toHaveLength(
      1,
    );
  });
}
