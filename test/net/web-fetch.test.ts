import { once } from 'node:events';
import http, { type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readFiles } from '../../src/files/read-files.ts';
import { webFetch } from '../../src/net/web-fetch.ts';

let web: Server;
let proxy: Server;
let site: string;
let tunnels: { readonly to: string; readonly login: string | undefined }[];

beforeEach(async () => {
  tunnels = [];
  web = http.createServer((request, response) => response.end(`${request.headers.accept} ${request.url}`));
  proxy = http.createServer();
  proxy.on('connect', (request, socket) => {
    tunnels.push({ to: request.url ?? '', login: request.headers['proxy-authorization'] });
    if (!request.url?.startsWith('somewhere.test')) {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const out = connect(Number(new URL(site).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      out.pipe(socket).pipe(out);
    });
    for (const end of [socket, out]) end.on('error', () => {});
  });
  for (const name of ['http_proxy', 'https_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy']) {
    vi.stubEnv(name, undefined);
  }
  site = await addressOf(web);
  const through = (await addressOf(proxy)).replace('//', '//user:secret@');
  vi.stubEnv('HTTP_PROXY', through);
  vi.stubEnv('HTTPS_PROXY', through);
});
afterEach(() => {
  vi.unstubAllEnvs();
  for (const server of [web, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});

async function addressOf(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

const login = `Basic ${Buffer.from('user:secret').toString('base64')}`;

describe('what is not Bedrock', () => {
  it('is fetched through the proxy that the environment names, with its login', async () => {
    const response = await webFetch('http://somewhere.test/list.json', { headers: { accept: 'text/x' } });
    expect([response.status, await response.text()]).toEqual([200, 'text/x /list.json']);
    expect(tunnels).toEqual([{ to: 'somewhere.test:80', login }]);
  });

  it('is fetched directly from the hosts of NO_PROXY', async () => {
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    expect(await (await webFetch(`${site}/a`, {})).text()).toBe('*/* /a');
    expect(tunnels).toEqual([]);
  });

  it('is given up when the caller leaves', async () => {
    const signal = AbortSignal.abort();
    await expect(webFetch('http://somewhere.test/', { signal })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('names a variable that holds no proxy, without its password', async () => {
    vi.stubEnv('HTTP_PROXY', 'socks5://user:secret@host');
    const refused = await webFetch('http://somewhere.test/', {}).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'config', message: expect.stringContaining('HTTPS_PROXY') });
    expect(String(refused)).not.toContain('secret');
  });
});

describe('a file argument', () => {
  it('asks the proxy for its host, and a refusal of the proxy is an error of the file', async () => {
    const settings = { roots: [], hosts: ['elsewhere.test'] };
    await expect(
      readFiles(['https://elsewhere.test/a.txt'], 'files', settings, new AbortController().signal),
    ).rejects.toMatchObject({
      code: 'file',
      message: expect.stringMatching(/could not be fetched \(Proxy response \(403\)/),
    });
    expect(tunnels).toEqual([{ to: 'elsewhere.test:443', login }]);
  });
});
