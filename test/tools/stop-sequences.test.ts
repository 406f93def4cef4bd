/** Stop sequences through the tool door: sent where the model takes them, kept by this server where it takes none. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject } from '../../src/json.ts';
import { getUsage } from '../../src/tools/get-usage.ts';
import { invokeModel } from '../../src/tools/invoke-model.ts';
import { type Bench, bench } from './with-sandbox.ts';

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.close());

const objectOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {});

async function ask(model: string, args: Record<string, unknown>) {
  const before = on.sandbox.record.requests.length;
  const { structured, text } = await on.call(invokeModel, {
    model,
    prompt: 'Say it',
    // Of the sandbox's own sentence; it comes word by word, so a stream has it in several pieces.
    stop_sequences: ['never said', 'answer comes'],
    ...args,
  });
  const sent = on.sandbox.record.requests
    .slice(before)
    .filter(({ operation }) => /Converse|Invoke/.test(operation ?? ''));
  return {
    structured,
    text,
    receipt: objectOf(structured['receipt']),
    requests: sent.length,
    body: JSON.stringify(sent.at(-1)?.body ?? {}),
  };
}

describe('stop sequences that the model does not take end the answer all the same', () => {
  it.each([
    ['gpt-oss-120b', 'converse'],
    ['gpt-oss-120b', 'native'],
    ['qwen3-32b', 'converse'],
    ['qwen3-32b', 'native'],
    ['gpt-5.6-sol', 'converse'],
    ['gpt-6-astra', 'converse'],
  ])('%s on %s, streamed', async (model, api) => {
    const { structured, text, receipt, requests, body } = await ask(model, { api });
    expect(requests).toBe(1);
    expect(body).not.toContain('never said');
    expect(structured).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'answer comes' });
    expect(structured['text']).toMatch(/"\. This $/);
    expect(text).toContain('stop_sequence "answer comes"');
    const warnings = JSON.stringify(receipt['warnings']);
    expect(warnings).toContain('stop_sequences were not sent');
    // Nobody tells what an answer cost that was left: an estimate, and called one.
    expect(warnings).toContain('estimated');
    expect(receipt).toMatchObject({
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
      cost_usd: expect.stringMatching(/[1-9]/),
    });
  });

  it('gpt-5.6-sol in one whole answer, of which the usage is known', async () => {
    const { structured, receipt } = await ask('gpt-5.6-sol', {
      response_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
      stop_sequences: ['never said'],
    });
    expect(structured['parsed']).toEqual({ city: expect.any(String) });
    expect(JSON.stringify(receipt['warnings'])).not.toContain('estimated');
  });

  it('counts as an estimate in the ledger', async () => {
    const alone = await bench();
    await alone.call(invokeModel, {
      model: 'gpt-oss-120b',
      prompt: 'Say it',
      stop_sequences: ['answer comes'],
    });
    const { structured } = await alone.call(getUsage, {});
    expect(JSON.stringify(structured)).toContain('"estimated":1');
    await alone.close();
  });

  it('leaves an answer alone that has none of them', async () => {
    const { structured, receipt } = await ask('gpt-oss-120b', { stop_sequences: ['never said'] });
    expect(structured['stop_reason']).toBe('end_turn');
    expect(structured['text']).toMatch(/no model was called\.$/);
    expect(JSON.stringify(receipt['warnings'])).not.toContain('estimated');
  });
});

describe('which stop sequence was met is told', () => {
  it.each([
    ['claude-haiku-4-5', 'native', ['never said', 'answer comes']],
    ['claude-haiku-4-5', 'converse', ['never said', 'answer comes']],
    // These do not tell; where one was sent, it was that one.
    ['nova-lite', 'converse', ['answer comes']],
    ['llama3-3-70b', 'converse', ['answer comes']],
  ])('by %s on %s', async (model, api, stop_sequences) => {
    const { structured, body, receipt } = await ask(model, { api, stop_sequences });
    expect(structured).toMatchObject({ stop_reason: 'stop_sequence', stop_sequence: 'answer comes' });
    expect(structured).not.toHaveProperty('additional_fields');
    expect(body).toContain('answer comes');
    expect(JSON.stringify(receipt['warnings'] ?? [])).not.toContain('stop_sequences');
  });

  it('but not guessed where several were sent and nobody tells', async () => {
    const { structured } = await ask('nova-lite', { api: 'converse' });
    expect(structured['stop_reason']).toBe('stop_sequence');
    expect(structured).not.toHaveProperty('stop_sequence');
  });
});
