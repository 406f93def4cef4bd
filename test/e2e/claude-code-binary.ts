/** The real Claude Code, where somebody has it: BEDROCK_MCP_CLAUDE_CODE names the binary. Its model is the fake Messages API. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { type FakeMessagesApi, type Script, startFakeMessagesApi } from './fake-messages-api.ts';
import { cleanEnvironment, type Environment, MAIN } from './server-process.ts';

export const CLAUDE_CODE = findBinary();

function findBinary(): string | undefined {
  const binary = process.env['BEDROCK_MCP_CLAUDE_CODE'];
  if (binary === undefined || binary === '') {
    process.stdout.write(
      'Claude Code is absent: the tests that need it are skipped. "node scripts/claude-code.mjs" fetches it and runs them.\n',
    );
    return undefined;
  }
  // Whoever asked for these tests does not want them skipped because of a typing error.
  if (!existsSync(binary)) throw new Error(`BEDROCK_MCP_CLAUDE_CODE names ${binary}, which does not exist.`);
  return binary;
}

export interface Session {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** The model's last words as the user gets them. */
  readonly lastWords: unknown;
  /** What the model was shown, request by request. */
  readonly requests: FakeMessagesApi['requests'];
  readonly others: FakeMessagesApi['others'];
}

const running = new Map<ChildProcess, Promise<unknown>>();

/** Ends what a test that failed or ran out of time left behind. The server goes with it: its stdin is closed. */
export async function stopClaudeCode(): Promise<void> {
  for (const child of running.keys()) child.kill('SIGKILL');
  await Promise.allSettled(running.values());
}

/** `claude -p go` with the built server as its only MCP server, and `script` in place of its model. */
export async function runClaudeCode(binary: string, script: Script): Promise<Session> {
  const home = mkdtempSync(join(tmpdir(), 'bedrock-mcp-e2e-'));
  const api = await startFakeMessagesApi(script);
  try {
    const { exitCode, stderr, events } = await run(binary, home, api.url);
    if (api.failure() !== undefined) throw api.failure();
    const lastWords = events().find((event) => event['type'] === 'result')?.['result'];
    return { exitCode, stderr, lastWords, requests: api.requests, others: api.others };
  } finally {
    await api.close();
    // The server may still be writing its last line.
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  }
}

interface Ended {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** Every line of --output-format stream-json. */
  events(): readonly JsonObject[];
}

async function run(binary: string, home: string, apiUrl: string): Promise<Ended> {
  const work = join(home, 'work');
  mkdirSync(work);
  const config = join(home, 'mcp.json');
  const bedrock = {
    type: 'stdio',
    command: process.execPath,
    args: [MAIN, '--sandbox'],
    env: cleanEnvironment({ BEDROCK_MCP_DATA_DIR: join(home, 'data') }),
  };
  writeFileSync(config, JSON.stringify({ mcpServers: { bedrock } }));
  const args = ['-p', 'go', '--mcp-config', config, '--strict-mcp-config', '--allowedTools', 'mcp__bedrock'];
  const child = spawn(binary, [...args, '--output-format', 'stream-json', '--verbose'], {
    cwd: work,
    env: claudeEnvironment(home, apiUrl),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const closed = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  running.set(child, closed);
  const exitCode = await closed.finally(() => running.delete(child));
  return { exitCode, stderr, events: () => out.split('\n').filter(Boolean).map(toEvent) };
}

function toEvent(line: string): JsonObject {
  const value: unknown = JSON.parse(line);
  if (!isJsonObject(value)) throw new Error(`Not an event of Claude Code: ${line.slice(0, 200)}`);
  return value;
}

/** Nobody's settings, keys or history; nothing that talks to the outside. */
function claudeEnvironment(home: string, url: string): Environment {
  return cleanEnvironment({
    HOME: home,
    CLAUDE_CONFIG_DIR: join(home, '.claude'),
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_API_KEY: 'the-fake-api-takes-any-key',
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_ERROR_REPORTING: '1',
    DISABLE_TELEMETRY: '1',
  });
}
