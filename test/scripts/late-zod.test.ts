/** What stands in for zod under the MCP SDK reads and refuses as zod itself does, and makes a schema only when it is needed. */
import { describe, expect, it, vi } from 'vitest';
import * as zod from 'zod';

type Zod = typeof zod;
const late: Zod = await import(new URL('../../scripts/late-zod.mjs', import.meta.url).href);
const JITLESS = zod.config().jitless;

/** One schema, written for either. */
type Make = (z: Zod) => zod.ZodType;

const base = (z: Zod) => z.object({ id: z.string().min(1), count: z.number().optional() });

const SCHEMAS: readonly (readonly [what: string, make: Make, values: readonly unknown[]])[] = [
  ['an object', base, [{ id: 'a' }, { id: '' }, { id: 'a', count: 'x' }, { id: 'a', more: 1 }, null, 'a']],
  ['a strict object', (z) => base(z).strict(), [{ id: 'a' }, { id: 'a', more: 1 }]],
  ['a loose object', (z) => z.looseObject({ id: z.string() }), [{ id: 'a', more: 1 }, {}]],
  [
    'an extended object',
    (z) => base(z).extend({ flag: z.boolean() }),
    [{ id: 'a', flag: true }, { id: 'a' }, { flag: true }],
  ],
  ['a picked object', (z) => base(z).pick({ id: true }), [{ id: 'a', count: 'x' }, {}]],
  [
    'a spread shape',
    (z) => z.object({ ...base(z).shape, more: z.literal(1) }),
    [{ id: 'a', more: 1 }, { id: 'a' }],
  ],
  ['a union', (z) => z.union([z.string(), z.number().int()]), ['a', 1, 1.5, null]],
  [
    'a discriminated union',
    (z) =>
      z.discriminatedUnion('type', [
        z.object({ type: z.literal('text'), text: z.string() }),
        z.object({ type: z.literal('link'), url: z.url() }),
      ]),
    [
      { type: 'text', text: 'a' },
      { type: 'link', url: 'https://a.b' },
      { type: 'link', url: 'a' },
      { type: 'x' },
    ],
  ],
  ['a record', (z) => z.record(z.string(), z.array(z.unknown())), [{ a: [1] }, { a: 1 }]],
  [
    'an intersection',
    (z) => z.intersection(base(z), z.object({ b: z.string() })),
    [{ id: 'a', b: 'b' }, { id: 'a' }],
  ],
  ['an enumeration', (z) => z.enum(['a', 'b']).default('b'), ['a', undefined, 'c']],
  ['a preprocessed value', (z) => z.preprocess((value) => Number(value), z.number()), ['5', 'x']],
  ['a transformed value', (z) => z.string().transform((value) => value.length), ['abc', 1]],
  ['a refined value', (z) => z.string().refine((value) => value !== 'no'), ['yes', 'no']],
  ['a value with a fallback', (z) => z.number().catch(7), [1, 'x']],
  ['a nullable value', (z) => z.string().nullable(), ['a', null, 1]],
];

describe('the stand-in for zod', () => {
  it.each(SCHEMAS)('reads and refuses like zod: %s', (_what, make, values) => {
    const [ours, theirs] = [make(late), make(zod)];
    for (const value of values) {
      const [found, expected] = [ours.safeParse(value), theirs.safeParse(value)];
      expect(found.success).toBe(expected.success);
      expect(found.data).toEqual(expected.data);
      expect(found.error?.issues).toEqual(expected.error?.issues);
    }
  });

  it('has a schema that contains itself', () => {
    interface Tree {
      readonly children: readonly Tree[];
    }
    const tree: zod.ZodType<Tree> = late.object({ children: late.array(late.lazy(() => tree)) });
    expect(tree.safeParse({ children: [{ children: [] }] }).success).toBe(true);
    expect(tree.safeParse({ children: [{ children: [{}] }] }).success).toBe(false);
  });

  it('is seen by zod as one of its own, as JSON Schema too', () => {
    const ours = late.object({ id: late.string(), list: late.array(late.number()).optional() });
    const theirs = zod.object({ id: zod.string(), list: zod.array(zod.number()).optional() });
    expect(ours).toBeInstanceOf(zod.ZodObject);
    expect(zod.toJSONSchema(ours)).toEqual(zod.toJSONSchema(theirs));
    expect(zod.object({ inside: ours }).safeParse({ inside: { id: 'a' } }).success).toBe(true);
  });

  it('makes nothing before a schema is looked into, and then only once', () => {
    const make = vi.fn(() => zod.string());
    const inner = late.lazy(make);
    const whole = late.object({ a: inner, b: late.string() }).extend({ c: inner.optional() });
    expect(Object.keys(whole.shape)).toEqual(['a', 'b', 'c']);
    expect(make).not.toHaveBeenCalled();
    expect(whole.safeParse({ a: 'x', b: 'y' }).success).toBe(true);
    expect(whole.safeParse({ a: 'x', b: 'y', c: 'z' }).success).toBe(true);
    expect(make).toHaveBeenCalledTimes(1);
  });

  it('leaves the settings of zod as they were', () => {
    late.object({ a: late.string() }).parse({ a: 'b' });
    expect(zod.config().jitless).toBe(JITLESS);
  });
});
