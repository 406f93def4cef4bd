/**
 * Sessions for 2025-era clients: only with one can their `notifications/cancelled` find the call that it means, because
 * every stateless request is a server of its own.
 */
import { randomUUID } from 'node:crypto';
import {
  isInitializeRequest,
  isJSONRPCRequest,
  type RequestId,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { isJsonObject } from '../json.ts';
import type { Logger } from '../log.ts';
import { once } from '../once.ts';

export const MAX_SESSIONS = 1_000;
export const IDLE_MS = 15 * 60_000;

export interface Sessions {
  /** The answer to a request that names a session or opens one; undefined for one that does neither. */
  handle(request: Request, body: unknown): Promise<Response | undefined>;
  readonly size: number;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly factory: () => Server;
  readonly log: Logger;
  readonly maxSessions?: number;
  /** A session without an open request is closed after so many ms. */
  readonly idleMs?: number;
}

interface Session {
  readonly id: string;
  readonly server: Server;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Requests and streams that are open now: such a session is not idle. */
  open: number;
  timer: NodeJS.Timeout | undefined;
}

/** The sessions of this process. */
interface Open extends SessionOptions {
  readonly maxSessions: number;
  readonly idleMs: number;
  /** A Map, not an object: "__proto__" is an ID like any other. The longest unused session comes first. */
  readonly sessions: Map<string, Session>;
}

export function createSessions(options: SessionOptions): Sessions {
  const sessions = new Map<string, Session>();
  const open: Open = { maxSessions: MAX_SESSIONS, idleMs: IDLE_MS, ...options, sessions };
  return {
    get size() {
      return sessions.size;
    },
    async handle(request, body) {
      const id = request.headers.get('mcp-session-id');
      if (id !== null) {
        const session = sessions.get(id);
        return session === undefined ? sessionNotFound() : serve(open, session, request, body);
      }
      if (!isInitializeRequest(body)) return undefined;
      const session = await begin(open);
      if (session === undefined) return tooManySessions();
      const response = await serve(open, session, request, body);
      if (!response.ok) await end(open, session);
      return response;
    },
    async close() {
      await Promise.all([...sessions.values()].map((session) => end(open, session)));
    },
  };
}

async function begin(open: Open): Promise<Session | undefined> {
  const { sessions, maxSessions, factory, log } = open;
  if (sessions.size >= maxSessions) {
    const unused = [...sessions.values()].find((session) => session.open === 0);
    if (unused === undefined) return undefined;
    log.warn('The longest unused session was closed to make room.', { sessions: sessions.size });
    await end(open, unused);
  }
  const id = randomUUID();
  const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => id });
  transport.onerror = (error) => log.debug('A session reported an error.', { error: error.message });
  const server = factory();
  await server.connect(transport);
  const session: Session = { id, server, transport, open: 0, timer: undefined };
  sessions.set(id, session);
  return session;
}

async function serve(open: Open, session: Session, request: Request, body: unknown): Promise<Response> {
  open.sessions.delete(session.id);
  open.sessions.set(session.id, session);
  session.open += 1;
  clearTimeout(session.timer);
  const requests = requestIds(body);
  const leave = once(() => {
    session.open -= 1;
    rest(open, session);
  });
  request.signal.addEventListener('abort', () => {
    abandon(session, requests);
    leave();
  });
  const response = await session.transport.handleRequest(
    request,
    body === undefined ? {} : { parsedBody: body },
  );
  endCancelled(session, body);
  if (request.method === 'DELETE' && response.ok) await end(open, session);
  return whenSent(response, leave);
}

/** An unused session is closed after a while. */
function rest(open: Open, session: Session): void {
  clearTimeout(session.timer);
  if (!open.sessions.has(session.id) || session.open > 0) return;
  session.timer = setTimeout(() => void end(open, session), open.idleMs);
  session.timer.unref();
}

async function end({ sessions }: Open, session: Session): Promise<void> {
  if (!sessions.delete(session.id)) return;
  clearTimeout(session.timer);
  // Closing the server aborts its calls; closing the transport ends its streams.
  await Promise.allSettled([session.server.close(), session.transport.close()]);
}

/**
 * The client closed the stream of its own requests. The protocol of 2025 does not call that a cancellation, but without
 * stored events nobody can fetch the answer any more, and it would go on costing money.
 */
function abandon({ transport }: Session, requests: readonly RequestId[]): void {
  for (const requestId of requests) {
    transport.onmessage?.({
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId, reason: 'the client closed the connection' },
    });
    transport.closeSSEStream(requestId);
  }
}

/** A cancelled request gets no answer, so its stream would stay open until the session ends. */
function endCancelled({ transport }: Session, body: unknown): void {
  if (!isJsonObject(body) || body['method'] !== 'notifications/cancelled') return;
  const params = body['params'];
  const id = isJsonObject(params) ? params['requestId'] : undefined;
  if (typeof id === 'string' || typeof id === 'number') transport.closeSSEStream(id);
}

function requestIds(body: unknown): RequestId[] {
  const messages = Array.isArray(body) ? body : [body];
  return messages.filter(isJSONRPCRequest).map((message) => message.id);
}

/** The same response; `done` is called when its body has been read to the end or given up. */
function whenSent(response: Response, done: () => void): Response {
  if (response.body === null) {
    done();
    return response;
  }
  const reader = response.body.getReader();
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const part = await reader.read();
        if (!part.done) return controller.enqueue(part.value);
        done();
        controller.close();
      } catch (error) {
        done();
        controller.error(error);
      }
    },
    async cancel(reason) {
      done();
      await reader.cancel(reason);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

/** 404 tells a client to initialize anew (Streamable HTTP, session management). */
function sessionNotFound(): Response {
  return refusal(404, -32001, 'Session not found: it has ended or never was. Initialize again.');
}

function tooManySessions(): Response {
  return refusal(503, -32000, 'This server serves as many sessions as it may. Try again later.');
}

function refusal(status: number, code: number, message: string): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status });
}
