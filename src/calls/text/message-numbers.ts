/** Sentences about a conversation whose first messages came from a thread, for the caller who sent only the rest. */
import { BedrockError } from '../../bedrock-error.ts';
import type { Receipt } from '../answer.ts';

/** `messages[13]` as the caller counts: those of the thread are left out. */
function inOwnCount(text: string, kept: number): string {
  return text.replaceAll(/\bmessages\[(\d+)\]((?:\.\w+|\[\d+\])*)/g, (_, digits: string, path: string) => {
    const at = Number(digits);
    return at < kept ? `message ${at + 1} of the thread` : `messages[${at - kept}]${path}`;
  });
}

function withKeptCount(message: string, kept: number): string {
  return /\bmessages[.[]\d/.test(message)
    ? `${message} (Messages are counted from 0, the ${kept} of the thread first.)`
    : message;
}

/** What a call failed with. */
export function errorInOwnCount(error: unknown, kept: number): unknown {
  if (kept === 0 || !(error instanceof BedrockError)) return error;
  const { message, fix, field, awsMessage } = error;
  const own = {
    // AWS's own words stay as they are.
    message: awsMessage === undefined ? inOwnCount(message, kept) : withKeptCount(message, kept),
    fix: inOwnCount(fix, kept),
    ...(field === undefined ? {} : { field: inOwnCount(field, kept).replace(/^message .*/, 'thread_id') }),
  };
  return own.message === message && own.fix === fix && own.field === field ? error : error.with(own);
}

export function receiptInOwnCount(receipt: Receipt, kept: number): Receipt {
  const { warnings } = receipt;
  return warnings === undefined
    ? receipt
    : { ...receipt, warnings: warnings.map((each) => inOwnCount(each, kept)) };
}
