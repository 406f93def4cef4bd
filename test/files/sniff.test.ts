import { describe, expect, it } from 'vitest';
import { sniff } from '../../src/files/sniff.ts';
import { bytesOf, SAMPLES, utf16 } from './sample-bytes.ts';

type Row = readonly [what: string, bytes: Uint8Array, name: string, kind: string, format: string];

describe('bytes say what a file is', () => {
  it.each<Row>([
    ['a PNG', SAMPLES.png, 'a.png', 'image', 'png'],
    ['a JPEG called png', SAMPLES.jpeg, 'a.png', 'image', 'jpeg'],
    ['a GIF without a name', SAMPLES.gif, '', 'image', 'gif'],
    ['a WebP', SAMPLES.webp, 'a.webp', 'image', 'webp'],
    ['a PNG that ends early', SAMPLES.png.subarray(0, 12), 'a.png', 'image', 'png'],
    ['a bitmap', SAMPLES.bmp, 'a.bmp', 'image', 'bmp'],
    ['a TIFF', SAMPLES.tiff, 'a.tif', 'image', 'tiff'],
    ['a HEIC', SAMPLES.heic, 'a.heic', 'image', 'heic'],
    ['an AVIF', SAMPLES.avif, 'a.avif', 'image', 'avif'],
    ['a PDF of plain ASCII', SAMPLES.pdf, 'a.txt', 'document', 'pdf'],
    ['a PDF with binary parts', SAMPLES.binaryPdf, 'a.pdf', 'document', 'pdf'],
    ['a PDF after rubbish', SAMPLES.latePdf, 'a.pdf', 'document', 'pdf'],
    ['a Word file', SAMPLES.docx, 'a.zip', 'document', 'docx'],
    ['an Excel file', SAMPLES.xlsx, 'a.docx', 'document', 'xlsx'],
    ['a Word file in unusual order', SAMPLES.strangeDocx, 'a.docx', 'document', 'docx'],
    ['a zip called docx', SAMPLES.zip, 'a.docx', 'unknown', 'zip'],
    ['a presentation', SAMPLES.pptx, 'a.pptx', 'unknown', 'pptx'],
    ['an old Word file called xls', SAMPLES.doc, 'a.xls', 'document', 'doc'],
    ['an old Excel file', SAMPLES.xls, '', 'document', 'xls'],
    ['an older Excel file, by its name', SAMPLES.oldXls, 'a.xls', 'document', 'xls'],
    ['an older Excel file without a name', SAMPLES.oldXls, '', 'unknown', 'ole'],
    ['an old presentation', SAMPLES.ppt, 'a.doc', 'unknown', 'ppt'],
    ['an encrypted Word file', SAMPLES.lockedDocx, 'a.docx', 'unknown', 'encrypted'],
    ['an MP4', SAMPLES.mp4, 'a.mp4', 'video', 'mp4'],
    ['an MP4 called m4a', SAMPLES.mp4, 'a.m4a', 'audio', 'm4a'],
    ['a QuickTime film', SAMPLES.mov, 'a.mp4', 'video', 'mov'],
    ['a 3GP', SAMPLES.threeGp, 'a.3gp', 'video', 'three_gp'],
    ['a WebM', SAMPLES.webm, 'a.webm', 'video', 'webm'],
    ['a WebM called weba', SAMPLES.webm, 'a.weba', 'audio', 'webm'],
    ['a Matroska film', SAMPLES.mkv, 'a.mkv', 'video', 'mkv'],
    ['a Flash video', SAMPLES.flv, 'a.flv', 'video', 'flv'],
    ['an MPEG', SAMPLES.mpeg, 'a.mpeg', 'video', 'mpeg'],
    ['an MPEG called mpg', SAMPLES.mpeg, 'a.mpg', 'video', 'mpg'],
    ['a Windows Media film', SAMPLES.wmv, 'a.wmv', 'video', 'wmv'],
    ['a film whose sound comes first', SAMPLES.wma, 'a.wmv', 'video', 'wmv'],
    ['a Windows Media sound', SAMPLES.wma, 'a.wma', 'unknown', 'wma'],
    ['an MP3', SAMPLES.mp3, 'a.mp3', 'audio', 'mp3'],
    ['an MP3 with a tag', SAMPLES.taggedMp3, '', 'audio', 'mp3'],
    ['a WAV', SAMPLES.wav, 'a.wav', 'audio', 'wav'],
    ['a FLAC', SAMPLES.flac, 'a.flac', 'audio', 'flac'],
    ['an Ogg', SAMPLES.ogg, 'a.ogg', 'audio', 'ogg'],
    ['an Opus', SAMPLES.opus, 'a.opus', 'audio', 'opus'],
    ['an M4A', SAMPLES.m4a, 'a.m4a', 'audio', 'm4a'],
    ['an AAC', SAMPLES.aac, 'a.aac', 'audio', 'aac'],
    ['a program called txt', SAMPLES.elf, 'a.txt', 'unknown', 'elf'],
    ['an archive', SAMPLES.zip, 'a.zip', 'unknown', 'zip'],
    ['rubbish called csv', SAMPLES.unknown, 'a.csv', 'unknown', 'unknown'],
  ])('%s', async (_what, bytes, name, kind, format) => {
    expect(await sniff(bytes, name)).toEqual({ kind, format });
  });

  it.each([
    ['a table, by its name', bytesOf('a,b\n1,2\n'), 'a.csv', 'csv', 'utf-8'],
    ['source code', bytesOf('export {};\n'), 'a.ts', 'ts', 'utf-8'],
    ['SVG', bytesOf('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'a.svg', 'svg', 'utf-8'],
    ['text called png', bytesOf('version https://git-lfs'), 'a.png', 'txt', 'utf-8'],
    ['text that begins like a bitmap', bytesOf('BMW builds cars.'), '', 'txt', 'utf-8'],
    ['text that begins like a program', bytesOf('MZ, PK and GIF'), '', 'txt', 'utf-8'],
    ['LaTeX that begins like PostScript', bytesOf('%!TEX root = main.tex\n'), 'a.tex', 'tex', 'utf-8'],
    ['text that mentions a PDF header', bytesOf('It begins with %PDF-1.4.'), 'a.md', 'md', 'utf-8'],
    ['colours of a terminal', bytesOf('\x1b[31mred\x1b[0m'), 'a.log', 'txt', 'utf-8'],
    ['UTF-16, little end first', utf16('Grüße 🙂', 'le'), 'a.txt', 'txt', 'utf-16le'],
    ['UTF-16, big end first', utf16('Grüße 🙂', 'be'), 'a.md', 'md', 'utf-16be'],
    ['a table of Windows', bytesOf('Stra\xdfe,\x80\n'), 'a.csv', 'csv', 'windows-1252'],
  ])('%s is text', async (_what, bytes, name, format, encoding) => {
    expect(await sniff(bytes, name)).toEqual({ kind: 'text', format, encoding });
  });

  it.each([
    ['bytes that are no UTF-8, without a name', bytesOf('Stra\xdfe'), ''],
    ['UTF-16 with a NUL', utf16('a\0b', 'le'), 'a.txt'],
    ['UTF-16 with half a character', utf16('ab', 'le').subarray(0, 5), 'a.csv'],
    ['a control character among Windows text', bytesOf('Stra\xdfe\x07'), 'a.txt'],
  ])('%s is no text', async (_what, bytes, name) => {
    expect((await sniff(bytes, name)).kind).toBe('unknown');
  });

  it('no prefix of any sample makes it throw', async () => {
    for (const bytes of Object.values(SAMPLES)) {
      for (let length = 1; length < Math.min(bytes.length, 80); length += 7) {
        await expect(sniff(bytes.subarray(0, length), 'a.docx')).resolves.toHaveProperty('kind');
      }
    }
  });
});
