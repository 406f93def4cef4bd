import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { Services } from '../../../src/calls/services.ts';
import { defineTool, rareOptions } from '../../../src/tools/definition/define.ts';
import { publishedSchema } from '../../../src/tools/definition/published-schema.ts';

const tool = defineTool({
  name: 'echo',
  title: 'Echo',
  description: 'Echoes.',
  input: z.strictObject({
    text: z.string(),
    times: z.int().min(1).max(9).optional(),
    words: z.array(z.string()).max(3).optional(),
    options: rareOptions('words', { times: { type: 'integer' } }),
  }),
  output: z.object({ text: z.string(), times: z.int().optional() }),
  rare: ['times', 'words'],
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  run: async ({ text, times }) => ({ structured: { text, ...(times === undefined ? {} : { times }) }, text }),
});
// The tool under test uses no services.
const call = (args: unknown) =>
  tool.call(args, { services: Object.create(null) satisfies Services, signal: new AbortController().signal });

describe('rare arguments', () => {
  it('are taken in options and beside the others alike', async () => {
    expect((await call({ text: 'a', options: { times: 2 } })).structured).toEqual({ text: 'a', times: 2 });
    expect((await call({ text: 'a', times: 3 })).structured).toEqual({ text: 'a', times: 3 });
  });

  it('may not say one thing here and another there', async () => {
    await expect(call({ text: 'a', times: 3, options: { times: 2 } })).rejects.toMatchObject({
      code: 'invalid_request',
      field: 'options.times',
    });
    const twice = await call({ text: 'a', times: 2, options: { times: 2 } });
    expect(twice.structured).toEqual({ text: 'a', times: 2 });
  });

  it('are checked like all others', async () => {
    await expect(call({ text: 'a', options: { times: 10 } })).rejects.toThrow('times');
  });

  it('that nobody knows are named with the known ones', async () => {
    await expect(call({ text: 'a', options: { tiems: 2 } })).rejects.toThrow(/tiems.*known are times, words/);
  });

  it('are not published by themselves, but their place is', () => {
    expect(publishedSchema(tool.input, 'input', tool.rare)).toEqual({
      type: 'object',
      properties: {
        text: { type: 'string' },
        options: { type: 'object', properties: { times: { type: 'integer' } }, description: 'words' },
      },
      required: ['text'],
    });
  });
});

describe('wrong arguments', () => {
  it('of the wrong type are told by that alone; others keep what is wrong with them', async () => {
    await expect(call({ text: 'a', words: { a: 1 }, times: 10 })).rejects.toThrow(
      /^echo: times: must be at most 9; words: must be a list, not an object\.$/,
    );
    await expect(call({ text: 'a', words: ['a', 'b', 'c', 'd'] })).rejects.toThrow(
      /words: must have at most 3/,
    );
  });

  it.each([
    ['an unknown one', { text: 'a', txet: 'b' }, /unknown argument "txet"/],
    ['a missing one', {}, /text/],
    ['none at all', undefined, /text/],
    ['a list for an object', [], /arguments/],
    [
      'a nest without end',
      { text: 'a', options: JSON.parse(`${'{"a":'.repeat(300)}1${'}'.repeat(300)}`) },
      /nested/,
    ],
  ])('are refused by name: %s', async (_what, args, message) => {
    await expect(call(args)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(message),
    });
  });
});
