import { chmod, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContentBlock, Message } from '../../src/messages/types.ts';
import type { ThreadSetup, ThreadTurn } from '../../src/threads/thread.ts';
import { messagesOf } from '../../src/threads/thread.ts';
import { assistant, errorOf, type Fixture, fixture, kept, NOON, turn, user } from './thread-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at % 256);
const source = { bytes };
const image: ContentBlock = { image: { format: 'png', source } };
const everything: readonly Message[] = [
  user(
    { text: 'a\u2028b\ud83d\ude00' },
    image,
    { image: { format: 'webp', source: { s3Location: { uri: 's3://b/k', bucketOwner: '1' } } } },
    { document: { format: 'pdf', name: 'd', source, context: 'c', citations: { enabled: true } } },
    { document: { format: 'txt', name: 'd', source: { text: 't' } } },
    { document: { format: 'md', name: 'd', source: { content: [{ text: 't' }] } } },
    { video: { format: 'three_gp', source } },
    { audio: { format: 'wav', source } },
    { cachePoint: { type: 'default', ttl: '1h' } },
    { guardContent: { text: { text: 'g', qualifiers: ['query'] } } },
    { guardContent: { image: { format: 'jpeg', source } } },
    { searchResult: { title: 's', $bytes: 'aGk=' } },
  ),
  assistant(
    { reasoningContent: { reasoningText: { text: 'r', signature: 'sig+/=' } } },
    { reasoningContent: { redactedContent: bytes } },
    { citationsContent: { content: [{ text: 'c' }], citations: [{ title: 't', location: { n: 1 } }] } },
    { unknown: { name: 'new', value: [{ $bytes: 'aGk=' }] } },
    { toolUse: { toolUseId: 'x', name: 'n', input: { $bytes: 'aGk=' }, type: 'server_tool_use' } },
    {
      toolUse: {
        toolUseId: 'y',
        name: 'n',
        input: JSON.parse('{"__proto__":{"a":1},"n":[1.5e300,null,""]}'),
      },
    },
  ),
  user({
    toolResult: {
      toolUseId: 'y',
      status: 'error',
      type: 'tool_result',
      content: [
        { text: '' },
        { json: { $$bytes: { $bytes: 'aGk=' } } },
        { image: { format: 'gif', source } },
        { document: { format: 'csv', name: 'd', source } },
        { video: { format: 'mp4', source } },
      ],
    },
  }),
  { role: 'system', content: [{ text: 'in between' }] },
  assistant({ text: 'done' }),
];

describe('what is kept', () => {
  it('comes back exactly, in every kind of block', async () => {
    const whole: ThreadTurn = turn('a', {
      added: everything,
      api: 'native',
      usage: {
        inputTokens: 1,
        outputTokens: 2,
        cacheReadInputTokens: 3,
        cacheWriteInputTokens: 4,
        cacheWrite1hInputTokens: 4,
      },
    });
    const setup: ThreadSetup = {
      system: [{ text: 's' }, { cachePoint: { type: 'default' } }, { guardContent: { text: { text: 'g' } } }],
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 't',
              description: 'd',
              inputSchema: { type: 'object', $bytes: {} },
              strict: true,
            },
          },
          { systemTool: { name: 'nova_grounding' } },
          { cachePoint: { type: 'default', ttl: '5m' } },
          { nativeTool: { type: 'bash_20250124', name: 'bash' } },
        ],
        toolChoice: { any: {} },
      },
    };
    const id = await kept(on.store, [whole], setup);
    const thread = await on.another().read(id);
    expect(thread.turns).toStrictEqual([whole]);
    expect(thread.setup).toStrictEqual(setup);
    expect(thread.turns.flatMap(({ added }) => added)).toStrictEqual(everything);
    const answers = messagesOf(thread).filter(({ family }) => family !== undefined);
    expect(new Set(answers.map(({ model }) => model))).toEqual(new Set([whole.model]));
    expect(JSON.stringify(thread.turns[0]?.added[1])).toContain('"__proto__":{"a":1}');
  });

  it('is told with its times and its size', async () => {
    const id = await kept(on.store, [turn('a'), turn('b', { time: '2026-11-22T13:00:00+01:00' })]);
    expect(await on.store.read(id)).toMatchObject({
      id,
      created: NOON,
      lastUsed: '2026-11-22T12:00:00.000Z',
      expires: '2026-12-22T12:00:00.000Z',
      bytes: (await stat(on.path(id))).size,
    });
  });

  it('is one line a turn, in a file and a folder that only this user can read', async () => {
    const id = await kept(on.store, [turn('a'), turn('b')]);
    expect((await on.text(id)).split('\n')).toHaveLength(3);
    expect((await stat(on.path(id))).mode & 0o777).toBe(0o600);
    expect((await stat(on.store.folder)).mode & 0o777).toBe(0o700);
    await chmod(on.path(id), 0o644);
    await on.store.append(id, turn('c'), { after: 2, setup: {} });
    expect((await stat(on.path(id))).mode & 0o777).toBe(0o600);
  });

  it('comes back in short from the append', async () => {
    const id = await kept(on.store, [turn('a')]);
    expect(await on.store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({
      stored: true,
      thread: { id, turns: 2, messages: 4, cost_usd: '0.002', bytes: (await stat(on.path(id))).size },
    });
  });

  it('has its setup only where that changed', async () => {
    const brief: ThreadSetup = { system: [{ text: 'Be brief.' }] };
    const id = on.store.mint();
    const setups: readonly ThreadSetup[] = [{}, brief, { ...brief, toolConfig: undefined }, {}];
    for (const [after, setup] of setups.entries()) {
      await on.store.append(id, turn(String(after)), { after, setup });
      expect((await on.another().read(id)).setup).toEqual(setup);
    }
    const stored = (await on.lines(id)).map((line) => JSON.parse(line).setup);
    expect(stored).toEqual([undefined, brief, undefined, {}]);
  });

  it.each([
    ['no answer', { added: [user({ text: 'a' })] }],
    ['nothing but an answer', { added: [assistant({ text: 'a' })] }],
    ['an empty answer', { added: [user({ text: 'a' }), assistant()] }],
    ['a time that is none', { time: 'soon' }],
    [
      'a tool input without a bottom',
      {
        added: [
          user({ text: 'a' }),
          assistant({
            toolUse: {
              toolUseId: 'x',
              name: 'n',
              input: JSON.parse(`${'['.repeat(9999)}${']'.repeat(9999)}`),
            },
          }),
        ],
      },
    ],
  ])('is never what could not be read again: %s', async (_what, over) => {
    const id = await kept(on.store, [turn('a')]);
    expect(await on.store.append(id, turn('b', over), { after: 1, setup: {} })).toMatchObject({
      stored: false,
      reason: expect.stringMatching(/^The turn /),
    });
    expect(await on.lines(id)).toHaveLength(1);
  });

  it('does not lose a turn to a count that is no number', async () => {
    const usage = { inputTokens: Number.NaN, outputTokens: 5, cacheReadInputTokens: -1 };
    const id = await kept(on.store, [turn('a', { usage })]);
    expect((await on.store.read(id)).turns[0]?.usage).toEqual({ outputTokens: 5 });
  });
});

describe('a thread ID', () => {
  it('is new each time, short, and lower-case letters and digits', () => {
    const ids = Array.from({ length: 500 }, () => on.store.mint());
    expect(new Set(ids).size).toBe(500);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{17}$/);
  });

  it('touches no file', async () => {
    on.store.mint();
    expect(await readdir(on.dir)).toEqual([]);
    expect(await on.store.list()).toEqual({ threads: [], warnings: [] });
    expect(await readdir(on.dir)).toEqual([]);
  });

  it.each([
    '',
    'new',
    '../../etc/passwd',
    't000000000000000/',
    '..\\..\\x',
    '__proto__',
    'con',
    't0000000000000000\n',
    'T0000000000000000',
    't0000000000000000.jsonl',
    't000000000000000i',
    't00000000000000000',
    '\u0000',
    'x'.repeat(100_000),
  ])('of another form never becomes a path: %j', async (id) => {
    await kept(on.store, [turn('a')]);
    const error = await errorOf(on.store.read(id));
    expect(error).toMatchObject({ code: 'unknown_thread', fix: expect.stringContaining('"new"') });
    expect(error.message).toContain('not in the form of a thread ID');
    expect(error.message.length).toBeLessThan(400);
    expect((await errorOf(on.store.append(id, turn('a'), { after: 0, setup: {} }))).code).toBe(
      'unknown_thread',
    );
    expect(() => on.store.claim(id, 'c')).toThrowError(expect.objectContaining({ code: 'unknown_thread' }));
    expect(await on.store.remove(id)).toBe(false);
    expect((await on.store.list()).threads).toHaveLength(1);
  });

  it('that nobody has used is unknown', async () => {
    const id = on.store.mint();
    const error = await errorOf(on.store.read(id));
    expect(error.code).toBe('unknown_thread');
    expect(error.message).toContain(`No conversation is kept under the thread ID ${id}`);
    expect(error.fix).toContain('`bedrock-mcp threads`');
    expect(await on.store.append(id, turn('a'), { after: 2, setup: {} })).toMatchObject({
      stored: false,
      reason: expect.stringContaining('deleted'),
    });
  });
});

describe('one call at a time', () => {
  it('a claimed thread is busy, and says whose call it is', () => {
    const id = on.store.mint();
    const release = on.store.claim(id, 'call-1');
    expect(() => on.store.claim(id, 'call-2')).toThrowError(
      expect.objectContaining({ code: 'busy', retryable: true, message: expect.stringContaining('call-1') }),
    );
    on.store.claim(on.store.mint(), 'call-2')();
    release();
    const again = on.store.claim(id, 'call-2');
    release();
    expect(() => on.store.claim(id, 'call-3')).toThrowError(expect.objectContaining({ code: 'busy' }));
    again();
    on.store.claim(id, 'call-3')();
  });
});

describe('the list', () => {
  it('is newest first, and tells of files that cannot be read', async () => {
    const ids: string[] = [];
    for (const day of ['15', '11', '19', '13', '17', '12'])
      ids.push(await kept(on.store, [turn('a', { time: `2026-11-${day}T00:00:00.000Z` })]));
    const large = on.store.mint();
    await writeFile(on.path(large), '');
    await truncate(on.path(large), 256 * 1024 * 1024 + 1);
    await writeFile(on.path(on.store.mint()), '');
    await writeFile(join(on.store.folder, 'notes.txt'), 'mine');
    const { threads, warnings } = await on.store.list();
    expect(threads.map(({ last_used }) => last_used.slice(8, 10))).toEqual([
      '19',
      '17',
      '15',
      '13',
      '12',
      '11',
    ]);
    expect(threads.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(warnings).toEqual([expect.stringContaining(`The thread ${large} is left out: `)]);
  });

  it('has no deleted thread', async () => {
    const id = await kept(on.store, [turn('a')]);
    expect(await on.store.remove(id)).toBe(true);
    expect(await on.store.remove(id)).toBe(false);
    expect(await on.store.list()).toEqual({ threads: [], warnings: [] });
    expect((await errorOf(on.store.read(id))).code).toBe('unknown_thread');
    expect(await on.store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({ stored: false });
    expect(await readdir(on.store.folder)).toEqual([]);
  });
});
