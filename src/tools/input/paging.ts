/** Opaque cursors over lists that are made anew for each call. */
import { BedrockError } from '../../bedrock-error.ts';

export function cursorAt(offset: number): string {
  return Buffer.from(`offset:${offset}`).toString('base64url');
}

/** @throws BedrockError `invalid_request` for a cursor that this server did not give. */
export function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  const match = /^offset:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64url').toString());
  if (match?.[1] === undefined)
    throw new BedrockError('invalid_request', {
      message: 'This cursor was not given by list.',
      fix: 'Use next_cursor of the last page, or leave cursor out.',
      field: 'cursor',
    });
  return Number(match[1]);
}
