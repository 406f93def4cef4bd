/** Reasoning that a model printed between tags inside the text of a Converse answer, read with a plain pattern. */
import type { Row } from './row.ts';

/** The models whose templates have such tags. Nova's `<thinking>` is text that its reader sees. */
const TAGGED = /moonshot|qwen|minimax|deepseek|gpt-oss/;

export interface Parted {
  readonly reasoning: string;
  readonly text: string;
}

/**
 * `stop`: the recorded stop reason. Tags that a model opened and never closed although it ended by itself held its
 * answer; a stream has shown that as reasoning by then.
 */
export function partTagged(row: Row, text: string, stop: string | undefined): Parted {
  const opened = TAGGED.test(row.model_id) ? /^\s*<(think|reasoning)>/.exec(text) : null;
  if (opened === null) return { reasoning: '', text };
  const inside = text.slice(opened[0].length);
  const close = inside.indexOf(`</${opened[1]}>`);
  if (close !== -1) {
    return { reasoning: inside.slice(0, close), text: inside.slice(close + `</${opened[1]}>`.length) };
  }
  if (stop !== 'end_turn') return { reasoning: inside, text: '' };
  return { reasoning: row.streaming ? inside : '', text: inside };
}
