/** Signed thinking goes back to the model that made it, and to no other, in threads and in history that is handed in. */
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
const MAX = { max_tokens: 9_000, reasoning: 'low' };

async function ask(args: Record<string, unknown>, { call, sandbox }: Bench = on) {
  const before = sandbox.record.requests.length;
  const { structured } = await call(invokeModel, { ...MAX, ...args });
  const sent = sandbox.record.requests
    .slice(before)
    .filter(({ operation }) => /Converse|Invoke/.test(operation ?? ''));
  const [thought] = Array.isArray(structured['reasoning']) ? structured['reasoning'] : [];
  return {
    structured,
    requests: sent.length,
    body: JSON.stringify(sent.at(-1)?.body ?? {}),
    signature: String(objectOf(thought)['signature'] ?? 'none'),
    thread: String(objectOf(structured['thread'])['thread_id'] ?? ''),
    warnings: JSON.stringify(objectOf(structured['receipt'])['warnings'] ?? []),
  };
}

describe.each(['converse', 'native'])('a thread that changes between Claude models, on %s', (api) => {
  it.each([
    ['claude-haiku-4-5', 'claude-sonnet-4-5'],
    ['claude-sonnet-4-6', 'claude-opus-4-8'],
    ['claude-opus-5', 'claude-opus-5-5'],
  ])('gives each its own thinking alone, from %s to %s and back', async (one, other) => {
    const first = await ask({ model: one, prompt: 'First', thread_id: 'new', api });
    const thread_id = first.thread;
    const second = await ask({ model: other, prompt: 'Second', thread_id, api });
    expect(second.requests).toBe(1);
    expect(second.body).not.toContain(first.signature);
    expect(second.signature).toMatch(/^sandbox/);
    expect(second.warnings).toContain('from another model');
    const third = await ask({ model: one, prompt: 'Third', thread_id, api });
    expect(third.requests).toBe(1);
    expect(third.body).toContain(first.signature);
    expect(third.body).not.toContain(second.signature);
    expect(third.signature).toMatch(/^sandbox/);
  });
});

describe.each(['converse', 'native'])('history that the caller hands in, on %s', (api) => {
  const turns = (...answers: { structured: Record<string, unknown> }[]) => [
    ...answers.flatMap(({ structured: { text, reasoning } }) => [
      { role: 'user', content: 'So?' },
      { role: 'assistant', text, reasoning },
    ]),
    { role: 'user', content: 'And now?' },
  ];

  it('has its own thinking kept and the other left out in one request, where this server gave the answers', async () => {
    const mine = await ask({ model: 'claude-opus-4-8', prompt: 'Mine', api });
    const foreign = await ask({ model: 'claude-sonnet-4-6', prompt: 'Foreign', api });
    const { requests, body, signature } = await ask({
      model: 'claude-opus-4-8',
      messages: turns(mine, foreign),
      api,
    });
    expect(requests).toBe(1);
    expect(body).toContain(mine.signature);
    expect(body).not.toContain(foreign.signature);
    expect(signature).toMatch(/^sandbox/);
  });

  it('heals once where nobody knows whose it is, keeps what is known, and remembers', async () => {
    const elsewhere = await bench();
    const foreign = await ask({ model: 'claude-sonnet-4-6', prompt: `Elsewhere ${api}`, api }, elsewhere);
    await elsewhere.close();
    const mine = await ask({ model: 'claude-opus-4-8', prompt: 'Own', api });
    const args = { model: 'claude-opus-4-8', messages: turns(mine, foreign), api };
    const healed = await ask(args);
    expect(healed.requests).toBe(2);
    expect(healed.body).toContain(mine.signature);
    expect(healed.body).not.toContain(foreign.signature);
    expect(healed.signature).toMatch(/^sandbox/);
    expect(healed.warnings).toContain('not known to be of this model');
    const again = await ask(args);
    expect(again.requests).toBe(1);
    expect(again.body).toContain(mine.signature);
    expect(again.body).not.toContain(foreign.signature);
  });
});

it('an open round of tool calls of another model is answered without thinking by one that thinks with a budget, in one request', async () => {
  const tools = [{ name: 'weather', input_schema: { type: 'object', properties: {} } }];
  const first = await ask({ model: 'claude-sonnet-4-5', prompt: 'weather', tools, thread_id: 'new' });
  const [call] = Array.isArray(first.structured['tool_calls']) ? first.structured['tool_calls'] : [];
  const second = await ask({
    model: 'claude-haiku-4-5',
    thread_id: first.thread,
    messages: [
      { role: 'user', content: [{ toolResult: { toolUseId: objectOf(call)['toolUseId'], content: 'sun' } }] },
    ],
  });
  expect(second.requests).toBe(1);
  expect(second.body).not.toContain(first.signature);
  expect(second.warnings).toContain('did not think before this answer');
});
