import { describe, expect, it } from 'vitest';
import { createLiveText } from '../../../src/calls/detached/streamed-text.ts';
import type { ProgressUpdate } from '../../../src/calls/progress-update.ts';

function live() {
  const updates: ProgressUpdate[] = [];
  return { updates, text: createLiveText((update) => updates.push({ ...update })) };
}

describe('the text while it grows', () => {
  it('has what the reader will see, in the order of the finished answer, and nothing else', () => {
    const { text } = live();
    text.push({ type: 'reasoning', index: 0, text: 'hmm ' });
    text.push({ type: 'text', index: 1, text: 'one ' });
    text.push({ type: 'block', index: 2, block: { text: 'two ' } });
    text.push({ type: 'toolUseInput', index: 3, json: '{"a":1}' });
    text.push({ type: 'text', index: 4, text: 'three' });
    text.push({ type: 'stop', stopReason: 'end_turn' });
    expect(text.text()).toBe('one two three');
    expect(text.written(), 'with tool calls').toBe('one two {"a":1}three');
  });

  it('tells every piece with tokens that only grow and with the end of what came', () => {
    const { updates, text } = live();
    text.push({ type: 'reasoning', index: 0, text: 'thinking\nabout it' });
    for (let at = 0; at < 50; at += 1) text.push({ type: 'text', index: 1, text: `word${at} ` });
    text.push({ type: 'toolUseInput', index: 2, json: '{"city":"Paris"}' });
    const steps = updates.map(({ progress }) => progress);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(text.tokens()).toBe(steps.at(-1));
    expect(updates[0]?.message).toBe('reasoning, about 5 tokens: …thinking about it');
    expect(updates[20]?.message).toMatch(/^answering, about \d+ tokens: ….*word19 $/);
    expect(updates.at(-1)?.message).toMatch(/^tool call, .*"Paris"}$/);
    expect(Math.max(...updates.map(({ message }) => message.length))).toBeLessThan(130);
  });

  it('shows no half of a character at either end', () => {
    const { updates, text } = live();
    text.push({ type: 'text', index: 0, text: `${'😀'.repeat(40)}x` });
    text.push({ type: 'text', index: 0, text: '\ud83d' });
    expect(updates).toHaveLength(2);
    for (const { message } of updates) expect(message.isWellFormed()).toBe(true);
    expect(updates[0]?.message).toMatch(/…(😀){39}x$/u);
  });

  it('says nothing when nothing came', () => {
    const { updates, text } = live();
    text.push({ type: 'text', index: 0, text: '' });
    text.push({ type: 'blockStop', index: 0 });
    expect(updates).toEqual([]);
    expect(text.tokens()).toBe(0);
  });
});
