/** Sentences about a conversation whose first messages came from a thread, for the caller who sent only the rest. */
import { BedrockError } from '../../bedrock-error.ts';
import type { Receipt } from '../answer.ts';

/** `messages[13]` as the caller counts: those of the thread are left out. */
function inOwnCount(text: string, before: number): string {
  return text.replaceAll(/\bmessages\[(\d+)\]((?:\.\w+|\[\d+\])*)/g, (_, digits: string, path: string) => {
    const at = Number(digits);
    return at < before ? `message ${at + 1} of the thread` : `messages[${at - before}]${path}`;
  });
}

function withThreadCount(message: string, before: number): string {
  return /\bmessages[.[]\d/.test(message)
    ? `${message} (Messages are counted from 0, the ${before} of the thread first.)`
    : message;
}

/** What a call failed with. */
export function errorInOwnCount(error: unknown, before: number): unknown {
  if (before === 0 || !(error instanceof BedrockError)) return error;
  const { message, fix, field, awsMessage } = error;
  const own = {
    // AWS's own words stay as they are.
    message: awsMessage === undefined ? inOwnCount(message, before) : withThreadCount(message, before),
    fix: inOwnCount(fix, before),
    ...(field === undefined ? {} : { field: inOwnCount(field, before).replace(/^message .*/, 'thread_id') }),
  };
  return own.message === message && own.fix === fix && own.field === field ? error : error.with(own);
}

export function receiptInOwnCount(receipt: Receipt, before: number): Receipt {
  const { warnings } = receipt;
  return warnings === undefined
    ? receipt
    : { ...receipt, warnings: warnings.map((each) => inOwnCount(each, before)) };
}
