/**
 * Ratios to the bare AWS SDK (HTTP/1.1, keep-alive) in the same run, against a loopback Bedrock:
 * `npx tsx bench/doors.ts [streams|parallel|embeddings|http]`, all of them without a word.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startUpstream } from './upstream.ts';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const MODEL = 'amazon.nova-lite-v1:0';
const KEYS = { accessKeyId: 'AKIDBENCH', secretAccessKey: 'secret-of-the-bench' };
const PIECES = 10_000;

const dataDir = mkdtempSync(join(tmpdir(), 'bedrock-mcp-doors-'));
const environment = (url: string) => ({
  PATH: process.env['PATH'] ?? '',
  BEDROCK_MCP_DATA_DIR: dataDir,
  BEDROCK_MCP_LOG: 'error',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey,
  AWS_ENDPOINT_URL: url,
});

function bare(endpoint: string) {
  return new BedrockRuntimeClient({
    region: 'us-east-1',
    endpoint,
    credentials: KEYS,
    requestHandler: new NodeHttpHandler({ httpAgent: { keepAlive: true, maxSockets: 256 } }),
    maxAttempts: 1,
  });
}

const messages = () => [{ role: 'user' as const, content: [{ text: 'Hi' }] }];

async function overStdio(url: string): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1' });
  const transport = { command: process.execPath, args: [MAIN], env: environment(url) };
  await client.connect(new StdioClientTransport(transport));
  return client;
}

async function overHttp(url: string): Promise<{ client: Client; stop: () => void }> {
  const child = spawn(process.execPath, [MAIN, '--http', '--port', '0', '--log', 'info'], {
    env: { ...environment(url), BEDROCK_MCP_LOG: 'info' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const address = await new Promise<string>((resolve) => {
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:\d+\/mcp/.exec(said)?.[0];
      if (found !== undefined) resolve(found);
    });
  });
  const client = new Client(
    { name: 'bench', version: '1' },
    { versionNegotiation: { mode: { pin: '2026-07-28' } } },
  );
  await client.connect(new StreamableHTTPClientTransport(new URL(address)));
  return { client, stop: () => child.kill() };
}

async function call(client: Client, name: string, args: Record<string, unknown>, progress = false) {
  const options = progress ? { onprogress: () => undefined } : {};
  const reply = await client.callTool({ name, arguments: args }, { timeout: 120_000, ...options });
  if (reply.isError === true) throw new Error(JSON.stringify(reply.content));
  return reply;
}
const ask = (client: Client, progress = false) =>
  call(
    client,
    'invoke_model',
    { model: MODEL, prompt: 'Hi', max_tokens: 100, max_output_chars: 200_000 },
    progress,
  );

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Runs both in turns and prints the ratio of the medians. */
async function pair(
  label: string,
  rounds: number,
  base: () => Promise<unknown>,
  ours: () => Promise<unknown>,
) {
  const [a, b]: [number[], number[]] = [[], []];
  await base();
  await ours();
  for (let round = 0; round < rounds; round += 1) {
    a.push(await timed(base));
    b.push(await timed(ours));
  }
  const [x, y] = [median(a), median(b)];
  process.stdout.write(
    `${label.padEnd(58)} ${x.toFixed(1)} ms bare, ${y.toFixed(1)} ms ours, time x ${(y / x).toFixed(2)}, rate x ${(x / y).toFixed(2)}\n`,
  );
}

const times = async (count: number, at: number, work: () => Promise<unknown>) => {
  let left = count;
  await Promise.all(
    Array.from({ length: at }, async () => {
      while (left > 0) {
        left -= 1;
        await work();
      }
    }),
  );
};

const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  async http() {
    const upstream = await startUpstream({});
    const sdk = bare(upstream.url);
    const stdio = await overStdio(upstream.url);
    const { client, stop } = await overHttp(upstream.url);
    const base = () => sdk.send(new ConverseCommand({ modelId: MODEL, messages: messages() }));
    for (let warm = 0; warm < 60; warm += 1) await Promise.all([ask(stdio), ask(client)]);
    await pair('one call over stdio (Converse streamed in 3 pieces)', 200, base, () => ask(stdio));
    await pair('one call over HTTP, 2026 era', 200, base, () => ask(client));
    await Promise.all([stdio.close(), client.close()]);
    stop();
    upstream.close();
  },
  async parallel() {
    const upstream = await startUpstream({ delayMs: 50 });
    const sdk = bare(upstream.url);
    const stdio = await overStdio(upstream.url);
    const { client, stop } = await overHttp(upstream.url);
    const base = () => sdk.send(new ConverseCommand({ modelId: MODEL, messages: messages() }));
    await times(128, 64, () => ask(stdio));
    await times(128, 64, () => ask(client));
    for (const [label, door] of [
      ['stdio', stdio],
      ['HTTP', client],
    ] as const)
      await pair(
        `512 calls, 64 in flight, 50 ms upstream, ${label}`,
        5,
        () => times(512, 64, base),
        () => times(512, 64, () => ask(door)),
      );
    await Promise.all([stdio.close(), client.close()]);
    stop();
    upstream.close();
  },
  async streams() {
    const upstream = await startUpstream({ pieces: PIECES });
    const sdk = bare(upstream.url);
    const stdio = await overStdio(upstream.url);
    const base = async () => {
      const { stream } = await sdk.send(new ConverseStreamCommand({ modelId: MODEL, messages: messages() }));
      for await (const _ of stream ?? []);
    };
    await pair(`a burst of ${PIECES} pieces over stdio, with progress`, 15, base, () => ask(stdio, true));
    await stdio.close();
    upstream.close();
  },
  async embeddings() {
    const upstream = await startUpstream({ delayMs: 50 });
    const sdk = bare(upstream.url);
    const stdio = await overStdio(upstream.url);
    const texts = Array.from({ length: 1_000 }, (_, at) => `text number ${at}`);
    const body = JSON.stringify({ inputText: 'text number 1' });
    const base = () =>
      times(texts.length, 32, () =>
        sdk.send(new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body })),
      );
    const embed = () =>
      call(stdio, 'embed_text', { texts, model: 'amazon.titan-embed-text-v2:0', return: 'base64' });
    await pair('1,000 Titan texts, 50 ms upstream, base64 (bare: 32 in flight)', 5, base, embed);
    await stdio.close();
    upstream.close();
  },
};

const wanted = process.argv[2];
for (const [name, run] of Object.entries(BENCHES)) if (wanted === undefined || wanted === name) await run();
rmSync(dataDir, { recursive: true, force: true });
process.exit(0);
