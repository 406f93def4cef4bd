import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/json.ts';
import { saidSchema, withSaidBounds } from '../../../src/sandbox/answers/schema-in-prompt.ts';
import { schemaValue } from '../../../src/sandbox/answers/schema-value.ts';
import type { Turn } from '../../../src/sandbox/answers/turn.ts';

const turn = (system: string, ...said: string[]): Turn => ({
  system,
  messages: said.map((text) => ({ role: 'user', blocks: [{ kind: 'text', text }] })),
  tools: [],
  toolChoice: 'auto',
  stopSequences: [],
  reasoning: false,
});

describe('saidSchema', () => {
  it.each<[string, Turn, JsonObject | undefined]>([
    ['the system text', turn('Be brief.\nJSON Schema:\n{"type":"object"} Thanks.', 'Hi'), { type: 'object' }],
    [
      'a message, where the model has no system text',
      turn('', 'Hi', 'JSON Schema: {"a":{"b":1}}'),
      { a: { b: 1 } },
    ],
    ['brackets in strings', turn('JSON Schema: {"pattern":"}\\"{"} }'), { pattern: '}"{' }],
    ['the last of several', turn('JSON Schema: {"a":1}\nJSON Schema: {"b":1}'), { b: 1 }],
    [
      'one behind words that only look like one',
      turn('JSON Schema: {oops}', 'JSON Schema: {"a":1}'),
      { a: 1 },
    ],
    ['one before words that only look like one', turn('JSON Schema: {"a":1} JSON Schema: {oops}'), { a: 1 }],
    ['none where the schema is not closed', turn('JSON Schema: {"a":'), undefined],
    ['none where nothing announces it', turn('{"a":1}', 'Hi'), undefined],
    ['none where no object follows', turn('JSON Schema: see above {"a":1}'), undefined],
  ])('finds %s', (_what, given, expected) => {
    expect(saidSchema(given)).toEqual(expected);
  });
});

describe('withSaidBounds', () => {
  it('reads the bounds in a description', () => {
    const said = { type: 'array', description: 'Tags. (minItems 2, maxItems 3)' };
    expect(withSaidBounds(said)).toEqual({ ...said, minItems: 2, maxItems: 3 });
    expect(
      schemaValue({ ...said, items: { type: 'integer', description: '(minimum -4.5, maximum -4)' } }, ''),
    ).toEqual([-4, -4]);
  });

  it('lets what the schema itself says win', () => {
    const schema = { minimum: 5, description: '(minimum 2)' };
    expect(withSaidBounds(schema)).toEqual(schema);
  });

  it.each(['', 'The minimum age is 5.', 'xminimum 3', 'minimum three'])(
    'reads nothing in "%s"',
    (description) => {
      const schema = { description };
      expect(withSaidBounds(schema)).toBe(schema);
    },
  );
});
