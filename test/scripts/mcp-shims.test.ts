/** What stands in for the MCP SDK's platform shims checks elicitation answers, and sets its validator up with the first. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../scripts/bundle.ts';
import type { Raw } from '../recorded/row.ts';

let folder: string;
let shims: Raw;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bedrock-mcp-shims-'));
  const file = join(folder, 'shims.cjs');
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['scripts/mcp-shims.mjs'],
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
  });
  writeFileSync(file, outputFiles[0]?.contents ?? '');
  shims = createRequire(import.meta.url)(file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the stand-in for the shims of the MCP SDK', () => {
  it('has the process and a validator that is not set up yet', () => {
    expect(shims.process).toBe(process);
    expect(Object.values(new shims.DefaultJsonSchemaValidator())).toEqual([]);
  });

  it('tells answers that fit their schema from those that do not', () => {
    const schema = { type: 'object', properties: { agree: { type: 'boolean' } }, required: ['agree'] };
    const validate = new shims.DefaultJsonSchemaValidator().getValidator(schema);
    expect(validate({ agree: true })).toMatchObject({ valid: true, data: { agree: true } });
    expect(validate({ agree: 'yes' })).toMatchObject({
      valid: false,
      errorMessage: expect.stringMatching(/\w/),
    });
    expect(validate({})).toMatchObject({ valid: false });
  });
});
