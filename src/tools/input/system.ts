/** The system text as callers write it: text, or Anthropic's and Converse's list of blocks. */
import type { SystemBlock } from '../../messages/types.ts';
import { readBlocks } from './blocks/content-blocks.ts';
import { type Tell, wrong } from './fields.ts';

/** @returns undefined when there is none: an empty text says nothing. */
export function readSystem(
  given: string | readonly unknown[] | undefined,
  tell: Tell,
): readonly SystemBlock[] | undefined {
  if (given === undefined || given.length === 0) return undefined;
  if (typeof given === 'string') return [{ text: given }];
  return readBlocks(given, 'system', tell).map((block) => {
    if ('text' in block || 'cachePoint' in block || 'guardContent' in block) return block;
    throw wrong('system', `takes blocks of text, not ${Object.keys(block)[0] ?? 'others'}`);
  });
}
