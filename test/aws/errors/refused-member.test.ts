import { describe, expect, it } from 'vitest';
import { refusedMember } from '../../../src/aws/errors/refused-member.ts';
import { ROWS } from '../../recorded/corpus.ts';
import { bodyOf } from '../../recorded/row.ts';
import { MEMBER_CASES } from './refused-member-cases.ts';

describe('the member that a refusal names', () => {
  it.each(MEMBER_CASES)('%s -> %s', (words, path, scope) => {
    const found = refusedMember(words);
    expect(found?.path.join('.')).toBe(path);
    expect(found?.scope).toBe(scope);
  });

  it('has a case for every recorded 400', () => {
    const known = new Set(MEMBER_CASES.map(([words]) => words));
    const told = ROWS.filter(({ status }) => status === 400).map((row): string => bodyOf(row).message);
    expect(told.length).toBeGreaterThan(40);
    expect([...new Set(told)].filter((words) => !known.has(words))).toEqual([]);
  });
});
