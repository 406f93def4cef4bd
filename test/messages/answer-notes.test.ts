import { describe, expect, it } from 'vitest';
import { answerNotes } from '../../src/messages/answer-notes.ts';
import type { ContentBlock, StopReason } from '../../src/messages/types.ts';

const thought: ContentBlock = { reasoningContent: { reasoningText: { text: 'hm' } } };
const call: ContentBlock = { toolUse: { toolUseId: 't', name: 'f', input: {} } };
const search: ContentBlock = { toolUse: { toolUseId: 's', name: 'web', input: {}, type: 'server_tool_use' } };
const png: ContentBlock = { image: { format: 'png', source: { bytes: new Uint8Array(1) } } };

const nothing = 'The answer has nothing: no text and no tool call (stop reason end_turn).';

const NOTES: readonly [name: string, content: ContentBlock[], stop: StopReason, notes: string[]][] = [
  ['An answer of words needs no note', [thought, { text: 'yes' }], 'end_turn', []],
  ['A tool call is an answer', [thought, call], 'tool_use', []],
  ['A picture is an answer', [png], 'end_turn', []],
  ['An answer without a block is told', [], 'end_turn', [nothing]],
  ['An answer of spaces is told', [{ text: ' \n' }], 'end_turn', [nothing]],
  ['A search that nobody tells of is no answer', [search], 'end_turn', [nothing]],
  [
    'An answer of reasoning alone is told',
    [thought],
    'end_turn',
    ['The answer has only reasoning: no text and no tool call (stop reason end_turn).'],
  ],
  [
    'Parts that nobody knows are named once',
    [{ text: 'yes' }, { unknown: { name: 'a', value: 1 } }, { unknown: { name: 'a', value: 2 } }],
    'end_turn',
    ['The answer has parts of a kind that this server does not know (a): content has them as they came.'],
  ],
];

describe('answerNotes', () => {
  it.each(NOTES)('%s', (_name, content, stopReason, notes) => {
    expect(answerNotes({ content, stopReason, usage: {} })).toEqual(notes);
  });

  it("names a stop reason that nobody knows in the provider's word", () => {
    const notes = answerNotes({ content: [], stopReason: 'other', stopReasonRaw: 'bored', usage: {} });
    expect(notes.at(-1)).toContain('stop reason bored');
  });
});
