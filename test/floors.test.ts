import { describe, expect, it } from 'vitest';
import { findBreaches } from '../scripts/floors.ts';

const rulesFor = (file: string, text: string) =>
  findBreaches(new Map([[file, text]])).map((breach) => breach.rule);

describe('the floors of the house', () => {
  it('hold in src', () => {
    expect(findBreaches()).toEqual([]);
  });

  it.each([
    ['an import up', 'src/catalog/a.ts', "import { x } from '../aws/clients.ts';\n"],
    ['a dynamic import up', 'src/aws/a.ts', "const x = await import('../inference/run.ts');\n"],
    ['the AWS SDK outside src/aws', 'src/inference/a.ts', "import { C } from '@aws-sdk/client-bedrock';\n"],
    ['the MCP SDK outside src/mcp', 'src/tools/a.ts', "import { S } from '@modelcontextprotocol/server';\n"],
    ['I/O in a pure room', 'src/catalog/a.ts', "import { readFileSync } from 'node:fs';\n"],
    ['the sandbox looking at the product', 'src/sandbox/a.ts', "import { x } from '../aws/errors.ts';\n"],
    ['the product looking at the sandbox', 'src/tools/a.ts', "import { x } from '../sandbox/server.ts';\n"],
    ['a barrel', 'src/tools/a.ts', "export { a } from './b.ts';\nexport * from './c.ts';\n"],
    ['an empty name', 'src/tools/string-utils.ts', 'export const a = 1;\n'],
    ['a long file', 'src/tools/a.ts', 'const a = 1;\n'.repeat(401)],
    ['a long test', 'test/tools/a.test.ts', 'const a = 1;\n'.repeat(401)],
  ])('refuse %s', (_what, file, text) => {
    expect(rulesFor(file, text)).toHaveLength(1);
  });

  it('allow types of the SDKs anywhere', () => {
    expect(rulesFor('src/inference/a.ts', "import type { C } from '@aws-sdk/client-bedrock';\n")).toEqual([]);
  });
});
