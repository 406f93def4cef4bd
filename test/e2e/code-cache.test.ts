/** The built server starts from a code cache that only the Node it was built with accepts; with any other it must answer the same. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../dist/', import.meta.url));
const OPENING = [
  {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
]
  .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  .join('');

function answers(flags: readonly string[]): string {
  return execFileSync(process.execPath, [...flags, `${dist}main.js`], {
    input: OPENING,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
}

it('is there for the Node of the build', () => {
  expect(readdirSync(dist).filter((name) => name.endsWith('.cache'))).toHaveLength(1);
});

it('may be refused: the server then answers the same', () => {
  const cached = answers([]);
  expect(cached).toContain('"name":"invoke_model"');
  // V8 refuses a cache that was made under other flags.
  expect(answers(['--no-lazy-feedback-allocation'])).toBe(cached);
});
