/** `fetch` for what is not Bedrock: price lists and files. Goes through the proxy that the environment names for the host. */

/**
 * As the global `fetch`, which on its own knows no HTTPS_PROXY and NO_PROXY.
 * @throws BedrockError `config` when the variable holds no URL of a proxy; what `fetch` throws for everything else.
 */
export async function webFetch(address: string | URL, init: RequestInit): Promise<Response> {
  const { getProxyForUrl } = await import('proxy-from-env');
  const proxy = getProxyForUrl(String(address));
  if (proxy === '') return fetch(address, init);
  const { fetchThrough } = await import('./proxied-fetch.ts');
  return fetchThrough(proxy, address, init);
}
