/** One billed text call: planned, its worst case reserved, sent, settled, receipted. Every tool that asks a model does it here. */

import type { BedrockError } from '../bedrock-error.ts';
import { type InferenceCall, type PlannedCall, planInference } from '../inference/send/plan-call.ts';
import { runInference } from '../inference/send/run-call.ts';
import { answerNotes } from '../messages/answer-notes.ts';
import type { InferenceResult, Usage } from '../messages/types.ts';
import { estimateTokens } from '../spend/estimate/tokens.ts';
import type { Ask } from './billing.ts';
import { reserveCall, settleCall } from './billing.ts';
import { type Receipt, runReceipt } from './receipt.ts';
import type { Services } from './services.ts';

export interface Asked {
  readonly result: InferenceResult;
  readonly receipt: Receipt;
  readonly planned: PlannedCall;
}

/**
 * Makes the call. Whatever happens after the send is in the ledger before this settles.
 * @throws BedrockError; with `partialText` when part of an answer had arrived.
 */
export async function askModel(ask: Ask, services: Services): Promise<Asked> {
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
