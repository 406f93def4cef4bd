// Bundles the server into dist/: split ESM, so that start-up parses only what tools/list needs and the AWS SDK comes on the first call.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const root = new URL('..', import.meta.url).pathname;
const outdir = join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });

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
  alias: { '@modelcontextprotocol/server/_shims': join(root, 'scripts/mcp-shims.mjs') },
  minify: true,
  legalComments: 'none',
  metafile: true,
  chunkNames: 'chunks/[name]-[hash]',
  // Bundled CommonJS packages call require for Node's own modules.
  banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
});

writeFileSync(join(outdir, 'THIRD_PARTY_NOTICES.txt'), notices(Object.keys(result.metafile.inputs)));
const bytes = Object.keys(result.metafile.outputs).reduce(
  (sum, file) => sum + statSync(join(root, file)).size,
  0,
);
process.stderr.write(
  `dist: ${Object.keys(result.metafile.outputs).length} files, ${(bytes / 1024).toFixed(0)} kB\n`,
);

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
