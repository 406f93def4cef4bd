/**
 * Reasoning between tags in the text of Converse answers. Bedrock parts it from the text for most answers of the
 * open-weight models and forgets it for some: Kimi K2 Thinking was recorded streaming `reasoningContent` in one turn
 * and ` <think> … </think> FOUND` as text in the next. The families, their tags and the rules are those of the native
 * answers (codecs/fields/reasoning-tags.ts). Pure.
 */

import type {
  ContentBlock,
  NativeCodec,
  StopReason,
  StreamDecoder,
  StreamDelta,
  TagRules,
} from '../../../messages/types.ts';
import { ReasoningTagSplitter, splitReasoning } from '../fields/reasoning-tags.ts';
import { endedByItself } from '../fields/stop-reasons.ts';

/** A family's tags as Converse shows them. No prompt of ours ends with a tag here, so no answer begins inside one. */
export function converseTags(codec: NativeCodec | undefined): TagRules | undefined {
  return codec?.reasoningTags && { names: codec.reasoningTags.names };
}

/** A whole answer's content with its tagged reasoning in a block of its own. */
export function partTagged(
  content: readonly ContentBlock[],
  stopReason: StopReason,
  tags: TagRules,
): readonly ContentBlock[] {
  // Once something else than words was said the answer has begun, and a tag in it is text.
  const other = content.findIndex((block) => !('text' in block || 'reasoningContent' in block));
  const lead = other === -1 ? content : content.slice(0, other);
  const text = lead.map((block) => ('text' in block ? block.text : '')).join('');
  const parted = splitReasoning(text, tags, endedByItself(stopReason));
  if (parted.text === text) return content;
  const words: readonly ContentBlock[] = [
    ...(parted.reasoning === '' ? [] : [{ reasoningContent: { reasoningText: { text: parted.reasoning } } }]),
    ...(parted.text === '' ? [] : [{ text: parted.text }]),
  ];
  const first = lead.findIndex((block) => 'text' in block);
  return content.flatMap((block, at) => {
    if (at === first) return words;
    return at < lead.length && 'text' in block ? [] : [block];
  });
}

/** A stream's decoder that gives tagged reasoning as reasoning. It holds half a tag at most. */
export function partingDecoder(decoder: StreamDecoder, tags: TagRules): StreamDecoder {
  const splitter = new ReasoningTagSplitter(tags);
  let index = 0;
  const release = (finished: boolean): StreamDelta[] =>
    splitter.end(finished).map(({ kind, text }) => ({ type: kind, index, text }));
  const part = (delta: StreamDelta): StreamDelta[] => {
    switch (delta.type) {
      case 'text':
        index = delta.index;
        return splitter.push(delta.text).map(({ kind, text }) => ({ type: kind, index, text }));
      case 'toolUse':
      case 'block':
      case 'citation':
        return [...release(false), delta];
      case 'stop':
        return [...release(endedByItself(delta.stopReason)), delta];
      default:
        return [delta];
    }
  };
  return {
    push: (event) => decoder.push(event).flatMap(part),
    end: () => [...decoder.end().flatMap(part), ...release(false)],
  };
}
