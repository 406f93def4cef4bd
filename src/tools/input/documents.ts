/** Documents and search results as callers write them. */
import type { JsonObject } from '../../json.ts';
import { listIn, objectAt, stringAt } from './fields.ts';

/** Converse's `searchResult`, or Anthropic's `search_result` with typed parts. */
export function readSearchResult(value: JsonObject, field: string): JsonObject {
  const citations = value['citations'] ?? undefined;
  return {
    source: stringAt(value['source'], `${field}.source`),
    title: stringAt(value['title'], `${field}.title`),
    content: listIn(value, 'content', field).map((part, at) => ({
      text: stringAt(objectAt(part, `${field}.content[${at}]`)['text'], `${field}.content[${at}].text`),
    })),
    ...(citations === undefined
      ? {}
      : { citations: { enabled: objectAt(citations, `${field}.citations`)['enabled'] === true } }),
  };
}
