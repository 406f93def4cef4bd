import { describe, expect, it } from 'vitest';
import { schemaValue } from '../../src/sandbox/answers/schema-value.ts';
import { pieces } from '../../src/sandbox/answers/turn.ts';
import { crc32, encodeFrame, eventFrame } from '../../src/sandbox/server/event-stream.ts';
import { routeOf } from '../../src/sandbox/server/routes.ts';

describe('event-stream frames', () => {
  it('use the checksum of the CRC-32 standard', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
    expect(crc32(Buffer.alloc(0))).toBe(0);
  });

  it('carry lengths, headers and payload where they belong', () => {
    const frame = encodeFrame({ ':event-type': 'chunk' }, Buffer.from('{}'));
    expect(frame.readUInt32BE(0)).toBe(frame.length);
    expect(frame.readUInt32BE(4)).toBe(1 + 11 + 1 + 2 + 5);
    expect(frame.readUInt32BE(8)).toBe(crc32(frame.subarray(0, 8)));
    expect(frame.subarray(-6, -4).toString()).toBe('{}');
    expect(frame.readUInt32BE(frame.length - 4)).toBe(crc32(frame.subarray(0, -4)));
  });

  it('pad events so that their length says nothing', () => {
    const lengths = new Set([1, 2, 3, 4].map((serial) => eventFrame('messageStop', {}, serial).length));
    expect(lengths.size).toBe(4);
  });
});

describe('routes', () => {
  it.each([
    ['POST', '/model/amazon.nova-lite-v1%3A0/converse', 'Converse', 'amazon.nova-lite-v1:0'],
    ['POST', '/model/amazon.nova-lite-v1:0/converse-stream', 'ConverseStream', 'amazon.nova-lite-v1:0'],
    [
      'POST',
      '/model/arn%3Aaws%3Abedrock%3A%3A%3Afoundation-model%2Fa.b/invoke',
      'InvokeModel',
      'arn:aws:bedrock:::foundation-model/a.b',
    ],
    [
      'POST',
      '/model/arn:aws:bedrock:::foundation-model/a.b/count-tokens',
      'CountTokens',
      'arn:aws:bedrock:::foundation-model/a.b',
    ],
    ['GET', '/inference-profiles', 'ListInferenceProfiles', ''],
    ['GET', '/inference-profiles/us.a.b', 'GetInferenceProfile', 'us.a.b'],
    ['GET', '/foundation-models/a.b', 'GetFoundationModel', 'a.b'],
  ])('%s %s is %s', (method, path, operation, identifier) => {
    expect(routeOf(method, path)).toEqual({ operation, identifier });
  });

  it.each([
    ['GET', '/model/a/converse'],
    ['POST', '/model/converse'],
    ['POST', '/model/a/unknown'],
    ['GET', '/'],
    ['DELETE', '/inference-profiles/a'],
  ])('%s %s is no operation', (method, path) => {
    expect(routeOf(method, path)).toBeUndefined();
  });
});

describe('schemaValue', () => {
  it.each([
    ['a constant', { const: 7 }, 7],
    ['an enum', { enum: ['x', 'y'] }, 'x'],
    ['a bounded integer', { type: 'integer', minimum: 3, maximum: 9, multipleOf: 4 }, 4],
    ['an exclusive bound', { type: 'integer', exclusiveMinimum: 3 }, 4],
    ['a small maximum', { type: 'number', maximum: -2 }, -2],
    ['a nullable type', { type: ['null', 'boolean'] }, true],
    ['alternatives', { anyOf: [{ type: 'null' }, { const: 'b' }] }, 'b'],
    ['a reference', { $defs: { a: { const: 1 } }, $ref: '#/$defs/a' }, 1],
    [
      'parts',
      {
        allOf: [
          { type: 'object', properties: { a: { const: 1 } } },
          { type: 'object', properties: { b: { const: 2 } } },
        ],
      },
      { a: 1, b: 2 },
    ],
    ['a list', { type: 'array', items: { const: 1 }, minItems: 3 }, [1, 1, 1]],
    ['a tuple', { type: 'array', prefixItems: [{ const: 1 }, { const: 'a' }] }, [1, 'a']],
    ['a format', { type: 'string', format: 'date' }, '2026-01-01'],
    ['a short string', { type: 'string', maxLength: 3 }, 'san'],
    ['a required member without a schema', { type: 'object', required: ['a'] }, { a: 'sandbox a' }],
  ])('fits %s', (_what, schema, expected) => {
    expect(schemaValue(schema, '')).toEqual(expected);
  });

  it('ends on schemas that contain themselves', () => {
    const node = { type: 'object', properties: { next: { $ref: '#/$defs/node' } }, required: ['next'] };
    expect(() => JSON.stringify(schemaValue({ $defs: { node }, $ref: '#/$defs/node' }, ''))).not.toThrow();
  });

  it('keeps hostile member names as plain members', () => {
    const value = schemaValue(JSON.parse('{"type":"object","properties":{"__proto__":{"const":1}}}'), '');
    expect(Object.keys(Object(value))).toEqual(['__proto__']);
  });
});

describe('pieces', () => {
  it('join to the text and stay few for very long texts', () => {
    const text = 'word  with   spaces\nand lines ';
    expect(pieces(text).join('')).toBe(text);
    const long = 'word '.repeat(100_000);
    expect(pieces(long).join('')).toBe(long);
    expect(pieces(long).length).toBeLessThan(7000);
  });
});
