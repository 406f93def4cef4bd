/** Which threads are in use by a call of this process. Across processes the order of turns decides. */
import { BedrockError } from '../bedrock-error.ts';
import { checkThreadId } from './thread-id.ts';

/** By thread ID. */
export type ThreadClaims = Map<string, { readonly callId: string }>;

/** As `ThreadStore.claim`. */
export function claimThread(claims: ThreadClaims, id: string, callId: string): () => void {
  checkThreadId(id);
  const other = claims.get(id);
  if (other !== undefined) {
    throw new BedrockError('busy', {
      message: `The thread ${id} is in use: the call ${other.callId} has not ended yet.`,
      fix: 'Continue the thread when that call has ended, or start another with thread_id "new".',
      retryable: true,
      field: 'thread_id',
    });
  }
  const claimed = { callId };
  claims.set(id, claimed);
  return () => {
    if (claims.get(id) === claimed) claims.delete(id);
  };
}
