/** System messages among the turns, and turns of white space, through the tool door. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

async function ask(args: Record<string, unknown>) {
  const before = on.sandbox.record.requests.length;
  const { structured } = await on.call(invokeModel, args);
  const sent = on.sandbox.record.requests
    .slice(before)
    .filter(({ operation }) => /Converse|Invoke/.test(operation ?? ''));
  const body = objectOf(sent.at(-1)?.body);
  const messages = Array.isArray(body['messages']) ? body['messages'] : [];
  return {
    structured,
    requests: sent.length,
    body: JSON.stringify(body),
    roles: messages.map((message) => objectOf(message)['role']),
    thread: String(objectOf(structured['thread'])['thread_id'] ?? ''),
    warnings: JSON.stringify(objectOf(structured['receipt'])['warnings'] ?? []),
  };
}

const conversation = (role: string) => [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hello' },
  { role: 'assistant', content: 'Hello.' },
  { role: 'user', content: 'How are you?' },
  { role, content: 'Answer in French from here on.' },
];

describe.each(['system', 'developer'])('a message with the role %s', (role) => {
  it.each([
    ['claude-opus-4-8', 'converse'],
    ['claude-opus-4-8', 'native'],
    ['claude-opus-5', 'converse'],
    ['claude-fable-5', 'native'],
  ])('stays where it is for %s on %s', async (model, api) => {
    const { requests, roles, body, warnings } = await ask({ model, api, messages: conversation(role) });
    expect(requests).toBe(1);
    expect(roles).toEqual(['user', 'assistant', 'user', 'system']);
    expect(JSON.stringify(JSON.parse(body)['system'])).toContain('Be brief.');
    expect(warnings).not.toContain('mid-conversation');
  });

  it.each([
    ['claude-opus-4-8', 'converse'],
    ['claude-opus-5', 'native'],
  ])('in front of a user turn is taken behind it by %s on %s, and that is told', async (model, api) => {
    const [, hello, answer, question] = conversation(role);
    const order = { role, content: 'Answer in French from here on.' };
    const { requests, roles, warnings } = await ask({
      model,
      api,
      messages: [hello, answer, order, question],
    });
    expect(requests).toBe(1);
    expect(roles).toEqual(['user', 'assistant', 'user', 'system']);
    expect(warnings).toContain('behind the user turn');
  });

  it.each([
    ['claude-sonnet-5', 'converse'],
    ['claude-sonnet-5', 'native'],
    ['claude-haiku-4-5', 'native'],
    ['nova-lite', 'converse'],
    ['gpt-oss-120b', 'native'],
  ])('is told as user text to %s on %s, and that is told', async (model, api) => {
    const { requests, roles, body, warnings } = await ask({ model, api, messages: conversation(role) });
    expect(requests).toBe(1);
    expect(roles.filter((each) => each !== 'system')).toEqual(['user', 'assistant', 'user']);
    expect(body).toContain('Answer in French from here on.');
    expect(warnings).toContain('mid-conversation');
  });
});

it('a thread keeps a system message, also for a model that takes none', async () => {
  const first = await ask({ model: 'claude-opus-4-8', thread_id: 'new', messages: conversation('system') });
  const second = await ask({ model: 'nova-lite', thread_id: first.thread, prompt: 'And now?' });
  expect(second.requests).toBe(1);
  expect(second.body).toContain('Answer in French from here on.');
});

describe('a turn of white space', () => {
  it.each([
    ['nova-lite', 'converse'],
    ['nova-lite', 'native'],
    ['gpt-oss-120b', 'converse'],
    ['gpt-oss-120b', 'native'],
    ['llama3-3-70b', 'converse'],
    ['qwen3-32b', 'native'],
  ])('goes to %s on %s as it is', async (model, api) => {
    const { structured, requests, warnings } = await ask({ model, api, prompt: ' ' });
    expect(requests).toBe(1);
    expect(structured['stop_reason']).toBe('end_turn');
    expect(warnings).not.toContain('lank');
  });

  it.each(['converse', 'native'])(
    'is refused by name for Claude on %s, before anything is sent',
    async (api) => {
      const before = on.sandbox.record.requests.length;
      await expect(
        on.call(invokeModel, { model: 'claude-haiku-4-5', api, prompt: ' ' }),
      ).rejects.toMatchObject({
        code: 'invalid_request',
      });
      expect(on.sandbox.record.requests.length).toBe(before);
    },
  );

  it('in a thread does not stand in the way of Claude', async () => {
    const first = await ask({ model: 'nova-lite', thread_id: 'new', prompt: ' ' });
    const second = await ask({ model: 'claude-haiku-4-5', thread_id: first.thread, prompt: 'Hello?' });
    expect(second.requests).toBe(1);
    expect(second.body).toContain('[The user said nothing.]');
  });
});

describe('what a leading system message holds beside its text', () => {
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ).toString('base64');

  it.each([
    ['claude-haiku-4-5', 'converse'],
    ['claude-haiku-4-5', 'native'],
    ['nova-lite', 'converse'],
  ])('is sent with the user turn after it, and told: %s over %s', async (model, api) => {
    const { requests, body, roles, warnings } = await ask({
      model,
      api,
      messages: [
        {
          role: 'system',
          content: [{ text: 'Be brief.' }, { image: { format: 'png', source: { bytes: png } } }],
        },
        { role: 'user', content: 'What is on it?' },
      ],
    });
    expect(requests).toBe(1);
    expect(roles).toEqual(['user']);
    expect(body).toContain(png.slice(0, 40));
    expect(warnings).toContain('beside its text');
  });
});
