/** The web app: routes, limits and the bind rule. Auth, `/v1`, `/healthz` and `/metrics` have their place here. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeader,
  type OutgoingHttpHeaders,
  type Server,
  ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { BedrockError } from '../bedrock-error.ts';
import type { Logger } from '../log.ts';

export interface Endpoint {
  guard(request: IncomingMessage, response: ServerResponse): boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export interface HttpOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Logger;
}

export interface HttpDoor {
  readonly url: string;
  /** Closes the port and every connection: what is in flight is aborted by its own signal. */
  close(): Promise<void>;
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);
const HEADERS_TIMEOUT_MS = 15_000;

/**
 * Serves `/mcp`.
 * @throws BedrockError `config` for an address that is not loopback, or a port that is taken.
 */
export async function openHttp(mcp: Endpoint, options: HttpOptions): Promise<HttpDoor> {
  const host = options.host.replace(/^\[|\]$/g, '');
  if (!LOOPBACK.has(host)) {
    throw new BedrockError('config', {
      message: `--host ${options.host} is not a loopback address, and this server cannot authenticate callers yet.`,
      fix: 'Use 127.0.0.1 (the default), ::1 or localhost.',
    });
  }
  const server = createServer({ ServerResponse: EagerResponse }, (request, response) => {
    route(mcp, request, response).catch((error: unknown) => {
      options.log.error('A request could not be handled.', {
        error: error instanceof Error ? error.message : String(error),
      });
      answer(response, 500, 'internal', 'The request could not be handled.');
    });
  });
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  // Answers may stream for minutes; requests may not.
  server.requestTimeout = 60_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => refuseBroken(error, socket));
  const { port } = await listen(server, host, options.port);
  server.on('error', (error) =>
    options.log.error('The HTTP server reported an error.', { error: error.message }),
  );
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/mcp`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends the head of an event stream at once: the first event may take minutes, and clients give up on a silent server. */
class EagerResponse extends ServerResponse<IncomingMessage> {
  override writeHead(
    status: number,
    reason?: string | OutgoingHttpHeaders | OutgoingHttpHeader[],
    more?: OutgoingHttpHeaders | OutgoingHttpHeader[],
  ): this {
    const headers = typeof reason === 'string' ? more : reason;
    if (typeof reason === 'string') super.writeHead(status, reason, more);
    else super.writeHead(status, headers);
    if (JSON.stringify(headers ?? {}).includes('text/event-stream')) {
      // An event that is there already travels with it.
      setImmediate(() => {
        if (!this.writableEnded && !this.destroyed) this.flushHeaders();
      });
    }
    return this;
  }
}

async function route(mcp: Endpoint, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!mcp.guard(request, response)) return;
  const path = (request.url ?? '/').split('?', 1)[0];
  if (path === '/mcp') return mcp.handle(request, response);
  answer(response, 404, 'not_found', 'This server answers at /mcp.');
}

function answer(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { code, message } }));
}

/** What is no HTTP never reaches a route; without an answer the caller would see only a lost connection. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status =
    error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = JSON.stringify({ error: { code: 'bad_request', message: 'This is no HTTP/1.1 request.' } });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException) =>
      reject(
        new BedrockError('config', {
          message: `Cannot listen on ${host}:${port}: ${cause.code === 'EADDRINUSE' ? 'the port is taken' : cause.message}.`,
          fix: 'Choose another one with --port (0 picks a free one).',
          cause,
        }),
      );
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new BedrockError('config', {
      message: 'The server has no port.',
      fix: 'Choose a port with --port.',
    });
  return address;
}
