import { describe, expect, it } from 'vitest';
import type { ContentBlock, Message } from '../../../src/messages/types.ts';
import { checkTurnSize } from '../../../src/tools/input/turn-size.ts';

const image = (megabytes: number): ContentBlock => ({
  image: { format: 'png', source: { bytes: new Uint8Array(megabytes * 1_000_000) } },
});
const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });

describe('what is sent in one turn', () => {
  it('fits while it is under the limit of one request as base64', () => {
    const files = Array.from({ length: 5 }, () => image(3.5));
    expect(() => checkTurnSize([user(...files, { text: 'Compare.' })], files, [])).not.toThrow();
  });

  it('is refused with its largest files by the names that the caller gave', () => {
    const files = [image(1), image(9), image(9), image(3)];
    const given = [
      '/data/small.png',
      'https://host/a/big.png?key=secret',
      { base64: 'x', name: 'mine.png' },
      'data:x',
    ];
    const refused = () => checkTurnSize([user(...files)], files, given);
    expect(refused).toThrow(
      expect.objectContaining({
        code: 'content_too_long',
        field: 'files',
        message: expect.stringMatching(
          /Largest: files\[1\] \("big\.png"\) with 11\.\d+ MiB, files\[2\] \("mine\.png"\) with .*, files\[3\] with/,
        ),
      }),
    );
    expect(refused).not.toThrow(/secret/);
  });

  it('is refused by its place when it stands in messages', () => {
    const refused = () => checkTurnSize([user({ text: 'Look' }, image(20))], [], []);
    expect(refused).toThrow(
      expect.objectContaining({
        field: 'messages',
        message: expect.stringContaining('messages[0].content[1] with'),
      }),
    );
  });
});
