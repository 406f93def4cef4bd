/**
 * The built server as users run it: `node dist/main.js` in a clean environment, spoken to byte by byte or over HTTP.
 * BEDROCK_MCP_TEST_MAIN names another bundle, to try one that was built elsewhere.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import type { Sandbox, SandboxRequest } from '../../src/sandbox/types.ts';

export const MAIN =
  process.env['BEDROCK_MCP_TEST_MAIN'] ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** "Gone within" and "arrives within" on a loaded machine: an upper bound, never a measurement. */
export const PATIENCE_MS = 15_000;

const emptyHome = mkdtempSync(join(tmpdir(), 'bedrock-mcp-e2e-'));
afterAll(() => rmSync(emptyHome, { recursive: true, force: true }));

export type Environment = Readonly<Record<string, string>>;

/** No AWS setup of this machine shines through: no region, no keys, no files, no metadata service. */
export function cleanEnvironment(extra: Environment = {}): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: emptyHome,
    AWS_CONFIG_FILE: join(emptyHome, 'no-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(emptyHome, 'no-credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
    BEDROCK_MCP_DATA_DIR: join(emptyHome, 'data'),
    ...extra,
  };
}

/** The same, with working keys for a sandbox that runs in the test's own process and can be asked what it saw. */
export function sandboxEnvironment(sandbox: Sandbox, extra: Environment = {}): Record<string, string> {
  return cleanEnvironment({
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'AKIDSANDBOX',
    AWS_SECRET_ACCESS_KEY: 'a-secret-that-nobody-may-see',
    AWS_ENDPOINT_URL: sandbox.url,
    ...extra,
  });
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  readonly child: ChildProcessWithoutNullStreams;
  readonly pid: number;
  /** Resolves when the process has ended and its pipes are read to the end. */
  readonly exited: Promise<Exit>;
  isRunning(): boolean;
  stdout(): Buffer;
  stderr(): string;
  /** Every message so far. A line that is no message fails the test at once. */
  messages(): readonly JsonObject[];
  /** What stands after the last line end; empty unless a message is on its way. */
  unfinishedLine(): string;
  write(bytes: string | Buffer): void;
  send(message: JsonObject): void;
  /** The answer to the request with this ID. */
  answer(id: string | number): Promise<JsonObject>;
  /** Sends a tools/call of the 2025 era. */
  call(id: string | number, name: string, args: JsonObject, progressToken?: string): void;
  /** The 2025 handshake. */
  initialize(): Promise<void>;
}

const running = new Set<ChildProcessWithoutNullStreams>();

/** Ends what this test file started and did not end itself. */
export function stopServers(): void {
  for (const child of running) child.kill('SIGKILL');
}

export function startServer(args: readonly string[], env: Environment): ServerProcess {
  if (!existsSync(MAIN)) throw new Error(`${MAIN} is missing: run "npm run build" first.`);
  const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: 'pipe' });
  running.add(child);
  const out: Buffer[] = [];
  const seen: JsonObject[] = [];
  let rest: Buffer = Buffer.alloc(0);
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk);
    rest = Buffer.concat([rest, chunk]);
    for (let at = rest.indexOf(10); at >= 0; at = rest.indexOf(10)) {
      seen.push(asMessage(rest.subarray(0, at).toString()));
      rest = rest.subarray(at + 1);
    }
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  // A server that went away is seen by its exit.
  child.stdin.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const server: ServerProcess = {
    child,
    pid: child.pid ?? 0,
    exited,
    isRunning: () => running.has(child),
    stdout: () => Buffer.concat(out),
    stderr: () => errors,
    messages: () => seen,
    unfinishedLine: () => rest.toString(),
    write: (bytes) => void child.stdin.write(bytes),
    send: (message) => server.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`),
    answer: (id) =>
      eventually(
        `the answer to ${id} (stderr: ${errors.slice(-500)})`,
        () => seen.find((message) => message['id'] === id && !('method' in message)),
        exited,
      ),
    call: (id, name, args, progressToken) =>
      server.send({
        id,
        method: 'tools/call',
        params: {
          name,
          arguments: args,
          ...(progressToken === undefined ? {} : { _meta: { progressToken } }),
        },
      }),
    async initialize() {
      server.send({
        id: 'initialize',
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'byte by byte', version: '1' },
        },
      });
      await server.answer('initialize');
      server.send({ method: 'notifications/initialized' });
    },
  };
  return server;
}

export interface HttpServerProcess extends ServerProcess {
  /** Such as http://127.0.0.1:41234/mcp */
  readonly url: string;
}

/** Starts the server with --http on a free port and reads its address from stderr. */
export async function startHttpServer(args: readonly string[], env: Environment): Promise<HttpServerProcess> {
  const server = startServer(['--http', '--port', '0', ...args], env);
  const url = await eventually(
    'the address on stderr',
    () => /"url":"(http:[^"]+)"/.exec(server.stderr())?.[1],
    server.exited,
  );
  return { ...server, url };
}

function asMessage(line: string): JsonObject {
  const value: unknown = JSON.parse(line);
  if (!isJsonObject(value) || value['jsonrpc'] !== '2.0')
    throw new Error(`Not a JSON-RPC message on stdout: ${line.slice(0, 200)}`);
  return value;
}

/**
 * What `look` finds, as soon as it finds something.
 * Rejects when that never happens, or when `ended` comes first and nothing is found even then.
 */
export async function eventually<T>(
  what: string,
  look: () => T | undefined | false,
  ended?: Promise<unknown>,
): Promise<T> {
  let over = false;
  void ended?.then(() => {
    over = true;
  });
  const latest = performance.now() + PATIENCE_MS;
  for (;;) {
    const isLast = over || performance.now() > latest;
    const found = look();
    if (found !== undefined && found !== false) return found;
    if (isLast) throw new Error(`${over ? 'The process ended' : 'Time ran out'} before ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Model calls as the sandbox saw them, oldest first. */
export function modelCalls(sandbox: Sandbox): readonly SandboxRequest[] {
  return sandbox.record.requests.filter(({ modelId }) => modelId !== undefined);
}

/** The call whose body contains `text`, once it has reached the sandbox. */
export function upstreamCall(sandbox: Sandbox, text: string): Promise<SandboxRequest> {
  return eventually(`"${text}" upstream`, () =>
    modelCalls(sandbox).find(({ body }) => JSON.stringify(body ?? null).includes(text)),
  );
}

/** Waits until the sandbox sees that its caller went away, and tells how long that took after `since` (Date.now). */
export async function abortedUpstream(request: SandboxRequest, since: number): Promise<number> {
  await eventually('the upstream abort', () => request.state === 'aborted');
  return (request.endedAt ?? Number.NaN) - since;
}
