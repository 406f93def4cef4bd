/** Thinking in the history where callers and their libraries put it, and in the shapes that they keep it in. */
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
const tools = [{ name: 'f', input_schema: { type: 'object', properties: {} } }];
const thought = { reasoningContent: { reasoningText: { text: 'hm', signature: 'abc' } } };
const call = { toolUse: { toolUseId: 't1', name: 'f', input: {} } };
const result = { role: 'user', content: [{ toolResult: { toolUseId: 't1', content: [{ text: 'r' }] } }] };

async function ask(model: string, api: string, messages: unknown[]) {
  const before = on.sandbox.record.requests.length;
  const args = { model, api, messages, tools, reasoning: 'low', max_tokens: 4_000 };
  const { structured } = await on.call(invokeModel, args);
  const sent = on.sandbox.record.requests.slice(before).filter(({ modelId }) => modelId !== undefined);
  return {
    requests: sent.length,
    body: JSON.stringify(sent.at(-1)?.body),
    reasoning: structured['reasoning'],
    warnings: JSON.stringify(objectOf(structured['receipt'])['warnings'] ?? []),
  };
}

describe.each(['converse', 'native'])('on %s', (api) => {
  it.each<[string, unknown[]]>([
    ['behind the call', [{ role: 'assistant', content: [{ text: 'So.' }, call, thought] }]],
    [
      'in the second of two messages of an answer',
      [
        { role: 'assistant', content: 'So.' },
        { role: 'assistant', content: [thought, call] },
      ],
    ],
  ])('thinking %s goes first to a Claude that thinks with a budget', async (_name, answer) => {
    const messages = [{ role: 'user', content: 'Hi' }, ...answer, result];
    const { requests, body, reasoning, warnings } = await ask('claude-haiku-4-5', api, messages);
    expect(requests).toBe(1);
    expect(body).toMatch(/"assistant","content":\[\{"(?:reasoningContent|type":"thinking)"/);
    expect(reasoning).toHaveLength(1);
    expect(warnings).toContain('put first');
  });

  it('thinking stays where it is for a Claude that chooses when to think', async () => {
    const answer = { role: 'assistant', content: [{ text: 'So.' }, thought, call] };
    const { body } = await ask('claude-opus-4-8', api, [{ role: 'user', content: 'Hi' }, answer, result]);
    expect(body).toMatch(/"assistant","content":\[\{(?:"type":"text",)?"text":"So\."/);
  });

  it.each([{ signature: 'abc' }, { text: null, signature: 'abc' }])(
    'thinking whose text was lost goes back as empty as it came: %j',
    async (reasoningText) => {
      const answer = {
        role: 'assistant',
        content: [{ reasoningContent: { reasoningText } }, { text: 'So.' }],
      };
      const messages = [{ role: 'user', content: 'Hi' }, answer, { role: 'user', content: 'And?' }];
      const { requests, body } = await ask('claude-opus-4-8', api, messages);
      expect(requests).toBe(1);
      expect(body).toMatch(/"(?:text|thinking)":"","signature":"abc"/);
    },
  );

  it('a cache point behind thinking moves behind the next block, and that is told', async () => {
    const answer = {
      role: 'assistant',
      content: [thought, { cachePoint: { type: 'default' } }, { text: 'So.' }],
    };
    const messages = [{ role: 'user', content: 'Hi' }, answer, { role: 'user', content: 'And?' }];
    const { requests, body, warnings } = await ask('claude-opus-4-8', api, messages);
    expect(requests).toBe(1);
    expect(body).toMatch(/"So\."(?:\},\{"cachePoint"|,"cache_control")/);
    expect(warnings).toContain('moved');
  });
});
