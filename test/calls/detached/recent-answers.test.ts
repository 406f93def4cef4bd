import { expect, it } from 'vitest';
import { sizeOf } from '../../../src/calls/detached/recent-answers.ts';

it('An answer takes the characters of all its texts, wherever they are in it', () => {
  expect(sizeOf({ a: ['123', { b: '45', c: undefined, d: null }], e: new Uint8Array(5), f: 1 })).toBe(12);
});
