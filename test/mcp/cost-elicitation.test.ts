/** Asking before a dear call, through real clients of both eras. */
import { Client as ModernClient } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createMcpHandler, InMemoryTransport } from '@modelcontextprotocol/server';
import { afterEach, describe, expect, it } from 'vitest';
import { openHttp } from '../../src/http/app.ts';
import { isJsonObject } from '../../src/json.ts';
import { createMcpEndpoint } from '../../src/mcp/http-endpoint.ts';
import { createServerFactory } from '../../src/mcp/server.ts';
import { ALL_TOOLS } from '../../src/tools/registry.ts';
import { createToolHost } from '../../src/tools/tool-set.ts';
import { type Bench, bench } from '../tools/with-sandbox.ts';

const DEAR = {
  name: 'invoke_model',
  arguments: { model: 'claude-opus-4-5', prompt: 'Hello', max_tokens: 4000 },
};

let on: Bench;
afterEach(() => on.close());

function factoryOf({ services }: Bench) {
  return createServerFactory({
    version: '0.0.0',
    host: createToolHost(['all'], async () => ({ tools: ALL_TOOLS, services })),
    log: services.log,
    redact: services.redact,
    stopping: new AbortController().signal,
  });
}

async function serve() {
  on = await bench({ config: { confirm_above_usd: 0.01 } });
  const [client, server] = InMemoryTransport.createLinkedPair();
  await factoryOf(on)().connect(server);
  return client;
}
const sent = () =>
  on.sandbox.record.requests.filter((request) => /Converse|Invoke/.test(request.operation ?? ''));

describe.each(['v1 SDK', 'v2 SDK'])('a dear call through a client of the %s', (kind) => {
  const connect = async (answer: 'accept' | 'decline' | 'cancel' | 'cannot be asked' | 'breaks') => {
    const capabilities = answer === 'cannot be asked' ? {} : { elicitation: {} };
    const questions: string[] = [];
    const reply = () => {
      if (answer === 'breaks') throw new Error('this host shows no forms');
      return answer === 'accept'
        ? { action: 'accept' as const, content: { confirm: true } }
        : { action: answer === 'cancel' ? ('cancel' as const) : ('decline' as const) };
    };
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
    expect(questions).toEqual([
      expect.stringMatching(/^A call of claude-opus-4-5 may cost up to 0\.\d+ USD.*Go on\?$/),
    ]);
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

  it('says that nobody answered, and what confirms the cost, when the host closes the question', async () => {
    const { call } = await connect('cancel');
    expect(await call()).toMatchObject({
      isError: true,
      content: [{ text: expect.stringMatching(/closed without an answer[\s\S]*confirm_cost_usd: 0\.\d/) }],
    });
    expect(sent()).toEqual([]);
  });

  it.each(['cannot be asked', 'breaks'] as const)(
    'answers with the estimate and the argument that confirms it when the client %s',
    async (how) => {
      const { call } = await connect(how);
      expect(await call()).toMatchObject({
        isError: true,
        content: [{ text: expect.stringContaining('confirm_cost_usd') }],
        _meta: { 'bedrock-mcp/error': { code: 'confirmation_required' } },
      });
      expect(sent()).toEqual([]);
    },
  );
});

describe('a dear call of the 2026 era', () => {
  const envelope = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': { elicitation: { form: {} } },
  };
  const post = async (handler: { fetch(request: Request): Promise<Response> }, more: object) => {
    const params = { ...DEAR, ...more, _meta: envelope };
    const response = await handler.fetch(
      new Request('http://127.0.0.1/mcp', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'tools/call',
          'mcp-name': DEAR.name,
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }),
      }),
    );
    const text = await response.text();
    const json: unknown = JSON.parse(/^data: (.*)$/m.exec(text)?.[1] ?? text);
    return isJsonObject(json) && isJsonObject(json['result']) ? json['result'] : json;
  };

  it('is agreed to once: the same agreement buys no second call', async () => {
    on = await bench({ config: { confirm_above_usd: 0.01 } });
    const handler = createMcpHandler(factoryOf(on));
    const asked = await post(handler, {});
    expect(asked).toMatchObject({ inputRequests: { confirm: { method: 'elicitation/create' } } });
    const requestState = isJsonObject(asked) ? asked['requestState'] : undefined;
    const inputResponses = { confirm: { action: 'accept', content: { confirm: true } } };
    expect(await post(handler, { requestState, inputResponses })).not.toHaveProperty('isError');
    expect(sent()).toHaveLength(1);
    expect(await post(handler, { requestState, inputResponses })).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('was for one call') }],
    });
    expect(sent()).toHaveLength(1);
    await handler.close();
  });
});

describe('a dear call over HTTP, in a session without a stream of its own', () => {
  it('is asked about where its answer will come', async () => {
    on = await bench({ config: { confirm_above_usd: 0.01 } });
    const endpoint = createMcpEndpoint(factoryOf(on), on.services.log);
    const door = await openHttp(endpoint, { host: '127.0.0.1', port: 0, log: on.services.log });
    const headers: Record<string, string> = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const post = (message: object) =>
      fetch(door.url, { method: 'POST', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) });
    const params = {
      protocolVersion: '2025-11-25',
      capabilities: { elicitation: {} },
      clientInfo: { name: 'test', version: '1' },
    };
    const begun = await post({ id: 1, method: 'initialize', params });
    headers['mcp-session-id'] = begun.headers.get('mcp-session-id') ?? '';
    headers['mcp-protocol-version'] = '2025-11-25';
    await begun.text();
    await post({ method: 'notifications/initialized' });
    const answer = await post({ id: 2, method: 'tools/call', params: DEAR });
    let said = '';
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      said += chunk;
      const question =
        /"id":(\d+),"method":"elicitation\/create"|"method":"elicitation\/create".*"id":(\d+)/.exec(said);
      if (question === null || said.includes('"structuredContent"')) continue;
      const id = Number(question[1] ?? question[2]);
      await post({ id, result: { action: 'accept', content: { confirm: true } } });
    }
    expect(said).toContain('"structuredContent"');
    expect(sent()).toHaveLength(1);
    await door.close();
    await endpoint.close();
  });
});
