/** Tiny files of every kind, made by hand. */
import { deflateSync, crc32 as nodeCrc32 } from 'node:zlib';

const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));

/** CRC of PNG and zip; Node 20.15 and newer have it, and nothing here checks it. */
const crc32 = (bytes: Uint8Array) => (typeof nodeCrc32 === 'function' ? nodeCrc32(bytes) : 0);

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = Buffer.concat([latin(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A real PNG; `rows` are its pixels, each row with its filter byte in front, black when left out. */
export function png(width = 1, height = 1, options: { alpha?: boolean; noise?: boolean } = {}): Uint8Array {
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, options.alpha === true ? 6 : 2, 0, 0, 0], 8);
  const rows = new Uint8Array(height * (1 + width * (options.alpha === true ? 4 : 3)));
  if (options.noise === true) {
    let state = 1;
    const stride = rows.length / height;
    for (let at = 0; at < rows.length; at += 1) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      if (at % stride !== 0) rows[at] = state >>> 24;
    }
  }
  const level = options.noise === true ? 0 : 9;
  return new Uint8Array(
    Buffer.concat([
      latin('\x89PNG\r\n\x1a\n'),
      chunk('IHDR', head),
      chunk('IDAT', deflateSync(rows, { level })),
      chunk('IEND', new Uint8Array()),
    ]),
  );
}

/** A zip of stored entries. */
export function zip(entries: Readonly<Record<string, string>>): Uint8Array {
  const parts = Object.entries(entries).map(([name, content]) => {
    const head = Buffer.alloc(30);
    head.writeUInt32LE(0x04034b50, 0);
    head.writeUInt16LE(20, 4);
    head.writeUInt32LE(crc32(latin(content)), 14);
    head.writeUInt32LE(content.length, 18);
    head.writeUInt32LE(content.length, 22);
    head.writeUInt16LE(name.length, 26);
    return Buffer.concat([head, latin(name), latin(content)]);
  });
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return new Uint8Array(Buffer.concat([...parts, end]));
}

function office(type: string, part: string): Uint8Array {
  const vendor = 'application/vnd.openxmlformats-officedocument';
  return zip({
    '[Content_Types].xml': `<Types><Override PartName="/${part}" ContentType="${vendor}.${type}.main+xml"/></Types>`,
    [part]: '<x/>',
  });
}

/** An OLE header and the directory names of its streams. */
export function ole(...streams: readonly string[]): Uint8Array {
  const bytes = Buffer.alloc(2048);
  bytes.set(latin('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'), 0);
  for (const [at, stream] of streams.entries()) bytes.write(`${stream}\0`, 1024 + 128 * at, 'utf16le');
  return new Uint8Array(bytes);
}

const padded = (text: string, length = 64) => {
  const bytes = new Uint8Array(length);
  bytes.set(latin(text));
  return bytes;
};
const box = (brand: string) => padded(`\0\0\0\x18ftyp${brand}\0\0\x02\0isommp42`);

/** A header with one stream, of the kind that `stream` says. */
const asf = (stream: string) =>
  padded(
    `\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c${'\0'.repeat(14)}` +
      `\x91\x07\xdc\xb7\xb7\xa9\xcf\x11\x8e\xe6\0\xc0\x0c\x20\x53\x65\x4e\0\0\0\0\0\0\0` +
      `${stream}\x4d\x5b\xcf\x11\xa8\xfd\0\x80\x5f\x5c\x44\x2b`,
    256,
  );

/** Frame header of `width` x `height` after one segment. */
export const jpeg = (width = 1, height = 1) =>
  latin(
    `\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08${pair(height)}${pair(width)}\x01\x01\x11\0\xff\xda\0\x02\xff\xd9`,
  );
const pair = (value: number) => String.fromCharCode(value >> 8, value & 0xff);

export const SAMPLES = {
  png: png(),
  jpeg: jpeg(),
  gif: latin('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;'),
  webp: latin('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0'),
  bmp: padded('BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0', 70),
  tiff: padded('II*\0\x08\0\0\0\0\0'),
  heic: box('heic'),
  avif: box('avif'),
  pdf: latin('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n'),
  binaryPdf: latin('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0\n%%EOF\n'),
  latePdf: latin('\0junk\xff\n%PDF-1.7\n%%EOF\n'),
  docx: office('wordprocessingml.document', 'word/document.xml'),
  xlsx: office('spreadsheetml.sheet', 'xl/workbook.xml'),
  pptx: office('presentationml.presentation', 'ppt/presentation.xml'),
  strangeDocx: zip({ 'docProps/app.xml': '<x/>', 'word/document.xml': '<x/>' }),
  zip: zip({ 'a.txt': 'hello' }),
  doc: ole('Root Entry', 'WordDocument'),
  xls: ole('Root Entry', 'Workbook'),
  ppt: ole('Root Entry', 'PowerPoint Document'),
  oldXls: ole('Root Entry', 'Book'),
  lockedDocx: ole('Root Entry', 'EncryptionInfo', 'EncryptedPackage'),
  mp4: box('isom'),
  mov: box('qt  '),
  threeGp: box('3gp4'),
  m4a: box('M4A '),
  webm: padded('\x1a\x45\xdf\xa3\x87\x42\x82\x84webm'),
  mkv: padded('\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska'),
  flv: padded('FLV\x01\x05\0\0\0\x09'),
  mpeg: padded('\0\0\x01\xba\x44\0\x04\0\x04\x01'),
  wmv: asf('\xc0\xef\x19\xbc'),
  wma: asf('\x40\x9e\x69\xf8'),
  mp3: padded('\xff\xfb\x90\0', 512),
  taggedMp3: padded('ID3\x03\0\0\0\0\0\x04tag!\xff\xfb\x90\0', 512),
  wav: padded('RIFF\x38\0\0\0WAVEfmt '),
  flac: padded('fLaC\0\0\0\x22'),
  ogg: padded(`OggS\0\x02${'\0'.repeat(22)}\x01vorbis`, 96),
  opus: padded(`OggS\0\x02${'\0'.repeat(22)}OpusHead`, 96),
  aac: padded('\xff\xf1\x50\x80\0\x1f\xfc', 96),
  elf: padded('\x7fELF\x02\x01\x01'),
  unknown: latin('\0\x01\x02\x03\xfe\xfd\0\0'),
} as const;

export const utf16 = (text: string, order: 'le' | 'be') => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return new Uint8Array(order === 'le' ? bytes : bytes.swap16());
};
export const bytesOf = latin;
