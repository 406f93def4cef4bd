/** The half of a codec that all text-in, text-out families share: one reader for whole bodies and for chunks. */
import type { JsonObject } from '../../../json.ts';
import type {
  ContentBlock,
  InferenceResult,
  NativeCodec,
  ResponseFacts,
  TagRules,
  Usage,
} from '../../../messages/types.ts';
import { answerBody, finishAnswer, intervened, nativeStream, noAnswer } from '../fields/answer-tail.ts';
import { BlockTracker } from '../fields/block-tracker.ts';
import { type Piece, ReasoningTagSplitter, splitReasoning } from '../fields/reasoning-tags.ts';
import { endedByItself } from '../fields/stop-reasons.ts';

/** What a body or a chunk says. An empty text says nothing. */
export interface TextPart {
  readonly text?: string | undefined;
  /** The provider's word for the stop reason: its presence is the end marker. */
  readonly stop?: string | undefined;
  readonly stopSequence?: string | undefined;
  readonly usage?: Usage | undefined;
}

/** Gives undefined for a body that is not of this form at all (such as a chunk with nothing but metrics). */
export type TextReader = (body: JsonObject) => TextPart | undefined;

/** Text and reasoning as content blocks; a blank block is left out, since it would poison a continued conversation. */
export function wordBlocks(
  text: string,
  tags: TagRules | undefined,
  stop: string | undefined,
): ContentBlock[] {
  const said = tags === undefined ? { reasoning: '', text } : splitReasoning(text, tags, endedByItself(stop));
  return [
    ...(said.reasoning === '' ? [] : [{ reasoningContent: { reasoningText: { text: said.reasoning } } }]),
    ...(said.text === '' ? [] : [{ text: said.text }]),
  ];
}

/** Cuts reasoning out of streamed text; without rules the text passes as it is. */
export function wordSplitter(tags: TagRules | undefined): {
  push(text: string): Piece[];
  end(stop: string | undefined): Piece[];
} {
  if (tags === undefined) return { push: (text) => [{ kind: 'text', text }], end: () => [] };
  const splitter = new ReasoningTagSplitter(tags);
  return { push: (text) => splitter.push(text), end: (stop) => splitter.end(endedByItself(stop)) };
}

/** `decode` and `stream` of a family that answers in text alone. `form` names it in errors. */
export function textAnswers(
  form: string,
  read: TextReader,
  tags?: TagRules,
): Pick<NativeCodec, 'decode' | 'stream'> {
  return {
    decode(raw, facts: ResponseFacts): InferenceResult {
      const body = answerBody(raw);
      const part = read(body);
      if (part?.text === undefined && !intervened(body)) throw noAnswer(form);
      return finishAnswer(
        {
          content: wordBlocks(part?.text ?? '', tags, part?.stop),
          stop: { raw: part?.stop, sequence: part?.stopSequence },
          usage: part?.usage,
        },
        body,
        facts,
      );
    },
    stream() {
      const blocks = new BlockTracker();
      const splitter = wordSplitter(tags);
      let counts: Usage = {};
      return nativeStream({
        chunk(body, tail) {
          const part = read(body);
          if (part === undefined) return [];
          if (part.usage !== undefined) {
            counts = { ...counts, ...part.usage };
            tail.count(counts);
          }
          const pieces = splitter.push(part.text ?? '');
          if (part.stop !== undefined) pieces.push(...splitter.end(part.stop));
          const deltas = pieces.flatMap((piece) => blocks.words(piece.kind, piece.text));
          if (part.stop !== undefined) {
            deltas.push(...blocks.close(), ...tail.stop({ raw: part.stop, sequence: part.stopSequence }));
          }
          return deltas;
        },
        flush() {
          const held = splitter.end(undefined).flatMap((piece) => blocks.words(piece.kind, piece.text));
          return [...held, ...blocks.close()];
        },
      });
    },
  };
}
