/**
 * Nova streamed: Converse's event names inside each chunk. One `contentBlockStop` per delta under changing indexes
 * was recorded, so block indexes are not believed: text goes on until something else begins.
 */
import { defined } from '../../../defined.ts';
import { type JsonObject, type JsonValue, objectOf, textOf } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type { StreamDecoder, StreamDelta } from '../../../messages/types.ts';
import { nativeStream } from '../fields/answer-tail.ts';
import { BlockTracker } from '../fields/block-tracker.ts';
import { novaUsage } from '../fields/usage.ts';

interface Stream {
  readonly blocks: BlockTracker;
  /** The block of the tool use that is open. */
  tool: number;
}

export function novaStream(): StreamDecoder {
  const blocks = new BlockTracker();
  const stream: Stream = { blocks, tool: 0 };
  return nativeStream({
    chunk(chunk, tail) {
      const metadata = objectOf(chunk['metadata']);
      const usage = objectOf(metadata?.['usage']);
      if (usage !== undefined) tail.count(novaUsage(usage));
      const trace = objectOf(metadata?.['trace']);
      if (trace !== undefined && Object.keys(trace).length > 0) tail.trace(trace);

      const started = objectOf(chunk['contentBlockStart']);
      if (started !== undefined) return onStart(started, stream);
      const changed = Object.entries(objectOf(objectOf(chunk['contentBlockDelta'])?.['delta']) ?? {});
      if (changed.length > 0) return changed.flatMap(([name, value]) => onMember(name, value, stream));
      const stopped = objectOf(chunk['messageStop']);
      return stopped === undefined
        ? []
        : [...blocks.close(), ...tail.stop({ raw: textOf(stopped['stopReason']) })];
    },
    flush: () => blocks.close(),
  });
}

function onStart(event: JsonObject, stream: Stream): StreamDelta[] {
  const began = objectOf(event['start']) ?? {};
  const tool = objectOf(began['toolUse']);
  if (tool === undefined)
    return Object.entries(began).flatMap(([name, value]) => onUnknown(name, value, stream.blocks));
  const { index, closed } = stream.blocks.start();
  stream.tool = index;
  const toolUseId = textOf(tool['toolUseId']) ?? '';
  const name = textOf(tool['name']) ?? '';
  const { type: kind } = blockType(tool['type']);
  return [...closed, { type: 'toolUse', index, toolUseId, name, ...defined({ kind }) }];
}

function onMember(name: string, value: JsonValue, { blocks, tool }: Stream): StreamDelta[] {
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
  return value === null ? [] : onUnknown(name, value, blocks);
}

function onUnknown(name: string, value: JsonValue, blocks: BlockTracker): StreamDelta[] {
  const { index, closed } = blocks.start();
  return [...closed, { type: 'block', index, block: { unknown: { name, value } } }];
}
