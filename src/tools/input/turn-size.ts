/** What a caller sends in one turn must fit into one request; what a thread adds to it gives way, but this cannot. */
import { BedrockError } from '../../bedrock-error.ts';
import { quoted, sizeText } from '../../files/refusal.ts';
import { bytesIn } from '../../inference/history/history-media.ts';
import { bodyBytes, MOST_BODY_BYTES } from '../../inference/prepare/body-size.ts';
import { isJsonObject } from '../../json.ts';
import type { ContentBlock, Message } from '../../messages/types.ts';

/** That a refusal names. */
const MOST_NAMED = 5;

interface Part {
  readonly name: string;
  /** As sent. */
  readonly bytes: number;
}

/**
 * @param files the blocks of `given`, one each.
 * @throws BedrockError `content_too_long` naming the largest parts.
 */
export function checkTurnSize(
  messages: readonly Message[],
  files: readonly ContentBlock[],
  given: readonly unknown[],
): void {
  const bytes = bodyBytes(messages);
  if (bytes <= MOST_BODY_BYTES) return;
  const parts = [
    ...files.map((block, at) => ({ name: `files[${at}]${nameOf(given[at])}`, bytes: bodyBytes(block) })),
    ...messages.flatMap(({ content }, m) =>
      content.flatMap((block, b): Part[] =>
        bytesIn(block) > 0 && !files.includes(block)
          ? [{ name: `messages[${m}].content[${b}]`, bytes: bodyBytes(block) }]
          : [],
      ),
    ),
  ].sort((a, b) => b.bytes - a.bytes);
  const named = parts.slice(0, MOST_NAMED).map((part) => `${part.name} with ${sizeText(part.bytes)}`);
  const most = sizeText(MOST_BODY_BYTES);
  throw new BedrockError('content_too_long', {
    message: `This turn has ${sizeText(bytes)} as it is sent (files grow by a third); one request takes ${most}.${named.length === 0 ? '' : ` Largest: ${named.join(', ')}.`}`,
    fix: 'Send fewer or smaller files in one call; Nova reads large ones from S3 (s3:// URIs).',
    field: files.length > 0 ? 'files' : 'messages',
  });
}

/** How the caller names the file, where that is short: content given inline has no name of its own. */
function nameOf(given: unknown): string {
  const { name, path, url } = isJsonObject(given) ? given : { name: undefined, path: given, url: undefined };
  const named = name ?? path ?? url;
  if (typeof named !== 'string' || named.startsWith('data:')) return '';
  const last = named
    .replace(/[?#].*$/s, '')
    .split(/[\\/]/)
    .at(-1);
  return last === undefined || last === '' ? '' : ` (${quoted(last)})`;
}
