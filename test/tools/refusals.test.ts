/** Refusals of AWS as callers read them: their own arguments, their own tools, their own count. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuse } from '../aws/loopback.ts';
import { type Answering, answering } from './answering.ts';

const CLAUDE = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const F = 'The model returned the following errors: ';
const schema = { type: 'object', properties: {} };
const tools = [
  { name: 'look', input_schema: schema },
  { name: 'fetch it', input_schema: schema },
];
const talk = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello' },
  { role: 'user', content: 'And now?' },
];

let door: Answering;
let words = '';
let requests = 0;
beforeAll(async () => {
  door = await answering((_path, _body, response) => {
    requests += 1;
    refuse(response, 400, 'ValidationException', words);
  });
});
afterAll(() => door.close());

const refusalOf = async (said: string, args: Record<string, unknown>, api: string) => {
  words = said;
  requests = 0;
  const { options, ...rest } = args;
  const given = { model: CLAUDE, ...rest, options: { api, ...(typeof options === 'object' ? options : {}) } };
  return door.ask(given).then(
    () => undefined,
    (error: unknown) => error,
  );
};

const CASES: readonly (readonly [string, Record<string, unknown>, string, string, string])[] = [
  [
    `${F}tools.1.custom: For 'array' type, property 'maxItems' is not supported`,
    { prompt: 'Hi', tools },
    'rejected_request',
    'tools[1]',
    'the tool "fetch it"',
  ],
  [
    'messages.1.content.0.text: Field required',
    { messages: talk },
    'rejected_request',
    'messages[1]',
    'messages[1]',
  ],
  [
    'max_tokens: Input should be greater than 0',
    { prompt: 'Hi', max_tokens: 5 },
    'rejected_request',
    'max_tokens',
    'max_tokens',
  ],
  [
    'The guardrail identifier or version provided in the request does not exist.',
    { prompt: 'Hi', options: { guardrail: { id: 'abc', version: '1' } } },
    'rejected_request',
    'options.guardrail',
    'options.guardrail',
  ],
  [
    `${F}Unknown parameter: 'foo'.`,
    { prompt: 'Hi', options: { additional_model_request_fields: { foo: 1 } } },
    'unsupported_feature',
    'options.additional_model_request_fields.foo',
    'options.additional_model_request_fields.foo',
  ],
  [
    `${F}{"error":{"code":"unknown_parameter","message":"Unknown parameter: 'foo'.","param":"foo"}}`,
    { prompt: 'Hi', options: { additional_model_request_fields: { foo: 1 } } },
    'unsupported_feature',
    'options.additional_model_request_fields.foo',
    "Unknown parameter: 'foo'.",
  ],
];

describe('a refusal', () => {
  for (const api of ['converse', 'native']) {
    it.each(CASES)(`over ${api} names the caller's argument: %s`, async (said, args, code, field, name) => {
      const error = await refusalOf(said, args, api);
      expect(error).toMatchObject({ code, field, message: expect.stringContaining(name) });
      expect(String(error)).not.toContain('"code":');
      expect(requests).toBe(1);
    });

    it.each(['Validation Error', 'Malformed input request, please reformat your input and try again.'])(
      `over ${api} that names nothing offers dry_run: %s`,
      async (said) => {
        const error = await refusalOf(said, { prompt: 'Hi' }, api);
        expect(error).toMatchObject({
          code: 'rejected_request',
          fix: expect.stringContaining('dry_run: true'),
        });
      },
    );

    it(`over ${api} that holds for the account is told as that, after one request`, async () => {
      const error = await refusalOf('Operation not allowed', { prompt: 'Hi' }, api);
      expect(error).toMatchObject({
        code: 'access_denied',
        message: expect.stringContaining('this account'),
      });
      expect(requests).toBe(1);
    });
  }
});
