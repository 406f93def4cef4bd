/**
 * ConverseStream events -> deltas. The wire's contentBlockIndex cannot be trusted as a block's name: it may be
 * reused for another kind of block (LibreChat#10647), text blocks have no start event, and Nova was recorded with one
 * contentBlockStop per delta under changing indexes. So each distinct block gets an index of its own here.
 */

import { isJsonObject, type JsonValue } from '../../../json.ts';
import { blockType } from '../../../messages/server-tools.ts';
import type { ContentBlock, StopReason, StreamDecoder, StreamDelta } from '../../../messages/types.ts';
import { stopReasonOf } from '../fields/stop-reasons.ts';
import {
  decodeBlock,
  membersOf,
  readImage,
  readToolResult,
  readUsage,
  shapeOf,
  toJson,
  unknownBlock,
} from './content-blocks.ts';

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
    ...(typeof sequence === 'string' ? { stopSequence: sequence } : {}),
    ...(fields === undefined ? {} : { additionalModelResponseFields: toJson(fields) }),
  };
}

type Kind = 'text' | 'reasoning' | 'redacted' | 'toolUse' | 'toolResult' | 'image' | 'other';

interface OpenBlock {
  readonly kind: Kind;
  readonly index: number;
  /** The wire said contentBlockStop for it. */
  stopped: boolean;
  /** It has citations or a signature: what follows under another wire index is a new block. */
  sealed: boolean;
  /** Start event and deltas of a block that is given on as a whole. */
  readonly head: unknown;
  readonly parts: unknown[];
}

/** A decoder of one stream's events as the SDK yields them. Unknown events are skipped, unknown deltas kept as blocks. */
export function createConverseDecoder(): StreamDecoder {
  const byWire = new Map<number, OpenBlock>();
  const held = new Set<OpenBlock>();
  let last: OpenBlock | undefined;
  let nextIndex = 0;

  const open = (kind: Kind, wire: number, head?: unknown): OpenBlock => {
    const block: OpenBlock = { kind, index: nextIndex, stopped: false, sealed: false, head, parts: [] };
    nextIndex += 1;
    byWire.set(wire, block);
    last = block;
    return block;
  };

  /** The block that a delta of this kind belongs to. Text and reasoning go on across wire indexes until sealed. */
  const blockFor = (kind: Kind, wire: number, mayContinue: boolean): OpenBlock => {
    const here = byWire.get(wire);
    if (here?.kind === kind && (!here.stopped || here === last)) {
      last = here;
      return here;
    }
    if (mayContinue && last?.kind === kind && !last.sealed) {
      byWire.set(wire, last);
      return last;
    }
    return open(kind, wire);
  };

  const release = (block: OpenBlock): StreamDelta[] => {
    held.delete(block);
    const whole = wholeBlock(block);
    return whole === undefined ? [] : [{ type: 'block', index: block.index, block: whole }];
  };

  const onStart = (event: unknown): StreamDelta[] => {
    const wire = wireIndex(event);
    return membersOf(shapeOf(event)?.['start']).flatMap(([name, value]): StreamDelta[] => {
      const tool = shapeOf(value);
      if (name === 'toolUse' && tool !== undefined) {
        const { type: kind } = blockType(tool['type']);
        return [
          {
            type: 'toolUse',
            index: open('toolUse', wire).index,
            toolUseId: stringOr(tool['toolUseId'], ''),
            name: stringOr(tool['name'], ''),
            ...(kind === undefined ? {} : { kind }),
          },
        ];
      }
      if (name !== 'toolResult' && name !== 'image') {
        // An empty start only announces its deltas, which are kept themselves.
        return Object.keys(tool ?? {}).length === 0 ? [] : onUnknown(wire, name, value);
      }
      held.add(open(name, wire, value));
      return [];
    });
  };

  const onReasoning = (wire: number, value: unknown): StreamDelta[] => {
    const reasoning = shapeOf(value);
    const redacted = reasoning?.['redactedContent'];
    if (redacted instanceof Uint8Array) {
      return [{ type: 'redactedReasoning', index: blockFor('redacted', wire, false).index, data: redacted }];
    }
    const text = reasoning?.['text'];
    const signature = reasoning?.['signature'];
    if (typeof text === 'string') {
      return [{ type: 'reasoning', index: blockFor('reasoning', wire, true).index, text }];
    }
    if (typeof signature !== 'string') return onUnknown(wire, 'reasoningContent', value);
    const block = blockFor('reasoning', wire, true);
    block.sealed = true;
    return [{ type: 'reasoningSignature', index: block.index, signature }];
  };

  const onUnknown = (wire: number, name: string, value: unknown): StreamDelta[] =>
    decodeBlock({ [name]: value }).map((block) => ({
      type: 'block',
      index: open('other', wire).index,
      block,
    }));

  const onDelta = (event: unknown): StreamDelta[] => {
    const wire = wireIndex(event);
    return membersOf(shapeOf(event)?.['delta']).flatMap(([name, value]) => onMember(wire, name, value));
  };

  const onMember = (wire: number, name: string, value: unknown): StreamDelta[] => {
    switch (name) {
      case 'text':
        if (typeof value !== 'string') return onUnknown(wire, name, value);
        return [{ type: 'text', index: blockFor('text', wire, true).index, text: value }];
      case 'reasoningContent':
        return onReasoning(wire, value);
      case 'toolUse': {
        const json = stringOr(shapeOf(value)?.['input'], '');
        return [{ type: 'toolUseInput', index: blockFor('toolUse', wire, false).index, json }];
      }
      case 'citation': {
        // Claude cites the text under the same index; Nova's citations stand alone under their own.
        const citation = toJson(value);
        if (!isJsonObject(citation)) return onUnknown(wire, name, value);
        const block = blockFor('text', wire, false);
        block.sealed = true;
        return [{ type: 'citation', index: block.index, citation }];
      }
      case 'toolResult':
      case 'image': {
        const block = blockFor(name, wire, false);
        block.parts.push(...(Array.isArray(value) ? value : [value]));
        held.add(block);
        return [];
      }
      default:
        return onUnknown(wire, name, value);
    }
  };

  const onStop = (event: unknown): StreamDelta[] => {
    const block = byWire.get(wireIndex(event));
    if (block === undefined || block.stopped) return [];
    block.stopped = true;
    const whole = held.has(block) ? release(block) : [];
    // A stop does not end text or reasoning: the next delta may continue it.
    return block.kind === 'text' || block.kind === 'reasoning'
      ? []
      : [...whole, { type: 'blockStop', index: block.index }];
  };

  const flush = (): StreamDelta[] => [...held].flatMap(release);

  return {
    push(event) {
      const shape = shapeOf(event);
      if (shape?.['contentBlockDelta'] !== undefined) return onDelta(shape['contentBlockDelta']);
      if (shape?.['contentBlockStart'] !== undefined) return onStart(shape['contentBlockStart']);
      if (shape?.['contentBlockStop'] !== undefined) return onStop(shape['contentBlockStop']);
      if (shape?.['messageStop'] !== undefined) {
        const stop = readStop(shape['messageStop']);
        return stop === undefined ? flush() : [...flush(), { type: 'stop', ...stop }];
      }
      return shape?.['metadata'] === undefined ? [] : [readMetadata(shape['metadata'])];
    },
    end: flush,
  };
}

function readMetadata(value: unknown): StreamDelta {
  const metadata = shapeOf(value);
  const latencyMs = shapeOf(metadata?.['metrics'])?.['latencyMs'];
  const tier = shapeOf(metadata?.['serviceTier'])?.['type'];
  return {
    type: 'metadata',
    ...(metadata?.['usage'] === undefined ? {} : { usage: readUsage(metadata['usage']) }),
    ...(typeof latencyMs === 'number' ? { latencyMs } : {}),
    ...(metadata?.['trace'] === undefined ? {} : { trace: toJson(metadata['trace']) }),
    ...(typeof tier === 'string' ? { serviceTier: tier } : {}),
  };
}

function wholeBlock(block: OpenBlock): ContentBlock | undefined {
  if (block.kind === 'toolResult') {
    const toolResult = readToolResult(block.head, block.parts);
    return toolResult === undefined ? unknownBlock('toolResult', block.parts) : { toolResult };
  }
  const deltas = block.parts.map(shapeOf);
  const chunks = deltas.flatMap((delta) => {
    const bytes = shapeOf(delta?.['source'])?.['bytes'];
    return bytes instanceof Uint8Array ? [bytes] : [];
  });
  const source = chunks.length > 0 ? { bytes: new Uint8Array(Buffer.concat(chunks)) } : deltas[0]?.['source'];
  const image = readImage({ format: shapeOf(block.head)?.['format'], source });
  return image === undefined ? unknownBlock('image', { start: block.head, deltas: block.parts }) : { image };
}

function wireIndex(event: unknown): number {
  const index = shapeOf(event)?.['contentBlockIndex'];
  return typeof index === 'number' ? index : -1;
}

function stringOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
