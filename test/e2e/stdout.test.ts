/** stdout belongs to the protocol: every byte is a JSON-RPC line, whatever comes in and whatever is logged. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import {
  type Environment,
  eventually,
  type ServerProcess,
  sandboxEnvironment,
  startServer,
  stopServers,
} from './server-process.ts';

const MIB = 1024 * 1024;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(async () => {
  stopServers();
  await sandbox.close();
});

async function start(args: readonly string[] = [], env: Environment = {}): Promise<ServerProcess> {
  const server = startServer(args, sandboxEnvironment(sandbox, env));
  await server.initialize();
  return server;
}

/** Still there, and nothing but whole JSON-RPC lines was written so far (any other line throws where it is read). */
async function expectAlive(server: ServerProcess): Promise<void> {
  const id = `alive ${server.messages().length}`;
  server.send({ id, method: 'ping' });
  expect(await server.answer(id)).toEqual({ jsonrpc: '2.0', id, result: {} });
  expect(server.unfinishedLine()).toBe('');
}

describe('stdout', () => {
  it('stays pure with debug logs, warnings and errors of every kind', async () => {
    const server = await start(['--log', 'debug'], { NODE_DEBUG: 'http', NODE_OPTIONS: '--trace-warnings' });
    const prompts = [
      'hello',
      'sandbox:throttle-once',
      'sandbox:html 403',
      'sandbox:no-access',
      'sandbox:cut',
    ];
    for (const prompt of prompts) {
      server.call(prompt, 'invoke_model', { prompt }, prompt);
      expect(await server.answer(prompt)).toHaveProperty('result.content');
    }
    server.call('wrong', 'no_such_tool', {});
    expect(await server.answer('wrong')).toHaveProperty('error.code', -32602);
    await expectAlive(server);
    // The logs are there; they are only somewhere else.
    expect(server.stderr()).toContain('"level":"debug"');
  });

  it('stays pure when the process starts with a wrong setting, which every call tells', async () => {
    const server = startServer(['--timeout', 'soon'], sandboxEnvironment(sandbox, { AWS_REGION: 'useast1' }));
    await server.initialize();
    server.send({ jsonrpc: '2.0', id: 'list', method: 'tools/list' });
    expect(await server.answer('list')).toHaveProperty('result.tools');
    for (const [id, tool] of ['invoke_model', 'list_inference_profiles'].entries()) {
      server.call(id, tool, { prompt: 'Hi' });
      const text = expect.stringMatching(
        /Error config: (?:AWS_REGION|--timeout) holds[\s\S]*What to do: Allowed/,
      );
      expect(await server.answer(id)).toMatchObject({ result: { isError: true, content: [{ text }] } });
    }
    expect(server.stderr()).toMatch(/^bedrock-mcp: (?:AWS_REGION|--timeout) holds/m);
  });

  it('stays empty when what is wrong makes serving impossible', async () => {
    const server = startServer(['--http', '--timeout', 'soon'], sandboxEnvironment(sandbox));
    expect((await server.exited).code).toBe(2);
    expect(server.stdout()).toHaveLength(0);
    expect(server.stderr()).toContain('--timeout');
  });
});

describe('stdin', () => {
  // One server for all of it: what one line does must not harm the next.
  let server: ServerProcess;
  beforeAll(async () => {
    server = await start();
  });

  it.each([
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0x80, 10])],
    ['binary noise', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 7919 + 13) % 256))],
    ['words', 'hello server\n'],
    ['half a message', '{"jsonrpc":"2.0","id":1,"method":\n'],
    ['empty lines', '\n\r\n   \n\n'],
    ['NUL bytes', `${'\0'.repeat(100)}\n`],
    ['deep nesting', `${'['.repeat(200_000)}\n`],
    ['a string', '"tools/list"\n'],
    ['an HTTP request', 'POST /mcp HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s is refused on one line, and the next request is answered', async (_, bytes) => {
    server.write(bytes);
    server.write('\n');
    await expectAlive(server);
  });

  it.each([
    ['a batch', [{ jsonrpc: '2.0', id: 5, method: 'ping' }], null],
    ['a message of another JSON-RPC', { id: 5, method: 'ping' }, 5],
    ['params that are no object', { jsonrpc: '2.0', id: 'p', method: 'tools/call', params: 'all' }, 'p'],
    ['a method that is no text', { jsonrpc: '2.0', id: 6, method: 7 }, 6],
    [
      'a _meta that is no object',
      { jsonrpc: '2.0', id: 'm', method: 'tools/call', params: { name: 'invoke_model', _meta: 7 } },
      'm',
    ],
    [
      'a progress token that is an object',
      { jsonrpc: '2.0', id: 't', method: 'tools/list', params: { _meta: { progressToken: {} } } },
      't',
    ],
    ['an ID that is an object', { jsonrpc: '2.0', id: {}, method: 'ping' }, null],
  ])('%s gets an error and not silence', async (_, message, id) => {
    const before = server.messages().length;
    server.write(`${JSON.stringify(message)}\n`);
    const refusal = await eventually('the refusal', () =>
      server
        .messages()
        .slice(before)
        .find((each) => 'error' in each),
    );
    expect(refusal).toMatchObject({ id, error: { code: -32600 } });
    await expectAlive(server);
  });

  it('text in bad UTF-8 reaches the model as replacement characters', async () => {
    const [before, after] = JSON.stringify({
      jsonrpc: '2.0',
      id: 'bad',
      method: 'tools/call',
      params: { name: 'invoke_model', arguments: { prompt: 'caf|' } },
    }).split('|');
    server.write(Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xe9]), Buffer.from(`${after}\n`)]));
    expect(JSON.stringify(await server.answer('bad'))).toContain('caf\ufffd');
  });

  it('a line of 12 MiB is answered', async () => {
    server.call('big', 'estimate_cost', {
      models: ['mistral.mistral-7b-instruct-v0:2'],
      prompt: 'x'.repeat(12 * MIB),
    });
    expect(await server.answer('big')).toHaveProperty('result.structuredContent.estimates');
  });

  it('a line above the limit is refused by its ID, on stderr too, and the server goes on', async () => {
    server.write(
      '{"jsonrpc":"2.0","method":"tools/call","params":{"name":"invoke_model","arguments":{"prompt":"',
    );
    for (let at = 0; at < 66; at += 1) server.write(Buffer.alloc(MIB, 'x'));
    server.write('"}},"id":77}\n');
    expect(await server.answer(77)).toMatchObject({ error: { message: expect.stringContaining('64 MiB') } });
    expect(server.stderr()).toContain('64 MiB');
    await expectAlive(server);
  });

  it('a message in single bytes is read like one in a piece', async () => {
    for (const byte of Buffer.from('{"jsonrpc":"2.0","id":"slow","method":"ping"}\n')) {
      server.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await server.answer('slow');
  });

  it('3,000 requests at once are answered once each', async () => {
    const before = server.messages().length;
    const ids = Array.from({ length: 3_000 }, (_, at) => at);
    server.write(
      ids
        .map(
          (id) =>
            `${JSON.stringify({ jsonrpc: '2.0', id, method: id % 10 === 0 ? 'tools/list' : 'ping' })}\n`,
        )
        .join(''),
    );
    await eventually('all answers', () => server.messages().length >= before + ids.length);
    await expectAlive(server);
    const answered = server
      .messages()
      .slice(before)
      .flatMap(({ id }) => (typeof id === 'number' ? [id] : []));
    expect(answered.sort((a, b) => a - b)).toEqual(ids);
  });

  it('100 calls at once are answered once each, with their own words', async () => {
    const before = server.messages().length;
    const ids = Array.from({ length: 100 }, (_, at) => `call ${at}`);
    for (const id of ids) server.call(id, 'invoke_model', { prompt: `say ${id}.` });
    for (const id of ids) expect(JSON.stringify(await server.answer(id))).toContain(`say ${id}.`);
    expect(server.messages()).toHaveLength(before + ids.length);
  });
});
