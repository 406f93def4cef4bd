#!/usr/bin/env node
// dist/main.js: runs start.js, from V8's code cache where this machine made one for this very Node on an earlier start. The cache is made after
// a host has got its list of tools, beside the data; where that cannot be, the server compiles as usual. (Node's own module.enableCompileCache
// was measured: it leaves a start at 3 times bare node where this one reaches 2.1 to 2.3, and Node 20 has none.)
const { closeSync, fstatSync, openSync, readFileSync } = require('node:fs');
const { homedir } = require('node:os');
const { join } = require('node:path');
const { Script } = require('node:vm');

const FOLDER = 'code-cache';
const KEEP_AFTER_MS = 1_000;
const OLD_MS = 30 * 86_400_000;
const filename = join(__dirname, 'start.js');
// esbuild escapes all that is not ASCII, and V8 is faster with one byte per character.
const source = readFileSync(filename, 'latin1');
const cacheName = `start-__KEY__-${process.version}-${process.platform}-${process.arch}.cache`;
const cachedData = readOwn();
// A cache that does not fit (other V8 flags) is refused by V8, which then compiles.
const script = new Script(source, { filename, cachedData });
const chunks = script.runInThisContext();
const modules = new Map();

function chunk(name) {
  let module = modules.get(name);
  if (module === undefined) {
    module = { exports: {} };
    modules.set(name, module);
    chunks[name](module.exports, requireFrom, module);
  }
  return module.exports;
}

function requireFrom(id) {
  if (!id.startsWith('.')) return require(id);
  const name = id.slice(id.lastIndexOf('/') + 1);
  return Object.hasOwn(chunks, name) ? chunk(name) : require(`./chunks/${name}`);
}

/** As src/spend/spending.ts has it; a folder named by flag or config file is not known yet. */
function dataFolder() {
  const { env, platform } = process;
  const named = env.BEDROCK_MCP_DATA_DIR?.trim();
  if (named) return named;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'bedrock-mcp');
  if (platform === 'win32')
    return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'bedrock-mcp', 'Data');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'bedrock-mcp');
}

/** V8 trusts what it is given, so a file that another user could have written is not read. */
function readOwn() {
  let file;
  try {
    file = openSync(join(dataFolder(), FOLDER, cacheName), 'r');
    const { uid, mode } = fstatSync(file);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    return readFileSync(file);
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Whole or not at all, beside the work of the server; what older versions left goes. */
async function keep() {
  const { mkdir, readdir, rename, rm, stat, writeFile } = require('node:fs/promises');
  const folder = join(dataFolder(), FOLDER);
  const part = join(folder, `${cacheName}.${process.pid}`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(part, script.createCachedData(), { mode: 0o600 });
  await rename(part, join(folder, cacheName));
  for (const other of await readdir(folder)) {
    const path = join(folder, other);
    if (Date.now() - (await stat(path)).mtimeMs > OLD_MS) await rm(path, { force: true });
  }
}

if (cachedData === undefined || script.cachedDataRejected) {
  require('node:diagnostics_channel').subscribe('bedrock-mcp:listed', () => {
    setTimeout(() => keep().catch(() => undefined), KEEP_AFTER_MS).unref();
  });
}

module.exports = { chunk };
chunk('main.js');
