// Prints spawn -> initialize -> tools/list of the built server as a ratio to bare node, in one interleaved run, and fails above a bound:
// `node bench/startup.mjs [rounds]`. The first start is told apart: it has no code cache yet and makes one.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 15);
/** Times bare node. Generous: machines under load tell different stories, and a lost cache costs a whole bare node. */
const MOST = 3.5;
const data = mkdtempSync(join(tmpdir(), 'bedrock-mcp-startup-'));
process.on('exit', () => rmSync(data, { recursive: true, force: true }));
const OPENING = [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/list' },
];

/** ms until `marker` is on stdout, and the peak memory of the process, MB. It may go on until `after` is done. */
function time(args, input, marker, after = async () => undefined) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME, BEDROCK_MCP_DATA_DIR: data },
    });
    let seen = '';
    let done = false;
    child.on('error', reject);
    child.stdout.on('data', (chunk) => {
      seen += chunk;
      if (done || !seen.includes(marker)) return;
      done = true;
      const ms = performance.now() - started;
      const mb = peak(child.pid);
      after().then(() => {
        child.kill('SIGKILL');
        resolve({ ms, mb });
      }, reject);
    });
    for (const message of input) child.stdin.write(`${JSON.stringify(message)}\n`);
  });
}

function peak(pid) {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}

async function cacheMade() {
  const isThere = () => readdirSync(data, { recursive: true }).some((name) => name.endsWith('.cache'));
  for (const end = performance.now() + 10_000; !isThere(); ) {
    if (performance.now() > end) throw new Error('The server made no code cache.');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const first = await time([main], OPENING, '"id":2', cacheMade);
const bare = [];
const ours = [];
for (let round = 0; round < rounds + 1; round += 1) {
  const base = await time(['-e', 'process.stdout.write("ready"); setInterval(() => {}, 1000)'], [], 'ready');
  const server = await time([main], OPENING, '"id":2');
  if (round === 0) continue;
  bare.push(base);
  ours.push(server);
}
const [b, o] = [median(bare.map((run) => run.ms)), median(ours.map((run) => run.ms))];
process.stdout.write(`bare node to first byte        ${b.toFixed(0)} ms (${process.version})\n`);
process.stdout.write(`the first start of all         ${first.ms.toFixed(0)} ms, without a code cache\n`);
process.stdout.write(
  `spawn -> initialize -> list    ${o.toFixed(0)} ms, ${(o / b).toFixed(2)} x bare node\n`,
);
process.stdout.write(
  `peak memory at tools/list      ${median(ours.map((run) => run.mb)).toFixed(0)} MB (bare node ${median(bare.map((run) => run.mb)).toFixed(0)} MB)\n`,
);
if (o / b > MOST) {
  process.stdout.write(`A start takes more than ${MOST} times bare node.\n`);
  process.exitCode = 1;
}
