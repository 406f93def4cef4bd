import { describe, expect, it } from 'vitest';
import { keyRewriter } from '../../../../src/inference/prepare/schema/rewrite-json-keys.ts';

const NAMES: Readonly<Record<string, string>> = { a: 'filter[name]', b_: 'größe', quo: 'say "x"\\' };
const rename = (key: string): string => (Object.hasOwn(NAMES, key) ? (NAMES[key] ?? key) : key);

/** The text in pieces of one length, through one rewriter. */
function rewritten(text: string, length: number): string {
  const rewriter = keyRewriter(rename);
  let out = '';
  for (let at = 0; at < text.length; at += length) out += rewriter.push(text.slice(at, at + length));
  return out + rewriter.end();
}

const ROWS: readonly (readonly [given: string, wanted: string])[] = [
  ['{"a":1}', '{"filter[name]":1}'],
  [
    '{ "a" : "a", "b_" : ["a", {"a": {"b_": null}}] }',
    '{ "filter[name]" : "a", "größe" : ["a", {"filter[name]": {"größe": null}}] }',
  ],
  ['{"x":"\\"a\\":","a":true}', '{"x":"\\"a\\":","filter[name]":true}'],
  ['{"\\u0061":1}', '{"filter[name]":1}'],
  ['{"quo":1}', '{"say \\"x\\"\\\\":1}'],
  ['{"x":{},"a":[],"b_":[[{"a":0}],"a"]}', '{"x":{},"filter[name]":[],"größe":[[{"filter[name]":0}],"a"]}'],
  // Digits and spaces are the model's own.
  [
    '{"a":1.000000000000000000001e5 ,\n"c":12345678901234567890}',
    '{"filter[name]":1.000000000000000000001e5 ,\n"c":12345678901234567890}',
  ],
  ['"a"', '"a"'],
  ['["a","b_"]', '["a","b_"]'],
  ['{"a":"Par', '{"filter[name]":"Par'],
  ['{"a', '{"a'],
  ['no JSON, "a": 1', 'no JSON, "a": 1'],
  ['', ''],
];

describe('the keys of a JSON text in pieces', () => {
  it.each(
    ROWS.flatMap(([given, wanted]) => [1, 2, 3, 7, 1_000].map((length) => [given, wanted, length] as const)),
  )('%s becomes %s, by %i characters', (given, wanted, length) => {
    expect(rewritten(given, length)).toBe(wanted);
  });
});
