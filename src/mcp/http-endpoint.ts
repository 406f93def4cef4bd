/** `/mcp` over Streamable HTTP as a plain node:http handler: stateless, both eras, guarded against rebinding. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostHeaderValidation, originValidation, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, type Server } from '@modelcontextprotocol/server';
import type { Logger } from '../log.ts';

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export interface McpEndpoint {
  /** False = the request was answered with 403 (wrong Host or Origin). Belongs before every path. */
  guard(request: IncomingMessage, response: ServerResponse): boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export function createMcpEndpoint(factory: () => Server, log: Logger): McpEndpoint {
  const handler = createMcpHandler(factory, {
    maxRequestBodySize: MAX_BODY_BYTES,
    onerror: (error) => log.debug('A request to /mcp was refused.', { error: error.message }),
  });
  const serve = toNodeHandler(handler);
  const host = hostHeaderValidation(LOOPBACK_NAMES);
  const origin = originValidation(LOOPBACK_NAMES);
  return {
    guard: (request, response) => host(request, response) && origin(request, response),
    handle: async (request, response) => {
      if (isServerRequest(request)) await serve(request, response);
    },
    close: () => handler.close(),
  };
}

/** A request that a server received always has both; only the type, shared with client responses, does not say so. */
function isServerRequest(
  request: IncomingMessage,
): request is IncomingMessage & { url: string; method: string } {
  return request.url !== undefined && request.method !== undefined;
}
