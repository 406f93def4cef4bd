import { describe, expect, it } from 'vitest';
import { patternValue } from '../../../src/sandbox/answers/pattern-value.ts';

const value = (pattern: string, more: Partial<Parameters<typeof patternValue>[1]> = {}) =>
  patternValue(pattern, { shortest: 0, longest: Number.POSITIVE_INFINITY, variant: 0, ...more });

describe('a text for a pattern', () => {
  it.each([
    '^[0-9]{5}$',
    '^[0-9]{5}(-[0-9]{4})?$',
    '^\\d{4}-\\d{2}-\\d{2}$',
    '^[A-Z]{2}\\d{2}(?: ?[0-9A-Z]{4}){3,7}$',
    '^(red|green|blue)$',
    '^(?<major>0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)$',
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    '^#?([a-f0-9]{6}|[a-f0-9]{3})$',
    '^[^@\\s]+@[^@\\s]+\\.[a-z]{2,}$',
    '^https?:\\/\\/[\\w.-]+(\\/.*)?$',
    '^\\+?[1-9]\\d{1,14}$',
    '^\\S+$',
    '^[^a-zA-Z0-9_\\-. ]$',
    '^[^\\d\\W]+?$',
    '^\\p{Lu}\\p{Ll}+\\u0041\\x42\\u{43}\\t$',
    '^[\\w-]+$',
    '^[-+]?\\d+$',
    '^[\\]\\\\^]$',
    '^[äöü]$',
    '^😀{2}$',
    '^$',
    'abc',
    'a{3}b{2,}c{1,2}',
    '(^a|b$)',
    '^(a+)+$',
  ])('%s matches it', (pattern) => {
    const text = value(pattern);
    expect(text).toMatch(new RegExp(pattern, 'u'));
  });

  it('says something where it may', () => {
    expect(value('^[a-z]*$')).toBe('a');
  });

  it.each([
    ['^[a-z]+$', 8, 8],
    ['^[a-z]+$', 200, 200],
    ['^(ab)+$', 3, 5],
    ['^[a-z]+-[a-z]+$', 9, 20],
    ['abc', 5, 5],
    ['^[A-Z]{2}', 6, 6],
  ])('%s is as long as asked for, from %i to %i characters', (pattern, shortest, longest) => {
    const text = value(pattern, { shortest, longest }) ?? '';
    expect(text).toMatch(new RegExp(pattern, 'u'));
    expect(text.length).toBeGreaterThanOrEqual(shortest);
    expect(text.length).toBeLessThanOrEqual(longest);
  });

  it.each(['^[0-9]{2}$', '^(red|green|blue|grey|pink)$', '^[a-z]+$'])('of %s there are others', (pattern) => {
    const texts = [0, 1, 2, 3, 4].map((variant) => value(pattern, { variant }));
    expect(new Set(texts).size).toBe(5);
    for (const text of texts) expect(text).toMatch(new RegExp(pattern, 'u'));
  });

  it.each([
    ['look-ahead', '^(?=.*\\d)[a-z\\d]+$'],
    ['look-behind', '(?<=a)b'],
    ['a back-reference', '^(a)\\1$'],
    ['a named back-reference', '^(?<n>a)\\k<n>$'],
    ['a word boundary', '\\bword\\b'],
    ['an anchor in the middle', 'a^b'],
    ['an unknown property', '^\\p{Script=Greek}$'],
    ['a class without members', '^[]$'],
    ['a broken one', '(a'],
    ['a broken quantifier', 'a{x}'],
    ['nothing to repeat', '*a'],
  ])('is not found for %s', (_what, pattern) => {
    expect(value(pattern)).toBeUndefined();
  });

  it('is not found where its length cannot be had', () => {
    expect(value('^[a-z]{3}$', { longest: 2 })).toBeUndefined();
    expect(value('^[a-z]{3}$', { shortest: 4 })).toBeUndefined();
  });

  it('is looked for with patience that ends', () => {
    const started = performance.now();
    for (const pattern of ['a{1000000}', '(?:(?:(?:){10000}){10000}){10000}', `${'('.repeat(50_000)}`])
      expect(value(pattern)).toBeUndefined();
    expect(value('^((a*)*)*$')).toMatch(/^a*$/);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
