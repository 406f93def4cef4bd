/**
 * Four processes, kill -9 at random, one ledger: what it says in the end is what Bedrock (the sandbox) served.
 * BEDROCK_MCP_STRESS=full runs all of 4 x 200 calls with more kills; the short form is for every day.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costOf } from '../../src/catalog/prices/cost.ts';
import { loadPrices } from '../../src/catalog/prices/price-book.ts';
import { isJsonObject } from '../../src/json.ts';
import { createLogger } from '../../src/log.ts';
import { startSandbox } from '../../src/sandbox/server/server.ts';
import type { Sandbox, SandboxRequest } from '../../src/sandbox/types.ts';
import { fromUnits, toUnits } from '../../src/spend/amount.ts';
import { type Ledger, openLedger } from '../../src/spend/ledger/ledger.ts';
import { type MonthSums, sumMonth } from '../../src/spend/ledger/rollup.ts';
import { type CallOutcome, RELEASED, settledRecord } from '../../src/spend/record.ts';
import { scanned } from './ledger-fixture.ts';

const FULL = process.env['BEDROCK_MCP_STRESS'] === 'full';
const PROCESSES = 4;
const CALLS = FULL ? 200 : 60;
const PARALLEL = 6;
const KILL_EVERY_MS = FULL ? [100, 400] : [150, 500];
/** Tight enough that calls are refused before the end. */
const BUDGET_USD = FULL ? '0.009' : '0.0026';

const log = createLogger(
  'error',
  (text) => text,
  () => undefined,
);
let dir: string;
let sandbox: Sandbox;
let ledger: Ledger;
const acknowledged: string[] = [];
let refused = 0;
let kills = 0;
const failures: string[] = [];

/** Runs one worker over and over until its calls are done; `stop` kills the one that runs now. */
function keepRunning(script: string): { done: Promise<void>; kill: () => void } {
  let left = CALLS;
  let child: ChildProcess | undefined;
  const done = (async () => {
    while (left > 0) {
      const running = spawn(
        process.execPath,
        [script, dir, sandbox.url, BUDGET_USD, String(left), String(PARALLEL)],
        { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
      );
      child = running;
      running.stderr?.on('data', (text: Buffer) => failures.push(text.toString()));
      running.on('message', (message) => {
        left -= 1;
        if (isJsonObject(message) && typeof message['settled'] === 'string')
          acknowledged.push(message['settled']);
        else refused += 1;
      });
      const code = await new Promise((resolve) => running.once('close', resolve));
      if (code !== 0 && code !== null) throw new Error(`a worker ended with ${code}: ${failures.join('')}`);
    }
  })();
  return {
    done,
    kill: () => {
      if (child?.exitCode === null && child.kill('SIGKILL')) kills += 1;
    },
  };
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'bedrock-mcp-stress-'));
  sandbox = await startSandbox();
  ledger = openLedger({ dir });
  const script = join(dir, 'worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./stress-worker.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  const workers = Array.from({ length: PROCESSES }, () => keepRunning(script));
  let over = false;
  const all = Promise.all(workers.map(({ done }) => done)).finally(() => {
    over = true;
  });
  const [least = 0, most = 0] = KILL_EVERY_MS;
  const killing = (async () => {
    while (!over) {
      await new Promise((resolve) => setTimeout(resolve, least + Math.random() * (most - least)));
      workers[Math.floor(Math.random() * workers.length)]?.kill();
    }
  })();
  await all;
  await killing;
}, 300_000);

afterAll(async () => {
  await ledger.close();
  await sandbox.close();
  await rm(dir, { recursive: true, force: true });
});

/** The sandbox's own record: what it answered whole, by our call ID. */
function served(): Map<string, SandboxRequest> {
  const calls = new Map<string, SandboxRequest>();
  for (const each of sandbox.record.requests) {
    if (each.state !== 'completed' || !isJsonObject(each.body)) continue;
    const { requestMetadata } = each.body;
    const id = isJsonObject(requestMetadata) ? requestMetadata['call_id'] : undefined;
    if (typeof id === 'string') calls.set(id, each);
  }
  return calls;
}

function totalOf({ sums }: MonthSums): { calls: number; usd: bigint } {
  let [calls, usd] = [0, 0n];
  for (const { total } of sums.values()) {
    calls += total.calls;
    usd += total.usd;
  }
  return { calls, usd };
}

const monthOf = async () => (await ledger.months())[0] ?? 'none';

describe(`${PROCESSES} processes x ${CALLS} calls with kill -9`, () => {
  it('ran, were killed, and met the budget', () => {
    process.stdout.write(
      `stress: ${acknowledged.length} settled, ${refused} refused, ${kills} kills, ${served().size} served\n`,
    );
    expect(kills).toBeGreaterThan(0);
    expect(refused).toBeGreaterThan(0);
    expect(acknowledged.length + refused).toBe(PROCESSES * CALLS);
  });

  it('leave no damaged line and no torn tail', async () => {
    expect(await scanned(ledger, await monthOf())).toMatchObject({ damage: [], tailBytes: 0 });
  });

  it('lose no acknowledged record, and double none', async () => {
    const { records } = await scanned(ledger, await monthOf());
    const ends = records.filter((each) => each.type === 'settled').map(({ id }) => id);
    expect(new Set(ends).size).toBe(ends.length);
    const missing = acknowledged.filter((id) => !ends.includes(id));
    expect(missing).toEqual([]);
  });

  it('never hold more than the budget, open calls at their worst case included', async () => {
    const month = await sumMonth(ledger, await monthOf(), log);
    const open = month.open.reduce((sum, { reserved_usd }) => sum + toUnits(reserved_usd ?? '0'), 0n);
    const held = totalOf(month).usd + open;
    process.stdout.write(
      `stress: ${fromUnits(held)} of ${BUDGET_USD} USD held, ${month.open.length} open calls\n`,
    );
    expect(held <= toUnits(BUDGET_USD)).toBe(true);
  });

  it('agree with what was served, once open calls are settled from that record', async () => {
    const calls = served();
    const price = (await loadPrices()).find('amazon.nova-lite-v1:0', { region: 'us-east-1' });
    const before = await sumMonth(ledger, await monthOf(), log);
    for (const intent of before.open) {
      const usage = calls.get(intent.id)?.usage;
      const ended: CallOutcome =
        usage === undefined
          ? RELEASED
          : { status: 'ok', usage, costUsd: costOf(usage, price).usd, durationMs: 0 };
      await ledger.append(settledRecord(intent, ended, ledger.now()));
    }
    const spent = [...calls.values()].reduce(
      (sum, { usage }) => sum + toUnits(costOf(usage ?? {}, price).usd ?? '0'),
      0n,
    );
    const after = await sumMonth(ledger, await monthOf(), log);
    expect(after.open).toEqual([]);
    expect(totalOf(after)).toEqual({ calls: calls.size, usd: spent });
    expect(spent <= toUnits(BUDGET_USD)).toBe(true);
  });
});
