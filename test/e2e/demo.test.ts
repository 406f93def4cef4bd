/** `bedrock-mcp demo` says that it shows every tool once. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PUBLISHED } from '../../src/tools/tool-set.ts';
import { cleanEnvironment, MAIN } from './server-process.ts';

describe('the demo', () => {
  it('works from end to end and shows every tool', () => {
    const run = spawnSync(process.execPath, [MAIN, 'demo'], { env: cleanEnvironment(), encoding: 'utf8' });
    expect(run.stdout).toContain('All steps worked.');
    expect(run.status).toBe(0);
    const titles = run.stdout.split('\n').filter((line) => line.startsWith('== '));
    for (const { name } of PUBLISHED) expect(titles.join('\n')).toContain(name);
  });
});
