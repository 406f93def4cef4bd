import { describe, expect, it } from 'vitest';
import type { ContentBlock, StopReason } from '../../src/messages/types.ts';
import {
  describeThread,
  messagesOf,
  summaryOf,
  type Thread,
  whyNotStored,
} from '../../src/threads/thread.ts';
import { asking, assistant, NOON, turn, user } from './thread-fixture.ts';

const text: ContentBlock = { text: 'Paris.' };
const reasoning: ContentBlock = { reasoningContent: { reasoningText: { text: 'hm', signature: 'abc' } } };
const call = (toolUseId: string, name = 'look'): ContentBlock => ({
  toolUse: { toolUseId, name, input: {} },
});

function thread(over: Partial<Thread> = {}): Thread {
  return {
    id: 't0000000000000000',
    created: NOON,
    lastUsed: NOON,
    expires: '2026-12-21T12:00:00.000Z',
    bytes: 100,
    turns: [turn('a'), turn('b')],
    setup: {},
    warnings: [],
    ...over,
  };
}

describe('a turn is not kept', () => {
  it.each<[StopReason, readonly ContentBlock[], RegExp]>([
    ['malformed_tool_use', [text, call('1')], /malformed tool call/],
    ['malformed_model_output', [text], /malformed output/],
    ['content_filtered', [text], /content filter/],
    ['guardrail_intervened', [text], /guardrail/],
    ['model_context_window_exceeded', [], /nothing: no text and no tool call/],
    ['other', [], /no text and no tool call/],
    ['end_turn', [reasoning], /only reasoning/],
    ['end_turn', [{ text: ' \n' }, reasoning], /only reasoning/],
    ['end_turn', [{ citationsContent: { content: [{ text: '' }], citations: [] } }], /no text/],
    ['tool_use', [text, call(' ')], /no ID/],
    ['tool_use', [text, call('1', '')], /no name/],
    ['tool_use', [call('1'), call('2'), call('1')], /same ID \(1\)/],
    ['max_tokens', [{ text: '' }], /max_tokens/],
    ['max_tokens', [text, call('1')], /cut off in a tool call/],
    ['model_context_window_exceeded', [call('1')], /cut off in a tool call/],
  ])('%s with %j', (stopReason, answer, why) => {
    expect(whyNotStored(stopReason, answer)).toMatch(why);
  });
});

describe('a turn is kept', () => {
  it.each<[StopReason, readonly ContentBlock[]]>([
    ['end_turn', [reasoning, text]],
    ['max_tokens', [text]],
    ['max_tokens', [call('1'), text]],
    ['stop_sequence', [text]],
    ['model_context_window_exceeded', [text]],
    ['other', [text]],
    ['tool_use', [{ text: '' }, call('1'), call('2')]],
    ['end_turn', [{ citationsContent: { content: [{ text: 'Yes.' }], citations: [] } }]],
  ])('%s with %j', (stopReason, answer) => {
    expect(whyNotStored(stopReason, answer)).toBeUndefined();
  });
});

describe('a thread in short', () => {
  it('adds tokens and cost exactly and names each model once', () => {
    const turns = [
      turn('a', { costUsd: '0.1' }),
      turn('b', { costUsd: '0.2', model: 'amazon.nova-lite-v1:0' }),
      turn('c', { costUsd: '0.0000000000000000001' }),
    ];
    expect(summaryOf(thread({ turns }))).toEqual({
      id: 't0000000000000000',
      created: NOON,
      last_used: NOON,
      expires: '2026-12-21T12:00:00.000Z',
      turns: 3,
      messages: 6,
      models: ['anthropic.claude-haiku-4-5-20251001-v1:0', 'amazon.nova-lite-v1:0'],
      bytes: 100,
      input_tokens: 30,
      output_tokens: 15,
      cost_usd: '0.3000000000000000001',
    });
  });

  it('says which part of the cost and the usage is not known', () => {
    const { costUsd: _, usage: __, ...unknown } = turn('b');
    expect(summaryOf(thread({ turns: [turn('a'), unknown] }))).toMatchObject({
      input_tokens: 10,
      cost_usd: '0.001',
      cost_note: 'The cost of 1 of 2 turns is not known.',
    });
    const none = summaryOf(thread({ turns: [unknown, turn('c', { costUsd: 'a lot', usage: {} })] }));
    expect(none.cost_note).toBe('The cost of 2 of 2 turns is not known.');
    expect(Object.keys(none)).not.toContain('cost_usd');
    expect(Object.keys(none)).not.toContain('input_tokens');
  });

  it('names the tool calls that wait for their results', () => {
    expect(summaryOf(thread({ turns: [turn('a'), asking('b', 'x', 'y')] })).waiting_for_tools).toEqual([
      'x',
      'y',
    ]);
    expect(Object.keys(summaryOf(thread({ turns: [asking('a', 'x'), turn('b')] })))).not.toContain(
      'waiting_for_tools',
    );
  });

  it("does not wait for tools that the model's provider runs", () => {
    const own: ContentBlock = {
      toolUse: { toolUseId: 's', name: 'web', input: {}, type: 'server_tool_use' },
    };
    const done: ContentBlock = { toolResult: { toolUseId: 'r', content: [] } };
    const turns = [turn('a', { added: [user(text), assistant(own, call('r'), done)] })];
    expect(Object.keys(summaryOf(thread({ turns })))).not.toContain('waiting_for_tools');
  });

  it('passes on what its file has lost', () => {
    expect(summaryOf(thread({ warnings: ['Turn 2 is lost.'] })).warnings).toEqual(['Turn 2 is lost.']);
  });
});

describe('the messages of a thread', () => {
  it('are those of all turns in order', () => {
    expect(messagesOf(thread()).map(({ role, content }) => [role, content])).toEqual([
      ['user', [{ text: 'a' }]],
      ['assistant', [{ text: 're: a' }]],
      ['user', [{ text: 'b' }]],
      ['assistant', [{ text: 're: b' }]],
    ]);
  });
});

describe('a thread described', () => {
  const signature = 'S'.repeat(400);
  const bytes = new Uint8Array(12_000).fill(1);
  const described = describeThread(
    thread({
      setup: { system: [{ text: 'Be brief.' }], toolConfig: undefined },
      turns: [
        turn('a', {
          added: [
            user({ image: { format: 'png', source: { bytes } } }),
            assistant(
              { reasoningContent: { reasoningText: { text: 'long thought', signature } } },
              { reasoningContent: { redactedContent: bytes } },
              { toolUse: { toolUseId: 'x', name: 'sign', input: { signature } } },
            ),
          ],
        }),
      ],
    }),
  );

  it('has notes in place of bytes, and signatures only by their start', () => {
    expect(described).toMatchObject({
      thread: { turns: 1, messages: 2 },
      system: [{ text: 'Be brief.' }],
      turns: [
        {
          turn: 1,
          call_id: 'call-a',
          usage: { inputTokens: 10, outputTokens: 5 },
          messages: [
            { role: 'user', content: [{ image: { format: 'png', source: { bytes: { bytes: 12_000 } } } }] },
            {
              role: 'assistant',
              family: 'claude',
              content: [
                {
                  reasoningContent: {
                    reasoningText: {
                      text: 'long thought',
                      signature: 'SSSSSSSSSSSSSSSS... (400 characters)',
                    },
                  },
                },
                { reasoningContent: { redactedContent: { bytes: 12_000 } } },
                { toolUse: { toolUseId: 'x', name: 'sign', input: { signature } } },
              ],
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(described)).not.toContain(Buffer.from(bytes).toString('base64').slice(0, 40));
  });
});
