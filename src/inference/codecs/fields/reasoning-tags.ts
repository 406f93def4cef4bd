/**
 * Parts the reasoning that some models print inside their text: `<reasoning>…</reasoning>` (gpt-oss, which wraps
 * every streamed delta in its own pair of tags) and `<think>…</think>` (DeepSeek R1, whose prompt already ends with
 * the opening tag, Qwen, Kimi, Magistral and others).
 *
 * Rules, decided from recorded answers:
 * - Only leading tags count: before them stands nothing but whitespace or another reasoning part. Once the answer has
 *   begun, everything is text, so code that mentions a tag stays whole. No recording has reasoning after text.
 * - Tags are cut out and nothing else is changed: Converse too gives R1's answer as `\n\nready`. Whitespace *before* a
 *   leading tag belongs to neither side and is dropped, and so is whitespace after reasoning when no text follows
 *   (a blank text block would be refused when the conversation is continued).
 * - A tag that is opened and never closed although the model came to its end by itself was no reasoning: Kimi K2
 *   Thinking was recorded answering ` <think> The temperature in London is 30°C.` The words are given as text; a
 *   stream, which has shown them as reasoning by then, repeats them as text so that the answer is not empty.
 *
 * Cost is linear in the length of the text, however it is cut into chunks.
 */
import type { TagRules } from '../../../messages/types.ts';

export const REASONING_TAGS: TagRules = { names: ['reasoning', 'think'] };
export const R1_TAGS: TagRules = { names: ['think'], startsInside: 'think' };

export interface Piece {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

type State =
  /** Leading tags may still come; otherwise the answer goes on inside `tag`, or as text. */
  | { readonly at: 'lead'; readonly tag: string | undefined }
  | { readonly at: 'inside'; readonly name: string }
  | { readonly at: 'text' };

export class ReasoningTagSplitter {
  readonly #names: readonly string[];
  #state: State;
  /** Leading whitespace that nobody owns yet. */
  #space = '';
  /** The beginning of what may become a tag: never longer than a tag. */
  #held = '';
  /** What the reasoning part that is open now has said. */
  #open = '';
  #reasoned = false;

  constructor(rules: TagRules) {
    this.#names = rules.names;
    this.#state = { at: 'lead', tag: rules.startsInside };
  }

  push(text: string): Piece[] {
    const pieces: Piece[] = [];
    let rest = text;
    while (rest !== '') {
      if (this.#state.at === 'text') {
        pieces.push({ kind: 'text', text: rest });
        rest = '';
      } else if (this.#state.at === 'inside') rest = this.#inside(this.#state.name, rest, pieces);
      else rest = this.#lead(this.#state.tag, rest, pieces);
    }
    return pieces;
  }

  /** `finished`: the model came to its end by itself. Gives back what was held. */
  end(finished: boolean): Piece[] {
    const pieces: Piece[] = [];
    if (this.#state.at === 'lead' && (this.#held !== '' || !this.#reasoned)) {
      const { tag } = this.#state;
      const held = this.#space + this.#held;
      if (held !== '') pieces.push({ kind: tag === undefined ? 'text' : 'reasoning', text: held });
      if (tag !== undefined) this.#open = held;
    } else if (this.#state.at === 'inside' && this.#held !== '') {
      pieces.push({ kind: 'reasoning', text: this.#held });
      this.#open += this.#held;
    }
    if (finished && this.#state.at !== 'text' && this.#open.trim() !== '') {
      pieces.push({ kind: 'text', text: this.#open });
    }
    this.#state = { at: 'text' };
    this.#space = '';
    this.#held = '';
    this.#open = '';
    return pieces;
  }

  #lead(inside: string | undefined, text: string, pieces: Piece[]): string {
    let rest = text;
    if (this.#held === '') {
      rest = text.trimStart();
      this.#space += text.slice(0, text.length - rest.length);
      if (rest === '') return '';
    }
    const candidate = this.#held + rest;
    this.#held = '';
    const name = this.#names.find((tag) => candidate.startsWith(`<${tag}>`));
    if (name !== undefined) {
      this.#state = { at: 'inside', name };
      this.#space = '';
      return candidate.slice(name.length + 2);
    }
    if (this.#names.some((tag) => `<${tag}>`.startsWith(candidate))) {
      this.#held = candidate;
      return '';
    }
    const whole = this.#space + candidate;
    this.#space = '';
    if (inside !== undefined) {
      this.#state = { at: 'inside', name: inside };
      return whole;
    }
    this.#state = { at: 'text' };
    pieces.push({ kind: 'text', text: whole });
    return '';
  }

  #inside(name: string, text: string, pieces: Piece[]): string {
    const close = `</${name}>`;
    const all = this.#held + text;
    const found = all.indexOf(close);
    const until = found === -1 ? all.length - heldBack(all, close) : found;
    const reasoning = all.slice(0, until);
    if (reasoning !== '') {
      pieces.push({ kind: 'reasoning', text: reasoning });
      this.#open += reasoning;
    }
    if (found === -1) {
      this.#held = all.slice(until);
      return '';
    }
    this.#held = '';
    this.#open = '';
    this.#reasoned = true;
    this.#state = { at: 'lead', tag: undefined };
    return all.slice(found + close.length);
  }
}

/** How many characters at the end of `text` may be the beginning of `tag`. */
function heldBack(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}

/** A whole answer parted. `finished`: the model came to its end by itself. */
export function splitReasoning(
  text: string,
  rules: TagRules,
  finished: boolean,
): { readonly reasoning: string; readonly text: string } {
  const splitter = new ReasoningTagSplitter(rules);
  const pieces = [...splitter.push(text), ...splitter.end(false)];
  const said = { reasoning: '', text: '' };
  for (const piece of pieces) said[piece.kind] += piece.text;
  if (!finished || said.text !== '') return said;
  const again = new ReasoningTagSplitter(rules);
  again.push(text);
  const unclosed = again.end(true).find((piece) => piece.kind === 'text')?.text ?? '';
  return { reasoning: said.reasoning.slice(0, said.reasoning.length - unclosed.length), text: unclosed };
}
