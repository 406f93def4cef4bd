import { describe, expect, it } from 'vitest';
import { fromUnits, isAmount, toUnits } from '../../src/spend/amount.ts';

describe('amounts of USD are exact', () => {
  it.each([
    ['0', '0'],
    ['1', '1'],
    ['0.1', '0.1'],
    ['0.10', '0.1'],
    ['100', '100'],
    ['0.000000000000000000000001', '0.000000000000000000000001'],
    ['999999999999999.999999999999999999999999', '999999999999999.999999999999999999999999'],
  ])('%s comes back as %s', (text, back) => {
    expect(isAmount(text)).toBe(true);
    expect(fromUnits(toUnits(text))).toBe(back);
  });

  it('three times ten cents is thirty cents', () => {
    expect(fromUnits(toUnits('0.1') * 3n)).toBe('0.3');
    expect(fromUnits(toUnits('0.1') - toUnits('0.3'))).toBe('-0.2');
  });

  it.each([
    '',
    '-1',
    '+1',
    '.5',
    '1.',
    '1e5',
    '1,5',
    'NaN',
    ' 1',
    '0.0000000000000000000000001',
    '1'.repeat(41),
  ])('"%s" is no amount', (text) => {
    expect(isAmount(text)).toBe(false);
  });
});
