/**
 * Nova streamed: Converse's event names inside each chunk. One `contentBlockStop` per delta under changing indexes
 * was recorded, so block indexes are not believed: text goes on until something else begins.
 */
import { type JsonObject, type JsonValue, objectOf, textOf } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type { StreamDecoder, StreamDelta } from '../../../messages/types.ts';
import { nativeStream } from '../fields/answer-tail.ts';
import { BlockTracker } from '../fields/block-tracker.ts';
import { novaUsage } from '../fields/usage.ts';

export function novaStream(): StreamDecoder {
  const blocks = new BlockTracker();
  /** The block of the tool use that is open. */
  let tool = 0;

  const start = (event: JsonObject): StreamDelta[] => {
    const began = objectOf(event['start']) ?? {};
    const toolUse = objectOf(began['toolUse']);
    if (toolUse === undefined) return Object.entries(began).flatMap(([name, value]) => unknown(name, value));
    const { index, closed } = blocks.start();
    tool = index;
    const { type: kind } = blockType(toolUse['type']);
    return [
      ...closed,
      {
        type: 'toolUse',
        index,
        toolUseId: textOf(toolUse['toolUseId']) ?? '',
        name: textOf(toolUse['name']) ?? '',
        ...(kind === undefined ? {} : { kind }),
      },
    ];
  };

  const delta = (event: JsonObject): StreamDelta[] =>
    Object.entries(objectOf(event['delta']) ?? {}).flatMap(([name, value]) => member(name, value));

  const member = (name: string, value: JsonValue): StreamDelta[] => {
    const text = textOf(value);
    if (name === 'text' && text !== undefined) return blocks.words('text', text);
    const change = objectOf(value);
    const input = change?.['input'];
    if (name === 'toolUse' && input !== undefined) {
      const json = typeof input === 'string' ? input : JSON.stringify(input);
      return json === '' ? [] : [{ type: 'toolUseInput', index: tool, json }];
    }
    const thought = textOf(objectOf(change?.['reasoningText'])?.['text']) ?? textOf(change?.['text']);
    if (name === 'reasoningContent' && thought !== undefined) return blocks.words('reasoning', thought);
    return value === null ? [] : unknown(name, value);
  };

  const unknown = (name: string, value: JsonValue): StreamDelta[] => {
    const { index, closed } = blocks.start();
    return [...closed, { type: 'block', index, block: { unknown: { name, value } } }];
  };

  return nativeStream({
    chunk(chunk, tail) {
      const metadata = objectOf(chunk['metadata']);
      const usage = objectOf(metadata?.['usage']);
      if (usage !== undefined) tail.count(novaUsage(usage));
      const trace = objectOf(metadata?.['trace']);
      if (trace !== undefined && Object.keys(trace).length > 0) tail.trace(trace);

      const started = objectOf(chunk['contentBlockStart']);
      if (started !== undefined) return start(started);
      const changed = objectOf(chunk['contentBlockDelta']);
      if (changed !== undefined) return delta(changed);
      const stopped = objectOf(chunk['messageStop']);
      return stopped === undefined
        ? []
        : [...blocks.close(), ...tail.stop({ raw: textOf(stopped['stopReason']) })];
    },
    flush: () => blocks.close(),
  });
}
