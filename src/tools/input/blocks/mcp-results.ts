/** What an MCP client holds of a tool's answer (CallToolResult), as parts of a tool result. */
import { documentFormatOf, extensionOf, extensionOfFormat } from '../../../files/formats.ts';
import type { JsonObject, JsonValue } from '../../../json.ts';
import { parseJson } from '../../../json.ts';
import type { ToolResultContent } from '../../../messages/types.ts';
import { base64At, checkMembers, objectAt, stringAt, type Tell } from '../fields.ts';
import { IMAGE_FORMATS } from './media.ts';

/** A part that only MCP has; undefined for every other one. */
export function readMcpPart(part: JsonObject, field: string, tell: Tell): ToolResultContent | undefined {
  if (part['type'] === 'resource_link') {
    const { type: _, ...link } = part;
    return { text: `[Resource ${JSON.stringify(link)}]` };
  }
  if (part['type'] !== 'resource') return undefined;
  checkMembers(part, ['type', 'resource'], field, tell, ['annotations', '_meta']);
  return readResource(objectAt(part['resource'], `${field}.resource`), `${field}.resource`, tell);
}

function readResource(resource: JsonObject, field: string, tell: Tell): ToolResultContent {
  checkMembers(resource, ['uri', 'mimeType', 'text', 'blob', 'name', 'title'], field, tell, ['_meta']);
  const uri = stringAt(resource['uri'], `${field}.uri`);
  if (resource['blob'] === undefined)
    return { text: `[Resource ${uri}]\n${stringAt(resource['text'], `${field}.text`)}` };
  const bytes = base64At(resource['blob'], `${field}.blob`);
  const type = String(resource['mimeType'] ?? '');
  const image = IMAGE_FORMATS.find((format) => type === `image/${format}`);
  if (image !== undefined) return { image: { format: image, source: { bytes } } };
  const format = documentFormatOf(extensionOfFormat(type) ?? extensionOf(uri));
  if (format !== undefined) return { document: { format, name: uri, source: { bytes } } };
  return {
    text: `[Resource ${uri}: ${bytes.length} bytes of ${type || 'an unknown type'}, which no model reads.]`,
  };
}

/** `structuredContent`, unless a text of the result says the same, as the protocol advises servers to do. */
export function structuredPart(
  value: JsonValue | undefined,
  parts: readonly object[],
): readonly ToolResultContent[] {
  if (value === undefined || value === null) return [];
  const same = JSON.stringify(value);
  const isSaid = parts.some(
    (part) =>
      'text' in part && typeof part.text === 'string' && JSON.stringify(parseJson(part.text)) === same,
  );
  return isSaid ? [] : [{ json: value }];
}
