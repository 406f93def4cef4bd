/** Numbers the content blocks of a stream whose chunks do not number them, and closes them in order. */
import type { StreamDelta } from '../../../messages/types.ts';

type WordKind = 'text' | 'reasoning';

export class BlockTracker {
  #next = 0;
  #open: { readonly kind: WordKind | 'block'; readonly index: number } | undefined;

  /** Words of one kind: they continue the open block of that kind, or open the next one. */
  words(kind: WordKind, text: string): StreamDelta[] {
    if (text === '') return [];
    if (this.#open?.kind === kind) return [{ type: kind, index: this.#open.index, text }];
    const deltas = this.close();
    this.#open = { kind, index: this.#next++ };
    deltas.push({ type: kind, index: this.#open.index, text });
    return deltas;
  }

  /** The index of the open block of words of this kind, or the one that the next words will get. */
  index(kind: WordKind): number {
    return this.#open?.kind === kind ? this.#open.index : this.#next;
  }

  /** Opens a block of another kind (a tool use) and gives its index. */
  start(): { readonly index: number; readonly closed: StreamDelta[] } {
    const closed = this.close();
    this.#open = { kind: 'block', index: this.#next++ };
    return { index: this.#open.index, closed };
  }

  close(): StreamDelta[] {
    if (this.#open === undefined) return [];
    const { index } = this.#open;
    this.#open = undefined;
    return [{ type: 'blockStop', index }];
  }
}
