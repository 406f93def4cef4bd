/** The default command: serve until the client goes, a signal comes or the parent dies; then stop everything that costs. */
import type { App } from '../../calls/app.ts';
import { createLogger, type Logger } from '../../log.ts';
import { mappedStack } from '../../mapped-stack.ts';
import { createServerFactory } from '../../mcp/server.ts';
import { createToolHost } from '../../tools/tool-set.ts';
import { version } from '../../version.ts';
import type { Invocation } from '../command.ts';

type ServerFactory = ReturnType<typeof createServerFactory>;

const PARENT_CHECK_MS = 500;
/** The process is gone within a second, whatever hangs. */
const LAST_MS = 900;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Serves; resolves with the exit code. @throws BedrockError `config`. */
export async function serve({ open }: Invocation): Promise<number> {
  // Whoever starts it at a terminal reads stderr, and waits for an answer there.
  const app = await open({ keepServing: process.stdin.isTTY !== true });
  const { config, log, redact, stopping, problem } = app;
  if (problem !== undefined)
    process.stderr.write(`bedrock-mcp: ${redact(`${problem.message} ${problem.fix}`)}\n`);
  const host = createToolHost(config.tools, async () => {
    const [{ ALL_TOOLS }, services] = await Promise.all([import('../../tools/registry.ts'), app.services()]);
    return { tools: ALL_TOOLS, services };
  });
  const factory = createServerFactory({ version, host, log, redact, stopping });
  const ended = untilToldToStop(!config.http, log);
  const door = config.http ? await openHttpDoor(app, factory) : await openStdioDoor(app, factory);
  const code = await Promise.race([ended, door.closed.then(() => 0)]);
  app.stop();
  await door.close();
  return code;
}

interface Door {
  /** When the client has gone; never for a door with many clients. */
  readonly closed: Promise<unknown>;
  close(): Promise<unknown>;
}

async function openHttpDoor({ config, log, redact }: App, factory: ServerFactory): Promise<Door> {
  const [{ openHttp }, { createMcpEndpoint }] = await Promise.all([
    import('../../http/app.ts'),
    import('../../mcp/http-endpoint.ts'),
  ]);
  const endpoint = createMcpEndpoint(factory, log);
  const door = await openHttp(endpoint, { host: config.host, port: config.port, log });
  // Whatever the level: with port 0 nobody could know the address otherwise.
  createLogger('info', redact).info('Serving MCP over HTTP.', { url: door.url, sandbox: config.sandbox });
  return {
    closed: new Promise(() => undefined),
    close: () => Promise.allSettled([door.close(), endpoint.close()]),
  };
}

async function openStdioDoor({ config, log }: App, factory: ServerFactory): Promise<Door> {
  const { openStdio } = await import('../../mcp/stdio.ts');
  const door = openStdio(factory, log);
  log.debug('Serving MCP over stdio.', { sandbox: config.sandbox });
  return door;
}

/**
 * A signal, or the death of the parent: a host that was killed hard cannot tell its stdio servers, and orphans would go
 * on spending. An HTTP server has many clients and may outlive the shell that started it.
 */
function untilToldToStop(diesWithParent: boolean, log: Logger): Promise<number> {
  return new Promise((resolve) => {
    for (const [signal, code] of Object.entries(SIGNALS)) {
      // Kept, so that an impatient second one does not end the process before what was spent is settled.
      process.on(signal, () => {
        resolve(code);
        setTimeout(() => process.exit(code), LAST_MS).unref();
      });
    }
    if (diesWithParent) {
      const parent = process.ppid;
      setInterval(() => {
        if (process.ppid !== parent) resolve(0);
      }, PARENT_CHECK_MS).unref();
    }
    // Clients need not read stderr, and its disk may be full: lost notes are no reason to end paid calls.
    process.stderr.on('error', () => undefined);
    process.on('uncaughtException', (error) => {
      log.error('Stopped by a bug.', { stack: mappedStack(error) });
      resolve(70);
    });
    process.on('unhandledRejection', (reason) => {
      log.error('An error was not handled.', { stack: mappedStack(reason) });
    });
  });
}
