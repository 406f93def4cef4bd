// Bundles the server into dist/: what tools/list needs in one file, the rest (the AWS SDK above all) in chunks that come on the first call.
// CommonJS, because only that can be started from a code cache. Fails when a stand-in was bypassed or the package grew too large.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';
import { bundle, root, SMALL, standInFaults } from './bundle.ts';
import { writeStart } from './start-file.mjs';

/** Of the code, and of all with the source maps, kB. Raise them knowingly: every user downloads this. */
const MOST_CODE = 4_200;
const MOST_IN_ALL = 6_000;

const outdir = bundle.outdir;
const result = await build({ ...bundle, ...SMALL, sourcemap: 'inline', sourcesContent: false });
const faults = standInFaults(result.metafile);
if (faults.length > 0) throw new Error(faults.join('\n'));
const files = await writeStart(result, outdir);

writeFileSync(join(outdir, 'THIRD_PARTY_NOTICES.txt'), notices(Object.keys(result.metafile.inputs)));
const size = (paths) => Math.round(paths.reduce((sum, file) => sum + statSync(file).size, 0) / 1024);
const code = size(files.filter((file) => !file.endsWith('.map')));
const inAll = size(files);
process.stderr.write(`dist: ${files.length} files, ${code} kB of code, ${inAll} kB with source maps\n`);
if (code > MOST_CODE || inAll > MOST_IN_ALL)
  throw new Error(`dist is larger than ${MOST_CODE} kB of code or ${MOST_IN_ALL} kB in all.`);

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
