/** Files of a stored conversation where one request cannot hold them all: the oldest give way, one by one. Pure. */
import type { MediaKind, ModelFeatures } from '../../catalog/types.ts';
import { noteFor } from '../../messages/blocks-as-text.ts';
import { MEDIA_KINDS } from '../../messages/media-kinds.ts';
import type { ContentBlock, Message, ToolResultContent } from '../../messages/types.ts';
import { base64Length, bodyBytes, MOST_BODY_BYTES } from '../prepare/body-size.ts';
import { fileSource } from '../prepare/rules/files/sources.ts';
import { flatMapBlocks, mapContent } from '../prepare/rules/rule.ts';

type Part = ContentBlock | ToolResultContent;

/**
 * Puts notes in the place of parts, those inside tool results included; the same array when none is left out.
 * @param isLeft asked in the order of the conversation. `alone` is the part as a block of its own.
 */
export function withNotes(
  messages: readonly Message[],
  isLeft: (part: Part, message: Message, alone: ContentBlock) => boolean,
  note: (block: ContentBlock) => readonly ContentBlock[] = (block) => [noteFor(block)],
): readonly Message[] {
  return mapContent({ messages }, (message) =>
    flatMapBlocks(message.content, (block) => {
      if (!('toolResult' in block)) return isLeft(block, message, block) ? note(block) : [block];
      const { content } = block.toolResult;
      const parts = content.map((part) => {
        const alone = { toolResult: { ...block.toolResult, content: [part] } };
        return isLeft(part, message, alone) ? noteFor(part) : part;
      });
      return parts.every((part, index) => part === content[index])
        ? [block]
        : [{ toolResult: { ...block.toolResult, content: parts } }];
    }),
  ).messages;
}

/** Without files of these kinds. */
export function withoutKinds(messages: readonly Message[], kinds: readonly MediaKind[]): readonly Message[] {
  return withNotes(messages, (part) => kinds.some((kind) => kind in part));
}

/** `earlier` with as many files of the kind left out as it and `turn` together have too many, the oldest first. */
export function fitCount(
  earlier: readonly Message[],
  turn: readonly Message[],
  kind: MediaKind,
  most: number,
): readonly Message[] {
  let tooMany = countOf(earlier, kind) + countOf(turn, kind) - most;
  return withNotes(earlier, (part) => {
    if (tooMany <= 0 || !(kind in part)) return false;
    tooMany -= 1;
    return true;
  });
}

/** `earlier` with as many files left out, the oldest first, as the body with `rest` beside it is too large. */
export function fitBytes(earlier: readonly Message[], rest: unknown): readonly Message[] {
  if (!earlier.some(({ content }) => content.some((block) => bytesIn(block) > 0))) return earlier;
  let tooMany = bodyBytes(earlier) + bodyBytes(rest) - MOST_BODY_BYTES;
  return withNotes(earlier, (part) => {
    const bytes = tooMany <= 0 || 'toolResult' in part ? 0 : bytesIn(part);
    if (bytes === 0) return false;
    tooMany -= base64Length(bytes);
    return true;
  });
}

function countOf(messages: readonly Message[], kind: MediaKind): number {
  const parts = messages.flatMap(({ content }) =>
    content.flatMap((block): readonly object[] =>
      'toolResult' in block ? block.toolResult.content : [block],
    ),
  );
  return parts.filter((part) => kind in part).length;
}

/** Of files that go inside the request, those of a tool result together. */
export function bytesIn(part: Part): number {
  if ('toolResult' in part) return part.toolResult.content.reduce((sum, each) => sum + bytesIn(each), 0);
  const source = fileSource(part);
  return source !== undefined && 'bytes' in source ? source.bytes.length : 0;
}

/** The kinds of files among these that a model is known not to take. */
export function kindsNotTaken(messages: readonly Message[], features: ModelFeatures): readonly MediaKind[] {
  return MEDIA_KINDS.filter(
    ({ kind, feature }) => features[feature] === false && countOf(messages, kind) > 0,
  ).map(({ kind }) => kind);
}
