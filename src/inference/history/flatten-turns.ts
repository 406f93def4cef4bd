/** A stored conversation in one message, for native forms that know no turns. Pure. */
import { inWords, noteFor } from '../../messages/blocks-as-text.ts';
import type { ContentBlock, Message } from '../../messages/types.ts';

/**
 * What was said before, told in front of what is earlier now; the latest file stays unless there is one now, because these
 * forms take one. The messages as they are when this turn is more than one question.
 */
export function flattenTurns(earlier: readonly Message[], turn: readonly Message[]): readonly Message[] {
  if (earlier.length === 0 || turn.some(({ role }) => role !== 'user')) return [...earlier, ...turn];
  const now = turn.flatMap(({ content }) => content);
  const file = now.some(isFile) ? undefined : earlier.flatMap(({ content }) => content).findLast(isFile);
  const lines = earlier.map(({ role, content }) => {
    const texts = content.flatMap((block) =>
      (isFile(block) ? [noteFor(block)] : inWords(block)).flatMap((each) =>
        'text' in each ? [each.text] : [],
      ),
    );
    return `${role === 'assistant' ? 'You' : 'The user'}: ${texts.join('\n')}`;
  });
  const before = { text: `The conversation so far:\n\n${lines.join('\n\n')}\n\nThe user says now:` };
  return [{ role: 'user', content: [...(file === undefined ? [] : [file]), before, ...now] }];
}

function isFile(block: ContentBlock): boolean {
  return 'video' in block || 'image' in block || 'document' in block || 'audio' in block;
}
