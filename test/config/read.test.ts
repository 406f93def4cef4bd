/** A documented setting that nothing reads is a promise that nobody keeps; one for security is worse than none. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listSettings } from '../../src/config/settings.ts';

/** The code of src without the settings' own room and without comments. */
function readersOfSettings(): string {
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/^config[\\/]/.test(file))
    .map((file) => readFileSync(`${root}${file}`, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ''))
    .join('\n');
}

/** `config.NAME`, and NAME taken out of a `config` or a parameter of its type by destructuring. */
function unread(names: readonly string[], code: string): string[] {
  const taken = [
    ...code.matchAll(/\{([^{}]*)\}(?: = (?:\w+\.)*config\b|: (?:Services\['config'\]|(?:Pick<)?Config\b))/g),
  ].map((match) => match[1]);
  return names.filter(
    (name) =>
      !new RegExp(`\\bconfig\\.${name}\\b`).test(code) &&
      !taken.some((list) => new RegExp(`\\b${name}\\b`).test(list ?? '')),
  );
}

/** Switches of the tests, and a constant of the code. */
const OTHERS = ['BEDROCK_MCP_LONG_TESTS', 'BEDROCK_MCP_STRESS', 'BEDROCK_REGIONS'];

describe('a variable of ours', () => {
  it.each(['README.md', 'manifest.json', 'src'])('that %s names is a setting', (place) => {
    const text =
      place === 'src'
        ? readersOfSettings()
        : readFileSync(new URL(`../../${place}`, import.meta.url), 'utf8');
    const settings = listSettings().flatMap(({ facts }) => facts.env);
    const named = [...text.matchAll(/\bBEDROCK_[A-Z]+(?:_[A-Z]+)*\b/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(1);
    const known = [...settings, ...OTHERS];
    expect([...new Set(named)].filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('every setting', () => {
  it('is read by the product, outside the files that define settings', () => {
    expect(
      unread(
        listSettings().map(({ name }) => name),
        readersOfSettings(),
      ),
    ).toEqual([]);
  });

  it('that nothing reads would be found', () => {
    expect(unread(['region', 'shoe_size'], readersOfSettings())).toEqual(['shoe_size']);
  });
});
