import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const guard = fileURLToPath(new URL('../src/stdout-guard.ts', import.meta.url));

it('whatever a library prints goes to stderr, never to stdout', () => {
  const script = `await import(${JSON.stringify(guard)}); console.log('one', { a: 1 }); console.info('two'); console.debug('three'); console.dir({ b: 2 }); console.table([1]); console.trace('four');`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  expect(stdout).toBe('');
  expect(stderr).toContain('one');
  expect(stderr).toContain('four');
});
