import { describe, expect, it } from 'vitest';
import { fitImage } from '../../src/files/fit-image.ts';
import { pixelSize } from '../../src/files/image-size.ts';
import { loadSharp } from '../../src/files/sharp.ts';
import { refusalOf } from './folder.ts';
import { bytesOf, jpeg, png, SAMPLES } from './sample-bytes.ts';

const signal = new AbortController().signal;
const LIMIT = 3_932_160;
const sharp = await loadSharp();
const file = (bytes: Uint8Array, format: string) => ({
  bytes,
  format,
  label: 'files[0] (a)',
  field: 'files[0]',
});

describe('the size of an image is read from its header', () => {
  it.each([
    ['png', png(300, 20), { width: 300, height: 20 }],
    ['gif', SAMPLES.gif, { width: 1, height: 1 }],
    ['jpeg', jpeg(640, 48), { width: 640, height: 48 }],
    ['webp', SAMPLES.webp, { width: 1, height: 1 }],
    [
      'webp',
      bytesOf('RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x27\x27\0\x00\x01\0'),
      { width: 10_024, height: 257 },
    ],
    [
      'webp',
      bytesOf('RIFF\0\0\0\0WEBPVP8 \x0a\0\0\0\0\0\0\x9d\x01\x2a\x90\x01\x2c\x01'),
      { width: 400, height: 300 },
    ],
    ['jpeg', bytesOf('\xff\xd8\xff\xff\xff\xc2\0\x0b\x08\0\x10\0\x20'), { width: 32, height: 16 }],
  ] as const)('%s', (format, bytes, size) => {
    expect(pixelSize(bytes, format)).toEqual(size);
  });

  it.each([
    ['png', SAMPLES.png.subarray(0, 20)],
    ['jpeg', bytesOf('\xff\xd8\xff\xda\0\0')],
    ['jpeg', bytesOf('\xff\xd8\xff\xe0\0\0\0')],
    ['webp', bytesOf('RIFF\0\0\0\0WEBPJUNK\0\0\0\0')],
    ['gif', bytesOf('GIF8')],
  ] as const)('%s that is damaged has none', (format, bytes) => {
    expect(pixelSize(bytes, format)).toBeUndefined();
  });
});

it('an image within the limits stays as it is', async () => {
  const bytes = png(8000, 1);
  expect(await fitImage(file(bytes, 'png'), signal)).toEqual({ format: 'png', bytes, notes: [] });
});

describe.skipIf(sharp !== undefined)('without sharp', () => {
  it('too many bytes are refused with both sizes and what helps', async () => {
    const error = await refusalOf(fitImage(file(png(1200, 1200, { noise: true }), 'png'), signal));
    expect([error.code, error.field]).toEqual(['file', 'files[0]']);
    expect(error.message).toMatch(/1200x1200 px, 4\.12 MiB.*3\.75 MiB and 8000 px/);
    expect(error.fix).toContain('install sharp');
  });

  it('too many pixels are left to Bedrock, with a note', async () => {
    const bytes = png(9000, 1);
    const fitted = await fitImage(file(bytes, 'png'), signal);
    expect(fitted.bytes).toBe(bytes);
    expect(fitted.notes).toEqual([expect.stringContaining('9000x1 px')]);
  });

  it.each(['bmp', 'tiff', 'heic', 'avif'] as const)(
    'a %s is refused with the formats that are taken',
    async (format) => {
      const error = await refusalOf(fitImage(file(SAMPLES[format], format), signal));
      expect(error.code).toBe('file');
      expect(error.message).toContain('png, jpeg, gif and webp');
      expect(error.fix).toContain('sharp');
    },
  );
});

describe.skipIf(sharp === undefined)('with sharp', () => {
  it.each([
    ['an opaque image over the bytes becomes a jpeg', png(1200, 1200, { noise: true }), 'jpeg', 1200, 1200],
    [
      'an image with alpha stays with alpha',
      png(1100, 1100, { noise: true, alpha: true }),
      'webp',
      1100,
      1100,
    ],
    ['an image over the pixels is brought to 8000', png(9000, 90), 'jpeg', 8000, 80],
    [
      'a large noisy image gets smaller until it fits',
      png(3600, 3600, { noise: true }),
      'jpeg',
      undefined,
      undefined,
    ],
  ] as const)('%s', async (_what, bytes, format, width, height) => {
    const fitted = await fitImage(file(bytes, 'png'), signal);
    expect(fitted.format).toBe(format);
    expect(fitted.bytes.length).toBeLessThanOrEqual(LIMIT);
    if (width !== undefined) expect(pixelSize(fitted.bytes, format)).toEqual({ width, height });
    expect(fitted.notes).toEqual([
      expect.stringMatching(/^files\[0\] \(a\) was shrunk from .* png to .* (jpeg|webp)\.$/),
    ]);
  });

  it('a TIFF becomes a png', async () => {
    const tiff = bytesOf(
      'II*\0\x08\0\0\0\x08\0' +
        '\0\x01\x03\0\x01\0\0\0\x01\0\0\0\x01\x01\x03\0\x01\0\0\0\x01\0\0\0\x02\x01\x03\0\x01\0\0\0\x08\0\0\0' +
        '\x03\x01\x03\0\x01\0\0\0\x01\0\0\0\x06\x01\x03\0\x01\0\0\0\x01\0\0\0\x11\x01\x04\0\x01\0\0\0\x6e\0\0\0' +
        '\x15\x01\x03\0\x01\0\0\0\x01\0\0\0\x17\x01\x04\0\x01\0\0\0\x01\0\0\0\0\0\0\0\x80',
    );
    const fitted = await fitImage(file(tiff, 'tiff'), signal);
    expect(pixelSize(fitted.bytes, 'png')).toEqual({ width: 1, height: 1 });
    expect(fitted.notes).toEqual(['files[0] (a) was converted from tiff to png.']);
  });

  it('an image that sharp cannot read is refused', async () => {
    const error = await refusalOf(fitImage(file(SAMPLES.bmp, 'bmp'), signal));
    expect([error.code, error.message]).toEqual([
      'file',
      'files[0] (a) is a bmp image that sharp cannot read.',
    ]);
  });

  it('a cancelled caller gets nothing', async () => {
    const error = await refusalOf(fitImage(file(png(9000, 1), 'png'), AbortSignal.abort()));
    expect(error.code).toBe('cancelled');
  });
});
