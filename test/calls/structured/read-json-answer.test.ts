import { describe, expect, it } from 'vitest';
import { type ReadOptions, readAnswer } from '../../../src/calls/structured/read-json-answer.ts';
import { compileSchema } from '../../../src/calls/structured/validate.ts';
import type { OutputForm } from '../../../src/inference/prepare/output-mode.ts';
import type { JsonObject, JsonValue } from '../../../src/json.ts';
import type { ContentBlock, InferenceResult, StopReason } from '../../../src/messages/types.ts';

const NUMBERS: JsonObject = { type: 'array', items: { type: 'integer' } };
const OBJECT: JsonObject = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };

const result = (stopReason: StopReason, ...content: ContentBlock[]): InferenceResult => ({
  content,
  stopReason,
  usage: {},
});
const call = (input: JsonValue): ContentBlock => ({ toolUse: { toolUseId: 'i', name: 'json', input } });
const read = (
  schema: JsonObject,
  answer: InferenceResult,
  form: OutputForm = 'native',
  more: Partial<ReadOptions> = {},
) => {
  const output = { form, wrapped: schema !== OBJECT && form !== 'words' };
  return readAnswer(answer, compileSchema(schema, 'response_schema'), {
    output,
    mayCall: false,
    isWrapped: false,
    ...more,
  });
};

describe('a value that was asked for in a wrapper', () => {
  it.each<[string, string, OutputForm]>([
    ['in a fence', '```json\n{"value":[1,2]}\n```', 'native'],
    ['between words', 'Here: {"value": [1,2]}. Done.', 'native'],
    ['in words in place of a call', 'Here: {"value": [1,2]}', 'tool'],
    ['without the wrapper, in a fence', '```\n[1,2]\n```', 'native'],
    ['without the wrapper, as all there is', '[1,2]', 'tool'],
  ])('is found %s', (_what, text, form) => {
    expect(read(NUMBERS, result('end_turn', { text }), form).found?.value).toEqual([1, 2]);
  });

  it('loses one wrapper and no more, where anything would fit', () => {
    const inner = { value: [1] };
    const fenced = `\`\`\`\n${JSON.stringify({ value: inner })}\n\`\`\``;
    expect(read({}, result('end_turn', { text: fenced })).found?.value).toEqual(inner);
    const taken = { ...result('end_turn', { text: JSON.stringify(inner) }), framed: 'wrapper' as const };
    expect(read({}, taken).found?.value).toEqual(inner);
  });

  it('is not an object that has a member of that name among others', () => {
    const measured: JsonObject = {
      anyOf: [{ type: ['number', 'string'] }, { type: 'object', required: ['value', 'unit'] }],
    };
    const value = { value: 5, unit: 'm' };
    const text = JSON.stringify(value);
    expect(read(measured, result('end_turn', { text })).found?.value).toEqual(value);
    expect(read(measured, result('end_turn', { text: `So: ${text}` })).found?.value).toEqual(value);
    const chatty = result('end_turn', { text: '{"why":"because","value":[1]}' });
    expect(read(NUMBERS, chatty).found?.value).toEqual([1]);
  });

  it('of words in place of a call has all its digits, of a call it may not', () => {
    const said = result('end_turn', { text: '9007199254740992000' });
    expect(read({ type: 'integer' }, said, 'tool').found?.isRewritten).toBe(false);
    expect(read({ type: 'integer' }, { ...said, framed: 'call' }, 'tool').found?.isRewritten).toBe(true);
  });

  it('keeps its digits', () => {
    const { found } = read(NUMBERS, result('end_turn', { text: 'So: {"value":[12345678901234567890]}' }));
    expect(found?.source).toBe('[12345678901234567890]');
  });

  it('is taken out of it in words too, when the repair round asked for a wrapper in words', () => {
    const answer = result('end_turn', { text: '{"value":[1,2]}' });
    expect(read(NUMBERS, answer, 'words').found).toBeUndefined();
    expect(read(NUMBERS, answer, 'words', { isWrapped: true }).found?.value).toEqual([1, 2]);
  });

  it('that does not fit is told as what is wrong with it, not with its wrapper', () => {
    const { problems, isJson } = read(NUMBERS, result('end_turn', { text: 'So: {"value":[1,"x"]}' }));
    expect(problems).toEqual(['/1 must be integer']);
    expect(isJson).toBe(true);
  });

  it('that does not fit is told of the likeliest of several', () => {
    const text = 'Not {"a":"first"}, but {"b":1}';
    expect(read(OBJECT, result('end_turn', { text })).problems).toEqual([
      "the value must have required property 'a'",
    ]);
  });
});

describe('an answer that a limit cut', () => {
  it('is not an example that came before', () => {
    const text = 'Here is an example {"a":1}. Now the answer: {"a":';
    expect(read(OBJECT, result('max_tokens', { text })).found).toBeUndefined();
    expect(read(OBJECT, result('end_turn', { text })).found).toBeDefined();
  });

  it.each<[string, JsonObject, ContentBlock, OutputForm]>([
    ['as the whole text', OBJECT, { text: '{"a":1}' }, 'native'],
    ['in a fence that closes at the end', OBJECT, { text: 'So:\n```json\n{"a":1}\n```' }, 'native'],
    ['as the input of a tool', OBJECT, call({ a: 1 }), 'words'],
  ])('counts %s', (_what, schema, block, form) => {
    for (const reason of ['max_tokens', 'model_context_window_exceeded'] as const)
      expect(read(schema, result(reason, block), form).found).toBeDefined();
  });

  it.each(['native', 'tool', 'words'] as const)(
    'is no number that may have gone on, save one that had a wrapper: %s',
    (form) => {
      const cut = result('max_tokens', { text: '12' });
      expect(read({ type: 'integer' }, cut, form).found).toBeUndefined();
      expect(read({ type: 'integer' }, { ...cut, framed: 'wrapper' }, form).found?.value).toBe(12);
    },
  );

  it('is no example whose fence is followed by one that has only been opened', () => {
    const text = 'Example:\n```json\n{"a":1}\n```\nNow the answer:\n```';
    expect(read(OBJECT, result('max_tokens', { text })).found).toBeUndefined();
  });
});

describe('a call of a tool that was never offered', () => {
  it.each(['native', 'words'] as const)('is the answer when its input fits: %s', (form) => {
    const reading = read(OBJECT, result('tool_use', { text: 'So:' }, call({ a: 1 })), form);
    expect(reading).toMatchObject({
      found: { value: { a: 1 }, isRewritten: true },
      result: { stopReason: 'end_turn', content: [{ text: '{"a":1}' }] },
      notes: [expect.stringContaining('not offered')],
    });
  });

  it('may have the wrapper around its input', () => {
    expect(read(NUMBERS, result('tool_use', call({ value: [1] }))).found?.value).toEqual([1]);
  });

  it('gives way to words beside it that fit', () => {
    const reading = read(OBJECT, result('tool_use', { text: '{"a":1}' }, call({})));
    expect(reading.found?.value).toEqual({ a: 1 });
    expect(reading.result).toMatchObject({ stopReason: 'end_turn', content: [{ text: '{"a":1}' }] });
    expect(reading.notes).toEqual([]);
  });

  it('is read as text with its problems when nothing fits', () => {
    const reading = read(OBJECT, result('tool_use', { text: 'Hm.' }, call({ a: 'x' })));
    expect(reading).toMatchObject({
      problems: ['/a must be integer'],
      result: { stopReason: 'end_turn', content: [{ text: '{"a":"x"}' }] },
    });
    expect(reading.found).toBeUndefined();
  });

  it("is left alone where it may be the caller's", () => {
    const answer = result('max_tokens', { text: '{"a":1}' }, call({}));
    expect(read(OBJECT, answer, 'native', { mayCall: true })).toMatchObject({
      found: { value: { a: 1 } },
      result: answer,
    });
  });
});
