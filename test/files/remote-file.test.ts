import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFiles } from '../../src/files/read-files.ts';
import { isAllowedHost } from '../../src/files/remote-file.ts';
import { refusalOf } from './folder.ts';
import { SAMPLES } from './sample-bytes.ts';

let server: Server;
let port = 0;
let asked: string[] = [];

/** Real fetch, with every https host led to the server of this test: a certificate for them cannot be had. */
const toServer: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  return fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, {
    ...init,
    headers: { 'x-host': url.host },
  });
};

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = request.url ?? '/';
    asked.push(`${request.headers['x-host']}${path}`);
    const hops = /^\/hops\/(\d+)$/.exec(path)?.[1];
    if (hops !== undefined) {
      response
        .writeHead(302, { location: hops === '1' ? '/a.txt' : `/hops/${Number(hops) - 1}` })
        .end('body');
    } else if (path.startsWith('/to?')) {
      response.writeHead(307, { location: decodeURIComponent(path.slice(4)) }).end();
    } else if (path === '/a.txt') response.end('hello');
    else if (path === '/gzip.txt') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('hello'));
    } else if (path === '/bomb.txt') {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(34_000_000, 97)));
    } else if (path === '/photo.png') response.end(SAMPLES.jpeg);
    else if (path === '/declared-long.bin') {
      response.writeHead(200, { 'content-length': 40_000_000 });
      response.write('x');
    } else if (path === '/endless.bin') {
      const more = () => {
        while (response.write(Buffer.alloc(1_048_576, 97)));
      };
      response.on('drain', more);
      more();
    } else if (path === '/hanging.txt') response.write('x');
    else if (path === '/broken.txt') {
      response.writeHead(200, { 'content-length': 100 }).write('x');
      setImmediate(() => response.destroy());
    } else if (path === '/nowhere') response.writeHead(302).end();
    else response.writeHead(404).end('secret page');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const hosts = ['allowed.test', '*.parts.test'];
const read = (value: unknown, signal = new AbortController().signal) =>
  readFiles([value], 'files', { roots: [], hosts }, signal, toServer);
const text = '<file name="a.txt">\nhello\n</file>';

describe('an https URL on an allowed host', () => {
  it('is fetched and named after its last part', async () => {
    expect(await read('https://allowed.test/a.txt')).toEqual({ blocks: [{ text }], notes: [] });
    expect(await read({ url: 'HTTPS://ALLOWED.test./a.txt' })).toEqual({ blocks: [{ text }], notes: [] });
    expect((await read('https://eu.parts.test/gzip.txt')).blocks).toEqual([
      { text: '<file name="gzip.txt">\nhello\n</file>' },
    ]);
  });

  it('is what its bytes say, not what its name says', async () => {
    expect(await read('https://allowed.test/photo.png')).toEqual({
      blocks: [{ image: { format: 'jpeg', source: { bytes: SAMPLES.jpeg } } }],
      notes: ['files[0] (photo.png) is called png but holds the image format jpeg, and was sent as that.'],
    });
  });

  it('may redirect five times, with relative addresses, and to other allowed hosts', async () => {
    expect((await read({ url: 'https://allowed.test/hops/5', name: 'a.txt' })).blocks).toEqual([{ text }]);
    const other = encodeURIComponent('https://x.parts.test/a.txt');
    expect((await read({ url: `https://allowed.test/to?${other}`, name: 'a.txt' })).blocks).toEqual([
      { text },
    ]);
  });
});

describe('a URL is refused, and nothing is asked', () => {
  it.each([
    ['http', 'http://allowed.test/a.txt'],
    ['ftp', 'ftp://allowed.test/a.txt'],
    ['another host', 'https://other.test/a.txt'],
    ['a host that begins like an allowed one', 'https://allowed.test.evil.test/a.txt'],
    ['a host that ends like an allowed one', 'https://notallowed.test/a.txt'],
    ['the bare domain of a wildcard', 'https://parts.test/a.txt'],
    ['an allowed host as user name', 'https://allowed.test@evil.test/a.txt'],
    ['a user name', 'https://user@allowed.test/a.txt'],
    ['a password', 'https://user:hunter22@allowed.test/a.txt'],
    ['another port', 'https://allowed.test:8443/a.txt'],
    ['an IPv4 address', 'https://127.0.0.1/a.txt'],
    ['an address as a number', 'https://2130706433/a.txt'],
    ['an IPv6 address', 'https://[::1]/a.txt'],
    ['the metadata service', 'https://169.254.169.254/latest/meta-data'],
    ['localhost', 'https://localhost/a.txt'],
    ['no host', 'https://'],
    ['rubbish', 'https://a b/'],
  ])('%s', async (_what, url) => {
    asked = [];
    const error = await refusalOf(read(url));
    expect(error.code).toBe('file');
    expect(error.field).toBe('files[0]');
    expect(error.message).not.toContain('hunter22');
    expect(asked).toEqual([]);
  });

  it('any, when no hosts are listed', async () => {
    const none = { roots: [], hosts: [] };
    const error = await refusalOf(
      readFiles(['https://allowed.test/a.txt'], 'files', none, new AbortController().signal, toServer),
    );
    expect(error.fix).toMatch(/BEDROCK_MCP_FILE_HOSTS.*path or base64/);
  });
});

describe('an answer is refused', () => {
  it.each([
    ['a redirect to a host that is not listed', 'https://other.test/a.txt', 'other.test'],
    ['a redirect to plain http', 'http://allowed.test/a.txt', 'only https'],
    ['a redirect to the metadata service', 'https://169.254.169.254/', '169.254.169.254'],
    ['a redirect to a file', 'file:///etc/passwd', 'only https'],
    ['a redirect with a user name', 'https://u:p@allowed.test/a.txt', 'user name'],
  ])('%s', async (_what, target, word) => {
    asked = [];
    const error = await refusalOf(read(`https://allowed.test/to?${encodeURIComponent(target)}`));
    expect([error.code, error.field]).toEqual(['file', 'files[0]']);
    expect(error.message).toContain('redirects to an address');
    expect(error.message).toContain(word);
    expect(asked).toHaveLength(1);
  });

  it.each([
    ['six redirects', '/hops/6', 'more than 5 times'],
    ['a redirect without an address', '/nowhere', 'HTTP 302'],
    ['an error', '/missing?signature=abcdef', 'HTTP 404'],
    ['a declared size over the limit', '/declared-long.bin', '32.00 MiB'],
    ['an endless body', '/endless.bin', '32.00 MiB'],
    ['a small body that unpacks to a large one', '/bomb.txt', '32.00 MiB'],
    ['a body that breaks off', '/broken.txt', 'could not be fetched'],
  ])('%s', async (_what, path, words) => {
    const error = await refusalOf(read(`https://allowed.test${path}`));
    expect(error.code).toBe('file');
    expect(error.message).toContain(words);
    // Neither the page nor a signature in the query.
    expect(error.message).not.toMatch(/secret page|abcdef/);
  });

  it('a server that is not there', async () => {
    const gone: typeof fetch = (_input, init) => fetch('http://127.0.0.1:1/', init);
    const error = await refusalOf(
      readFiles(
        ['https://allowed.test/a.txt'],
        'files',
        { roots: [], hosts },
        new AbortController().signal,
        gone,
      ),
    );
    expect(error.message).toContain('could not be fetched');
  });

  it('by the caller, who cancels while the body comes', async () => {
    const controller = new AbortController();
    const cancelling: typeof fetch = async (input, init) => {
      const response = await toServer(input, init);
      setImmediate(() => controller.abort());
      return response;
    };
    const error = await refusalOf(
      readFiles(
        ['https://allowed.test/hanging.txt'],
        'files',
        { roots: [], hosts },
        controller.signal,
        cancelling,
      ),
    );
    expect(error.code).toBe('cancelled');
  });
});

describe('the list of hosts', () => {
  it.each([
    ['example.com', 'https://example.com/', true],
    ['Example.COM', 'https://EXAMPLE.com./', true],
    ['example.com:443', 'https://example.com/', true],
    ['example.com', 'https://example.com:8443/', false],
    ['example.com:8443', 'https://example.com:8443/', true],
    ['example.com:8443', 'https://example.com/', false],
    ['example.com', 'https://www.example.com/', false],
    ['*.example.com', 'https://www.example.com/', true],
    ['*.example.com', 'https://a.b.example.com/', true],
    ['*.example.com', 'https://example.com/', false],
    ['*.example.com', 'https://badexample.com/', false],
    ['*.example.com', 'https://www.example.com:8443/', false],
    ['*.example.com:8443', 'https://www.example.com:8443/', true],
    ['*', 'https://example.com/', false],
    ['*.com.', 'https://example.com/', true],
    ['127.0.0.1', 'https://127.0.0.1/', true],
    ['127.0.0.1', 'https://2130706433/', true],
    ['*.0.0.1', 'https://127.0.0.1/', false],
    ['::1', 'https://[::1]/', true],
    ['[::1]', 'https://[0:0:0:0:0:0:0:1]/', true],
    ['[::1]:8443', 'https://[::1]:8443/', true],
    ['localhost', 'https://localhost/', true],
    ['*.localhost', 'https://a.localhost/', false],
    ['a.localhost', 'https://a.localhost/', true],
    ['https://example.com', 'https://example.com/', false],
    ['user@example.com', 'https://example.com/', false],
    ['', 'https://example.com/', false],
  ])('%j and %s: %s', (entry, url, allowed) => {
    expect(isAllowedHost(new URL(url), [entry])).toBe(allowed);
  });
});
