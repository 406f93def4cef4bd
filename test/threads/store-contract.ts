/** What every adapter of `ThreadStore` keeps. A next adapter is one line in `store.test.ts`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContentBlock, Message } from '../../src/messages/types.ts';
import type { ThreadStore } from '../../src/threads/store.ts';
import { messagesOf, type ThreadSetup, type ThreadTurn } from '../../src/threads/thread.ts';
import { newThreadId } from '../../src/threads/thread-id.ts';
import { assistant, errorOf, kept, NOON, saidIn, turn, user } from './thread-fixture.ts';

/** One store, as several processes have it. Its threads expire after 30 days. */
export interface SharedThreads {
  readonly store: ThreadStore;
  /** Another process's view of it. */
  another(): ThreadStore;
  /** Sets the clock of all of them, ISO; it stands at NOON. */
  at(time: string): void;
  close(): Promise<void>;
}

/** Declares the tests for one adapter. */
export function threadStoreContract(name: string, open: () => Promise<SharedThreads>): void {
  describe(`threads in ${name}`, () => {
    let shared: SharedThreads;
    beforeEach(async () => {
      shared = await open();
    });
    afterEach(() => shared.close());

    const on = () => shared;
    contents(on);
    turnsRefused(on);
    ids(on);
    lists(on);
    rivals(on);
  });
}

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

function contents(on: () => SharedThreads): void {
  it('a thread comes back exactly, in every kind of block', async () => {
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
    const id = await kept(on().store, [whole], setup);
    const thread = await on().another().read(id);
    expect(thread.turns).toStrictEqual([whole]);
    expect(thread.setup).toStrictEqual(setup);
    expect(thread.turns.flatMap(({ added }) => added)).toStrictEqual(everything);
    const answers = messagesOf(thread).filter(({ family }) => family !== undefined);
    expect(new Set(answers.map(({ model }) => model))).toEqual(new Set([whole.model]));
    expect(JSON.stringify(thread.turns[0]?.added[1])).toContain('"__proto__":{"a":1}');
  });

  it('a thread is told with its times and its size', async () => {
    const id = await kept(on().store, [turn('a'), turn('b', { time: '2026-11-22T13:00:00+01:00' })]);
    expect(await on().store.read(id)).toMatchObject({
      id,
      created: NOON,
      lastUsed: '2026-11-22T12:00:00.000Z',
      expires: '2026-12-22T12:00:00.000Z',
      bytes: expect.any(Number),
    });
  });

  it('a thread comes back in short from the append', async () => {
    const id = await kept(on().store, [turn('a')]);
    expect(await on().store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({
      stored: true,
      thread: { id, turns: 2, messages: 4, cost_usd: '0.002', bytes: expect.any(Number) },
    });
  });

  it('a thread has the setup of its last turn', async () => {
    const brief: ThreadSetup = { system: [{ text: 'Be brief.' }] };
    const id = newThreadId();
    const setups: readonly ThreadSetup[] = [{}, brief, { ...brief, toolConfig: undefined }, {}];
    for (const [after, setup] of setups.entries()) {
      await on().store.append(id, turn(String(after)), { after, setup });
      expect((await on().another().read(id)).setup).toEqual(setup);
    }
  });
}

function turnsRefused(on: () => SharedThreads): void {
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
  ])('a turn that could not be read again is not stored: %s', async (_what, over) => {
    const id = await kept(on().store, [turn('a')]);
    expect(await on().store.append(id, turn('b', over), { after: 1, setup: {} })).toMatchObject({
      stored: false,
      reason: expect.stringMatching(/^The turn /),
    });
    expect((await on().store.read(id)).turns).toHaveLength(1);
  });

  it('a turn is not lost to a count that is no number', async () => {
    const usage = { inputTokens: Number.NaN, outputTokens: 5, cacheReadInputTokens: -1 };
    const id = await kept(on().store, [turn('a', { usage })]);
    expect((await on().store.read(id)).turns[0]?.usage).toEqual({ outputTokens: 5 });
  });
}

function ids(on: () => SharedThreads): void {
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
  ])('an ID of another form has no thread: %j', async (id) => {
    await kept(on().store, [turn('a')]);
    const error = await errorOf(on().store.read(id));
    expect(error).toMatchObject({ code: 'unknown_thread', fix: expect.stringContaining('"new"') });
    expect(error.message).toContain('not in the form of a thread ID');
    expect(error.message.length).toBeLessThan(400);
    expect((await errorOf(on().store.append(id, turn('a'), { after: 0, setup: {} }))).code).toBe(
      'unknown_thread',
    );
    expect(() => on().store.claim(id, 'c')).toThrowError(expect.objectContaining({ code: 'unknown_thread' }));
    expect(await on().store.remove(id)).toBe(false);
    expect((await on().store.list()).threads).toHaveLength(1);
  });

  it('an ID that nobody has used is unknown', async () => {
    const id = newThreadId();
    const error = await errorOf(on().store.read(id));
    expect(error.code).toBe('unknown_thread');
    expect(error.message).toContain(`No conversation is stored under the thread ID ${id}`);
    expect(error.fix).toContain('`bedrock-mcp threads`');
    expect(await on().store.append(id, turn('a'), { after: 2, setup: {} })).toMatchObject({
      stored: false,
      reason: expect.stringContaining('deleted'),
    });
  });

  it('a claimed thread is busy, and says whose call it is', () => {
    const id = newThreadId();
    const release = on().store.claim(id, 'call-1');
    expect(() => on().store.claim(id, 'call-2')).toThrowError(
      expect.objectContaining({ code: 'busy', retryable: true, message: expect.stringContaining('call-1') }),
    );
    on().store.claim(newThreadId(), 'call-2')();
    release();
    const again = on().store.claim(id, 'call-2');
    release();
    expect(() => on().store.claim(id, 'call-3')).toThrowError(expect.objectContaining({ code: 'busy' }));
    again();
    on().store.claim(id, 'call-3')();
  });
}

function lists(on: () => SharedThreads): void {
  it('the list is newest first', async () => {
    const ids: string[] = [];
    for (const day of ['15', '11', '19', '13', '17', '12'])
      ids.push(await kept(on().store, [turn('a', { time: `2026-11-${day}T00:00:00.000Z` })]));
    const { threads, warnings } = await on().another().list();
    expect(threads.map(({ last_used }) => last_used.slice(8, 10))).toEqual([
      '19',
      '17',
      '15',
      '13',
      '12',
      '11',
    ]);
    expect(threads.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(warnings).toEqual([]);
  });

  it('a deleted thread is gone', async () => {
    const id = await kept(on().store, [turn('a')]);
    expect(await on().store.remove(id)).toBe(true);
    expect(await on().store.remove(id)).toBe(false);
    expect(await on().store.list()).toEqual({ threads: [], warnings: [] });
    expect((await errorOf(on().store.read(id))).code).toBe('unknown_thread');
    expect(await on().store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({ stored: false });
  });

  it('an expired thread is refused once its days are over, not a moment before', async () => {
    const id = await kept(on().store, [turn('a')]);
    on().at('2026-12-21T12:00:00.000Z');
    expect(await saidIn(on().store, id)).toEqual(['a']);
    on().at('2026-12-21T12:00:00.001Z');
    const error = await errorOf(on().store.read(id));
    expect(error.code).toBe('unknown_thread');
    expect(error.message).toMatch(/has expired: it was last used 2026-11-21.* for 30 days/);
    expect(error.fix).toContain('"new"');
  });

  it('the days of a thread are counted from its last turn', async () => {
    const id = await kept(on().store, [turn('a'), turn('b', { time: '2026-12-01T00:00:00.000Z' })]);
    on().at('2026-12-21T12:00:00.001Z');
    expect(await saidIn(on().store, id)).toEqual(['a', 'b']);
  });

  it('an expired thread is left out of the list', async () => {
    const id = await kept(on().store, [turn('a')]);
    expect((await on().store.list()).threads.map((each) => each.id)).toEqual([id]);
    on().at('2026-12-21T12:00:00.001Z');
    expect((await on().store.list()).threads).toEqual([]);
  });
}

function rivals(on: () => SharedThreads): void {
  it('the first to continue a turn wins, and the other is told whose call it was', async () => {
    const [one, two] = [on().store, on().another()];
    const id = await kept(one, [turn('a')]);
    expect(await one.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({ stored: true });
    const late = await two.append(id, turn('c'), { after: 1, setup: {} });
    expect(late).toMatchObject({ stored: false, reason: expect.stringContaining('call-b') });
    for (const store of [one, two]) expect(await saidIn(store, id)).toEqual(['a', 'b']);
    expect(await two.append(id, turn('c'), { after: 2, setup: {} })).toMatchObject({ stored: true });
    expect(await saidIn(one, id)).toEqual(['a', 'b', 'c']);
  });

  it('of many at the same moment exactly one is stored, and all see the same', async () => {
    const stores = Array.from({ length: 8 }, () => on().another());
    const id = newThreadId();
    for (let after = 0; after < 4; after += 1) {
      const done = await Promise.all(
        stores.map((store, at) => store.append(id, turn(`${after}/${at}`), { after, setup: {} })),
      );
      expect(done.filter(({ stored }) => stored)).toHaveLength(1);
      const winner = done.findIndex(({ stored }) => stored);
      for (const store of stores) expect((await saidIn(store, id)).at(-1)).toBe(`${after}/${winner}`);
    }
    expect((await on().store.read(id)).warnings).toEqual([]);
  });
}
