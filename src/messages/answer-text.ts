/** The words of an answer. */
import type { ContentBlock } from './types.ts';

/** Everything the model said to the reader, reasoning and tool calls left out. */
export function answerText(content: readonly ContentBlock[]): string {
  return content
    .map((block) =>
      'text' in block
        ? block.text
        : 'citationsContent' in block
          ? block.citationsContent.content.map((part) => part.text).join('')
          : '',
    )
    .join('');
}
