// Turns esbuild's split ESM into CommonJS and gathers the chunks that every start needs into dist/start.js, so that one of V8's code caches
// holds all of it. Every file has its source map beside it; Node and our own bug reports read that only when a stack is printed.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { transform } from 'esbuild';
import { outputsOf, SMALL, STARTED } from './bundle.ts';

/** Writes the build's files. Returns the paths of all files. */
export async function writeStart(result, outdir) {
  const inStart = new Set(
    [...outputsOf(result.metafile.outputs, ['src/main.ts', ...STARTED])].map((path) => basename(path)),
  );
  const files = new Map();
  const parts = [];
  for (const { path, text } of result.outputFiles) {
    const name = basename(path);
    const { code, map } = await commonJs(name, text);
    if (!inStart.has(name)) addMapped(files, join(outdir, 'chunks', name), code, map);
    else {
      if (code.includes('__filename')) throw new Error(`${name} asks where it is, but is part of start.js`);
      parts.push({ name, code, map });
      // Chunks that come later ask for it by its own name.
      if (name !== 'main.js')
        files.set(join(outdir, 'chunks', name), `module.exports=require("../main.js").chunk("${name}");`);
    }
  }
  const start = startOf(parts);
  const key = createHash('sha256').update(start.code).digest('hex').slice(0, 16);
  addMapped(files, join(outdir, 'start.js'), start.code, start.map);
  files.set(
    join(outdir, 'main.js'),
    readFileSync(new URL('start-loader.cjs', import.meta.url), 'utf8').replace('__KEY__', key),
  );
  // The package is ESM; this makes the folder's .js files CommonJS.
  files.set(join(outdir, 'package.json'), '{"type":"commonjs"}\n');
  // Only now: a build that fails leaves the last one in place.
  rmSync(outdir, { recursive: true, force: true });
  mkdirSync(join(outdir, 'chunks'), { recursive: true });
  for (const [path, code] of files) writeFileSync(path, code);
  chmodSync(join(outdir, 'main.js'), 0o755);
  return [...files.keys()];
}

/** Chunks of packages alone have no map: nobody looks for a line of ours in them. */
function addMapped(files, path, code, map) {
  if (map === undefined) {
    files.set(path, `${code}\n`);
    return;
  }
  files.set(path, `${code}\n//# sourceMappingURL=${basename(path)}.map\n`);
  files.set(`${path}.map`, JSON.stringify({ ...map, file: basename(path) }));
}

/** One expression that holds all parts by name, and the map of them all. */
function startOf(parts) {
  let code = '({';
  const sections = [];
  for (const part of parts) {
    code += `${JSON.stringify(part.name)}(exports,require,module){\n`;
    if (part.map !== undefined)
      sections.push({ offset: { line: code.split('\n').length - 1, column: 0 }, map: atRoot(part) });
    code += `${part.code}},\n`;
  }
  return { code: `${code}})`, map: { version: 3, sections } };
}

/** Sources are named from the file of the chunk, which now lies one folder higher. */
function atRoot({ name, map }) {
  if (name === 'main.js') return map;
  return { ...map, sources: map.sources.map((source) => source.replace(/^\.\.\//, '')) };
}

async function commonJs(name, text) {
  const usesUrl = text.includes('import.meta.url');
  const isOurs = sourcesOf(text).some(
    (source) => /(^|\/)src\//.test(source) && !source.includes('node_modules'),
  );
  // The line stays, for the map.
  const { code, map } = await transform(text.replace(/^#!.*/, ''), {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    ...SMALL,
    // Names of ours stand in stack traces.
    minifyIdentifiers: !isOurs,
    legalComments: 'none',
    sourcemap: isOurs ? 'external' : false,
    sourcesContent: false,
    sourcefile: name,
    // Chunks are CommonJS too, so a late one comes through require.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__fileUrl' },
    ...(usesUrl ? { banner: 'const __fileUrl=require("node:url").pathToFileURL(__filename).href;' } : {}),
  });
  return { code: code.trimEnd(), map: isOurs ? JSON.parse(map) : undefined };
}

/** The sources that the inline map of a chunk names. */
function sourcesOf(text) {
  const [, encoded] =
    /\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/.exec(text) ?? [];
  return encoded === undefined ? [] : JSON.parse(Buffer.from(encoded, 'base64').toString()).sources;
}
