/** Content parts and tool calls in OpenAI's shape (Chat Completions and Responses), read where their meaning is plain. */
import { documentFormatOf, extensionOf, extensionOfFormat } from '../../../files/formats.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../json.ts';
import { documentFormat } from '../../../messages/file-format.ts';
import type { ContentBlock, ToolUseBlock } from '../../../messages/types.ts';
import { base64At, checkMembers, objectAt, oneOf, stringAt, type Tell, wrong } from '../fields.ts';
import { mimeOf, type TypedReader } from './anthropic.ts';
import { IMAGE_FORMATS } from './media.ts';

const ADDRESS = 'must be a data: URI; addresses, paths and IDs of uploads go into files';

/** By `type`. */
export const OPENAI_PARTS: ReadonlyMap<string, TypedReader> = new Map<string, TypedReader>([
  ['input_text', readText],
  ['output_text', readText],
  ['image_url', readImageUrl],
  ['input_image', readImageUrl],
  [
    'file',
    (value, field, tell) => {
      checkMembers(value, ['type', 'file'], field, tell);
      return readFile(objectAt(value['file'], `${field}.file`), `${field}.file`, tell);
    },
  ],
  ['input_file', readFile],
  ['input_audio', readAudio],
]);

/** `{id, type: "function", function: {name, arguments: JSON text}}`. */
export function readFunctionCall(call: JsonObject, field: string, tell: Tell): ToolUseBlock {
  checkMembers(call, ['id', 'type', 'function'], field, tell, ['index']);
  const place = `${field}.function`;
  const called = objectAt(call['function'], place);
  checkMembers(called, ['name', 'arguments'], place, tell);
  return {
    toolUseId: stringAt(call['id'], `${field}.id`),
    name: stringAt(called['name'], `${place}.name`),
    input: readArguments(called['arguments'], `${place}.arguments`),
  };
}

function readArguments(value: unknown, field: string): JsonObject {
  if (isJsonObject(value)) return value;
  const text = stringAt(value ?? '', field);
  if (text.trim() === '') return {};
  let parsed: JsonValue;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw wrong(field, 'must be JSON');
  }
  if (!isJsonObject(parsed)) throw wrong(field, 'must hold a JSON object');
  return parsed;
}

function readText(value: JsonObject, field: string, tell: Tell): ContentBlock {
  checkMembers(value, ['type', 'text'], field, tell, ['logprobs']);
  return { text: stringAt(value['text'], `${field}.text`) };
}

/** The address stands in an object (Chat Completions) or as text (Responses). */
function readImageUrl(value: JsonObject, field: string, tell: Tell): ContentBlock {
  checkMembers(value, ['type', 'image_url'], field, tell, ['detail']);
  const given = value['image_url'] ?? null;
  const place = isJsonObject(given) ? `${field}.image_url.url` : `${field}.image_url`;
  if (isJsonObject(given)) checkMembers(given, ['url'], `${field}.image_url`, tell, ['detail']);
  const url = stringAt(isJsonObject(given) ? given['url'] : given, place);
  const type = /^data:([^;,]*)[^,]*;base64,/i.exec(url)?.[1];
  if (type === undefined) throw wrong(place, ADDRESS);
  return {
    image: { format: oneOf(mimeOf(type), IMAGE_FORMATS, place), source: { bytes: base64At(url, place) } },
  };
}

/** The format is the data URI's, else the file name's, else what the bytes are. */
function readFile(value: JsonObject, field: string, tell: Tell): ContentBlock {
  checkMembers(value, ['type', 'file_data', 'filename'], field, tell, ['detail']);
  const data = stringAt(value['file_data'], `${field}.file_data`);
  const bytes = base64At(data, `${field}.file_data`);
  const filename = value['filename'] ?? undefined;
  const name = filename === undefined ? 'document' : stringAt(filename, `${field}.filename`);
  const type = /^data:([^;,]+)/i.exec(data)?.[1];
  const extension = (type === undefined ? undefined : extensionOfFormat(type)) ?? extensionOf(name);
  const image = IMAGE_FORMATS.find((format) => format === mimeOf(`image/${extension}`));
  if (image !== undefined) return { image: { format: image, source: { bytes } } };
  const format = documentFormatOf(extension) ?? documentFormat(bytes, 'txt');
  if (format === undefined) throw wrong(`${field}.filename`, 'must end with the format of a document');
  return { document: { format, name, source: { bytes } } };
}

function readAudio(value: JsonObject, field: string, tell: Tell): ContentBlock {
  checkMembers(value, ['type', 'input_audio'], field, tell);
  const place = `${field}.input_audio`;
  const audio = objectAt(value['input_audio'], place);
  checkMembers(audio, ['data', 'format'], place, tell);
  return {
    audio: {
      format: stringAt(audio['format'], `${place}.format`),
      source: { bytes: base64At(audio['data'], `${place}.data`) },
    },
  };
}
