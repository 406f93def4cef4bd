/** `/mcp` over Streamable HTTP: 2026-era requests one by one, 2025-era clients in sessions, both guarded against rebinding. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostHeaderValidation, originValidation, toNodeHandler } from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  isJsonContentType,
  isLegacyRequest,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import type { Logger } from '../log.ts';
import { createSessions } from './http-sessions.ts';

const MAX_BODY_BYTES = 16 * 1024 * 1024;
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

export interface McpEndpoint {
  /** False = the request was answered with 403 (wrong Host or Origin). Belongs before every path. */
  guard(request: IncomingMessage, response: ServerResponse): boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  close(): Promise<void>;
}

export function createMcpEndpoint(factory: () => Server, log: Logger): McpEndpoint {
  const report = (error: Error) => log.debug('A request to /mcp was refused.', { error: error.message });
  // Answers each request on its own, in both eras; 2025-era requests come here only when they ask for no session.
  const stateless = createMcpHandler(factory, { maxRequestBodySize: MAX_BODY_BYTES, onerror: report });
  const sessions = createSessions({ factory, log });

  const fetch = async (request: Request): Promise<Response> => {
    const hasBody = request.method === 'POST';
    if (hasBody && !isJsonContentType(request.headers.get('content-type')))
      return refusal(415, -32000, 'Content-Type must be application/json.');
    // Parsed once here: the era check and both servers would otherwise each read a copy of their own.
    const body = hasBody ? await readJson(request) : undefined;
    if (hasBody && body === undefined)
      return refusal(400, ProtocolErrorCode.ParseError, 'Parse error: the body is not JSON.');
    if (await isLegacyRequest(request, body)) {
      const answer = await sessions.handle(request, body);
      if (answer !== undefined) return answer;
    }
    return stateless.fetch(request, body === undefined ? {} : { parsedBody: body });
  };

  const serve = toNodeHandler({ fetch }, { maxRequestBodySize: MAX_BODY_BYTES, onerror: report });
  const host = hostHeaderValidation(LOOPBACK_NAMES);
  const origin = originValidation(LOOPBACK_NAMES);
  return {
    guard: (request, response) => host(request, response) && origin(request, response),
    handle: async (request, response) => {
      if (isServerRequest(request)) await serve(request, response);
    },
    close: async () => {
      await Promise.allSettled([stateless.close(), sessions.close()]);
    },
  };
}

/** A request that a server received always has both; only the type, shared with client responses, does not say so. */
function isServerRequest(
  request: IncomingMessage,
): request is IncomingMessage & { url: string; method: string } {
  return request.url !== undefined && request.method !== undefined;
}

async function readJson(request: Request): Promise<unknown> {
  try {
    return JSON.parse(await request.text());
  } catch {
    return undefined;
  }
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
