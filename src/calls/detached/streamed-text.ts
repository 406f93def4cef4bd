/** The answer while it grows: for progress notes, and for whoever asks before it is finished. */

import { answerText } from '../../messages/answer-text.ts';
import type { StreamDelta } from '../../messages/types.ts';
import type { ProgressUpdate } from '../progress-update.ts';

const TAIL_CHARACTERS = 80;
const MOST_RECENT = 4_096;
const CHARACTERS_PER_TOKEN = 4;

export interface LiveText {
  /** The visible text so far. */
  text(): string;
  /** The text with the input of tool calls, in which an answer of a given shape may come. */
  written(): string;
  /** Tokens so far, reasoning and tool calls included; estimated, because models tell them only at the end. */
  tokens(): number;
  push(delta: StreamDelta): void;
}

/** @param report hears of every piece; whoever sends notes paces them. */
export function createLiveText(report: (update: ProgressUpdate) => void): LiveText {
  let text = '';
  let written = '';
  let characters = 0;
  let recent = '';
  const tokens = () => Math.ceil(characters / CHARACTERS_PER_TOKEN);
  return {
    text: () => text,
    written: () => written,
    tokens,
    push(delta) {
      const piece = pieceOf(delta);
      if (piece === '') return;
      if (delta.type === 'text' || delta.type === 'block') text += piece;
      if (delta.type !== 'reasoning') written += piece;
      characters += piece.length;
      recent += piece;
      if (recent.length > MOST_RECENT) recent = recent.slice(-TAIL_CHARACTERS);
      // Of thousands of pieces a few notes are made, so their words are only made for those.
      report({
        progress: tokens(),
        get message() {
          return note(doing(delta), tokens(), recent);
        },
      });
    },
  };
}

/** The note of a call of which another process has written this text so far. */
export function noteOfText(text: string): ProgressUpdate {
  const tokens = Math.ceil(text.length / CHARACTERS_PER_TOKEN);
  return { progress: tokens, message: note('answering', tokens, text) };
}

/** No half of a character stands at either end of what is shown. */
function note(what: string, tokens: number, text: string): string {
  const tail = text
    .slice(-TAIL_CHARACTERS)
    .replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '')
    .replace(/\s+/g, ' ');
  return `${what}, about ${tokens} tokens: …${tail}`;
}

function pieceOf(delta: StreamDelta): string {
  if (delta.type === 'text' || delta.type === 'reasoning') return delta.text;
  // A block that comes whole may be text too; without it, offsets would not be those of the finished answer.
  if (delta.type === 'block') return answerText([delta.block]);
  return delta.type === 'toolUseInput' ? delta.json : '';
}

function doing(delta: StreamDelta): string {
  if (delta.type === 'reasoning') return 'reasoning';
  return delta.type === 'toolUseInput' ? 'tool call' : 'answering';
}
