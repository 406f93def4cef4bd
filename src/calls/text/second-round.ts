/** One more request for the same answer: it is paid for, so it counts from what the first one cost. */
import { randomUUID } from 'node:crypto';
import { Big } from 'big.js';
import type { InferenceRequest } from '../../messages/types.ts';
import type { BilledRequest } from '../billing.ts';
import type { BilledAnswer } from './billed-call.ts';

/** The second round of `ask`, under its deadline and budget, with a call ID of its own. */
export function secondRound(
  ask: BilledRequest,
  { receipt }: Pick<BilledAnswer, 'receipt'>,
  deadline: number,
  request: InferenceRequest = ask.call.request,
): BilledRequest {
  const { usage = {} } = receipt;
  const used = [usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens];
  const tokens = used.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  const before = {
    usd: new Big(ask.before?.usd ?? 0).plus(receipt.cost_usd ?? 0).toFixed(),
    tokens: (ask.before?.tokens ?? 0) + tokens,
  };
  return { ...ask, before, callId: randomUUID(), call: { ...ask.call, request, deadline } };
}
