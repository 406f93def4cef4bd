/** Images, video and audio as callers write them, and the places that their bytes come from. */
import type { JsonValue } from '../../../json.ts';
import { imageFormat } from '../../../messages/file-format.ts';
import type { AudioBlock, ImageBlock, MediaSource, VideoBlock } from '../../../messages/types.ts';
import { base64At, checkMembers, objectAt, oneOf, stringAt, type Tell, wrong } from '../fields.ts';

export const IMAGE_FORMATS = ['png', 'jpeg', 'gif', 'webp'] as const;
const VIDEO_FORMATS = ['mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'] as const;
const FILE = ['format', 'source'];

export function readImage(value: JsonValue, field: string, tell: Tell): ImageBlock {
  const image = objectAt(value, field);
  checkMembers(image, FILE, field, tell);
  const source = readSource(image['source'], `${field}.source`, tell);
  const declared = image['format'] === 'jpg' ? 'jpeg' : image['format'];
  const format = declared ?? ('bytes' in source ? imageFormat(source.bytes) : undefined);
  return { format: oneOf(format, IMAGE_FORMATS, `${field}.format`), source };
}

export function readVideo(value: JsonValue, field: string, tell: Tell): VideoBlock {
  const video = objectAt(value, field);
  checkMembers(video, FILE, field, tell);
  return {
    format: oneOf(video['format'], VIDEO_FORMATS, `${field}.format`),
    source: readSource(video['source'], `${field}.source`, tell),
  };
}

export function readAudio(value: JsonValue, field: string, tell: Tell): AudioBlock {
  const audio = objectAt(value, field);
  checkMembers(audio, FILE, field, tell);
  return {
    format: stringAt(audio['format'], `${field}.format`),
    source: readSource(audio['source'], `${field}.source`, tell),
  };
}

/** Converse's source: bytes as base64, or the place in S3. */
export function readSource(value: unknown, field: string, tell: Tell): MediaSource {
  const source = objectAt(value, field);
  checkMembers(source, ['bytes', 's3Location'], field, tell);
  const s3 = source['s3Location'] ?? undefined;
  if (s3 === undefined) return { bytes: base64At(source['bytes'], `${field}.bytes`) };
  const location = objectAt(s3, `${field}.s3Location`);
  checkMembers(location, ['uri', 'bucketOwner'], `${field}.s3Location`, tell);
  const uri = stringAt(location['uri'], `${field}.s3Location.uri`);
  if (!uri.startsWith('s3://')) throw wrong(`${field}.s3Location.uri`, 'must start with s3://');
  const owner = location['bucketOwner'] ?? undefined;
  return {
    s3Location: {
      uri,
      ...(owner === undefined ? {} : { bucketOwner: stringAt(owner, `${field}.s3Location.bucketOwner`) }),
    },
  };
}
