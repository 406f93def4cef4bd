/** What is refused inside a tool result. Wordings from recorded answers and issue threads. */
import type { ModelRecord } from '../../catalog/types.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';
import { listOf, objectOf, own } from '../json-read.ts';
import { invalid, malformed } from '../refusal.ts';
import { checkDocument, checkSearchResult, checkSource } from './documents.ts';

const MEDIA = [
  ['image', 'images'],
  ['document', 'documents'],
  ['video', 'video'],
  ['audio', 'audio'],
] as const;

/** On Converse. `path` is the block that has the result. */
export function checkToolResult(model: ModelRecord, block: JsonObject, path: string): void {
  const value = own(block, 'toolResult');
  if (value === undefined) return;
  const result = objectOf(value);
  const content = listOf(result['content']);
  if (result['status'] !== undefined && model.features.toolResultStatus === false) {
    throw invalid("This model doesn't support the status field. Remove status and try again.");
  }
  if (content.length === 0 && (result['status'] === 'error' || model.family !== 'claude')) {
    const when = result['status'] === 'error' ? ' when status value is error' : '';
    throw invalid(`The content field at ${path}.toolResult cannot be empty${when}.`);
  }
  content.forEach((part, at) => {
    checkPart(model, objectOf(part), path, at);
  });
}

function checkPart(model: ModelRecord, part: JsonObject, path: string, at: number): void {
  const json = own(part, 'json');
  if (json !== undefined && !isPlainObject(json)) {
    throw invalid(
      `The format of the value at ${path}.toolResult.content.${at}.json is invalid. Provide a json object for the field and try again.`,
    );
  }
  const [kind, feature] = MEDIA.find(([name]) => own(part, name) !== undefined) ?? [];
  const media = model.features.toolResultMedia;
  if (kind !== undefined && feature !== undefined) {
    // Recorded with Claude and a video.
    if (model.features[feature] === false) {
      throw invalid(
        `This model doesn't support the ${kind} content block that you provided. Update the content block and try again.`,
      );
    }
    if (media?.includes(kind) === false) {
      // Told of images by many (anomalyco/opencode#49443); it means the message that the results stand in.
      throw invalid(
        `This model doesn't support the ${kind} field for user messages. Remove ${kind} and try again.`,
      );
    }
    const file = objectOf(part[kind]);
    const place = { model, path, inResult: true };
    checkSource(kind, objectOf(file['source']), place);
    if (kind === 'document') checkDocument(file, place);
  }
  checkSearchResult(model, part);
}

/** A member `__type` anywhere is refused in the same words (maximhq/bifrost#5762). */
function isPlainObject(value: JsonValue): boolean {
  return isJsonObject(value) && !hasTypeMember(value);
}

function hasTypeMember(value: JsonValue): boolean {
  if (Array.isArray(value)) return value.some(hasTypeMember);
  if (!isJsonObject(value)) return false;
  return own(value, '__type') !== undefined || Object.values(value).some(hasTypeMember);
}

/** Over Nova's own form. */
export function checkNovaResultPart(part: JsonObject, path: string): void {
  const json = own(part, 'json');
  if (json !== undefined && !isJsonObject(json))
    throw malformed(`${path}/json: expected type: JSONObject, found: ${typeName(json)}`);
}

function typeName(value: JsonValue): string {
  if (value === null) return 'Null';
  if (Array.isArray(value)) return 'JSONArray';
  if (typeof value === 'number') return Number.isInteger(value) ? 'Integer' : 'BigDecimal';
  return typeof value === 'string' ? 'String' : 'Boolean';
}
