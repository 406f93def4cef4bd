// Runs the tests against the real Claude Code: `node scripts/claude-code.mjs [--require]`. Its package is kept outside the
// repository; without it the tests are not run, which is a failure only with --require.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '2.1.330';
const TESTS = 'test/e2e/claude-code.test.ts';
const INSTALL_PATIENCE_MS = 120_000;

const name = `@anthropic-ai/claude-code-${process.platform}-${process.arch}`;
const folder = join(tmpdir(), `bedrock-mcp-claude-code-${VERSION}`);
const binary = join(
  folder,
  'node_modules',
  ...name.split('/'),
  process.platform === 'win32' ? 'claude.exe' : 'claude',
);
const root = fileURLToPath(new URL('..', import.meta.url));

const missing = findMissing();
if (missing === undefined) {
  process.exitCode = runTests();
} else {
  process.stderr.write(`Tests with Claude Code: not run, because ${missing}.\n`);
  process.exitCode = process.argv.includes('--require') ? 1 : 0;
}

/** Why the tests cannot run, after everything was tried. */
function findMissing() {
  if (!existsSync(join(root, 'dist/main.js'))) return 'dist/main.js is missing ("npm run build" makes it)';
  if (!starts()) {
    const problem = install();
    if (problem !== undefined) return problem;
  }
  return starts() ? undefined : `${binary} does not start`;
}

/** An install that was broken off leaves a binary that is there and does not run. */
function starts() {
  return (
    existsSync(binary) && spawnSync(binary, ['--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0
  );
}

function install() {
  mkdirSync(folder, { recursive: true });
  // A package.json of its own: npm would otherwise look for one in the folders above.
  writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  const { status, stderr, error } = spawnSync('npm', ['install', ...flags, `${name}@${VERSION}`], {
    cwd: folder,
    encoding: 'utf8',
    timeout: INSTALL_PATIENCE_MS,
    shell: process.platform === 'win32',
  });
  if (status === 0) return undefined;
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(stderr ?? '')?.[1];
  return `npm could not install ${name}@${VERSION} (${code ?? error?.message ?? `exit code ${status}`})`;
}

function runTests() {
  const { status } = spawnSync('npx', ['vitest', 'run', TESTS], {
    cwd: root,
    env: { ...process.env, BEDROCK_MCP_CLAUDE_CODE: binary },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return status ?? 1;
}
