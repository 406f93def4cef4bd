import { describe, expect, it } from 'vitest';
import { assembler } from '../../../src/inference/codecs/assemble-stream.ts';
import type { StreamDelta } from '../../../src/messages/types.ts';

const END: StreamDelta = { type: 'stop', stopReason: 'end_turn' };

function assembled(deltas: readonly StreamDelta[]) {
  const all = assembler();
  for (const delta of deltas) all.push(delta);
  return all;
}

const call = (json: readonly string[], index = 0): StreamDelta[] => [
  { type: 'toolUse', index, toolUseId: `id${index}`, name: 'f' },
  ...json.map((part): StreamDelta => ({ type: 'toolUseInput', index, json: part })),
];

describe('assembler', () => {
  it('joins deltas of the same block and keeps blocks in the order of their first delta', () => {
    const result = assembled([
      { type: 'reasoning', index: 0, text: 'h' },
      { type: 'reasoning', index: 0, text: 'm' },
      { type: 'reasoningSignature', index: 0, signature: 'si' },
      { type: 'reasoningSignature', index: 0, signature: 'g' },
      { type: 'text', index: 1, text: 'a' },
      { type: 'text', index: 2, text: 'c' },
      { type: 'text', index: 1, text: 'b' },
      { type: 'blockStop', index: 1 },
      { type: 'block', index: 3, block: { unknown: { name: 'x', value: 1 } } },
      END,
    ]).result();
    expect(result.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
      { text: 'ab' },
      { text: 'c' },
      { unknown: { name: 'x', value: 1 } },
    ]);
  });

  it.each([
    ['no input at all', [], {}],
    ['blank input', [' ', '\n'], {}],
    ['input in pieces', ['{"a"', ':[1', ',2]}'], { a: [1, 2] }],
    ['input cut off', ['{"a":'], '{"a":'],
    ['input that is no JSON', ['a=1'], 'a=1'],
  ])('keeps the stop reason of the model with %s', (_name, json, input) => {
    const result = assembled([...call(json), { type: 'stop', stopReason: 'tool_use' }]).result();
    expect(result.content).toEqual([{ toolUse: { toolUseId: 'id0', name: 'f', input } }]);
    expect(result.stopReason).toBe('tool_use');
    expect(result.stopReasonRaw).toBeUndefined();
  });

  it('keeps input that came without its call', () => {
    const result = assembled([{ type: 'toolUseInput', index: 4, json: '{"a":1}' }, END]).result();
    expect(result.content).toEqual([{ toolUse: { toolUseId: '', name: '', input: { a: 1 } } }]);
    expect(result.stopReason).toBe('end_turn');
  });

  it('keeps keys like __proto__ as data', () => {
    const [block] = assembled([...call(['{"__proto__":{"x":1}}']), END]).result().content;
    expect(JSON.stringify(block)).toContain('"__proto__":{"x":1}');
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });

  it('adds up metadata: later counts win, headers fill the gaps', () => {
    const result = assembled([
      { type: 'metadata', usage: { inputTokens: 9, outputTokens: 1 }, latencyMs: 3 },
      END,
      { type: 'metadata', usage: { outputTokens: 5 }, serviceTier: 'flex', trace: { t: 1 } },
    ]).result({ usage: { inputTokens: 7, cacheReadInputTokens: 2 }, latencyMs: 99 });
    expect(result).toEqual({
      content: [],
      stopReason: 'end_turn',
      usage: { inputTokens: 9, outputTokens: 5, cacheReadInputTokens: 2 },
      latencyMs: 3,
      serviceTier: 'flex',
      trace: { t: 1 },
    });
  });

  it('shows the visible text at any time, without reasoning', () => {
    const all = assembler();
    all.push({ type: 'reasoning', index: 0, text: 'secret' });
    expect(all.text()).toBe('');
    all.push({ type: 'text', index: 1, text: 'Hel' });
    expect(all.text()).toBe('Hel');
    all.push({ type: 'text', index: 1, text: 'lo' });
    all.push({ type: 'block', index: 2, block: { text: '!' } });
    expect(all.text()).toBe('Hello!');
  });

  it('refuses an answer without end marker and hands over its text', () => {
    const all = assembled([{ type: 'text', index: 0, text: 'half an ans' }]);
    expect(() => all.result({ requestId: 'r' })).toThrow(
      expect.objectContaining({
        code: 'incomplete',
        partialText: 'half an ans',
        accepted: true,
        requestId: 'r',
      }),
    );
  });

  it('gives an interrupted call what is whole: text, but no half tool call and no stop reason', () => {
    const partial = assembled([
      { type: 'text', index: 0, text: 'I will' },
      ...call(['{"a":1}'], 1),
      ...call(['{"a"'], 2),
      { type: 'metadata', usage: { inputTokens: 3 } },
    ]).partial();
    expect(partial).toEqual({
      content: [{ text: 'I will' }, { toolUse: { toolUseId: 'id1', name: 'f', input: { a: 1 } } }],
      usage: { inputTokens: 3 },
    });
  });

  it('takes tens of thousands of deltas', () => {
    const all = assembler();
    for (let i = 0; i < 50_000; i += 1) {
      all.push({ type: 'text', index: 0, text: 'ab' });
      all.push({ type: 'reasoning', index: i + 1, text: 'c' });
      all.text();
    }
    all.push(END);
    const { content } = all.result();
    expect(content).toHaveLength(50_001);
    expect(content[0]).toEqual({ text: 'ab'.repeat(50_000) });
  });
});
