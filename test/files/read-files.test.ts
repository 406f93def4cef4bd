import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFiles } from '../../src/files/read-files.ts';
import { type Folder, makeFolder, refusalOf } from './folder.ts';
import { bytesOf, SAMPLES, utf16 } from './sample-bytes.ts';

let folder: Folder;
beforeAll(async () => {
  folder = await makeFolder();
});
afterAll(() => folder.remove());

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

describe('a file becomes the block of its kind', () => {
  it.each([
    ['photo.png', SAMPLES.png, { image: { format: 'png', source: { bytes: SAMPLES.png } } }],
    ['photo.jpg', SAMPLES.jpeg, { image: { format: 'jpeg', source: { bytes: SAMPLES.jpeg } } }],
    [
      'report.v2.pdf',
      SAMPLES.pdf,
      { document: { format: 'pdf', name: 'report.v2', source: { bytes: SAMPLES.pdf } } },
    ],
    [
      'a/b/c.docx',
      SAMPLES.docx,
      { document: { format: 'docx', name: 'c', source: { bytes: SAMPLES.docx } } },
    ],
    ['old.doc', SAMPLES.doc, { document: { format: 'doc', name: 'old', source: { bytes: SAMPLES.doc } } }],
    ['book.xls', SAMPLES.xls, { document: { format: 'xls', name: 'book', source: { bytes: SAMPLES.xls } } }],
    ['film.3gp', SAMPLES.threeGp, { video: { format: 'three_gp', source: { bytes: SAMPLES.threeGp } } }],
    ['song.mp3', SAMPLES.mp3, { audio: { format: 'mp3', source: { bytes: SAMPLES.mp3 } } }],
    ['t/a.csv', bytesOf('a,b'), { text: '<file name="t/a.csv">\na,b\n</file>' }],
    ['bom.md', bytesOf('\xef\xbb\xbf# T\n'), { text: '<file name="bom.md">\n# T\n</file>' }],
    ['tag.html', bytesOf('</file>'), { text: '<file name="tag.html">\n</file>\n</file>' }],
    ['logo.svg', bytesOf('<svg/>'), { text: '<file name="logo.svg">\n<svg/>\n</file>' }],
  ])('%s', async (name, bytes, block) => {
    await folder.write(`data/${name}`, bytes);
    expect(await folder.read(name)).toEqual({ blocks: [block], notes: [] });
  });

  it('quotes and line ends in a name cannot end the tag', async () => {
    const { blocks } = await folder.read({ text: 'x', name: 'a">\n</file>.txt' });
    expect(blocks).toEqual([{ text: '<file name="a&quot;> </file>.txt">\nx\n</file>' }]);
  });
});

describe('a note says what is not as given', () => {
  it.each([
    [
      'a.png',
      SAMPLES.jpeg,
      'files[0] (a.png) is called png but holds the image format jpeg, and was sent as that.',
    ],
    [
      'b.txt',
      SAMPLES.pdf,
      'files[0] (b.txt) is called txt but holds the document format pdf, and was sent as that.',
    ],
    ['c.png', bytesOf('<html>'), 'files[0] (c.png) is called png but holds text, and was sent as that.'],
    ['d.txt', utf16('hi', 'be'), 'files[0] (d.txt) was decoded from UTF-16BE.'],
    [
      'e.csv',
      bytesOf('\xfc'),
      'files[0] (e.csv) was decoded from WINDOWS-1252, which was assumed because it is no UTF-8.',
    ],
    ['__init__.py', bytesOf(''), 'files[0] (__init__.py) is empty.'],
  ])('%s', async (name, bytes, note) => {
    await folder.write(`data/${name}`, bytes);
    expect((await folder.read(name)).notes).toEqual([note]);
  });

  it('none when the extension is only another word for the format, or unknown', async () => {
    const names: readonly [string, Uint8Array][] = [
      ['x.jpe', SAMPLES.jpeg],
      ['x.mpg', SAMPLES.mpeg],
      ['x.m4v', SAMPLES.mp4],
      ['x.dat', SAMPLES.png],
      ['x', SAMPLES.png],
      ['X.PNG', SAMPLES.png],
    ];
    for (const [name, bytes] of names) {
      await folder.write(`data/${name}`, bytes);
      expect((await folder.read(name)).notes).toEqual([]);
    }
  });

  it('a declared format counts more than the name, and less than the bytes', async () => {
    const { blocks, notes } = await folder.read({
      base64: base64(SAMPLES.mp4),
      name: 'talk.mp4',
      format: 'audio/mp4',
    });
    expect(blocks).toEqual([{ audio: { format: 'm4a', source: { bytes: SAMPLES.mp4 } } }]);
    expect(notes).toEqual([]);
    const wrong = await folder.read({ base64: base64(SAMPLES.gif), format: 'png' });
    expect(wrong.blocks).toEqual([{ image: { format: 'gif', source: { bytes: SAMPLES.gif } } }]);
    expect(wrong.notes).toHaveLength(1);
  });
});

describe('a file that no model takes is refused with what is taken', () => {
  it.each([
    ['a.pptx', SAMPLES.pptx, 'has the format pptx', 'Taken are'],
    ['a.ppt', SAMPLES.ppt, 'has the format ppt', 'Taken are'],
    ['a.zip', SAMPLES.zip, 'has the format zip', 'Taken are'],
    ['a.exe', SAMPLES.elf, 'has the format elf', 'Taken are'],
    ['a.bin', SAMPLES.unknown, 'no format that is known', 'Taken are'],
    ['locked.docx', SAMPLES.lockedDocx, 'locked with a password', 'without a password'],
    ['empty.png', bytesOf(''), 'is empty', 'with content'],
  ])('%s', async (name, bytes, what, fix) => {
    await folder.write(`data/${name}`, bytes);
    const error = await folder.refusal({ text: 'first' }, name);
    expect([error.code, error.field]).toEqual(['file', 'files[1]']);
    expect(error.message).toContain(what);
    expect(error.fix).toContain(fix);
  });
});

describe('content inside the argument', () => {
  const image = { image: { format: 'png', source: { bytes: SAMPLES.png } } };
  const encoded = base64(SAMPLES.png);

  it.each([
    ['base64', { base64: encoded }],
    ['base64 in lines', { base64: encoded.replace(/(.{20})/g, '$1\r\n') }],
    ['base64 for URLs, without padding', { base64: Buffer.from(SAMPLES.png).toString('base64url') }],
    ['a data URI', `data:image/png;base64,${encoded}`],
    ['a data URI as url', { url: `data:image/png;base64,${encoded}` }],
    ['a data URI as base64', { base64: `DATA:image/png;charset=x;BASE64,${encoded}` }],
    ['a data URI without a type', { base64: `data:application/octet-stream;base64,${encoded}` }],
  ])('is an image, given as %s', async (_what, value) => {
    expect(await folder.read(value)).toEqual({ blocks: [image], notes: [] });
  });

  it.each([
    ['text', { text: 'a' }, 'file-1.txt', 'a'],
    ['text that begins like a PDF', { text: '%PDF-1.4', name: 'a.md' }, 'a.md', '%PDF-1.4'],
    ['a data URI with escapes', 'data:text/csv,a%2Cb%20%C3%BC,ü', 'file-1.csv', 'a,b ü,ü'],
    ['a data URI with nothing but text', 'data:,a', 'file-1.txt', 'a'],
    ['base64 of text', { base64: base64(bytesOf('a')) }, 'file-1', 'a'],
  ])('is a text with its name, given as %s', async (_what, value, name, text) => {
    expect((await folder.read(value)).blocks).toEqual([{ text: `<file name="${name}">\n${text}\n</file>` }]);
  });

  it.each([
    ['a number', 5, 'files[0]'],
    ['null', null, 'files[0]'],
    ['a list', ['a.txt'], 'files[0]'],
    ['an empty object', {}, 'files[0]'],
    ['two sources', { path: 'a', text: 'b' }, 'files[0]'],
    ['an unknown key', { path: 'a', encoding: 'x' }, 'files[0]'],
    ['a path that is no text', { path: 5 }, 'files[0].path'],
    ['a name that is no text', { text: 'a', name: 5 }, 'files[0].name'],
    ['a long name', { text: 'a', name: 'n'.repeat(256) }, 'files[0].name'],
    ['a format that is none', { text: 'a', format: 'a b' }, 'files[0].format'],
    ['no base64', { base64: 'äöü' }, 'files[0].base64'],
    ['empty base64', { base64: ' ' }, 'files[0].base64'],
    ['base64 that lost a character', { base64: 'abcde' }, 'files[0].base64'],
    ['base64 with padding inside', { base64: 'ab==cd' }, 'files[0].base64'],
    ['a data URI without content', 'data:image/png', 'files[0]'],
    ['a data URI with broken base64', 'data:image/png;base64,%%%', 'files[0]'],
    ['a data URI with broken escapes', 'data:text/plain,100%', 'files[0]'],
    ['an S3 URI without a key', 's3://bucket', 'files[0]'],
    ['an S3 URI of a folder', 's3://bucket/folder.pdf/', 'files[0]'],
    ['an S3 URI with a strange bucket', 's3://A_/x.png', 'files[0]'],
  ])('%s is an invalid request', async (_what, value, field) => {
    const error = await folder.refusal(value);
    expect([error.code, error.field]).toEqual(['invalid_request', field]);
  });

  it('nothing of refused content is repeated', async () => {
    const error = await folder.refusal({ base64: 'hunter22 is my p@ssword' });
    expect(error.message + error.fix).not.toContain('hunter22');
  });
});

describe('an S3 URI', () => {
  const source = (uri: string) => ({ s3Location: { uri } });
  it.each([
    ['s3://bucket/a/b.png', { image: { format: 'png', source: source('s3://bucket/a/b.png') } }],
    ['S3://bucket/b.JPG', { image: { format: 'jpeg', source: source('s3://bucket/b.JPG') } }],
    ['s3://bucket/b.pdf', { document: { format: 'pdf', name: 'b', source: source('s3://bucket/b.pdf') } }],
    ['s3://bucket/b.csv', { document: { format: 'csv', name: 'b', source: source('s3://bucket/b.csv') } }],
    ['s3://bucket/b.3gp', { video: { format: 'three_gp', source: source('s3://bucket/b.3gp') } }],
    ['s3://bucket/b.wav', { audio: { format: 'wav', source: source('s3://bucket/b.wav') } }],
    [{ url: 's3://bucket/b', format: 'mp4' }, { video: { format: 'mp4', source: source('s3://bucket/b') } }],
    [
      { url: 's3://bucket/b', format: '.PDF', name: 'The plan.pdf' },
      { document: { format: 'pdf', name: 'The plan', source: source('s3://bucket/b') } },
    ],
  ])('%j is passed on with its format', async (value, block) => {
    expect(await folder.read(value)).toEqual({ blocks: [block], notes: [] });
  });

  it.each(['s3://bucket/b', 's3://bucket/b.ts', 's3://bucket/b.bmp', 's3://bucket/b.pptx'])(
    '%s is refused: its format is not read from S3',
    async (uri) => {
      const error = await folder.refusal(uri);
      expect([error.code, error.field]).toEqual(['file', 'files[0]']);
      expect(error.fix).toContain('"format": "mp4"');
    },
  );
});

describe('several files', () => {
  it('keep the order of the arguments', async () => {
    const values: unknown[] = [];
    for (let at = 0; at < 30; at += 1) {
      await folder.write(`data/many/${at}.txt`, 'x'.repeat(at % 3 === 0 ? 300_000 : 1));
      values.push(at % 2 === 0 ? `many/${at}.txt` : { text: 'inline', name: `many/${at}.txt` });
    }
    const { blocks } = await folder.read(...values);
    const names = blocks.map((block) => ('text' in block ? /name="many\/(\d+)/.exec(block.text)?.[1] : ''));
    expect(names).toEqual(values.map((_, at) => String(at)));
  });

  it('the earliest one that fails is named', async () => {
    const error = await folder.refusal({ text: 'a' }, 'missing.txt', 'missing-too.txt', '/etc/passwd');
    expect(error.field).toBe('files[1]');
  });

  it('none is no file', async () => {
    expect(await folder.read()).toEqual({ blocks: [], notes: [] });
  });

  it('a malformed one is refused before any is read', async () => {
    let fetched = 0;
    const counting: typeof fetch = () => {
      fetched += 1;
      return Promise.reject(new Error('no network'));
    };
    const settings = { roots: [], hosts: ['allowed.test'] };
    const values = ['https://allowed.test/a', { base64: '?' }];
    const reading = readFiles(values, 'files', settings, new AbortController().signal, counting);
    expect((await refusalOf(reading)).field).toBe('files[1].base64');
    expect(fetched).toBe(0);
  });

  it('are not read for a caller who has cancelled', async () => {
    const settings = { roots: [folder.root], hosts: [] };
    const error = await refusalOf(readFiles(['a.png'], 'files', settings, AbortSignal.abort()));
    expect([error.code, error.message]).toEqual(['cancelled', 'Reading files was cancelled by the caller.']);
  });

  it('stop when the caller cancels on the way', async () => {
    const controller = new AbortController();
    const settings = { roots: [folder.root], hosts: [] };
    const reading = readFiles(['many/0.txt', 'many/3.txt'], 'files', settings, controller.signal);
    controller.abort();
    expect((await refusalOf(reading)).code).toBe('cancelled');
  });
});

it('neither file-type nor sharp comes with the module: one is a chunk of its own, the other is never bundled', async () => {
  const { metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/files/read-files.ts', import.meta.url))],
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    outdir: folder.top,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const outputs = Object.entries(metafile.outputs);
  const [, entry] = outputs.find(([, { entryPoint }]) => entryPoint?.endsWith('read-files.ts')) ?? [];
  const statics = entry?.imports.filter(({ kind }) => kind === 'import-statement').map(({ path }) => path);
  const atStart = outputs.filter(([path, output]) => output === entry || statics?.includes(path));
  const inputs = atStart.flatMap(([, output]) => Object.keys(output.inputs));
  expect(inputs).toContain('src/files/sniff.ts');
  expect(inputs.filter((path) => /node_modules\/(file-type|strtok3)\//.test(path))).toEqual([]);
  expect(Object.keys(metafile.inputs).some((path) => path.includes('node_modules/file-type/'))).toBe(true);
  expect(JSON.stringify(metafile)).not.toContain('"sharp"');
});
