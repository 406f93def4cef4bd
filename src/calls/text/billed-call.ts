/** One billed text call: planned, its worst case reserved, sent, settled, receipted. Every tool that asks a model does it here. */

import { BedrockError } from '../../bedrock-error.ts';
import { type InferenceCall, type PlannedCall, planInference } from '../../inference/send/plan-call.ts';
import { runInference } from '../../inference/send/run-call.ts';
import { answerNotes, shownStopReason, unfinishedNote } from '../../messages/answer-notes.ts';
import { answerText } from '../../messages/answer-text.ts';
import type { InferenceResult, StopReason, Usage } from '../../messages/types.ts';
import { estimateTokens } from '../../spend/estimate/tokens.ts';
import type { Receipt } from '../answer.ts';
import type { BilledRequest } from '../billing.ts';
import { reserveCall, settleCall } from '../billing.ts';
import { runReceipt } from '../receipt.ts';
import type { ModelServices } from '../services.ts';

export interface BilledAnswer {
  readonly result: InferenceResult;
  readonly receipt: Receipt;
  readonly planned: PlannedCall;
}

/**
 * Makes the call. Whatever happens after the send is in the ledger before this settles.
 * @throws BedrockError; with `partialText` when part of an answer had arrived.
 */
export async function askModel(ask: BilledRequest, services: ModelServices): Promise<BilledAnswer> {
  const { callId } = ask;
  const call = { ...ask.call, deadline: ask.call.deadline ?? performance.now() + ask.call.timeoutMs };
  return services.gate.run(call, async () => {
    const deps = await services.inference();
    const planned = await planInference(call, deps);
    const reservation = await reserveCall(ask, planned, services);
    const outcome = await runInference(call, deps, planned).catch(async (error: unknown) => {
      await reservation.release();
      throw error;
    });
    const settled = await settleCall(reservation, outcome, call, services);
    if (settled.cost !== undefined) ask.meter?.add(settled.cost);
    if (!outcome.ok) throw describeFailure(outcome.error, outcome.attempts.length);
    const warnings = [
      ...outcome.warnings,
      ...answerNotes(outcome.result),
      ...cacheNotes(outcome.planned, call, outcome.result.usage),
      ...reservation.warnings,
      ...settled.warnings,
    ];
    const receipt = runReceipt({ ...outcome, warnings }, callId, settled.cost);
    return { result: outcome.result, receipt, planned: outcome.planned };
  });
}

function describeFailure(error: BedrockError, attempts: number): BedrockError {
  return attempts < 2 ? error : error.with({ message: `${error.message} (${attempts} attempts were made.)` });
}

/** A cache point that does nothing costs nothing either; without a word it looks like a fault. */
function cacheNotes(
  { model, prepared, target }: PlannedCall,
  { request }: InferenceCall,
  used: Usage,
): readonly string[] {
  const { caching } = model.features;
  const minimum = caching === false ? undefined : caching?.minimumTokens;
  if (request.cache === undefined || request.rawBody !== undefined || minimum === undefined) return [];
  if ((used.cacheReadInputTokens ?? 0) + (used.cacheWriteInputTokens ?? 0) > 0) return [];
  const tokens = estimateTokens(prepared.request, target.model);
  const about = `the input has about ${tokens} tokens, and this model caches from ${minimum}`;
  return [
    tokens < minimum
      ? `Nothing was cached: ${about}.`
      : `Bedrock reported nothing as cached, although ${about}.`,
  ];
}

const MALFORMED: readonly StopReason[] = ['malformed_tool_use', 'malformed_model_output'];
const REFUSED: readonly StopReason[] = ['content_filtered', 'guardrail_intervened'];

/** Does the provider itself say so? What this server found in the input of a call is told beside the call. */
function isMalformed({ stopReason, stopReasonRaw = stopReason }: InferenceResult): boolean {
  return MALFORMED.includes(stopReason) && stopReasonRaw.toLowerCase() === stopReason;
}

/**
 * The answer, if a caller can use it.
 * @throws BedrockError `model_error` with the partial text when the model failed to write it.
 */
export function usable<T extends BilledAnswer>(answer: T): T {
  if (isMalformed(answer.result))
    throw spoilt(answer, {
      code: 'model_error',
      fix: 'Call again; if it stays, simplify the tools or choose another model.',
    });
  return answer;
}

/**
 * The answer, if it can be compared with others.
 * @throws BedrockError as `usable`; `incomplete` for one that the model, a filter or a guardrail refused.
 */
export function comparable<T extends BilledAnswer>(answer: T): T {
  if (REFUSED.includes(answer.result.stopReason))
    throw spoilt(answer, { code: 'incomplete', fix: 'Ask in other words, or leave this model out.' });
  return usable(answer);
}

function spoilt(
  { result, receipt: { cost_usd } }: BilledAnswer,
  { code, fix }: { readonly code: 'model_error' | 'incomplete'; readonly fix: string },
): BedrockError {
  const reason = shownStopReason(result);
  const partialText = answerText(result.content);
  const cost = cost_usd === undefined ? '' : ` It cost ${cost_usd} USD.`;
  return new BedrockError(code, {
    message: `${unfinishedNote(reason) ?? ''} (Stop reason ${reason}.)${cost}`,
    fix,
    retryable: code === 'model_error',
    accepted: true,
    ...(partialText === '' ? {} : { partialText }),
  });
}
