/** `fetch` through a proxy. In a file of its own so that only those who have a proxy load it. */
import { fetch, ProxyAgent } from 'undici';
import { proxyUrl } from './proxy-url.ts';

const agents = new Map<string, ProxyAgent>();

/** @throws BedrockError `config` when `proxy` is no URL of a proxy; what `fetch` throws for everything else. */
export function fetchThrough(proxy: string, address: string | URL, init: RequestInit): Promise<Response> {
  let agent = agents.get(proxy);
  if (agent === undefined) {
    agent = new ProxyAgent({ uri: proxyUrl(proxy).href });
    agents.set(proxy, agent);
  }
  return fetch(address, { ...init, dispatcher: agent });
}
