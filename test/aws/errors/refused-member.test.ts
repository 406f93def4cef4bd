import { describe, expect, it } from 'vitest';
import { refusedMember } from '../../../src/aws/errors/refused-member.ts';
import { isRecorded, ROWS } from '../../recorded/corpus.ts';
import { MEMBER_CASES } from './refused-member-cases.ts';

describe('the member that a refusal names', () => {
  it.each(MEMBER_CASES)('%s -> %s', (words, path, scope) => {
    const found = refusedMember(words);
    expect(found?.path.join('.')).toBe(path);
    expect(found?.scope).toBe(scope);
  });

  it.skipIf(!isRecorded)(
    'has a case for every recorded 400 (skipped where the recordings are absent)',
    () => {
      const known = new Set(MEMBER_CASES.map(([words]) => words));
      const said = ROWS.filter(({ status }) => status === 400).map((row): string => {
        const { message } = JSON.parse(Buffer.from(row.response_body_base64, 'base64').toString());
        return message;
      });
      expect(said.length).toBeGreaterThan(40);
      expect([...new Set(said)].filter((words) => !known.has(words))).toEqual([]);
    },
  );
});
