/**
 * The ledger: how long one durable record takes, how many a second four processes write together, how long a million
 * records take to sum, cold and rolled up, and in how much memory. `npx tsx bench/ledger.ts`
 */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../src/config/schema.ts';
import { createLogger } from '../src/log.ts';
import { createBudgets } from '../src/spend/budget/budget.ts';
import { readRules } from '../src/spend/budget/limits.ts';
import { createFileSpendStore } from '../src/spend/ledger/file-store.ts';
import { type Ledger, openLedger } from '../src/spend/ledger/ledger.ts';
import { sumMonth } from '../src/spend/ledger/rollup.ts';
import { intentRecord, settledRecord } from '../src/spend/record.ts';

const RECORDS = 1_000_000;
const PROCESSES = 4;
const PER_PROCESS = 2_000;
const log = createLogger(
  'error',
  (text) => text,
  () => undefined,
);
const say = (line: string) => void process.stdout.write(`${line}\n`);

function call(at: number) {
  return {
    tool: at % 10 === 0 ? 'embed_text' : 'invoke_model',
    model: `anthropic.claude-model-${at % 12}-20251001-v1:0`,
    model_id: `us.anthropic.claude-model-${at % 12}-20251001-v1:0`,
    region: 'us-east-1',
    api: 'converse',
    thread: `thread-${at % 500}`,
    tags: [`team-${at % 7}`],
    reservedUsd: '0.0451',
    reservedTokens: 9_200,
    timeoutMs: 900_000,
  };
}
const ENDED = {
  status: 'ok',
  usage: { inputTokens: 1_000, outputTokens: 321, cacheReadInputTokens: 4_000 },
  costUsd: '0.00328505',
  durationMs: 1_834,
  requestId: '5f0d1c1e-1f5b-4c39-9d27-7d3b8a0e5c11',
} as const;

/** What the disk itself takes, right now, for the same bytes. */
async function bareDisk(dir: string): Promise<void> {
  const file = await open(join(dir, 'bare'), 'a', 0o600);
  const line = Buffer.alloc(420, 'x');
  const durations: number[] = [];
  for (let at = 0; at < 1_200; at += 1) {
    const started = performance.now();
    await file.write(line);
    await file.datasync();
    if (at >= 200) durations.push(performance.now() - started);
  }
  await file.close();
  say(`bare write and fdatasync on this disk: ${spread(durations)}`);
}

async function durableRecords(dir: string): Promise<void> {
  const ledger = openLedger({ dir: join(dir, 'one') });
  const rules = readRules(configSchema.parse({ budget_usd_per_day: 100_000 }));
  const budgets = createBudgets(rules, createFileSpendStore(ledger, rules, log), log);
  const [records, calls]: [number[], number[]] = [[], []];
  for (let at = 0; at < 1_200; at += 1) {
    const started = performance.now();
    await ledger.append(intentRecord(call(at), ledger.now()));
    const written = performance.now();
    const request = { ...call(at), worstCaseUsd: '0.0451', worstCaseTokens: 9_200 };
    const reservation = await budgets.reserve(request);
    await reservation.settle(ENDED);
    if (at < 200) continue;
    records.push(written - started);
    calls.push(performance.now() - written);
  }
  await ledger.close();
  say(`one record with its fdatasync: ${spread(records)} (target: p99 < 5 ms)`);
  say(`one call, reserved under a budget and settled: ${spread(calls)}`);
}

function spread(durations: number[]): string {
  durations.sort((a, b) => a - b);
  const at = (share: number) => (durations[Math.floor(durations.length * share)] ?? 0).toFixed(2);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

/** Each process writes one record after the other, eight at a time, as parallel calls would. */
async function write(dir: string): Promise<void> {
  const ledger = openLedger({ dir });
  process.send?.('ready');
  await new Promise((resolve) => process.once('message', resolve));
  let next = 0;
  const worker = async () => {
    while (next < PER_PROCESS) {
      next += 1;
      await ledger.append(intentRecord(call(next), ledger.now()));
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await ledger.close();
  process.disconnect();
}

async function fourProcesses(dir: string): Promise<void> {
  const folder = join(dir, 'four');
  const script = fileURLToPath(import.meta.url);
  const children = Array.from({ length: PROCESSES }, () =>
    spawn(process.execPath, ['--import', 'tsx', script, 'write', folder], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
  );
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('message', resolve))));
  const started = performance.now();
  for (const child of children) child.send('go');
  await Promise.all(children.map((child) => new Promise((resolve) => child.once('exit', resolve))));
  const seconds = (performance.now() - started) / 1_000;
  say(
    `${PROCESSES} processes, 8 writers each: ${Math.round((PROCESSES * PER_PROCESS) / seconds)} records/s, each durable`,
  );
}

/** A month with half a million calls, two records each. */
async function fill(ledger: Ledger): Promise<string> {
  const start = Date.UTC(2026, 9, 1);
  const path = ledger.path('2026-10');
  await mkdir(ledger.folder, { recursive: true });
  const out = createWriteStream(path);
  for (let at = 0; at < RECORDS / 2; at += 1) {
    const time = new Date(start + at * 5_300).toISOString();
    const intent = { ...intentRecord(call(at), ledger.now()), time };
    const settled = settledRecord(intent, ENDED, start + at * 5_300 + 1_834);
    if (!out.write(`${JSON.stringify(intent)}\n${JSON.stringify(settled)}\n`))
      await new Promise<void>((resolve) => out.once('drain', () => resolve()));
  }
  await new Promise<void>((resolve) => out.end(() => resolve()));
  return path;
}

async function sum(dir: string): Promise<void> {
  const ledger = openLedger({ dir });
  const started = performance.now();
  const { sums } = await sumMonth(ledger, '2026-10', log);
  const took = performance.now() - started;
  let calls = 0;
  for (const day of sums.values()) calls += day.total.calls;
  const { rss } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const peak = process.resourceUsage().maxRSS / 1_024;
  say(
    `  ${calls} calls in ${took.toFixed(0)} ms (CPU of the process ${((user + system) / 1_000).toFixed(0)} ms), RSS ${(rss / 2 ** 20).toFixed(0)} MB, peak ${peak.toFixed(0)} MB`,
  );
}

/** A fresh process, without the memory of what was done before; bundled, because tsx itself takes memory. */
async function fresh(script: string, dir: string): Promise<void> {
  const child = spawn(process.execPath, [script, 'sum', dir], { stdio: 'inherit' });
  await new Promise((resolve) => child.once('exit', resolve));
}

async function sums(dir: string): Promise<void> {
  const folder = join(dir, 'million');
  const ledger = openLedger({ dir: folder });
  const { size } = await stat(await fill(ledger));
  const { build } = await import('esbuild');
  const script = join(dir, 'bench.mjs');
  await build({
    entryPoints: [fileURLToPath(import.meta.url)],
    outfile: script,
    bundle: true,
    splitting: false,
    format: 'esm',
    platform: 'node',
    external: ['esbuild'],
    logLevel: 'error',
  });
  say(`${RECORDS} records (${(size / 2 ** 20).toFixed(0)} MB) summed cold (target: < 5 s, RSS < 200 MB):`);
  await fresh(script, folder);
  say('the same, rolled up (target: < 300 ms):');
  await fresh(script, folder);
}

const [mode, folder] = process.argv.slice(2);
if (mode === 'write' && folder !== undefined) await write(folder);
else if (mode === 'sum' && folder !== undefined) await sum(folder);
else {
  const dir = await mkdtemp(join(tmpdir(), 'bedrock-mcp-bench-'));
  try {
    await bareDisk(dir);
    await durableRecords(dir);
    await fourProcesses(dir);
    await sums(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
