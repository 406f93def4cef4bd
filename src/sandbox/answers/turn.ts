/** One text request and its answer, freed from the wire format they travel in. */
import { type JsonObject, type JsonValue, parseJson } from '../../json.ts';
import type { TokenUsage } from '../types.ts';
import type { CachedPrefix } from './cached-prefix.ts';

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool-use'; readonly id: string; readonly name: string; readonly input: JsonValue }
  | { readonly kind: 'tool-result'; readonly id: string; readonly text: string }
  | { readonly kind: 'other'; readonly size: number };

export interface Message {
  readonly role: string;
  readonly blocks: readonly Block[];
}

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly schema: JsonObject;
}

export type ToolChoice = 'auto' | 'any' | 'none' | { readonly name: string };

export interface Turn {
  readonly system: string;
  readonly messages: readonly Message[];
  readonly tools: readonly Tool[];
  readonly toolChoice: ToolChoice;
  /** The JSON Schema that the answer must fit, when one was asked for. */
  readonly schema?: JsonValue;
  /** True when any JSON object will do (`response_format: json_object`). */
  readonly anyJson?: boolean;
  readonly maxTokens?: number;
  readonly stopSequences: readonly string[];
  readonly reasoning: boolean;
  /** The model thinks, and its thinking block comes with an empty text. */
  readonly hidesReasoning?: boolean;
  readonly cache?: CachedPrefix;
}

export type AnswerBlock =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'tool-use'; readonly id: string; readonly name: string; readonly input: JsonValue };

/** Converse's names; each native codec has its own words for them. */
export type StopReason =
  | 'end_turn'
  | 'tool_use'
  | 'max_tokens'
  | 'stop_sequence'
  | 'content_filtered'
  | 'guardrail_intervened'
  | 'malformed_tool_use';

export interface Answer {
  readonly reasoning?: string;
  readonly blocks: readonly AnswerBlock[];
  readonly stopReason: StopReason;
  readonly stopSequence?: string;
  readonly usage: TokenUsage;
}

/** The input of a call as the model writes it. A text that is no JSON stands for itself: the model wrote it badly. */
export const writtenInput = (input: JsonValue): string =>
  typeof input === 'string' && parseJson(input) === undefined ? input : JSON.stringify(input);

/** The sandbox's only tokenizer: one token for every four characters, rounded up. */
export const countTokens = (text: string): number => Math.ceil(text.length / 4);

/** The text (or, without text, the tool results) of the last message, when it is the user's. */
export function lastUserText(turn: Turn): string {
  const last = turn.messages.at(-1);
  if (last?.role !== 'user') return '';
  const texts = last.blocks.flatMap((block) => (block.kind === 'text' ? [block.text] : []));
  return texts.length > 0 ? texts.join('\n') : toolResults(turn).join('\n');
}

export function toolResults(turn: Turn): string[] {
  const last = turn.messages.at(-1);
  return (last?.blocks ?? []).flatMap((block) => (block.kind === 'tool-result' ? [block.text] : []));
}

function blockText(block: Block): string {
  if (block.kind === 'text' || block.kind === 'tool-result') return block.text;
  if (block.kind === 'tool-use') return block.name + JSON.stringify(block.input);
  return '';
}

/** Input tokens of a turn, cached ones included. */
export function inputTokens(turn: Turn): number {
  let tokens = countTokens(turn.system);
  for (const message of turn.messages) {
    for (const block of message.blocks) {
      tokens += block.kind === 'other' ? Math.ceil(block.size / 400) : countTokens(blockText(block));
    }
  }
  for (const tool of turn.tools) tokens += countTokens(JSON.stringify(tool));
  return Math.max(1, tokens);
}

/** Text in pieces of a word each, spaces kept; longer pieces when there are very many words. */
export function pieces(text: string): string[] {
  const words = text.split(/(?<= )/);
  if (words.length <= 2000) return words;
  const grouped: string[] = [];
  for (let start = 0; start < words.length; start += 16)
    grouped.push(words.slice(start, start + 16).join(''));
  return grouped;
}
