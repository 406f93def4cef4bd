/** Image models on InvokeModel: a tiny valid PNG, one flat colour that depends on the prompt. */
import { deflateSync } from 'node:zlib';
import type { ModelRecord } from '../../catalog/types.ts';
import type { JsonObject } from '../../json.ts';
import { extraKey, numberOf, objectOf, own, textOf } from '../json-read.ts';
import { malformed } from '../refusal.ts';
import { crc32 } from '../server/event-stream.ts';

const SIDE = 16;

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** A 16 by 16 PNG whose colour is taken from `seed`, base64. */
export function tinyPng(seed: string): string {
  const colour = crc32(Buffer.from(seed));
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.alloc(1 + SIDE * 3);
  for (let pixel = 0; pixel < SIDE; pixel += 1) {
    row.set([colour & 255, (colour >>> 8) & 255, (colour >>> 16) & 255], 1 + pixel * 3);
  }
  const pixels = Buffer.concat(Array.from({ length: SIDE }, () => row));
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(pixels)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]).toString('base64');
}

const CANVAS_TASKS: ReadonlyMap<string, string> = new Map([
  ['TEXT_IMAGE', 'textToImageParams'],
  ['COLOR_GUIDED_GENERATION', 'colorGuidedGenerationParams'],
  ['IMAGE_VARIATION', 'imageVariationParams'],
  ['INPAINTING', 'inPaintingParams'],
  ['OUTPAINTING', 'outPaintingParams'],
  ['BACKGROUND_REMOVAL', 'backgroundRemovalParams'],
]);

function canvas(body: JsonObject): JsonObject {
  const task = CANVAS_TASKS.get(textOf(own(body, 'taskType')));
  if (task === undefined)
    throw malformed(`#/taskType: ${textOf(own(body, 'taskType'))} is not a valid enum value`);
  const extra = extraKey(body, ['taskType', 'imageGenerationConfig', task]);
  if (extra !== undefined) throw malformed(`#: extraneous key [${extra}] is not permitted`);
  const parameters = own(body, task);
  if (parameters === undefined) throw malformed(`#: required key [${task}] not found`);
  const text = textOf(objectOf(parameters)['text']);
  if (task === 'textToImageParams' && text === '')
    throw malformed(`#/${task}: required key [text] not found`);
  const config = objectOf(body['imageGenerationConfig']);
  const count = numberOf(config['numberOfImages']) ?? 1;
  if (count < 1 || count > 5)
    throw malformed(`#/imageGenerationConfig/numberOfImages: ${count} is not between 1 and 5`);
  const seed = numberOf(config['seed']) ?? 0;
  return { images: Array.from({ length: count }, (_, index) => tinyPng(`${text} ${seed + index}`)) };
}

function stability(body: JsonObject): JsonObject {
  const prompt = textOf(own(body, 'prompt'));
  if (prompt === '' && own(body, 'image') === undefined)
    throw malformed('#: required key [prompt] not found');
  const format = own(body, 'output_format') ?? 'png';
  if (format !== 'png' && format !== 'jpeg' && format !== 'webp') {
    throw malformed(`#/output_format: ${String(format)} is not a valid enum value`);
  }
  const seed = numberOf(body['seed']) ?? 0;
  return { seeds: [seed], finish_reasons: [null], images: [tinyPng(`${prompt} ${seed}`)] };
}

/** The answer of an image model; always PNG, whatever format or size was asked for. */
export function imageBody(body: JsonObject, model: ModelRecord): JsonObject {
  return model.family === 'stability' ? stability(body) : canvas(body);
}
