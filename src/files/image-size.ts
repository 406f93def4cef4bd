/** Width and height of an image, read from its header. Pure. */
import type { ImageBlock } from '../messages/types.ts';

export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/** Pixels a side, or undefined when the header is damaged or of an unusual kind. */
export function pixelSize(bytes: Uint8Array, format: ImageBlock['format']): PixelSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (format === 'png') return { width: view.getUint32(16), height: view.getUint32(20) };
    if (format === 'gif') return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    return format === 'jpeg' ? jpegSize(view) : webpSize(view);
  } catch {
    // A RangeError: the file ends before its header does.
    return undefined;
  }
}

/** The frame header (SOF0 to SOF15) comes after segments of known length. */
function jpegSize(view: DataView): PixelSize | undefined {
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1; // padding
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    if (marker === 0xda || marker === 0xd9) return undefined;
    at += 2 + view.getUint16(at + 2);
  }
}

function webpSize(view: DataView): PixelSize | undefined {
  const chunk = view.getUint32(12);
  if (chunk === 0x56503858) {
    // "VP8X": 24 bits each, minus one
    const side = (at: number) => 1 + view.getUint16(at, true) + (view.getUint8(at + 2) << 16);
    return { width: side(24), height: side(27) };
  }
  if (chunk === 0x5650384c) {
    // "VP8L": 14 bits each, minus one
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (chunk !== 0x56503820) return undefined;
  // "VP8 ": 14 bits each, above them a scale that decoders ignore
  return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
}
