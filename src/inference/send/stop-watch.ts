/**
 * Stop sequences that the model does not take, looked for in what it says: the text ends before the first one that is
 * complete, however it is cut into chunks. Reasoning and tool calls are not searched. Pure.
 */
import type { InferenceResult, StreamDelta } from '../../messages/types.ts';

export interface StopWatch {
  /** What of the delta may be told now; with the sequence that ends the answer comes a `stop` of its own. */
  push(delta: StreamDelta): StreamDelta[];
  /** What was held back because it might have been the beginning of a sequence. */
  end(): StreamDelta[];
  /** The sequence that was met. */
  met(): string | undefined;
  /** What the model wrote from there on, as far as it has come. */
  hidden(): string;
}

/** A watch over one stream. Without sequences it passes everything on. */
export function stopWatch(sequences: readonly string[] = []): StopWatch {
  let held = { index: 0, text: '' };
  let met: string | undefined;
  let hidden = '';

  const release = (): StreamDelta[] => {
    const { index, text } = held;
    held = { index, text: '' };
    return text === '' ? [] : [{ type: 'text', index, text }];
  };
  const onText = (index: number, more: string): StreamDelta[] => {
    const before = held.index === index ? [] : release();
    const text = held.text + more;
    const found = firstMet(text, sequences);
    const safe = found === undefined ? text.length - beginning(text, sequences) : found.start;
    held = { index, text: found === undefined ? text.slice(safe) : '' };
    const told: StreamDelta[] = safe === 0 ? [] : [{ type: 'text', index, text: text.slice(0, safe) }];
    if (found === undefined) return [...before, ...told];
    met = found.sequence;
    hidden = text.slice(found.start);
    return [...before, ...told, { type: 'stop', stopReason: 'stop_sequence', stopSequence: met }];
  };

  return {
    push(delta) {
      if (sequences.length === 0) return [delta];
      if (met !== undefined) {
        if (delta.type === 'text' || delta.type === 'reasoning') hidden += delta.text;
        return delta.type === 'metadata' ? [delta] : [];
      }
      if (delta.type === 'text') return onText(delta.index, delta.text);
      return delta.type === 'metadata' ? [delta] : [...release(), delta];
    },
    end: () => (met === undefined ? release() : []),
    met: () => met,
    hidden: () => hidden,
  };
}

/** A whole answer, ended where a model that takes the sequences would have ended it. */
export function cutAtStop(result: InferenceResult, sequences: readonly string[] = []): InferenceResult {
  for (const [at, block] of result.content.entries()) {
    const found = 'text' in block ? firstMet(block.text, sequences) : undefined;
    if (found === undefined || !('text' in block)) continue;
    const text = block.text.slice(0, found.start);
    return {
      ...result,
      content: [...result.content.slice(0, at), ...(text === '' ? [] : [{ text }])],
      stopReason: 'stop_sequence',
      stopReasonRaw: result.stopReasonRaw ?? result.stopReason,
      stopSequence: found.sequence,
    };
  }
  return result;
}

/** Of all sequences in the text the one that is complete first, as a model would meet it that writes letter by letter. */
function firstMet(
  text: string,
  sequences: readonly string[],
): { readonly start: number; readonly sequence: string } | undefined {
  let first: { start: number; sequence: string } | undefined;
  for (const sequence of sequences) {
    const start = sequence === '' ? -1 : text.indexOf(sequence);
    if (start === -1) continue;
    const isEarlier = first === undefined || start + sequence.length < first.start + first.sequence.length;
    if (isEarlier) first = { start, sequence };
  }
  return first;
}

/** How many characters at the end of the text may be the beginning of a sequence. */
function beginning(text: string, sequences: readonly string[]): number {
  let longest = 0;
  for (const sequence of sequences) {
    for (let size = Math.min(sequence.length - 1, text.length); size > longest; size -= 1) {
      if (text.endsWith(sequence.slice(0, size))) longest = size;
    }
  }
  return longest;
}
