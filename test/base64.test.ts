import { describe, expect, it } from 'vitest';
import { fromBase64, fromLooseBase64, toBase64 } from '../src/base64.ts';
import { base64At } from '../src/tools/input/fields.ts';

const BYTES = new Uint8Array([251, 239, 190, 1]);

describe('base64', () => {
  it('is written from the bytes of a view alone and read back', () => {
    const view = new Uint8Array([0, ...BYTES, 0]).subarray(1, 5);
    expect(toBase64(view)).toBe('++++AQ==');
    expect(fromBase64('++++AQ==')).toEqual(BYTES);
  });

  it.each(['++++AQ', '--__AQ==', '++++\nAQ==', 'a', '@@@@', 'AB=='])(
    'of a program is not read where it would be written otherwise: %j',
    (text) => expect(fromBase64(text)).toBeUndefined(),
  );

  it.each(['++++AQ==', '++++AQ', '----AQ', '++++\n AQ=='])(
    'of a person is read in either alphabet, wrapped, and without padding: %j',
    (text) => {
      expect(fromLooseBase64(text)).toEqual(BYTES);
      expect(base64At(`data:image/png;base64,${text}`, 'url')).toEqual(BYTES);
    },
  );

  it.each(['', ' ', '=', 'abcde', 'a===', 'no base64!'])(
    'of a person is refused where bytes are missing or none: %j',
    (text) => {
      expect(fromLooseBase64(text)).toBeUndefined();
      expect(() => base64At(text, 'files[0]')).toThrow('files[0] must be base64');
    },
  );
});
