/** ConverseStream events -> deltas. */
import { defined } from '../../../defined.ts';
import { isJsonObject, type JsonValue, numberOf, textOf } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type { StopReason, StreamDecoder, StreamDelta } from '../../../messages/types.ts';
import { stopReasonOf } from '../fields/stop-reasons.ts';
import { decodeBlock, membersOf, readUsage, shapeOf, toJson } from './content-blocks.ts';
import { OpenBlocks } from './open-blocks.ts';

export interface Stop {
  readonly stopReason: StopReason;
  readonly stopReasonRaw?: string;
  readonly stopSequence?: string;
  readonly additionalModelResponseFields?: JsonValue;
}

/**
 * The end of an answer, from a whole answer or a messageStop event; undefined when it has no stop reason.
 * The matched stop sequence is only there when the caller asked for `/stop_sequence` (streamed: `/delta/stop_sequence`).
 */
export function readStop(value: unknown): Stop | undefined {
  const shape = shapeOf(value);
  const reason = shape?.['stopReason'];
  if (typeof reason !== 'string' || reason === '') return undefined;
  const fields = shape?.['additionalModelResponseFields'];
  const extra = shapeOf(fields);
  const sequence = extra?.['stop_sequence'] ?? shapeOf(extra?.['delta'])?.['stop_sequence'];
  return {
    // Converse passes words on that its own list does not have, such as Anthropic's `refusal`.
    ...stopReasonOf(reason),
    ...defined({
      stopSequence: textOf(sequence),
      additionalModelResponseFields: fields === undefined ? undefined : toJson(fields),
    }),
  };
}

/** A decoder of one stream's events as the SDK yields them. Unknown events are skipped, unknown deltas kept as blocks. */
export function createConverseDecoder(): StreamDecoder {
  const blocks = new OpenBlocks();
  return {
    push(event) {
      const shape = shapeOf(event);
      if (shape?.['contentBlockDelta'] !== undefined) return onDelta(shape['contentBlockDelta'], blocks);
      if (shape?.['contentBlockStart'] !== undefined) return onStart(shape['contentBlockStart'], blocks);
      if (shape?.['contentBlockStop'] !== undefined) return blocks.stop(wireIndex(shape['contentBlockStop']));
      if (shape?.['messageStop'] !== undefined) {
        const stop = readStop(shape['messageStop']);
        return stop === undefined ? blocks.flush() : [...blocks.flush(), { type: 'stop', ...stop }];
      }
      return shape?.['metadata'] === undefined ? [] : [readMetadata(shape['metadata'])];
    },
    end: () => blocks.flush(),
  };
}

/** A member of a block's start or delta, under the wire's index. */
type OnMember = (value: unknown, wire: number, blocks: OpenBlocks) => StreamDelta[];

function onStart(event: unknown, blocks: OpenBlocks): StreamDelta[] {
  const wire = wireIndex(event);
  return membersOf(shapeOf(event)?.['start']).flatMap(([name, value]): StreamDelta[] => {
    if (name === 'toolResult' || name === 'image') {
      blocks.hold(blocks.open(name, wire, value));
      return [];
    }
    const tool = shapeOf(value);
    if (name === 'toolUse' && tool !== undefined) return onTool(tool, wire, blocks);
    // An empty start only announces its deltas, which are kept themselves.
    return Object.keys(tool ?? {}).length === 0 ? [] : onUnknown(name, value, wire, blocks);
  });
}

function onTool(tool: Readonly<Record<string, unknown>>, wire: number, blocks: OpenBlocks): StreamDelta[] {
  return [
    {
      type: 'toolUse',
      index: blocks.open('toolUse', wire).index,
      toolUseId: textOf(tool['toolUseId']) ?? '',
      name: textOf(tool['name']) ?? '',
      ...defined({ kind: blockType(tool['type']).type }),
    },
  ];
}

function onDelta(event: unknown, blocks: OpenBlocks): StreamDelta[] {
  const wire = wireIndex(event);
  return membersOf(shapeOf(event)?.['delta']).flatMap(([name, value]) => {
    const read = ON_DELTA.get(name) ?? onUnknown.bind(undefined, name);
    return read(value, wire, blocks);
  });
}

function onUnknown(name: string, value: unknown, wire: number, blocks: OpenBlocks): StreamDelta[] {
  return decodeBlock({ [name]: value }).map((block) => ({
    type: 'block',
    index: blocks.open('other', wire).index,
    block,
  }));
}

const onText: OnMember = (value, wire, blocks) =>
  typeof value === 'string'
    ? [{ type: 'text', index: blocks.of('text', wire, true).index, text: value }]
    : onUnknown('text', value, wire, blocks);

const onReasoning: OnMember = (value, wire, blocks) => {
  const reasoning = shapeOf(value);
  const redacted = reasoning?.['redactedContent'];
  if (redacted instanceof Uint8Array)
    return [{ type: 'redactedReasoning', index: blocks.of('redacted', wire).index, data: redacted }];
  const text = textOf(reasoning?.['text']);
  if (text !== undefined)
    return [{ type: 'reasoning', index: blocks.of('reasoning', wire, true).index, text }];
  const signature = textOf(reasoning?.['signature']);
  if (signature === undefined) return onUnknown('reasoningContent', value, wire, blocks);
  const block = blocks.of('reasoning', wire, true);
  block.sealed = true;
  return [{ type: 'reasoningSignature', index: block.index, signature }];
};

const onToolInput: OnMember = (value, wire, blocks) => [
  {
    type: 'toolUseInput',
    index: blocks.of('toolUse', wire).index,
    json: textOf(shapeOf(value)?.['input']) ?? '',
  },
];

/** Claude cites the text under the same index; Nova's citations stand alone under their own. */
const onCitation: OnMember = (value, wire, blocks) => {
  const citation = toJson(value);
  if (!isJsonObject(citation)) return onUnknown('citation', value, wire, blocks);
  const block = blocks.of('text', wire);
  block.sealed = true;
  return [{ type: 'citation', index: block.index, citation }];
};

const held =
  (kind: 'toolResult' | 'image'): OnMember =>
  (value, wire, blocks) => {
    blocks.hold(blocks.of(kind, wire), Array.isArray(value) ? value : [value]);
    return [];
  };

const ON_DELTA: ReadonlyMap<string, OnMember> = new Map([
  ['text', onText],
  ['reasoningContent', onReasoning],
  ['toolUse', onToolInput],
  ['citation', onCitation],
  ['toolResult', held('toolResult')],
  ['image', held('image')],
]);

function readMetadata(value: unknown): StreamDelta {
  const metadata = shapeOf(value);
  return {
    type: 'metadata',
    ...defined({
      usage: metadata?.['usage'] === undefined ? undefined : readUsage(metadata['usage']),
      latencyMs: numberOf(shapeOf(metadata?.['metrics'])?.['latencyMs']),
      trace: metadata?.['trace'] === undefined ? undefined : toJson(metadata['trace']),
      serviceTier: textOf(shapeOf(metadata?.['serviceTier'])?.['type']),
    }),
  };
}

function wireIndex(event: unknown): number {
  return numberOf(shapeOf(event)?.['contentBlockIndex']) ?? -1;
}
