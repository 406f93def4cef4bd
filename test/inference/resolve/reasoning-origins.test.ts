import { describe, expect, it } from 'vitest';
import { createReasoningOrigins } from '../../../src/inference/resolve/reasoning-origins.ts';
import type { Message, ReasoningBlock } from '../../../src/messages/types.ts';

const signed = (signature: string): ReasoningBlock => ({ reasoningText: { text: 'so', signature } });
const redacted: ReasoningBlock = { redactedContent: new Uint8Array([1, 2, 3]) };
const said = (reasoningContent: ReasoningBlock, more: Partial<Message> = {}): Message => ({
  role: 'assistant',
  content: [{ reasoningContent }, { text: 'hello' }],
  ...more,
});

describe('the maker of signed reasoning', () => {
  it.each([
    ['a signature', signed('s')],
    ['an encrypted block', redacted],
  ])('is known again by %s, to every model', (_what, block) => {
    const origins = createReasoningOrigins();
    origins.made('one', [{ reasoningContent: block }, { text: 'hello' }]);
    for (const model of ['one', 'two'])
      expect(origins.toldTo(model, { messages: [said(block)] }).messages).toEqual([
        said(block, { model: 'one' }),
      ]);
  });

  it('is another model where one has refused it, for that one alone', () => {
    const origins = createReasoningOrigins();
    origins.refused('one', [signed('s')]);
    const request = { messages: [said(signed('s'))] };
    expect(origins.toldTo('one', request).messages[0]?.model).toBe('another model');
    expect(origins.toldTo('two', request)).toBe(request);
  });

  it('stays as the thread has it, and unknown where nobody knows', () => {
    const origins = createReasoningOrigins();
    origins.made('one', [{ reasoningContent: signed('s') }]);
    const request = {
      messages: [
        said(signed('s'), { model: 'kept' }),
        said(signed('t')),
        said({ reasoningText: { text: 'bare' } }),
      ],
    };
    expect(origins.toldTo('one', request)).toBe(request);
  });
});
