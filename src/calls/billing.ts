/** Money around a call: the worst case is reserved before anything is sent, what was used is settled after it. */

import { Big } from 'big.js';
import { BedrockError } from '../bedrock-error.ts';
import { costOf } from '../catalog/prices/cost.ts';
import type { PriceFound, PriceUnknown } from '../catalog/prices/price-query.ts';
import { defined } from '../defined.ts';
import type { Target } from '../inference/resolve/target.ts';
import type { InferenceCall, PlannedCall } from '../inference/send/plan-call.ts';
import type { InferenceOutcome } from '../inference/send/run-call.ts';
import type { Api } from '../messages/types.ts';
import type { Reservation } from '../spend/budget/budget.ts';
import { estimateTextTokens, estimateTokens } from '../spend/estimate/tokens.ts';
import { type MostUsed, mostTextInput, mostUsed } from '../spend/estimate/worst-case.ts';
import { statusOf } from '../spend/record.ts';
import type { CallContext } from './call-context.ts';
import { type CallCost, costOfCall, type Meter, priceOf } from './call-cost.ts';
import { cheapestThatFits } from './cheaper-call.ts';
import type { BillingServices, PriceServices, Services } from './services.ts';

export interface WorstCase {
  readonly usage: MostUsed;
  /** Plain decimal; null = some target has no known price. */
  readonly usd: string | null;
}

/** The dearest that the planned call can get, over all its targets and the fallback models. */
export async function worstCaseOf(
  planned: PlannedCall,
  call: InferenceCall,
  services: PriceServices,
): Promise<WorstCase> {
  const used = mostUsed(planned.prepared.request, planned.target.model, planned.model.maxOutput);
  return dearest(used, planned, call, services);
}

/** What this much work costs at the dearest of all targets and fallback models. */
export async function dearest(
  usage: WorstCase['usage'],
  planned: PlannedCall,
  call: InferenceCall,
  services: PriceServices,
): Promise<WorstCase> {
  const catalog = await services.catalog();
  const names = call.fallbacks === false ? [] : services.config.fallback_models;
  const fallbacks = names.flatMap((name) => {
    const model = catalog.byAlias(name)?.model ?? catalog.get(name);
    return model === undefined ? [] : [{ model, region: call.region }];
  });
  const { serviceTier, ...rest } = planned.prepared.request;
  // A model without a flex tier answers in the default one, which costs more.
  const request = serviceTier === 'flex' ? rest : planned.prepared.request;
  const costs = await Promise.all(
    [...planned.resolution.targets, ...fallbacks].map(async (target) =>
      mostOf(usage, await priceOf({ target, requested: call.asked, request }, usage, services)),
    ),
  );
  const known = costs.filter((usd): usd is string => usd !== null);
  return {
    usage,
    usd: known.length === costs.length ? (known.sort((a, b) => new Big(b).cmp(a))[0] ?? null) : null,
  };
}

/** The dearer of reading all input and of writing it to the cache: a one-hour write costs twice what a read does. */
function mostOf({ inputTokens, outputTokens, cacheWrite }: MostUsed, price: PriceFound | PriceUnknown) {
  const read = costOf({ inputTokens, outputTokens }, price).usd;
  if (cacheWrite === undefined || read === null) return read;
  const hourly = cacheWrite === '1h' ? { cacheWrite1hInputTokens: inputTokens } : {};
  const written = costOf({ cacheWriteInputTokens: inputTokens, ...hourly, outputTokens }, price).usd;
  return written === null || new Big(read).gte(written) ? read : written;
}

/**
 * Reserves the worst case and asks for confirmation where the configuration wants it.
 * @throws BedrockError `budget_exceeded`, `confirmation_required`, or `config` (a budget that cannot be checked).
 */
export async function reserveCall(
  { callId, tool, thread, call, confirmedUsd, before }: BilledRequest,
  planned: PlannedCall,
  services: BillingServices,
): Promise<Reservation> {
  const worst = await worstCaseOf(planned, call, services);
  const usd =
    worst.usd === null || before === undefined ? worst.usd : new Big(worst.usd).plus(before.usd).toFixed();
  const { budgets } = await services.spending();
  const { target, route } = planned;
  checkConfirmation(usd, confirmedUsd, await callOf(target, services), services);
  return budgets.reserve({
    id: callId,
    tool,
    ...defined({ thread }),
    model: target.model.id,
    model_id: target.modelId,
    region: target.region,
    api: route.api,
    worstCaseUsd: worst.usd,
    worstCaseTokens: worst.usage.inputTokens + worst.usage.outputTokens,
    ...defined({ before }),
    timeoutMs: call.timeoutMs,
    cheaper: (fits) =>
      cheapestThatFits(planned, call, worst.usage, services, async (other, same) => {
        const { usd, usage } = await worstCaseOf(other, same, services);
        return usd !== null && fits(other.target.model.id, usd, usage.inputTokens + usage.outputTokens);
      }),
  });
}

/**
 * Asks first where the configuration wants it.
 * @param usd the most it may cost; null = unknown.
 * @param what is to be paid for, such as `A call of nova-pro`: the person who is asked sees nothing else of it.
 * @throws BedrockError `confirmation_required`.
 */
export function checkConfirmation(
  usd: string | null,
  confirmedUsd: number | undefined,
  what: string,
  services: Pick<Services, 'config'>,
): void {
  const limit = services.config.confirm_above_usd;
  if (limit === undefined) return;
  if (usd === null) {
    if (confirmedUsd !== undefined) return;
    throw askFirst(`${what} has no known price`, limit, 'any amount you agree to');
  }
  if (new Big(usd).lte(limit) || (confirmedUsd !== undefined && new Big(usd).lte(confirmedUsd))) return;
  throw askFirst(`${what} may cost up to ${usd} USD`, limit, usd).with({ costUsd: usd });
}

async function callOf({ model }: Target, services: Pick<Services, 'catalog'>): Promise<string> {
  return `A call of ${(await services.catalog()).aliasOf(model.id) ?? model.id}`;
}

function askFirst(what: string, limit: number, amount: string): BedrockError {
  return new BedrockError('confirmation_required', {
    message: `${what}; this server asks before calls above ${limit} USD. Nothing was sent.`,
    fix: `If the user agrees, call again with options.confirm_cost_usd: ${amount}; or lower max_tokens, shorten the input, or choose a cheaper model (estimate_cost).`,
    field: 'options.confirm_cost_usd',
  });
}

/** A call that has been settled. */
export interface Settled {
  /** Absent when nothing was sent. */
  readonly cost?: CallCost;
  /** For the receipt. */
  readonly warnings: readonly string[];
}

/** Settles what a call used, however it ended. */
export async function settleCall(
  reservation: Reservation,
  outcome: InferenceOutcome,
  call: InferenceCall,
  services: Pick<Services, 'prices'>,
): Promise<Settled> {
  const { planned, attempts } = outcome;
  if (!outcome.ok && attempts.length === 0) return { warnings: await reservation.release() };
  const cost = await usedUp(outcome, call, services);
  const warnings = await reservation.settle({
    status: statusOfCall(outcome),
    ...ledgerCost(cost),
    durationMs: attempts.reduce((total, each) => total + each.durationMs, 0),
    attempts: attempts.length,
    sent: sentTo(planned.target, planned.route.api),
    ...(outcome.ok ? {} : defined({ requestId: outcome.error.requestId })),
  });
  return { cost, warnings };
}

/** What was billed: as reported; nothing for a refusal; an estimate where a call broke off after Bedrock took it. */
async function usedUp(
  outcome: InferenceOutcome,
  call: InferenceCall,
  services: Pick<Services, 'prices'>,
): Promise<CallCost> {
  const { planned } = outcome;
  const { request } = planned.prepared;
  const billed = { target: planned.target, requested: call.asked, request };
  if (outcome.ok && outcome.result.leftEarly === undefined)
    return costOfCall(billed, outcome.result.usage, {}, services);
  if (!outcome.ok && !brokeOff(outcome)) return { usage: {}, usd: '0' };
  const usage = {
    inputTokens: estimateTokens(request, planned.target.model),
    outputTokens: estimateTextTokens(writtenIn(outcome)),
  };
  return costOfCall(billed, usage, { estimated: true }, services);
}

/** All that the model had written when the call ended before its stream did. */
function writtenIn(outcome: InferenceOutcome): string {
  if (outcome.ok) return outcome.result.leftEarly?.produced ?? '';
  return outcome.error.produced ?? outcome.error.partialText ?? '';
}

type Failure = Extract<InferenceOutcome, { ok: false }>;

/** A refusal is not billed; a call that ended after Bedrock took it is, and nobody says how much. */
function brokeOff({ error, attempts }: Failure): boolean {
  // A caller who leaves between two attempts ends a call that Bedrock had refused.
  const last = attempts.at(-1)?.error ?? error;
  return (
    last.partialText !== undefined ||
    last.produced !== undefined ||
    last.accepted ||
    last.code === 'cancelled' ||
    last.code === 'incomplete'
  );
}

function statusOfCall(outcome: InferenceOutcome) {
  if (outcome.ok) return 'ok';
  return brokeOff(outcome) && outcome.error.partialText !== undefined ? 'partial' : statusOf(outcome.error);
}

/** The cost as the ledger keeps it. */
function ledgerCost({ usage, usd, note, estimated }: CallCost) {
  const costReason = estimated
    ? 'The call broke off; its tokens are estimated.'
    : usd === null
      ? note
      : undefined;
  return { usage, costUsd: usd, ...defined({ costReason, estimated }) };
}

function sentTo({ model, modelId, region }: Target, api: Api) {
  return { model: model.id, model_id: modelId, region, api };
}

/**
 * Reserves the worst case of a batch of embeddings.
 * @throws BedrockError as `reserveCall`.
 */
export async function reserveTexts(
  callId: string,
  texts: readonly string[],
  requested: string,
  target: Target,
  { services, confirmedUsd }: Pick<CallContext, 'services' | 'confirmedUsd'>,
): Promise<Reservation> {
  const inputTokens = mostTextInput(texts);
  const usage = { inputTokens, outputTokens: 0 };
  const { usd } = costOf(usage, await priceOf({ target, requested }, usage, services));
  checkConfirmation(usd, confirmedUsd, await callOf(target, services), services);
  const { budgets } = await services.spending();
  return budgets.reserve({
    id: callId,
    tool: 'embed_text',
    model: target.model.id,
    model_id: target.modelId,
    region: target.region,
    api: 'native',
    worstCaseUsd: usd,
    worstCaseTokens: inputTokens,
    timeoutMs: services.config.timeout,
  });
}

/** Settles a batch of embeddings; `inputTokens` absent = Bedrock did not say, so the texts are estimated. */
export async function settleTexts(
  reservation: Reservation,
  done: {
    requested: string;
    target: Target;
    inputTokens?: number;
    texts: readonly string[];
    durationMs: number;
    attempts: number;
    error?: unknown;
  },
  services: Pick<Services, 'prices'>,
): Promise<Settled> {
  if (done.attempts === 0) return { warnings: await reservation.release() };
  const { target, requested } = done;
  const estimated = done.inputTokens === undefined;
  const inputTokens = done.inputTokens ?? done.texts.reduce((sum, text) => sum + estimateTextTokens(text), 0);
  const cost = await costOfCall({ target, requested }, { inputTokens }, { estimated }, services);
  const warnings = await reservation.settle({
    status: done.error === undefined ? 'ok' : statusOf(done.error),
    usage: cost.usage,
    costUsd: cost.usd,
    ...(estimated ? { estimated: true } : {}),
    durationMs: done.durationMs,
    attempts: done.attempts,
    sent: sentTo(target, 'native'),
  });
  return { cost, warnings };
}

export interface BilledRequest {
  readonly callId: string;
  /** For the ledger. */
  readonly tool: string;
  /** For the ledger and the limits on threads. */
  readonly thread?: string;
  readonly call: InferenceCall;
  /** USD that the caller has agreed to spend on this call. */
  readonly confirmedUsd?: number;
  /** What a first round has used: limits and agreements are for the whole call. USD as a plain decimal. */
  readonly before?: { readonly usd: string; readonly tokens: number };
  /** Learns what the call cost, however it ended. */
  readonly meter?: Meter;
}
