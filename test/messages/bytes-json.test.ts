import { describe, expect, it } from 'vitest';
import { packBytes, unpackBytes } from '../../src/messages/bytes-json.ts';

function roundTrip(value: unknown): unknown {
  return unpackBytes(JSON.parse(JSON.stringify(packBytes(value))));
}

describe('bytes in JSON', () => {
  it.each([0, 1, 2, 3, 255, 256, 5_000])('%d bytes come back as they were', (length) => {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7) % 256);
    expect(roundTrip({ a: [bytes] })).toEqual({ a: [bytes] });
  });

  it('a part of a larger buffer is only that part', () => {
    const part = new Uint8Array([1, 2, 3, 4, 5]).subarray(1, 3);
    expect(roundTrip(part)).toEqual(new Uint8Array([2, 3]));
    expect(roundTrip(Buffer.from('hi'))).toEqual(new Uint8Array([104, 105]));
  });

  it.each<unknown>([
    { $bytes: 'aGk=' },
    { $$bytes: 'aGk=' },
    { $$$bytes: { $bytes: 'aGk=' } },
    { $bytes: null },
    { $bytes: 'aGk=', more: 1 },
    { bytes: 'aGk=' },
    { deep: [{ $bytes: [{ $$bytes: 1 }] }] },
    { toJSON: 'x', constructor: null, length: 3 },
    { '': ['\ud800', '\u0000', '\u2028', '😀'] },
  ])('JSON that looks like bytes stays JSON: %j', (value) => {
    expect(roundTrip(value)).toEqual(value);
  });

  it('the name __proto__ is a name like any other', () => {
    const value: unknown = JSON.parse('{"__proto__":{"polluted":1},"a":{"__proto__":null}}');
    const back = roundTrip(value);
    expect(JSON.stringify(back)).toBe('{"__proto__":{"polluted":1},"a":{"__proto__":null}}');
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype);
  });

  it('members that are undefined are left out', () => {
    expect(packBytes({ a: undefined, b: 1 })).toEqual({ b: 1 });
    expect(roundTrip({ $bytes: 'x', gone: undefined })).toEqual({ $bytes: 'x' });
  });

  it.each<unknown>([{ $bytes: 'no base64!' }, { $bytes: 'aGk' }, { $bytes: 7 }])(
    '%j is nothing that was written here',
    (value) => {
      expect(() => unpackBytes(value)).toThrow(TypeError);
    },
  );

  it('what is nested too deeply is refused both ways', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(600)}${']'.repeat(600)}`);
    expect(() => packBytes(deep)).toThrow(RangeError);
    expect(() => unpackBytes(deep)).toThrow(RangeError);
  });
});
