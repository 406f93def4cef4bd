/** The default command: serve until the client goes, a signal comes or the parent dies; then stop everything that costs. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BedrockError } from '../../bedrock-error.ts';
import type { Services } from '../../calls/services.ts';
import { createLogger, type Logger } from '../../log.ts';
import { createServerFactory } from '../../mcp/server.ts';
import { createToolHost } from '../../tools/tool-set.ts';
import { version } from '../../version.ts';
import type { Arguments } from '../arguments.ts';
import { awsSettings } from '../aws-settings.ts';
import { setUp } from '../set-up.ts';

const PARENT_CHECK_MS = 500;
/** The process is gone within a second, whatever hangs. */
const SETTLE_MS = 500;
const LAST_MS = 900;
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Serves; resolves with the exit code. @throws BedrockError `config`. */
export async function serve(args: Arguments): Promise<number> {
  const { loaded, redact, log } = await setUp(args);
  const { config } = loaded;
  const stopping = new AbortController();

  const sandbox = config.sandbox ? await startSandbox() : undefined;
  const aws =
    sandbox === undefined
      ? awsSettings(loaded)
      : { ...awsSettings({ ...loaded, config: sandboxConfig(config) }), ...sandbox.settings(config.region) };
  let services: Services | undefined;
  const host = createToolHost(config.tools, async () => {
    const [{ ALL_TOOLS }, { createServices }] = await Promise.all([
      import('../../tools/registry.ts'),
      import('../../calls/services.ts'),
    ]);
    services = createServices({ config, aws, log, redact, stopping: stopping.signal });
    return { tools: ALL_TOOLS, services };
  });
  const factory = createServerFactory({ version, host, log, redact, stopping: stopping.signal });
  const ended = untilToldToStop(!config.http, log);
  try {
    if (config.http) {
      const [{ openHttp }, { createMcpEndpoint }] = await Promise.all([
        import('../../http/app.ts'),
        import('../../mcp/http-endpoint.ts'),
      ]);
      const endpoint = createMcpEndpoint(factory, log);
      const door = await openHttp(endpoint, { host: config.host, port: config.port, log });
      // Whatever the level: with port 0 nobody could know the address otherwise.
      createLogger('info', redact).info('Serving MCP over HTTP.', { url: door.url, sandbox: config.sandbox });
      const code = await ended;
      stopping.abort();
      await Promise.allSettled([door.close(), endpoint.close()]);
      return code;
    }
    const { openStdio } = await import('../../mcp/stdio.ts');
    const door = openStdio(factory, log);
    log.debug('Serving MCP over stdio.', { sandbox: config.sandbox });
    const code = await Promise.race([ended, door.closed.then(() => 0)]);
    stopping.abort();
    await door.close();
    return code;
  } finally {
    stopping.abort();
    // Calls that went on after their request was answered still have to be settled and written.
    await Promise.race([services?.settled(), sleep(SETTLE_MS, undefined, { ref: false })]);
    services?.close();
    await sandbox?.close();
  }
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
      log.error('Stopped by a bug.', { stack: error.stack ?? error.message });
      resolve(70);
    });
    process.on('unhandledRejection', (reason) => {
      const stack = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
      log.error('An error was not handled.', { stack });
    });
  });
}

/** The sandbox brings its own keys and endpoint: the caller's real ones must never reach it. */
function sandboxConfig<T extends object>(config: T): T {
  return {
    ...config,
    auth: 'auto',
    bearer_token: undefined,
    profile: undefined,
    access_key_id: undefined,
    secret_access_key: undefined,
    session_token: undefined,
  };
}

async function startSandbox() {
  const { startSandbox: start } = await import('../../sandbox/server/server.ts');
  const sandbox = await start().catch((cause: unknown) => {
    throw new BedrockError('config', {
      message: `The embedded Bedrock cannot start: ${cause instanceof Error ? cause.message : String(cause)}.`,
      fix: 'Loopback networking must be allowed for --sandbox.',
      cause,
    });
  });
  return {
    settings: (region: string | undefined) => ({
      region: region ?? 'us-east-1',
      runtimeEndpoint: sandbox.url,
      controlEndpoint: sandbox.url,
      accessKeyId: 'SANDBOXACCESSKEY',
      secretAccessKey: 'sandbox-secret-key',
    }),
    close: () => sandbox.close(),
  };
}
