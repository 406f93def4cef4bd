// How the server is bundled: shared by the build and by the tests that ask what is in which part of it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, Metafile } from 'esbuild';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** What the MCP SDK would import, the file of ours that takes its place, and what must then be in no bundle. */
export const STAND_INS = [
  {
    for: '@modelcontextprotocol/server/_shims',
    file: 'scripts/mcp-shims.mjs',
    original: /@modelcontextprotocol\/server\/dist\/shims/,
  },
  {
    for: 'zod/v4',
    file: 'scripts/late-zod.mjs',
    original: /node_modules\/zod\/v4\/index\.m?js$/,
  },
];
/** Whose imports the stand-ins are for; a version of theirs that imports by another name must not pass unseen. */
const MCP_SDK = /node_modules\/@modelcontextprotocol\//;

/** Dynamic imports that a start over stdio always makes. */
export const STARTED = ['src/cli/commands/serve.ts', 'src/cli/open-app.ts', 'src/mcp/stdio.ts'];

export const bundle = {
  absWorkingDir: root,
  entryPoints: ['src/main.ts'],
  outdir: join(root, 'dist'),
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  // ESM where a package has it: a dynamic import of CommonJS would come back without its named exports.
  mainFields: ['module', 'main'],
  alias: Object.fromEntries(STAND_INS.map((each) => [each.for, join(root, each.file)])),
  legalComments: 'none',
  metafile: true,
  write: false,
  chunkNames: 'chunks/[name]-[hash]',
} as const satisfies BuildOptions;

/**
 * Small, but functions keep the names of the source, so that a stack trace says where it was. (esbuild's keepNames does it
 * at run time and makes a start 3 to 5 % slower; unshortened names cost nothing there and pack better.)
 */
export const SMALL = { minifyWhitespace: true, minifySyntax: true };

/** What is wrong with the stand-ins in a bundle, as sentences: an alias that nothing asks for is silent otherwise. */
export function standInFaults({ inputs }: Pick<Metafile, 'inputs'>): string[] {
  const faults: string[] = [];
  for (const { file, original, ...standIn } of STAND_INS) {
    const asked = Object.entries(inputs).some(
      ([input, { imports }]) => MCP_SDK.test(input) && imports.some(({ path }) => path === file),
    );
    if (!asked) faults.push(`${file} is not in the bundle: the MCP SDK no longer imports ${standIn.for}.`);
    for (const input of Object.keys(inputs))
      if (original.test(input))
        faults.push(`${input} is in the bundle beside ${file}, which stands in for it.`);
  }
  for (const [input, { imports }] of Object.entries(inputs)) {
    if (!MCP_SDK.test(input)) continue;
    for (const { path } of imports)
      if (/node_modules\/zod\//.test(path))
        faults.push(`${input} imports ${path} past scripts/late-zod.mjs.`);
  }
  return faults;
}

/** The outputs that these entry points and their static imports are in. */
export function outputsOf(outputs: Metafile['outputs'], entries: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (file: string) => {
    if (found.has(file)) return;
    found.add(file);
    for (const { path, kind } of outputs[file]?.imports ?? [])
      if (kind === 'import-statement' && outputs[path] !== undefined) add(path);
  };
  for (const entry of entries) {
    const file = Object.keys(outputs).find((each) => outputs[each]?.entryPoint === entry);
    if (file === undefined) throw new Error(`${entry} is in no chunk of its own`);
    add(file);
  }
  return found;
}
