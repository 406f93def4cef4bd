/**
 * The content blocks of one ConverseStream, each under an index of its own: the wire's contentBlockIndex cannot be
 * trusted as a block's name. It may be reused for another kind of block (LibreChat#10647), text blocks have no start
 * event, and Nova was recorded with one contentBlockStop per delta under changing indexes.
 */
import type { ContentBlock, StreamDelta } from '../../../messages/types.ts';
import { readImage, readToolResult, shapeOf, unknownBlock } from './content-blocks.ts';

type Kind = 'text' | 'reasoning' | 'redacted' | 'toolUse' | 'toolResult' | 'image' | 'other';

export interface OpenBlock {
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

export class OpenBlocks {
  readonly #byWire = new Map<number, OpenBlock>();
  readonly #held = new Set<OpenBlock>();
  #last: OpenBlock | undefined;
  #next = 0;

  /** A new block. */
  open(kind: Kind, wire: number, head?: unknown): OpenBlock {
    const block: OpenBlock = { kind, index: this.#next, stopped: false, sealed: false, head, parts: [] };
    this.#next += 1;
    this.#byWire.set(wire, block);
    this.#last = block;
    return block;
  }

  /** The block that a delta of this kind belongs to; `mayContinue`: it goes on across wire indexes until sealed. */
  of(kind: Kind, wire: number, mayContinue = false): OpenBlock {
    const here = this.#byWire.get(wire);
    if (here?.kind === kind && (!here.stopped || here === this.#last)) {
      this.#last = here;
      return here;
    }
    if (mayContinue && this.#last?.kind === kind && !this.#last.sealed) {
      this.#byWire.set(wire, this.#last);
      return this.#last;
    }
    return this.open(kind, wire);
  }

  /** Keeps a block back until all of it is there. */
  hold(block: OpenBlock, parts: readonly unknown[] = []): void {
    block.parts.push(...parts);
    this.#held.add(block);
  }

  stop(wire: number): StreamDelta[] {
    const block = this.#byWire.get(wire);
    if (block === undefined || block.stopped) return [];
    block.stopped = true;
    const whole = this.#held.has(block) ? this.#release(block) : [];
    // A stop does not end text or reasoning: the next delta may continue it.
    return block.kind === 'text' || block.kind === 'reasoning'
      ? []
      : [...whole, { type: 'blockStop', index: block.index }];
  }

  /** What is still held. */
  flush(): StreamDelta[] {
    return [...this.#held].flatMap((block) => this.#release(block));
  }

  #release(block: OpenBlock): StreamDelta[] {
    this.#held.delete(block);
    return [{ type: 'block', index: block.index, block: wholeBlock(block) }];
  }
}

function wholeBlock(block: OpenBlock): ContentBlock {
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
