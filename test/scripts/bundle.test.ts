import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, outputsOf, STARTED, standInFaults } from '../../scripts/bundle.ts';

let metafile: Metafile;
beforeAll(async () => {
  ({ metafile } = await build(bundle));
});

/** The imports of one input, changed as another version of a package could have them. */
const changed = (input: RegExp, from: RegExp, to: string): Metafile => ({
  ...metafile,
  inputs: Object.fromEntries(
    Object.entries(metafile.inputs).map(([name, facts]) => [
      name,
      input.test(name)
        ? { ...facts, imports: facts.imports.map((each) => ({ ...each, path: each.path.replace(from, to) })) }
        : facts,
    ]),
  ),
});
const SDK = /@modelcontextprotocol/;

describe('the stand-ins for parts of the MCP SDK', () => {
  it('are what the SDK gets in this bundle', () => {
    expect(standInFaults(metafile)).toEqual([]);
  });

  it('fail the build when the SDK imports its shims by another name', () => {
    expect(standInFaults(changed(SDK, /scripts\/mcp-shims\.mjs/, 'node_modules/x/shims2.mjs'))).toEqual([
      'scripts/mcp-shims.mjs is not in the bundle: the MCP SDK no longer imports @modelcontextprotocol/server/_shims.',
    ]);
  });

  it('fail the build when the SDK imports zod past them', () => {
    const faults = standInFaults(changed(SDK, /scripts\/late-zod\.mjs/, 'node_modules/zod/index.js'));
    expect(faults[0]).toContain('scripts/late-zod.mjs is not in the bundle');
    expect(faults[1]).toMatch(/imports node_modules\/zod\/index\.js past scripts\/late-zod\.mjs/);
  });

  it('fail the build when an original is bundled beside them', () => {
    const inputs = {
      ...metafile.inputs,
      'node_modules/zod/v4/index.js': { bytes: 1, imports: [] },
      'node_modules/@modelcontextprotocol/server/dist/shimsNode.mjs': { bytes: 1, imports: [] },
    };
    expect(standInFaults({ ...metafile, inputs })).toHaveLength(2);
  });
});

describe('what a start loads', () => {
  it.each([
    ['the AWS SDK', /node_modules\/@(aws-sdk|smithy)\//],
    ['the catalogue', /src\/catalog\/data\//],
    ['the sandbox', /src\/sandbox\//],
    ['the code of the tools', /src\/tools\/invoke-model\.ts/],
  ])('is without %s', (_what, part) => {
    const inputs = [...outputsOf(metafile.outputs, ['src/main.ts', ...STARTED])].flatMap((output) =>
      Object.keys(metafile.outputs[output]?.inputs ?? {}),
    );
    expect(inputs.some((input) => input.endsWith('src/tools/tool-set.ts'))).toBe(true);
    expect(inputs.filter((input) => part.test(input))).toEqual([]);
  });
});

describe('src/aws', () => {
  it('loads the AWS SDK only when it is asked to, never when it is loaded itself', () => {
    const eager = Object.entries(metafile.inputs).flatMap(([input, { imports }]) =>
      input.startsWith('src/')
        ? imports.filter(
            ({ path, kind }) => kind === 'import-statement' && /node_modules\/@(aws-sdk|smithy)\//.test(path),
          )
        : [],
    );
    expect(eager).toEqual([]);
    const asked = Object.entries(metafile.inputs).flatMap(([input, { imports }]) =>
      input.startsWith('src/aws/') ? imports.filter(({ path }) => /@aws-sdk\//.test(path)) : [],
    );
    expect(asked.length).toBeGreaterThan(2);
  });
});
