import { describe, expect, it } from 'vitest';
import { settleTools } from '../../../src/inference/history/tool-pairing.ts';
import type { ContentBlock, Message } from '../../../src/messages/types.ts';
import { asking, prepare, spec } from '../prepare/rules/rule-row.ts';
import { deepFreeze } from '../sample-model.ts';

const user = (...content: Message['content']): Message => ({ role: 'user', content });
const assistant = (...content: Message['content']): Message => ({ role: 'assistant', content });
const call = (toolUseId: string): ContentBlock => ({ toolUse: { toolUseId, name: 'look', input: {} } });
const result = (toolUseId: string): ContentBlock => ({
  toolResult: { toolUseId, content: [{ text: 'ok' }] },
});
const hi = { text: 'Hi' };
const CALLED = { text: '[Called the tool look with {}]' };
const ANSWERED = { text: '[The tool answered: ok]' };

const settle = (kept: readonly Message[], ...turn: readonly Message[]) =>
  settleTools(deepFreeze([...kept, ...turn]), kept.length);

describe('tool rounds of a kept conversation', () => {
  it('stay the same when all of them fit together, those of the provider itself included', () => {
    const server: ContentBlock = {
      toolUse: { toolUseId: 's', name: 'x', input: {}, type: 'server_tool_use' },
    };
    const messages = [
      user(hi),
      assistant(server, call('a'), call('b')),
      user(result('b'), result('a'), hi),
      assistant(call('a')),
      user(result('a')),
    ];
    expect(settleTools(messages, 4)).toBe(messages);
  });

  it('stay the same when calls that share one ID are all answered, also across a system message', () => {
    const messages: Message[] = [
      user(hi),
      assistant(call('a'), call('a')),
      user(result('a')),
      { role: 'system', content: [hi] },
      user(result('a')),
      assistant(hi),
      user(hi),
    ];
    expect(settleTools(messages, 6)).toBe(messages);
    const request = asking({ messages, toolConfig: { tools: [spec('look')] } });
    expect(() => prepare({ request })).not.toThrow();
  });

  it.each<[string, Message[], ContentBlock[][]]>([
    ['a call that was never answered', [assistant(call('a')), user(hi)], [[CALLED], [hi]]],
    [
      'one call of two',
      [assistant(call('a'), call('b')), user(result('b'))],
      [[CALLED, call('b')], [result('b')]],
    ],
    ['a result without a call', [assistant(hi), user(result('a'), hi)], [[hi], [ANSWERED, hi]]],
    [
      'the second result of a call',
      [assistant(call('a')), user(result('a'), result('a'))],
      [[call('a')], [result('a'), ANSWERED]],
    ],
    [
      'the second call of an ID',
      [assistant(call('a'), call('a')), user(result('a'))],
      [[call('a'), CALLED], [result('a')]],
    ],
    [
      'calls and results in the wrong role',
      [assistant(result('a')), user(call('a'))],
      [[ANSWERED], [CALLED]],
    ],
  ])('become words: %s', (_what, kept, becomes) => {
    const said = [user(hi), ...kept, assistant(hi)];
    const settled = settle(said, user(hi));
    expect(settled.map(({ content }) => content)).toEqual([[hi], ...becomes, [hi], [hi]]);
  });
});

describe('a turn that does not fit its thread is refused', () => {
  const waiting = [user(hi), assistant(call('a'), call('b'))];
  const done = [...waiting, user(result('a'), result('b')), assistant(hi)];

  it.each<[string, Message[], Message[], RegExp, string]>([
    [
      'words while calls wait',
      waiting,
      [user(hi)],
      /still waits for the result of "a" \(look\), "b"/,
      'messages',
    ],
    [
      'results for some of the calls',
      waiting,
      [user(result('a'))],
      /still waits .* "b" \(look\)\.$/,
      'messages',
    ],
    ['a result of another ID while calls wait', waiting, [user(result('c'))], /still waits/, 'messages'],
    [
      'the calls once more, with their results',
      waiting,
      [assistant(call('a'), call('b')), user(result('a'), result('b'))],
      /The thread has the tool call "a" already/,
      'messages[2].content[0].toolUse',
    ],
    [
      'a result once more',
      done,
      [user(result('a'))],
      /The thread has a result of the tool call "a" already/,
      'messages[4].content[0].toolResult',
    ],
    [
      'a result of an unknown ID',
      done,
      [user(hi, result('c'))],
      /"c" answers no tool call/,
      'messages[4].content[1].toolResult',
    ],
    [
      'two results for one call',
      [user(hi), assistant(call('a'))],
      [user(result('a'), result('a'))],
      /answered twice/,
      'messages[2].content[1].toolResult',
    ],
    [
      'a call of its own without a result',
      done,
      [user(hi), assistant(call('c')), user(hi)],
      /"c" has no result/,
      'messages[5].content[0].toolUse',
    ],
    ['a call by the user', done, [user(call('c'))], /of the user/, 'messages[4].content[0].toolUse'],
    [
      'two calls of one ID',
      [],
      [user(hi), assistant(call('c'), call('c')), user(result('c'))],
      /used twice/,
      'messages[1].content[1].toolUse',
    ],
  ])('%s', (_what, kept, turn, message, field) => {
    expect(() => settle(kept, ...turn)).toThrow(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(message), field }),
    );
  });

  it('with the result that it waits for written out', () => {
    expect(() => settle(waiting, user(hi))).toThrow(
      expect.objectContaining({
        fix: expect.stringContaining(
          '{"role":"user","content":[{"toolResult":{"toolUseId":"a","content":[{"text":"..."}]}}]}',
        ),
      }),
    );
  });
});
