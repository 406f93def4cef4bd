import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runThreads } from '../../../src/cli/commands/threads.ts';
import { newThreadId } from '../../../src/threads/thread-id.ts';
import {
  asking,
  assistant,
  errorOf,
  type Fixture,
  fixture,
  kept,
  turn,
  user,
} from '../../threads/thread-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

async function run(words: readonly string[], json = false): Promise<{ code: number; lines: string[] }> {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const code = await runThreads(on.store, words, { json, write });
  return { code, lines: text.split('\n').slice(0, -1) };
}

const bytes = new Uint8Array(12_000);
const talk = turn('x', {
  added: [
    user(
      { text: 'What is\tthis?\nTell \u001b[2J me.' },
      { image: { format: 'png', source: { bytes } } },
      { document: { format: 'pdf', name: 'a\u202eb', source: { bytes: new Uint8Array(5) } } },
      { document: { format: 'txt', name: 'note', source: { text: 'four' } } },
    ),
    assistant(
      { reasoningContent: { reasoningText: { text: 'A cat, I think.', signature: 's' } } },
      { reasoningContent: { redactedContent: bytes } },
      { text: 'Let me look.' },
      { toolUse: { toolUseId: 'u1', name: 'look', input: { at: 'p\u009bng' } } },
    ),
    user({
      toolResult: {
        toolUseId: 'u1',
        status: 'error',
        content: [{ text: 'no\nlight' }, { json: [1] }, { image: { format: 'gif', source: { bytes } } }],
      },
    }),
    assistant({ text: 'A cat.' }),
  ],
});

describe('bedrock-mcp threads', () => {
  it('says it when nothing is kept', async () => {
    expect(await run([])).toEqual({ code: 0, lines: [`No threads in ${on.store.place}.`] });
  });

  it('lists what is kept as a table, newest first', async () => {
    const { costUsd: _, ...unpriced } = asking('b', 'u');
    const old = await kept(on.store, [turn('a', { time: '2026-11-20T08:00:00.000Z' })]);
    const young = await kept(on.store, [turn('a'), unpriced]);
    const { code, lines } = await run(['list']);
    expect(code).toBe(0);
    expect(lines[0]).toMatch(
      /^Thread +Last used \(UTC\) +Expires +Turns +Size +Tokens in +Tokens out +USD +Models +Notes$/,
    );
    expect(lines[2]).toMatch(
      new RegExp(
        `^${young} +2026-11-21 12:00 +2026-12-21 +2 +\\d+ k?B +20 +10 +0.001 \\+ \\? .* waits for tool results$`,
      ),
    );
    expect(lines[3]).toMatch(
      new RegExp(`^${old} +2026-11-20 08:00 +2026-12-20 +1 .* 0.001 +anthropic.claude`),
    );
    expect(lines).toHaveLength(4);
  });

  it('lists as JSON', async () => {
    const id = await kept(on.store, [turn('a')]);
    const { lines } = await run([], true);
    expect(JSON.parse(lines.join('\n'))).toMatchObject({ threads: [{ id, turns: 1 }], warnings: [] });
  });

  it('shows a transcript that cannot steer the terminal', async () => {
    const id = await kept(on.store, [talk], {
      system: [{ text: 'Be kind.' }],
      toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: {} } }] },
    });
    const { code, lines } = await run(['show', id]);
    expect(code).toBe(0);
    expect(lines[0]).toMatch(new RegExp(`^Thread ${id}: 1 turns, \\d+ kB$`));
    expect(lines.slice(1)).toEqual([
      'Created 2026-11-21 12:00, last used 2026-11-21 12:00, expires 2026-12-21 12:00 (UTC)',
      '',
      'system:',
      '  Be kind.',
      '',
      'tools: look',
      '',
      '--- turn 1: 2026-11-21 12:00, us.anthropic.claude-haiku-4-5-20251001-v1:0 (converse), 10 tokens in, 5 tokens out, 0.001 USD, end_turn, call call-x',
      '',
      'user:',
      '  What is  this?',
      '  Tell ?[2J me.',
      '  [image png 12 kB]',
      '  [document pdf "a?b" 5 B]',
      '  [document txt "note" 4 B]',
      '',
      'assistant (claude):',
      '  [reasoning]',
      '  A cat, I think.',
      '  [hidden reasoning 12 kB]',
      '  Let me look.',
      '  [tool call look u1] {"at":"p?ng"}',
      '',
      'user:',
      '  [tool result u1, error]',
      '  no',
      '  light',
      '  [1]',
      '  [image gif 12 kB]',
      '',
      'assistant (claude):',
      '  A cat.',
      '',
      'Cost: 0.001 USD.',
    ]);
  });

  it('shows what waits, what is damaged and what has no known cost', async () => {
    const { costUsd: _, ...unpriced } = asking('b', 'u1', 'u2');
    const id = await kept(on.store, [turn('a'), unpriced]);
    await on.spoil(id, '{"half');
    const { lines } = await run(['show', id]);
    expect(lines[2]).toBe("Note: The last line of the thread's file (line 3) is not whole; it is left out.");
    expect(lines).toContain('Waits for the results of: u1, u2');
    expect(lines.at(-1)).toBe('Cost: 0.001 USD. The cost of 1 of 2 turns is not known.');
    expect((await run([])).lines[2]).toMatch(/waits for tool results, damaged$/);
  });

  it('shows as JSON, without bytes', async () => {
    const id = await kept(on.store, [talk]);
    const { lines } = await run(['show', id], true);
    const shown = JSON.parse(lines.join('\n'));
    expect(shown.thread.id).toBe(id);
    expect(shown.turns[0].messages[0].content[1].image.source).toEqual({ bytes: { bytes: 12_000 } });
  });

  it('refuses to show what is not there', async () => {
    expect((await errorOf(run(['show', newThreadId()]))).code).toBe('unknown_thread');
    expect((await errorOf(run(['show', '../x']))).code).toBe('unknown_thread');
  });

  it('deletes, and exits with 1 when one was not there', async () => {
    const ids = await Promise.all(['a', 'b', 'c'].map((each) => kept(on.store, [turn(each)])));
    const [a = '', b = '', c = ''] = ids;
    expect(await run(['delete', a, a])).toEqual({ code: 0, lines: [`Deleted ${a}`] });
    expect(await run(['delete', a, b, '\u001b[31m'])).toEqual({
      code: 1,
      lines: [`Deleted ${b}`, `No thread ${a}`, 'No thread ?[31m'],
    });
    const { code, lines } = await run(['delete', b, c], true);
    expect([code, JSON.parse(lines.join(''))]).toEqual([1, { deleted: [c], unknown: [b] }]);
    expect((await on.store.list()).threads).toEqual([]);
  });

  it.each([[['show']], [['show', 'a', 'b']], [['delete']], [['list', 'x']], [['drop\u001b', 'x']]])(
    '%j is no command',
    async (words) => {
      const error = await errorOf(run(words));
      expect(error.code).toBe('config');
      expect(error.message).not.toContain('\u001b');
      expect(error.fix).toContain('threads delete <id>');
    },
  );
});
