/**
 * How bytes travel: HTTP/1.1 with keep-alive. The SDK's default for this service is HTTP/2, which opens a connection
 * per request and lets a broken stream look finished (aws-sdk-js-v3#7041).
 */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import type { Logger } from '../../log.ts';
import { proxyUrl } from '../../net/proxy-url.ts';
import type { AwsSettings } from '../types.ts';

// NAT gateways and VPC endpoints forget connections after 350 s of silence.
const TCP_KEEP_ALIVE_MS = 60_000;

export type HttpRequest = Parameters<NodeHttpHandler['handle']>[0];

export interface Transport {
  /** Sends through the proxy that the environment names for this host. Aborting destroys the socket at once. */
  send(request: HttpRequest, signal: AbortSignal): ReturnType<NodeHttpHandler['handle']>;
  /** The direct handler, for the client's configuration. */
  readonly direct: NodeHttpHandler;
  close(): void;
}

/** True for what the SDK hands to a request handler. */
export function isHttpRequest(value: unknown): value is HttpRequest {
  return (
    typeof value === 'object' &&
    value !== null &&
    'hostname' in value &&
    'headers' in value &&
    'method' in value
  );
}

function connectTimeout(milliseconds: number): Error {
  return Object.assign(new Error(`no connection within ${milliseconds} ms`), { code: 'ERR_CONNECT_TIMEOUT' });
}

/**
 * Ends an attempt to connect after `milliseconds`. The handler's own connectionTimeout also counts the time that a
 * request waits for a free socket, and would fail calls on a busy server.
 */
function limitConnect<S extends Duplex | null | undefined>(
  socket: S,
  event: string,
  milliseconds: number,
): S {
  if (socket === null || socket === undefined || !(milliseconds > 0)) return socket;
  const timer = setTimeout(() => socket.destroy(connectTimeout(milliseconds)), milliseconds);
  const clear = (): void => clearTimeout(timer);
  socket.once(event, clear);
  socket.once('close', clear);
  return socket;
}

type Connected = (error: Error | null, socket: Duplex) => void;

class HttpAgent extends http.Agent {
  readonly #connectMs: number;
  constructor(options: http.AgentOptions, connectMs: number) {
    super(options);
    this.#connectMs = connectMs;
  }
  override createConnection(
    options: http.ClientRequestArgs,
    callback?: Connected,
  ): Duplex | null | undefined {
    return limitConnect(super.createConnection(options, callback), 'connect', this.#connectMs);
  }
}

class HttpsAgent extends https.Agent {
  readonly #connectMs: number;
  constructor(options: https.AgentOptions, connectMs: number) {
    super(options);
    this.#connectMs = connectMs;
  }
  override createConnection(options: https.RequestOptions, callback?: Connected): Duplex | null | undefined {
    return limitConnect(super.createConnection(options, callback), 'secureConnect', this.#connectMs);
  }
}

/** Makes the connections of one client pool; `maxSockets` counts per host. Loads the SDK's HTTP handler. */
export async function createTransport(settings: AwsSettings, log: Logger | undefined): Promise<Transport> {
  const [{ NodeHttpHandler }, { getProxyForUrl }] = await Promise.all([
    import('@smithy/node-http-handler'),
    import('proxy-from-env'),
  ]);
  const options = { keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_MS, maxSockets: settings.maxSockets };
  const quiet = (): void => {};
  const warn = (text: unknown): void => log?.warn('aws transport', { text: String(text) });
  const handlerWith = (httpsAgent: https.Agent): NodeHttpHandler =>
    new NodeHttpHandler({
      httpAgent: new HttpAgent(options, settings.connectTimeoutMs),
      httpsAgent,
      // Zero turns the handler's own time-outs off: the call guard has better ones.
      socketTimeout: 0,
      requestTimeout: 0,
      logger: { trace: quiet, debug: quiet, info: quiet, warn, error: warn },
    });
  const direct = handlerWith(new HttpsAgent(options, settings.connectTimeoutMs));
  const proxied = new Map<string, Promise<NodeHttpHandler>>();

  const handlerFor = (request: HttpRequest): NodeHttpHandler | Promise<NodeHttpHandler> => {
    if (request.protocol !== 'https:') return direct;
    const port = request.port === undefined ? '' : `:${request.port}`;
    const proxy = getProxyForUrl(`https://${request.hostname}${port}`);
    if (proxy === '') return direct;
    let handler = proxied.get(proxy);
    if (handler === undefined) {
      const url = proxyUrl(proxy);
      handler = import('../../net/proxy-agent.ts').then(({ createProxyAgent }) =>
        handlerWith(createProxyAgent(url, options, settings.connectTimeoutMs, connectTimeout)),
      );
      proxied.set(proxy, handler);
    }
    return handler;
  };

  return {
    direct,
    send: async (request, signal) => (await handlerFor(request)).handle(request, { abortSignal: signal }),
    close: () => {
      direct.destroy();
      for (const handler of proxied.values()) {
        handler.then(
          (made) => made.destroy(),
          () => {},
        );
      }
    },
  };
}
