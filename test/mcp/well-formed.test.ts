import { describe, expect, it } from 'vitest';
import { mayHoldHalfPair, wellFormed, wellFormedObject } from '../../src/mcp/well-formed.ts';

const HALF = '\ud83d';

describe('half a surrogate pair', () => {
  it('becomes U+FFFD wherever it stands, and every text keeps its length', () => {
    expect(wellFormedObject({ text: `a${HALF}`, list: [{ [HALF]: `${HALF}b` }], n: 1, none: null })).toEqual({
      text: 'a\ufffd',
      list: [{ '\ufffd': '\ufffdb' }],
      n: 1,
      none: null,
    });
    expect(wellFormed('😀')).toBe('😀');
  });

  it('is looked for only where the JSON holds such an escape', () => {
    expect(mayHoldHalfPair(JSON.stringify({ text: '😀 and \u0000' }))).toBe(false);
    expect(mayHoldHalfPair(JSON.stringify({ text: HALF }))).toBe(true);
  });
});
