/** Blocks of a kept conversation as text, for models and forms that have no place for them. Pure. */

import { isJsonObject, type JsonObject, type JsonValue } from '../json.ts';
import { MEDIA_KINDS } from './media-kinds.ts';
import type { ContentBlock, ToolResultBlock, ToolResultContent, ToolUseBlock } from './types.ts';

type Text = { readonly text: string };

/** Of a block that nobody here knows; what providers keep in theirs is often encrypted. */
const LONGEST_UNKNOWN = 2_000;

function callInWords({ name, input }: ToolUseBlock): Text {
  return { text: `[Called the tool ${name} with ${JSON.stringify(input)}]` };
}

/** Files of the result stay files. */
function resultInWords({ content, status }: ToolResultBlock): readonly ContentBlock[] {
  const said = content.flatMap((part) =>
    'text' in part ? [part.text] : 'json' in part ? [JSON.stringify(part.json)] : [],
  );
  const files = content.filter(
    (part): part is Exclude<ToolResultContent, { text: string } | { json: unknown }> =>
      !('text' in part) && !('json' in part),
  );
  const how = status === 'error' ? 'The tool failed' : 'The tool answered';
  return [{ text: `[${how}: ${said.join('\n') || '(nothing)'}]` }, ...files];
}

/** Tool calls and results as text; every other block as it is. */
export function toolInWords(block: ContentBlock): readonly ContentBlock[] {
  if ('toolUse' in block) return [callInWords(block.toolUse)];
  return 'toolResult' in block ? resultInWords(block.toolResult) : [block];
}

/** Documents that are text anyway stay; of the rest only what it was is told. */
export function noteFor(block: ContentBlock | ToolResultContent): Text {
  if ('document' in block) {
    const { name, format, source } = block.document;
    if ('text' in source) return { text: `[Document ${name}]\n${source.text}` };
    if ('content' in source)
      return { text: `[Document ${name}]\n${source.content.map(({ text }) => text).join('\n')}` };
    return { text: `[A ${format} document, ${name}, was here.]` };
  }
  if ('searchResult' in block) return searchResultInWords(block.searchResult);
  const kind = MEDIA_KINDS.find((each) => each.kind in block)?.kind ?? 'file';
  return { text: `[${kind === 'image' || kind === 'audio' ? 'An' : 'A'} ${kind} was here.]` };
}

/** Any block as what text can say of it; nothing for what only a provider understands. */
export function inWords(block: ContentBlock): readonly ContentBlock[] {
  if ('text' in block) return [block];
  if ('toolUse' in block || 'toolResult' in block) return toolInWords(block);
  if ('citationsContent' in block) return textOr(block.citationsContent.content);
  if ('searchResult' in block) return [searchResultInWords(block.searchResult)];
  if ('guardContent' in block) {
    const { guardContent } = block;
    return 'text' in guardContent ? [{ text: guardContent.text.text }] : [noteFor(guardContent)];
  }
  if ('unknown' in block) return unknownInWords(block.unknown.name, block.unknown.value);
  return 'cachePoint' in block || 'reasoningContent' in block ? [] : [noteFor(block)];
}

/** A search result with its title and source, as text. */
export function searchResultInWords({ title, source, content }: JsonObject): Text {
  const head = [title, source].filter((each) => typeof each === 'string').join(', ');
  const texts = Array.isArray(content) ? content.flatMap(textIn).join('\n') : '';
  return { text: `[Search result ${head}]\n${texts}` };
}

function textOr(parts: readonly Text[]): readonly Text[] {
  const text = parts.map((part) => part.text).join('');
  return text === '' ? [] : [{ text }];
}

function textIn(part: JsonValue): readonly string[] {
  return isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [];
}

function unknownInWords(name: string, value: JsonValue): readonly Text[] {
  // Thinking that could not be kept as such: another model must not read it as something that was said.
  if (name === 'thinking' || name === 'redacted_thinking') return [];
  const json = JSON.stringify(value);
  const short = json.length > LONGEST_UNKNOWN ? `${json.slice(0, LONGEST_UNKNOWN)}…` : json;
  return [{ text: `[${name}: ${short}]` }];
}
