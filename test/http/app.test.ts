import { afterEach, describe, expect, it } from 'vitest';
import { type Endpoint, type HttpDoor, openHttp } from '../../src/http/app.ts';
import { createLogger, createRedact } from '../../src/log.ts';

const doors: HttpDoor[] = [];
afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.close()));
});

const answering: Endpoint = {
  guard: () => true,
  handle: async (_, response) => void response.end('hello'),
};

async function open(endpoint: Partial<Endpoint> = {}, host = '127.0.0.1', port = 0) {
  const lines: string[] = [];
  const log = createLogger('error', createRedact(), (line) => lines.push(line));
  const door = await openHttp({ ...answering, ...endpoint }, { host, port, log });
  doors.push(door);
  return { ...door, lines };
}

describe('the web app', () => {
  it.each(['127.0.0.1', 'localhost', '::1', '[::1]'])('serves /mcp on %s', async (host) => {
    const { url } = await open({}, host);
    expect(await (await fetch(url)).text()).toBe('hello');
    expect(await (await fetch(`${url}?a=1`)).text()).toBe('hello');
  });

  it.each(['0.0.0.0', '::', '', '10.0.0.1', 'example.org'])('refuses to listen on %j', async (host) => {
    await expect(open({}, host)).rejects.toMatchObject({
      code: 'config',
      fix: expect.stringContaining('127.0.0.1'),
    });
  });

  it('refuses a port that is taken', async () => {
    const { url } = await open();
    const { port } = new URL(url);
    await expect(open({}, '127.0.0.1', Number(port))).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(port),
    });
  });

  it('asks the guard before anything else', async () => {
    const { url } = await open({
      guard: (_, response) => {
        response.writeHead(403).end();
        return false;
      },
    });
    for (const path of ['/mcp', '/', '/nowhere']) expect((await fetch(new URL(path, url))).status).toBe(403);
  });

  it.each(['/', '/MCP', '/mcp/', '/mcp%2f', '//mcp', '/x/../y'])('knows no %s', async (path) => {
    const { url } = await open();
    const answer = await fetch(`${new URL(url).origin}${path}`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } });
  });

  it('answers a bug with 500 and tells only the log', async () => {
    const { url, lines } = await open({ handle: () => Promise.reject(new Error('the secret reason')) });
    const answer = await fetch(url);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
    expect(lines.join('')).toContain('the secret reason');
  });

  it('cuts the connection when a bug comes in the middle of an answer', async () => {
    const { url } = await open({
      handle: async (_, response) => {
        response.write('half an ');
        throw new Error('bug');
      },
    });
    await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow();
  });

  it('sends the head of an event stream before the first event', async () => {
    let end: () => void = () => undefined;
    const { url } = await open({
      handle: async (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        end = () => void response.end('data: 1\n\n');
      },
    });
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    end();
    expect(await answer.text()).toBe('data: 1\n\n');
  });

  it('close ends what is still being answered', async () => {
    let isGone = false;
    const door = await open({
      handle: async (_, response) => {
        response.on('close', () => {
          isGone = true;
        });
        response.write('half an ');
      },
    });
    const answer = await fetch(door.url);
    const rest = answer.text().then(
      () => 'whole',
      () => 'cut',
    );
    await door.close();
    expect(await rest).toBe('cut');
    expect(isGone).toBe(true);
  });
});
