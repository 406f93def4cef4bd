// Turns esbuild's split ESM into CommonJS, gathers the chunks that every start needs into dist/start.js, and lets the server start once to keep
// V8's code cache of that file. The cache is named after the Node that made it; another Node finds none and compiles as usual.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

/** What a host sends first; the functions that answer it are in the cache, the others are compiled when they are called. */
const OPENING = [
  {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'build', version: '1' } },
  },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
];

/**
 * Writes the build's files; `lazyEntries` are the dynamic imports that a start always makes.
 * Returns the paths of all files.
 */
export async function writeStart(result, outdir, lazyEntries) {
  const inStart = startChunks(result.metafile.outputs, ['src/main.ts', ...lazyEntries]);
  const files = new Map();
  const parts = [];
  for (const { path, text } of result.outputFiles) {
    const name = basename(path);
    const code = await commonJs(text);
    if (!inStart.has(name)) files.set(join(outdir, 'chunks', name), code);
    else {
      if (code.includes('__filename')) throw new Error(`${name} asks where it is, but is part of start.js`);
      parts.push(`${JSON.stringify(name)}(exports,require,module){${code}}`);
      // Chunks that come later ask for it by its own name.
      if (name !== 'main.js')
        files.set(join(outdir, 'chunks', name), `module.exports=require("../main.js").chunk("${name}");`);
    }
  }
  const start = `({${parts.join(',\n')}})`;
  const key = createHash('sha256').update(start).digest('hex').slice(0, 16);
  files.set(join(outdir, 'start.js'), start);
  files.set(
    join(outdir, 'main.js'),
    readFileSync(new URL('start-loader.cjs', import.meta.url), 'utf8').replace('__KEY__', key),
  );
  // The package is ESM; this makes the folder's .js files CommonJS.
  files.set(join(outdir, 'package.json'), '{"type":"commonjs"}\n');
  mkdirSync(join(outdir, 'chunks'), { recursive: true });
  for (const [path, code] of files) writeFileSync(path, code);
  chmodSync(join(outdir, 'main.js'), 0o755);
  const cache = execFileSync(
    process.execPath,
    [fileURLToPath(new URL('code-cache.cjs', import.meta.url)), join(outdir, 'main.js')],
    {
      input: OPENING.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join(''),
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
      encoding: 'utf8',
    },
  );
  return [...files.keys(), cache.split('\n').at(-1)];
}

/** The names of the chunks that these entry points and their static imports are in. */
function startChunks(outputs, entries) {
  const names = new Set();
  const add = (file) => {
    if (names.has(basename(file))) return;
    names.add(basename(file));
    for (const { path, kind } of outputs[file].imports) {
      if (kind === 'import-statement' && outputs[path] !== undefined) add(path);
    }
  };
  for (const entry of entries) {
    const found = Object.keys(outputs).find((file) => outputs[file].entryPoint === entry);
    if (found === undefined) throw new Error(`${entry} is in no chunk of its own`);
    add(found);
  }
  return names;
}

async function commonJs(text) {
  const usesUrl = text.includes('import.meta.url');
  const { code } = await transform(text.replace(/^#!.*\n/, ''), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    legalComments: 'none',
    // Chunks are CommonJS too, so a late one comes through require.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__fileUrl' },
  });
  return usesUrl ? `const __fileUrl=require("node:url").pathToFileURL(__filename).href;${code}` : code;
}
