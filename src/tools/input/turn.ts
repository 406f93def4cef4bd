/** What a caller says in one turn: prompt, conversation, system text, files. Shared by every tool that asks models. */
import * as z from 'zod';
import { BedrockError } from '../../bedrock-error.ts';
import type { QuestionRead } from '../../calls/compare/request.ts';
import type { Services } from '../../calls/services.ts';

import type { ContentBlock, Message } from '../../messages/types.ts';
import { publishedAs } from '../definition/define.ts';
import { readMessages } from './messages.ts';
import { checkTurnSize } from './turn-size.ts';

export const LONGEST_TEXT = 20_000_000;

export const turnInput = {
  prompt: z.string().max(LONGEST_TEXT).optional().describe('User turn'),
  system: z.string().max(LONGEST_TEXT).optional().describe('System prompt'),
  // Objects ({path | url | base64 | text, name, format}) are taken too.
  files: z
    .array(publishedAs(z.unknown(), { type: 'string' }))
    .max(100)
    .optional(),
};

export interface TurnArguments {
  readonly prompt?: string | undefined;
  readonly messages?: readonly unknown[] | undefined;
  readonly files?: readonly unknown[] | undefined;
}

/**
 * The messages of this turn: those given, then the files with the prompt behind them, as models read them best.
 * @param takes what the reader of a refusal can give.
 * @throws BedrockError `invalid_request`, `file`, `content_too_long`, `cancelled`.
 */
export async function readTurn(
  args: TurnArguments,
  { config }: Pick<Services, 'config'>,
  signal: AbortSignal,
  takes = 'prompt (one user turn) or messages (a conversation)',
): Promise<QuestionRead> {
  const told: string[] = [];
  const given =
    args.messages === undefined ? [] : readMessages(args.messages, (sentence) => told.push(sentence));
  const { blocks: files, notes } = await readGivenFiles(args.files ?? [], config, signal);
  const prompt = args.prompt === undefined ? [] : [{ text: args.prompt }];
  const content: ContentBlock[] = [...files, ...prompt];
  if (given.length + content.length === 0) {
    throw new BedrockError('invalid_request', {
      message: 'There is nothing to ask.',
      fix: `Give ${takes}.`,
      field: 'prompt',
    });
  }
  const messages: Message[] = content.length === 0 ? given : [...given, { role: 'user', content }];
  checkTurnSize(messages, files, args.files ?? []);
  return { messages, files, notes: [...told, ...notes] };
}

async function readGivenFiles(
  files: readonly unknown[],
  { roots, file_hosts }: Services['config'],
  signal: AbortSignal,
) {
  if (files.length === 0) return { blocks: [], notes: [] };
  const { readFiles } = await import('../../files/read-files.ts');
  return readFiles(files, 'files', { roots, hosts: file_hosts }, signal);
}
