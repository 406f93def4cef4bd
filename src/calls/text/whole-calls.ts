/** Answers that say they have called a tool, and have not: asked for once more, because nobody can answer half a call. */

import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import { answerText } from '../../messages/answer-text.ts';
import type { InferenceResult } from '../../messages/types.ts';
import type { BilledRequest } from '../billing.ts';
import { receiptOfBoth } from '../receipt.ts';
import type { ModelServices } from '../services.ts';
import { askModel, type BilledAnswer } from './billed-call.ts';
import { secondRound } from './second-round.ts';

/**
 * As `askModel`. What progress has shown of the first answer is no part of the reply, so asking again takes nothing back.
 * A call that a limit cut stays in the answer as what it is: the next one would be cut at the same place.
 * @throws BedrockError `incomplete` with the partial text when the second answer has a broken call too, or there is none.
 */
export async function askForWholeCalls(ask: BilledRequest, services: ModelServices): Promise<BilledAnswer> {
  const deadline = ask.call.deadline ?? performance.now() + ask.call.timeoutMs;
  const first = await askModel({ ...ask, call: { ...ask.call, deadline } }, services);
  if (!claimsBrokenCall(first.result)) return first;
  if (services.config.max_retries === 0) throw broken(first, 'max_retries is 0, so it was not asked again');
  if (performance.now() >= deadline) throw broken(first, 'no time was left to ask again');
  let second: BilledAnswer;
  try {
    second = await askModel(secondRound(ask, first, deadline), services);
  } catch (error) {
    if (!(error instanceof BedrockError) || error.code === 'cancelled') throw error;
    throw broken(first, `asking again failed (${error.code}: ${error.message.replace(/\.$/, '')})`, error);
  }
  const names = namesOf(first.result);
  const note = `The input of the call of ${names} was no JSON object, so the model was asked again; both answers were billed.`;
  const both = { ...second, receipt: receiptOfBoth(first.receipt, second.receipt, note) };
  if (claimsBrokenCall(both.result)) throw broken(both, 'so was that of the second answer');
  return both;
}

/** The model ended by itself, as if the call were whole. */
function claimsBrokenCall({ incompleteCalls, stopReason }: InferenceResult): boolean {
  return incompleteCalls !== undefined && (stopReason === 'tool_use' || stopReason === 'end_turn');
}

function namesOf({ incompleteCalls = [] }: InferenceResult): string {
  return [...new Set(incompleteCalls.map(({ name }) => name || 'a tool without a name'))].join(', ');
}

function broken({ result, receipt }: BilledAnswer, why: string, cause?: BedrockError): BedrockError {
  const { incompleteCalls = [], content } = result;
  const partialText = answerText(content);
  const raw = incompleteCalls.map(({ name, rawInput }) => `${name}: ${rawInput.slice(0, LONGEST_RAW)}`);
  const cost = receipt.cost_usd === undefined ? '' : ` It cost ${receipt.cost_usd} USD.`;
  return new BedrockError('incomplete', {
    message: `The model called ${namesOf(result)} with an input that is no JSON object; ${why}. It wrote ${raw.join('; ')}.${cost}`,
    fix: 'Call again, simplify the schema of the tool, or use a stronger model.',
    accepted: true,
    ...(partialText === '' ? {} : { partialText }),
    ...defined({ cause }),
  });
}

const LONGEST_RAW = 200;
