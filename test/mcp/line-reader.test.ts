import { describe, expect, it } from 'vitest';
import { createLineReader, type LongLine } from '../../src/mcp/line-reader.ts';

function read(chunks: readonly (string | Buffer)[], limit = 1_000): { lines: string[]; long: LongLine[] } {
  const lines: string[] = [];
  const long: LongLine[] = [];
  const reader = createLineReader(limit, {
    line: (text) => lines.push(text),
    tooLong: (line) => long.push(line),
  });
  for (const chunk of chunks) reader.push(Buffer.from(chunk));
  reader.end();
  return { lines, long };
}

describe('the line reader', () => {
  it.each<[string, (string | Buffer)[], string[]]>([
    ['one line', ['a\n'], ['a']],
    ['two lines in one piece', ['a\nb\n'], ['a', 'b']],
    ['one line in pieces', ['a', 'b', 'c\n'], ['abc']],
    ['a line end of its own', ['a', '\n', 'b\n'], ['a', 'b']],
    ['a last line without an end', ['a\nb'], ['a', 'b']],
    ['Windows line ends', ['a\r\nb\r', '\n'], ['a', 'b']],
    ['empty lines', ['\n\n \n\r\n', 'a\n'], ['a']],
    ['nothing', [], []],
    ['a character cut in two', [Buffer.from([0xe2, 0x82]), Buffer.from([0xac, 10])], ['€']],
  ])('reads %s', (_, chunks, lines) => {
    expect(read(chunks)).toEqual({ lines, long: [] });
  });

  it('reads a line of exactly the limit', () => {
    expect(read([`${'x'.repeat(1_000)}\n`]).lines).toHaveLength(1);
  });

  it.each<[string, string[]]>([
    ['in one piece', [`{"id":1,${'x'.repeat(2_000)},"id":2}\n{"next":1}\n`]],
    ['in pieces', ['{"id":1,', 'x'.repeat(900), 'x'.repeat(1_100), ',"id":2}', '\n{"next', '":1}\n']],
  ])('skips a longer line, keeps its edges, and reads on (%s)', (_, chunks) => {
    const { lines, long } = read(chunks);
    expect(lines).toEqual(['{"next":1}']);
    expect(long).toHaveLength(1);
    expect(long[0]?.bytes).toBe(2_016);
    expect(long[0]?.head).toMatch(/^\{"id":1,x+$/);
    expect(long[0]?.tail).toMatch(/^x+,"id":2\}$/);
  });

  it('skips a longer line that never ends', () => {
    const { lines, long } = read(Array.from({ length: 50 }, () => 'y'.repeat(100)));
    expect(lines).toEqual([]);
    expect(long).toEqual([{ bytes: 5_000, head: 'y'.repeat(256), tail: 'y'.repeat(256) }]);
  });
});
