// Bundles the server into dist/: what tools/list needs in one file with V8's code cache beside it, the rest (the AWS SDK above all) in chunks
// that come on the first call. CommonJS, because only that can be started from a code cache.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { writeStart } from './start-file.mjs';

const root = new URL('..', import.meta.url).pathname;
const outdir = join(root, 'dist');

const result = await build({
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // ESM where a package has it: a dynamic import of CommonJS would come back without its named exports.
  mainFields: ['module', 'main'],
  alias: {
    '@modelcontextprotocol/server/_shims': join(root, 'scripts/mcp-shims.mjs'),
    'zod/v4': join(root, 'scripts/late-zod.mjs'),
  },
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
  chunkNames: 'chunks/[name]-[hash]',
});
// Only now: a build that fails leaves the last one in place.
rmSync(outdir, { recursive: true, force: true });
const files = await writeStart(result, outdir, ['src/cli/commands/serve.ts', 'src/mcp/stdio.ts']);

writeFileSync(join(outdir, 'THIRD_PARTY_NOTICES.txt'), notices(Object.keys(result.metafile.inputs)));
const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
process.stderr.write(`dist: ${files.length} files, ${(bytes / 1024).toFixed(0)} kB\n`);

/** The licence texts of everything that was bundled: MIT, Apache-2.0 and BSD all ask for them to travel along. */
function notices(inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const at = input.lastIndexOf('node_modules/');
    if (at < 0) continue;
    const [scope, name] = input.slice(at + 13).split('/');
    folders.add(join(root, input.slice(0, at + 13), scope.startsWith('@') ? `${scope}/${name}` : scope));
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})\n\n${licenceText(folder)}`;
  });
  return `bedrock-mcp bundles these packages:\n\n${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

function licenceText(folder) {
  for (const file of ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENCE', 'license', 'LICENSE-MIT']) {
    try {
      return readFileSync(join(folder, file), 'utf8').trim();
    } catch {}
  }
  return `(no licence file in ${relative(root, dirname(folder))})`;
}
