import { describe, expect, it } from 'vitest';
import { findBreaches, missingRooms } from '../scripts/floors.ts';

const rulesFor = (file: string, text: string) =>
  findBreaches(new Map([[file, text]])).map((breach) => breach.rule);

describe('the floors of the house', () => {
  it('hold in src', () => {
    expect(findBreaches()).toEqual([]);
  });

  it('name only rooms that exist', () => {
    expect(missingRooms()).toEqual([]);
    expect(missingRooms(new Map([['src/aws/clients.ts', '']]))).toContain('src/calls/');
  });

  it('refuse a circle of imports, also one of types alone, and tell it once', () => {
    const breaches = findBreaches(
      new Map([
        ['src/aws/a.ts', "import type { B } from './b.ts';\n"],
        ['src/aws/b.ts', "import type { C } from './c.ts';\n"],
        ['src/aws/c.ts', "import { A } from './a.ts';\n"],
      ]),
    );
    expect(breaches).toHaveLength(1);
    expect(breaches[0]?.rule).toContain('circle');
  });

  it('refuse a folder with more than 15 files', () => {
    const files = Array.from({ length: 16 }, (_, at) => [`src/aws/file-${at}.ts`, 'const a = 1;\n'] as const);
    expect(findBreaches(new Map(files)).map(({ file }) => file)).toEqual(['src/aws']);
  });

  it.each([
    ['an import up', 'src/catalog/a.ts', "import { x } from '../aws/clients.ts';\n"],
    ['a dynamic import up', 'src/aws/a.ts', "const x = await import('../inference/send/run-call.ts');\n"],
    ['the AWS SDK outside src/aws', 'src/inference/a.ts', "import { C } from '@aws-sdk/client-bedrock';\n"],
    ['the MCP SDK outside src/mcp', 'src/tools/a.ts', "import { S } from '@modelcontextprotocol/server';\n"],
    ['I/O in a pure room', 'src/catalog/a.ts', "import { readFileSync } from 'node:fs';\n"],
    [
      'the sandbox looking at the product',
      'src/sandbox/a.ts',
      "import { x } from '../aws/errors/errors.ts';\n",
    ],
    [
      'the threads looking at the money',
      'src/threads/a.ts',
      "import { x } from '../spend/ledger/line.ts';\n",
    ],
    [
      'the product looking at the sandbox',
      'src/tools/a.ts',
      "import { x } from '../sandbox/server/server.ts';\n",
    ],
    ['a barrel', 'src/tools/a.ts', "export { a } from './b.ts';\nexport * from './c.ts';\n"],
    ['a question about an API by its name', 'src/tools/a.ts', "const x = route.api === 'native' ? 1 : 2;\n"],
    ['an empty name', 'src/tools/string-utils.ts', 'export const a = 1;\n'],
    ['a long file', 'src/tools/a.ts', 'const a = 1;\n'.repeat(501)],
    ['a long test', 'test/tools/a.test.ts', 'const a = 1;\n'.repeat(501)],
  ])('refuse %s', (_what, file, text) => {
    expect(rulesFor(file, text)).toHaveLength(1);
  });

  it('allow types of the SDKs anywhere', () => {
    expect(rulesFor('src/inference/a.ts', "import type { C } from '@aws-sdk/client-bedrock';\n")).toEqual([]);
  });
});
