/** What the file system said about a folder of the product, in the product's words. */
import { BedrockError } from './bedrock-error.ts';

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'this user has no permission',
  EPERM: 'this user has no permission',
  ENOTDIR: 'a file stands where a folder should be',
  EEXIST: 'a file stands where a folder should be',
};

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

/** True when the file system says that there is no such file. */
export function isMissing(cause: unknown): boolean {
  return codeOf(cause) === 'ENOENT';
}

/** @param what names the thing and its folder, such as `The ledger in /data/usage`. */
export function diskError(what: string, doing: 'read' | 'written', cause: unknown): BedrockError {
  const code = codeOf(cause);
  const why = CAUSES[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new BedrockError('config', {
    message: `${what} cannot be ${doing}: ${why}${code === '' ? '' : ` (${code})`}.`,
    fix:
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'Free some space there, or set BEDROCK_MCP_DATA_DIR to a folder on another disk.'
        : 'Give this user access to the folder, or set BEDROCK_MCP_DATA_DIR to one it has access to.',
    cause,
  });
}
