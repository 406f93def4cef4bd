import { createMcpHandler } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServerFactory } from '../../src/mcp/server.ts';
import { ALL_TOOLS } from '../../src/tools/registry.ts';
import { createToolHost } from '../../src/tools/tool-set.ts';
import { connectInProcess, type InProcess } from './in-process.ts';

let server: InProcess;
beforeAll(async () => {
  server = await connectInProcess();
});
afterAll(() => server.close());

const GONE = 'bedrock://nothing/here';

describe('A resource that does not exist', () => {
  it('is answered with -32002 in revisions up to 2025-11-25', async () => {
    expect(await server.request('resources/read', { uri: GONE })).toMatchObject({
      error: { code: -32002, message: expect.stringContaining(GONE), data: { uri: GONE } },
    });
  });

  it('is answered with -32602 since 2026-07-28', async () => {
    const { services } = server.bench;
    const handler = createMcpHandler(
      createServerFactory({
        version: '0.0.0',
        host: createToolHost(['all'], async () => ({ tools: ALL_TOOLS, services })),
        log: services.log,
        redact: services.redact,
        stopping: new AbortController().signal,
      }),
    );
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const response = await handler.fetch(
      new Request('http://127.0.0.1/mcp', {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          'mcp-protocol-version': '2026-07-28',
          'mcp-method': 'resources/read',
          'mcp-name': GONE,
        },
        body: JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'resources/read',
          params: { uri: GONE, _meta },
        }),
      }),
    );
    expect(await response.text()).toContain('"code":-32602');
  });
});
