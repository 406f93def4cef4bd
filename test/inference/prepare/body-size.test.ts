import { describe, expect, it } from 'vitest';
import { bodyBytes } from '../../../src/inference/prepare/body-size.ts';
import { toWireJson } from '../../../src/messages/wire-json.ts';

describe('the size of a body', () => {
  it.each([
    ['text with what JSON escapes', 'a "quoted" line\nand ünïcode 🙂'.repeat(500)],
    ['bytes', new Uint8Array(10_001)],
    [
      'blocks',
      [{ image: { format: 'png', source: { bytes: new Uint8Array(5_000) } } }, { json: { a: [1, true] } }],
    ],
  ])('is that of its JSON, with %s', (_what, value) => {
    const exact = Buffer.byteLength(JSON.stringify(toWireJson(value)));
    expect(bodyBytes(value)).toBeGreaterThanOrEqual(exact);
    expect(bodyBytes(value)).toBeLessThan(exact * 1.01 + 40);
  });
});
