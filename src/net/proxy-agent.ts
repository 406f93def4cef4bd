/** An HTTPS agent that tunnels through a proxy. In a file of its own so that only those who have a proxy load it. */
import type { Agent, AgentOptions } from 'node:https';
import { HttpsProxyAgent } from 'https-proxy-agent';

type Connect = HttpsProxyAgent<string>['connect'];

class LimitedProxyAgent extends HttpsProxyAgent<string> {
  readonly #connectMs: number;
  readonly #late: (milliseconds: number) => Error;
  constructor(proxy: URL, options: AgentOptions, connectMs: number, late: (milliseconds: number) => Error) {
    super(proxy, options);
    this.#connectMs = connectMs;
    this.#late = late;
  }
  override async connect(...[request, options]: Parameters<Connect>): ReturnType<Connect> {
    if (!(this.#connectMs > 0)) return super.connect(request, options);
    const late = new AbortController();
    const error = this.#late(this.#connectMs);
    const timer = setTimeout(() => late.abort(error), this.#connectMs);
    // The parent reads it before its first await, so only this connection gets the signal.
    this.connectOpts = { ...this.connectOpts, signal: late.signal };
    try {
      return await super.connect(request, options);
    } catch (cause) {
      throw late.signal.aborted ? error : cause;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Connecting to the proxy and waiting for its CONNECT answer are limited to `connectMs`; `late` makes the error. */
export function createProxyAgent(
  proxy: URL,
  options: AgentOptions,
  connectMs: number,
  late: (milliseconds: number) => Error,
): Agent {
  return new LimitedProxyAgent(proxy, options, connectMs, late);
}
