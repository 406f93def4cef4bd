import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'AGENTS.md',
  'SECURITY.md',
  'CHANGELOG.md',
  'docs/architecture.md',
  'facts/README.md',
];
const ROOMS =
  /^(?:src|test|scripts|facts|bench|docs|calls|inference|tools|mcp|spend|threads|aws|messages|catalog|net|config|cli)\/[\w./-]+$/;

/** Paths in backticks, without those that stand for many (`<name>`, `*`, `...`). */
function pathsIn(text: string): string[] {
  const inline = text.replace(/```[\s\S]*?```/g, '');
  return [...inline.matchAll(/`([^`\s]+)`/g)].flatMap(([, path = '']) => (ROOMS.test(path) ? [path] : []));
}

const isThere = (path: string) =>
  [path, `src/${path}`].some((each) => existsSync(root + each) || existsSync(`${root}${each}.ts`));

describe('the pages for people', () => {
  it.each(PAGES)('%s names only files and folders that exist', (page) => {
    expect(pathsIn(readFileSync(root + page, 'utf8')).filter((path) => !isThere(path))).toEqual([]);
  });

  it('name enough of them that a wrong one would be seen', () => {
    expect(pathsIn(readFileSync(`${root}CONTRIBUTING.md`, 'utf8')).length).toBeGreaterThan(20);
    expect(pathsIn('see `src/nowhere/at-all.ts`').filter((path) => !isThere(path))).toHaveLength(1);
  });
});
