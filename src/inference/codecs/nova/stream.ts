/**
 * Nova streamed: Converse's event names inside each chunk. One `contentBlockStop` per delta under changing indexes
 * was recorded, so block indexes are not believed: text goes on until something else begins.
 */

import type { JsonObject } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type { StreamDecoder, StreamDelta } from '../../../messages/types.ts';
import { nativeStream } from '../fields/answer-tail.ts';
import { BlockTracker } from '../fields/block-tracker.ts';
import { objectOf, textOf } from '../fields/foreign-json.ts';
import { novaUsage } from '../fields/usage.ts';

export function novaStream(): StreamDecoder {
  const blocks = new BlockTracker();
  /** The block of the tool use that is open. */
  let tool = 0;

  const start = (event: JsonObject): StreamDelta[] => {
    const began = objectOf(event['start']) ?? {};
    const toolUse = objectOf(began['toolUse']);
    const { index, closed } = blocks.start();
    if (toolUse === undefined) {
      const [name, value] = Object.entries(began)[0] ?? ['block', null];
      return [...closed, { type: 'block', index, block: { unknown: { name, value } } }];
    }
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

  const delta = (event: JsonObject): StreamDelta[] => {
    const change = objectOf(event['delta']) ?? {};
    const input = objectOf(change['toolUse'])?.['input'];
    if (input !== undefined) {
      const json = typeof input === 'string' ? input : JSON.stringify(input);
      return json === '' ? [] : [{ type: 'toolUseInput', index: tool, json }];
    }
    const reasoning = objectOf(change['reasoningContent']);
    const thought = textOf(objectOf(reasoning?.['reasoningText'])?.['text']) ?? textOf(reasoning?.['text']);
    if (thought !== undefined) return blocks.words('reasoning', thought);
    return blocks.words('text', textOf(change['text']) ?? '');
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
