import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ThreadTurn } from '../../../src/threads/thread.ts';
import { newThreadId } from '../../../src/threads/thread-id.ts';
import { answering, asking, errorOf, type Fixture, fixture, kept, saidIn, turn } from '../thread-fixture.ts';

let on: Fixture;
beforeEach(async () => {
  on = await fixture();
});
afterEach(() => on.close());

/** A thread of these turns, with its lines changed before it is read. */
async function damaged(
  turns: readonly ThreadTurn[],
  change: (lines: string[]) => readonly (string | undefined)[],
): Promise<string> {
  const id = await kept(on.store, turns);
  const lines = change(await on.lines(id)).filter((line) => line !== undefined);
  await writeFile(on.path(id), lines.map((line) => `${line}\n`).join(''));
  return id;
}

const half = (line: string | undefined) => line?.slice(0, 80);

describe('the end of a file', () => {
  it('a torn last line is ignored and told', async () => {
    const id = await kept(on.store, [turn('a'), turn('b')]);
    const [, second = ''] = await on.lines(id);
    await writeFile(on.path(id), (await on.text(id)).slice(0, -second.length / 2));
    expect(await saidIn(on.store, id)).toEqual(['a']);
    expect((await on.store.read(id)).warnings).toEqual([
      "The last line of the thread's file (line 2) is not whole; it is left out.",
    ]);
  });

  it('the turn after a torn line starts on a line of its own', async () => {
    const id = await kept(on.store, [turn('a')]);
    await on.spoil(id, '{"v":1,"type":"turn","n":2');
    expect(await on.store.append(id, turn('b'), { after: 1, setup: {} })).toMatchObject({ stored: true });
    expect(await saidIn(on.another(), id)).toEqual(['a', 'b']);
    expect((await on.store.read(id)).warnings).toEqual([
      "Line 2 of the thread's file is not whole; it is left out.",
    ]);
  });

  it('a turn that lacks nothing but its newline counts, now and after the next one', async () => {
    const id = await kept(on.store, [turn('a'), turn('b')]);
    await writeFile(on.path(id), (await on.text(id)).slice(0, -1));
    expect(await on.store.read(id)).toMatchObject({ warnings: [], turns: [{}, {}] });
    expect(await on.store.append(id, turn('c'), { after: 2, setup: {} })).toMatchObject({ stored: true });
    expect(await saidIn(on.store, id)).toEqual(['a', 'b', 'c']);
  });

  it('a thread whose only turn is torn is unknown, and can be started again', async () => {
    const id = newThreadId();
    await kept(on.store, [turn('elsewhere')]);
    await on.spoil(id, '{"v":1,"type":"turn","n":1');
    expect((await errorOf(on.store.read(id))).code).toBe('unknown_thread');
    expect(await on.store.append(id, turn('a'), { after: 0, setup: {} })).toMatchObject({ stored: true });
    expect(await saidIn(on.store, id)).toEqual(['a']);
  });
});

describe('damage in the middle', () => {
  it.each([
    ['half a line', half, 'is not whole'],
    ['a list', () => '[1]', 'is no turn of a thread'],
    ['JSON of somebody else', () => '{"hello":"world"}', 'is no turn of a thread'],
    ['a later version', (line?: string) => line?.replace('"v":1', '"v":2'), 'another version'],
    ['a role that is none', (line?: string) => line?.replace('"user"', '"root"'), 'not in the form'],
    ['a missing answer', (line?: string) => line?.replace('"assistant"', '"user"'), 'not in the form'],
    ['text that is a number', (line?: string) => line?.replace('"re: b"', '7'), 'not in the form'],
    [
      'bytes in place of text',
      (line?: string) => line?.replace('"re: b"', '{"$bytes":""}'),
      'not in the form',
    ],
    ['no time', (line?: string) => line?.replaceAll('2026-', 'soon-'), 'not in the form'],
  ])('%s: the turns around it are kept, and what is lost is told', async (_what, spoil, reason) => {
    const id = await damaged([turn('a'), turn('b'), turn('c')], ([a, b, c]) => [a, spoil(b), c]);
    expect(await saidIn(on.store, id)).toEqual(['a', 'c']);
    const { warnings } = await on.store.read(id);
    expect(warnings[0]).toMatch(/^Line 2 of the thread's file /);
    expect(warnings[0]).toContain(reason);
    expect(warnings.slice(1)).toEqual(['Turn 2 is lost.']);
  });

  it('bytes that are no text are not taken for question marks', async () => {
    const id = await kept(on.store, [turn('a'), turn('b')]);
    const bytes = Buffer.from(await on.text(id));
    bytes[bytes.lastIndexOf('re: b')] = 0xff;
    await writeFile(on.path(id), bytes);
    expect((await on.store.read(id)).warnings).toEqual([
      "Line 2 of the thread's file is not text; it is left out.",
    ]);
  });

  it('bytes may stand only where a block has bytes', async () => {
    const id = await damaged([turn('a'), asking('b', 'x'), answering('c', 'x')], ([a, b, c]) => [
      a,
      b?.replace('"input":{}', '"input":{"a":{"$bytes":"aGk="}}'),
      c,
    ]);
    expect(await saidIn(on.store, id)).toEqual(['a']);
  });

  it('the conversation goes on behind it', async () => {
    const id = await damaged([turn('a'), turn('b'), turn('c')], ([a, b, c]) => [a, half(b), c]);
    expect(await on.store.append(id, turn('d'), { after: 2, setup: {} })).toMatchObject({ stored: true });
    expect(await saidIn(on.another(), id)).toEqual(['a', 'c', 'd']);
  });

  it('several lost turns are told together, also the first ones and deleted lines', async () => {
    const id = await damaged([turn('a'), turn('b'), turn('c'), turn('d'), turn('e')], ([a, , c, , e]) => [
      half(a),
      undefined,
      c,
      undefined,
      e,
    ]);
    expect(await saidIn(on.store, id)).toEqual(['c', 'e']);
    expect((await on.store.read(id)).warnings.slice(1)).toEqual([
      'Turns 1 to 2 are lost.',
      'Turn 4 is lost.',
    ]);
  });

  it('what had come too late does not take the place of a lost turn', async () => {
    const id = await damaged([turn('a'), turn('b'), turn('c')], ([a = '', b = '', c]) => {
      const late = { ...JSON.parse(b), key: 'late', turn: turn('late') };
      return [a, half(b), JSON.stringify(late), c];
    });
    expect(await saidIn(on.store, id)).toEqual(['a', 'c']);
  });

  it('tool results whose calls are lost are left out with their turn', async () => {
    const turns = [turn('a'), asking('b', 'x'), answering('c', 'x'), turn('d')];
    const id = await damaged(turns, ([a, b, c, d]) => [a, half(b), c, d]);
    expect(await saidIn(on.store, id)).toEqual(['a', 'd']);
    expect((await on.store.read(id)).warnings.slice(1)).toEqual([
      'Turn 2 is lost.',
      'Turn 3 is left out: the tool calls that its results belong to are lost.',
    ]);
  });

  it('turns that hang on lost calls are left out as well', async () => {
    const again = turn('c', {
      added: [...answering('c', 'x').added.slice(0, 1), ...asking('c', 'y').added.slice(1)],
    });
    const turns = [turn('a'), asking('b', 'x'), again, answering('d', 'y'), turn('e'), turn('f')];
    const id = await damaged(turns, ([a, b, ...rest]) => [a, half(b), ...rest]);
    expect(await saidIn(on.store, id)).toEqual(['a', 'e', 'f']);
  });

  it('a line that stands there twice counts once', async () => {
    const turns = [turn('a'), turn('b'), turn('c'), turn('d')];
    const id = await damaged(turns, ([a, b, c, d]) => [a, half(b), c, d, c]);
    expect(await saidIn(on.store, id)).toEqual(['a', 'c', 'd']);
    expect((await on.store.read(id)).warnings).toHaveLength(2);
  });

  it('tool calls whose results are lost are left out with their turn', async () => {
    const turns = [turn('a'), asking('b', 'x'), answering('c', 'x'), turn('d')];
    const id = await damaged(turns, ([a, b, c, d]) => [a, b, half(c), d]);
    expect(await saidIn(on.store, id)).toEqual(['a', 'd']);
    expect((await on.store.read(id)).warnings.slice(1)).toEqual([
      'Turn 3 is lost.',
      'Turn 2 is left out: the results of its tool calls are lost.',
    ]);
  });

  it('tool calls that may still be answered are kept when what followed them is lost', async () => {
    const id = await damaged([asking('a', 'x'), answering('b', 'x')], ([a, b]) => [a, half(b)]);
    expect(await saidIn(on.store, id)).toEqual(['a']);
    expect(await on.store.append(id, answering('c', 'x'), { after: 1, setup: {} })).toMatchObject({
      stored: true,
      thread: { turns: 2 },
    });
  });

  it('nothing but damage is an unknown thread', async () => {
    const id = await damaged([turn('a')], () => ['x', 'y']);
    expect((await errorOf(on.store.read(id))).code).toBe('unknown_thread');
    expect((await on.store.list()).warnings).toEqual([
      `Nothing can be read in the file of the thread ${id}.`,
    ]);
  });
});
