import { execFileSync } from 'node:child_process';
import { mkdir, rename, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFiles } from '../../src/files/read-files.ts';
import { type Folder, makeFolder, refusalOf } from './folder.ts';

const posix = process.platform !== 'win32';
const signal = new AbortController().signal;
let folder: Folder;
beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

describe('a path inside a root is read', () => {
  const expected = { blocks: [{ text: '<file name="src/a.ts">\nlet a;\n</file>' }], notes: [] };
  beforeEach(() => folder.write('data/src/a.ts', 'let a;\n'));

  it.each([
    ['absolute', () => join(folder.root, 'src/a.ts')],
    ['relative', () => 'src/a.ts'],
    ['with a dot in front', () => './src/a.ts'],
    ['as file URI', () => pathToFileURL(join(folder.root, 'src/a.ts')).href],
    ['as object', () => ({ path: 'src/a.ts' })],
  ])('%s', async (_what, value) => {
    expect(await folder.read(value())).toEqual(expected);
  });

  it('through a link that stays inside', async () => {
    await symlink(join(folder.root, 'src'), join(folder.root, 'link'));
    expect(await folder.read('link/a.ts')).toEqual(expected);
  });

  it('when the root itself was given as a link', async () => {
    await symlink(folder.root, join(folder.top, 'alias'));
    const roots = [join(folder.top, 'alias')];
    for (const path of ['src/a.ts', join(folder.top, 'alias/src/a.ts'), join(folder.root, 'src/a.ts')])
      expect(await readFiles([path], 'files', { roots, hosts: [] }, signal)).toEqual(expected);
  });

  it('from the second of two roots, also when the first does not exist', async () => {
    for (const other of [folder.top, join(folder.top, 'nowhere')]) {
      const read = await readFiles(['src/a.ts'], 'files', { roots: [other, folder.root], hosts: [] }, signal);
      expect(read).toEqual(expected);
    }
  });

  it('under its own name when it is itself the root', async () => {
    const roots = [join(folder.root, 'src/a.ts')];
    const { blocks } = await readFiles(roots, 'files', { roots, hosts: [] }, signal);
    expect(blocks).toEqual([{ text: '<file name="a.ts">\nlet a;\n</file>' }]);
  });

  it('when its name begins with two dots', async () => {
    await folder.write('data/..a', 'x');
    expect((await folder.read('..a')).blocks).toEqual([{ text: '<file name="..a">\nx\n</file>' }]);
  });

  it.runIf(posix)('below the home folder, where ~/ leads, in paths and in roots', async () => {
    const home = process.env['HOME'];
    process.env['HOME'] = folder.top;
    try {
      for (const roots of [[folder.root], ['~/data']])
        expect(await readFiles(['~/data/src/a.ts'], 'files', { roots, hosts: [] }, signal)).toEqual(expected);
    } finally {
      if (home === undefined) delete process.env['HOME'];
      else process.env['HOME'] = home;
    }
  });
});

describe('a path outside of the roots is refused', () => {
  beforeEach(async () => {
    await folder.write('data/a.txt', 'inside');
    await folder.write('database/secret.txt', 'outside');
    await folder.write('secret.txt', 'outside');
    await symlink(join(folder.top, 'secret.txt'), join(folder.root, 'out'));
    await symlink(join(folder.top, 'nothing.txt'), join(folder.root, 'dangling'));
    await symlink(join(folder.top, 'database'), join(folder.root, 'out-folder'));
    await symlink('loop', join(folder.root, 'loop'));
  });

  it.each([
    ['a file beside the root', () => join(folder.top, 'secret.txt')],
    ['a folder whose name begins like the root', () => join(folder.top, 'database/secret.txt')],
    ['a link to a file outside', () => 'out'],
    ['a link to nothing', () => 'dangling'],
    ['a file in a linked folder outside', () => 'out-folder/secret.txt'],
    ['a missing file in a linked folder outside', () => 'out-folder/missing.txt'],
    ['a missing folder in a linked folder outside', () => 'out-folder/missing/deeper.txt'],
    ['a link to itself', () => 'loop'],
    ['a file of the system', () => '/etc/passwd'],
    ['a file that does not exist', () => '/no/such/file'],
    ['the root of the disk', () => '/'],
    ['a file URI', () => 'file:///etc/passwd'],
  ])('%s', async (_what, value) => {
    const path = value();
    const error = await folder.refusal(path);
    expect(error.code).toBe('file');
    expect(error.field).toBe('files[0]');
    // One sentence, whether the file exists or not.
    const shown = path.replace('file://', '');
    expect(error.message).toBe(`files[0], "${shown}", is not inside the folders that files may come from.`);
    expect(error.fix).toContain(folder.root);
    expect(error.cause).toBeUndefined();
  });

  it.each([
    ['..', '../secret.txt'],
    ['.. in the middle', 'x/../../secret.txt'],
    ['.. that would stay inside', 'x/../a.txt'],
    ['.. of Windows', 'x\\..\\..\\secret.txt'],
    ['.. in a file URI', 'file:///x/%2e%2e%5c..%5Csecret.txt'],
    ['an empty path', ''],
    ['blanks', '   '],
    ['a NUL character', 'a.txt\0.png'],
    ['a NUL character in a file URI', 'file:///a%00.png'],
    ['10,000 characters', 'a'.repeat(10_000)],
    ['an encoded slash in a file URI', 'file:///a%2fb'],
    ['a file URI of another machine', 'file://server/share/a.txt'],
  ])('%s', async (_what, value) => {
    const error = await folder.refusal(value);
    expect(error.code).toBe('file');
    expect(error.message.length).toBeLessThan(300);
    expect(error.message).not.toContain('\0');
  });

  it('every path when there are no roots', async () => {
    for (const roots of [[], [join(folder.top, 'nowhere')]]) {
      const error = await refusalOf(readFiles(['a.txt'], 'files', { roots, hosts: [] }, signal));
      expect(error.code).toBe('file');
      expect(error.fix).toMatch(/BEDROCK_MCP_ROOTS.*--roots/);
    }
  });
});

describe('only regular files are read', () => {
  it('a folder is refused, the root too', async () => {
    await mkdir(join(folder.root, 'sub'));
    for (const path of ['sub', '.', folder.root])
      expect((await folder.refusal(path)).message).toContain('is a folder');
  });

  it.runIf(posix)('a named pipe is refused without waiting for its writer', async () => {
    execFileSync('mkfifo', [join(folder.root, 'pipe')]);
    expect((await folder.refusal('pipe')).message).toContain('no regular file');
  });

  it.runIf(posix)('a device is refused', async () => {
    const error = await refusalOf(readFiles(['/dev/zero'], 'files', { roots: ['/dev'], hosts: [] }, signal));
    expect(error.message).toContain('no regular file');
  });

  it.runIf(posix)('a socket is refused', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(folder.root, 'socket'), done));
    try {
      expect((await folder.refusal('socket')).message).toContain('no regular file');
    } finally {
      await new Promise((done) => server.close(done));
    }
  });

  it.runIf(posix && process.getuid?.() !== 0)('a file without read permission says so', async () => {
    const path = await folder.write('data/locked.txt', 'x');
    execFileSync('chmod', ['000', path]);
    expect((await folder.refusal('locked.txt')).message).toContain('does not permit');
  });
});

it.runIf(posix)('a file that is swapped for a link all the time never shows what is outside', async () => {
  await folder.write('secret.txt', 'outside');
  let reading = true;
  const swapping = (async () => {
    while (reading) {
      await folder.write('data/next', 'inside');
      await rename(join(folder.root, 'next'), join(folder.root, 'a.txt'));
      await symlink(join(folder.top, 'secret.txt'), join(folder.root, 'link'));
      await rename(join(folder.root, 'link'), join(folder.root, 'a.txt'));
    }
  })();
  try {
    for (let round = 0; round < 300; round += 1) {
      const outcome = await folder.read('a.txt').then(
        ({ blocks }) => JSON.stringify(blocks),
        (error: unknown) => String(error),
      );
      expect(outcome).toMatch(/inside|not inside|replaced|there is no file/);
      expect(outcome).not.toContain('\\noutside');
    }
  } finally {
    reading = false;
    await swapping;
  }
});

describe('a missing file', () => {
  it('names up to three near ones, written like the path was', async () => {
    for (const name of ['index.ts', 'indent.ts', 'inbox.ts', 'zebra.md'])
      await folder.write(`data/src/${name}`, '');
    const asked = await folder.refusal('src/indx.ts');
    expect(asked.code).toBe('file');
    expect(asked.message).toBe('files[0]: there is no file "src/indx.ts".');
    expect(asked.fix).toContain(`Did you mean "${join('src', 'index.ts')}"`);
    expect(asked.fix).not.toContain('zebra');
    const absolute = await folder.refusal(join(folder.root, 'src/indx.ts'));
    expect(absolute.fix).toContain(join(folder.root, 'src', 'index.ts'));
  });

  it('names near folders when the folder is missing', async () => {
    await folder.write('data/source/a.ts', '');
    expect((await folder.refusal('sorce/a.ts')).fix).toContain('"source"');
  });

  it('in an empty folder, or below a file, lists the roots', async () => {
    await folder.write('data/a.txt', '');
    await rm(join(folder.root, 'a.txt'));
    expect((await folder.refusal('a.txt')).fix).toContain(folder.root);
    await folder.write('data/b.txt', '');
    expect((await folder.refusal('b.txt/c')).message).toContain('there is no file');
  });
});

describe('sizes', () => {
  it('a file of more than 32 MiB is refused before it is read', async () => {
    const path = await folder.write('data/big.txt', '');
    execFileSync('truncate', ['-s', '33554433', path]);
    const error = await folder.refusal(basename(path));
    expect(error.code).toBe('file');
    expect(error.message).toContain('a file may have 32.00 MiB');
  });

  it('files of more than 64 MiB together are refused', async () => {
    const path = await folder.write('data/big.bin', '');
    execFileSync('truncate', ['-s', '30000000', path]);
    const error = await folder.refusal('big.bin', 'big.bin', 'big.bin');
    expect(error.code).toBe('file');
  });

  it('the 64 MiB are counted over all arguments', async () => {
    const text = 'x'.repeat(10_485_760);
    const six = Array.from({ length: 6 }, () => ({ text }));
    expect((await folder.read(...six)).blocks).toHaveLength(6);
    const error = await folder.refusal(...six, { text });
    expect(error.message).toContain('more than 64.00 MiB together');
  });

  it('more than 100 files are refused', async () => {
    const error = await folder.refusal(...Array.from({ length: 101 }, () => ({ text: 'a' })));
    expect([error.code, error.field]).toEqual(['file', 'files']);
  });

  it('more than 10 MiB of text are refused', async () => {
    await folder.write('data/long.txt', 'x'.repeat(10_485_761));
    for (const value of ['long.txt', { text: 'x'.repeat(10_485_761) }])
      expect((await folder.refusal(value)).message).toContain('of text; 10.00 MiB are taken');
  });

  it('video and audio inside a request may have 25 MiB; above, S3 is proposed', async () => {
    const { SAMPLES } = await import('./sample-bytes.ts');
    for (const [name, sample] of [
      ['a.mp4', SAMPLES.mp4],
      ['a.wav', SAMPLES.wav],
    ] as const) {
      const bytes = new Uint8Array(26_214_401);
      bytes.set(sample);
      await folder.write(`data/${name}`, bytes);
      expect((await folder.refusal(name)).fix).toContain('s3://');
    }
  });
});
