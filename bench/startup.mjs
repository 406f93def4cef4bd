// Prints spawn -> initialize -> tools/list of the built server as a ratio to bare node, in one interleaved run: `node bench/startup.mjs [rounds]`.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const rounds = Number(process.argv[2] ?? 15);
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

/** ms until `marker` is on stdout, and the peak memory of the process, MB. */
function time(args, input, marker) {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(process.execPath, args, {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    let seen = '';
    child.on('error', reject);
    child.stdout.on('data', (chunk) => {
      seen += chunk;
      if (!seen.includes(marker)) return;
      const ms = performance.now() - started;
      const mb = peak(child.pid);
      child.kill('SIGKILL');
      resolve({ ms, mb });
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

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
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
process.stdout.write(`bare node to first byte        ${b.toFixed(0)} ms\n`);
process.stdout.write(
  `spawn -> initialize -> list    ${o.toFixed(0)} ms, ${(o / b).toFixed(2)} x bare node\n`,
);
process.stdout.write(
  `peak memory at tools/list      ${median(ours.map((run) => run.mb)).toFixed(0)} MB (bare node ${median(bare.map((run) => run.mb)).toFixed(0)} MB)\n`,
);
