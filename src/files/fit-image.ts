/** Images in the formats and sizes that Bedrock takes; converting and shrinking need the optional library sharp. */
import { cancelledError } from '../aws/errors/errors.ts';
import { BedrockError } from '../bedrock-error.ts';
import type { ImageBlock } from '../messages/types.ts';
import { imageFormatOf } from './formats.ts';
import { type PixelSize, pixelSize } from './image-size.ts';
import { fileRefusal, sizeText } from './refusal.ts';
import { loadSharp, type Sharp } from './sharp.ts';

const MOST_BYTES = 3_932_160; // 3.75 MiB, Bedrock's limit for one image
const MOST_PIXELS = 8000; // a side, Bedrock's limit
const QUALITIES = [88, 72];
const STEP = 0.75;
const MOST_STEPS = 12;

export interface ImageFile {
  readonly bytes: Uint8Array;
  /** As sniffed: one that Bedrock takes, or another one. */
  readonly format: string;
  /** How errors and notes call it, such as `files[0] (photo.png)`. */
  readonly label: string;
  /** The argument, for errors. */
  readonly field: string;
}
export interface FittedImage {
  readonly format: ImageBlock['format'];
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

/**
 * The image as Bedrock takes it, with a note on everything that was changed. Untouched when it fits already.
 * Only the first frame of an animation survives a change.
 * @throws BedrockError `file` when it does not fit and cannot be changed, `cancelled`.
 */
export async function fitImage(file: ImageFile, signal: AbortSignal): Promise<FittedImage> {
  const format = imageFormatOf(file.format);
  if (format === undefined) {
    const sharp = await loadSharp();
    if (sharp === undefined) {
      throw fileRefusal(
        file.field,
        `${file.label} is a ${file.format} image; Bedrock takes png, jpeg, gif and webp.`,
        'Convert it, or install sharp beside this server (npm install sharp), which converts it here.',
      );
    }
    const png = await attempt(file, signal, () =>
      sharp(file.bytes).rotate().png().toBuffer({ resolveWithObject: true }),
    );
    const note = `${file.label} was converted from ${file.format} to png.`;
    return fitKnown({ ...file, bytes: png.data }, 'png', [note], signal);
  }
  return fitKnown(file, format, [], signal);
}

async function fitKnown(
  file: ImageFile,
  format: ImageBlock['format'],
  notes: readonly string[],
  signal: AbortSignal,
): Promise<FittedImage> {
  const { bytes, label, field } = file;
  const size = pixelSize(bytes, format);
  const tooHeavy = bytes.length > MOST_BYTES;
  const tooWide = size !== undefined && Math.max(size.width, size.height) > MOST_PIXELS;
  if (!tooHeavy && !tooWide) return { format, bytes, notes };
  const sharp = await loadSharp();
  if (sharp !== undefined) return shrink(sharp, file, format, notes, signal);
  if (tooHeavy) {
    throw fileRefusal(
      field,
      `${label} has ${described(bytes, size)}; Bedrock takes images of up to ${sizeText(MOST_BYTES)} and ${MOST_PIXELS} px a side.`,
      'Shrink it, or install sharp beside this server (npm install sharp), which shrinks it here.',
    );
  }
  const note = `${label} has ${described(bytes, size)}; Bedrock may refuse more than ${MOST_PIXELS} px a side.`;
  return { format, bytes, notes: [...notes, note] };
}

async function shrink(
  sharp: Sharp,
  file: ImageFile,
  format: ImageBlock['format'],
  notes: readonly string[],
  signal: AbortSignal,
): Promise<FittedImage> {
  const { bytes, label, field } = file;
  const {
    width = 0,
    height = 0,
    hasAlpha,
    pages = 1,
  } = await attempt(file, signal, () => sharp(bytes).metadata());
  const target = hasAlpha === true ? 'webp' : 'jpeg';
  let side = Math.min(MOST_PIXELS, Math.max(width, height, 1));
  for (let step = 0; step < MOST_STEPS && side >= 1; step += 1, side = Math.floor(side * STEP)) {
    for (const quality of QUALITIES) {
      const { data, info } = await attempt(file, signal, () => {
        const resized = sharp(bytes)
          .rotate()
          .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
        return (target === 'webp' ? resized.webp({ quality }) : resized.jpeg({ quality })).toBuffer({
          resolveWithObject: true,
        });
      });
      if (data.length > MOST_BYTES) continue;
      const frame = pages > 1 ? ', first frame only' : '';
      const note =
        `${label} was shrunk from ${described(bytes, { width, height })} ${format} ` +
        `to ${described(data, info)} ${target}${frame}.`;
      return { format: target, bytes: data, notes: [...notes, note] };
    }
  }
  throw fileRefusal(
    field,
    `${label} has ${described(bytes, { width, height })} and could not be brought below ${sizeText(MOST_BYTES)}.`,
    'Shrink or crop it.',
  );
}

async function attempt<T>(file: ImageFile, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  if (signal.aborted) throw cancelledError('Reading files');
  try {
    return await work();
  } catch (error) {
    if (error instanceof BedrockError) throw error;
    throw fileRefusal(
      file.field,
      `${file.label} is a ${file.format} image that sharp cannot read.`,
      'Convert it to png, jpeg, gif or webp of a smaller size.',
      error,
    );
  }
}

function described(bytes: Uint8Array, size: PixelSize | undefined): string {
  const pixels = size === undefined ? '' : `${size.width}x${size.height} px, `;
  return `${pixels}${sizeText(bytes.length)}`;
}
