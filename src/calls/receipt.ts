/** The receipt under every answer: what was asked, what was sent where and why, what it used and cost. */
import { Big } from 'big.js';
import { costOf } from '../catalog/prices/cost.ts';
import type { PriceFound, PriceUnknown } from '../catalog/prices/price-query.ts';
import { defined } from '../defined.ts';
import type { Target } from '../inference/resolve/target.ts';
import { previewRequest } from '../inference/send/attempt.ts';
import type { InferenceCall, PlannedCall } from '../inference/send/plan-call.ts';
import type { Attempt, InferenceOutcome } from '../inference/send/run-call.ts';
import { estimateTokens } from '../spend/estimate/tokens.ts';
import type { Receipt } from './answer.ts';
import { type WorstCase, worstCaseOf } from './billing.ts';
import { type CallCost, priceOf } from './call-cost.ts';
import { servedBy } from './live-listing.ts';
import type { PriceServices } from './services.ts';

/** The receipt of a finished text call. */
export function runReceipt(
  outcome: Extract<InferenceOutcome, { ok: true }>,
  callId: string,
  cost: CallCost | undefined,
): Receipt {
  const { planned, attempts } = outcome;
  const { target } = planned;
  return {
    ...head(planned.resolution.requested, target, callId),
    api: planned.route.api,
    route_reason: `${planned.route.reason}; ${planned.route.streamReason}`,
    ...money(cost),
    attempts: attempts.map(attemptRow),
    ...warningsOf(outcome.warnings),
    duration_ms: attempts.reduce((total, each) => total + each.durationMs, 0),
  };
}

/** The receipt with more to say. */
export function withNotes(receipt: Receipt, notes: readonly string[]): Receipt {
  return notes.length === 0 ? receipt : { ...receipt, warnings: [...(receipt.warnings ?? []), ...notes] };
}

/** Two calls as one: the last one's facts, and what both used, cost and took. */
export function receiptOfBoth(first: Receipt, last: Receipt, note: string): Receipt {
  const total = (name: keyof NonNullable<Receipt['usage']>) => {
    const [a, b] = [first.usage?.[name], last.usage?.[name]];
    return a === undefined && b === undefined ? {} : { [name]: (a ?? 0) + (b ?? 0) };
  };
  const known = first.cost_usd !== undefined && last.cost_usd !== undefined;
  const { cost_usd: _, ...rest } = last;
  return {
    ...rest,
    call_id: first.call_id,
    usage: {
      ...total('input_tokens'),
      ...total('output_tokens'),
      ...total('cache_read_tokens'),
      ...total('cache_write_tokens'),
    },
    ...(known ? { cost_usd: new Big(first.cost_usd ?? 0).plus(last.cost_usd ?? 0).toFixed() } : {}),
    attempts: [...(first.attempts ?? []), ...(last.attempts ?? [])],
    warnings: [...new Set([...(first.warnings ?? []), ...(last.warnings ?? []), note])],
    duration_ms: (first.duration_ms ?? 0) + (last.duration_ms ?? 0),
  };
}

export interface NativeReceiptInput {
  readonly requested: string;
  readonly target: Target;
  readonly callId: string;
  /** Requests sent. */
  readonly attempts: number;
  readonly durationMs: number;
  readonly warnings: readonly string[];
  readonly cost: CallCost | undefined;
}

/** The receipt of embeddings and other InvokeModel-only work. */
export function nativeReceipt(input: NativeReceiptInput): Receipt {
  const { target } = input;
  return {
    ...head(input.requested, target, input.callId),
    api: 'native',
    ...money(input.cost),
    attempts: [{ model_id: target.modelId, region: target.region, requests: input.attempts }],
    ...warningsOf(input.warnings),
    duration_ms: input.durationMs,
  };
}

/** What would be sent, and what it may cost. */
export type PlanDetails = ReturnType<typeof detailsOf>;

/** What a dry run shows: the same decisions, and the range that the call may cost. */
export async function planReceipt(
  planned: PlannedCall,
  callId: string,
  call: InferenceCall,
  services: PriceServices,
): Promise<{ receipt: Receipt; details: PlanDetails }> {
  const { target, route, prepared } = planned;
  const { request } = prepared;
  const inputTokens = estimateTokens(request, target.model);
  const price = await priceOf({ target, requested: call.asked, request }, { inputTokens }, services);
  // What would be reserved, so that the range holds for what comes out.
  const most = await worstCaseOf(planned, call, services);
  const receipt: Receipt = {
    ...head(call.asked, target, callId),
    api: route.api,
    route_reason: `${route.reason}; ${route.streamReason}`,
    ...priceFacts(price, await services.prices()),
    ...warningsOf(planned.warnings),
  };
  return { receipt, details: detailsOf(planned, inputTokens, price, most) };
}

function detailsOf(
  planned: PlannedCall,
  inputTokens: number,
  price: PriceFound | PriceUnknown,
  most: WorstCase,
) {
  const { route, resolution } = planned;
  const least = costOf({ inputTokens, outputTokens: 0 }, price);
  return {
    sent: false,
    stream: route.stream,
    resolved_from: resolution.basis,
    targets: resolution.targets.map(({ modelId, region, via }) => ({ model_id: modelId, region, via })),
    estimated_input_tokens: inputTokens,
    max_output_tokens: most.usage.outputTokens,
    ...defined({
      cost_usd_at_least: least.usd ?? undefined,
      cost_usd_at_most: most.usd ?? undefined,
      cost_note: price.known ? undefined : price.reason,
    }),
    request: previewRequest(planned),
  };
}

function head(
  requested: string,
  target: Target,
  callId: string,
): Pick<Receipt, 'call_id' | 'model_asked' | 'model_id' | 'region' | 'served_by'> {
  return {
    call_id: callId,
    model_asked: requested,
    model_id: target.modelId,
    region: target.region,
    ...(target.servedBy === undefined ? {} : { served_by: servedBy(target.servedBy) }),
  };
}

function money(cost: CallCost | undefined): Partial<Receipt> {
  if (cost === undefined) return {};
  const { usage, usd, note, pricesAsOf } = cost;
  const shown = defined({
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadInputTokens || undefined,
    cache_write_tokens: usage.cacheWriteInputTokens || undefined,
  });
  return defined({
    usage: Object.keys(shown).length === 0 ? undefined : shown,
    cost_usd: usd ?? undefined,
    cost_note: note,
    prices_as_of: pricesAsOf,
  });
}

function priceFacts(price: PriceFound | PriceUnknown, book: { readonly asOf: string }): Partial<Receipt> {
  return price.known ? { prices_as_of: price.asOf ?? book.asOf } : {};
}

function attemptRow(attempt: Attempt): Record<string, unknown> {
  return {
    model_id: attempt.modelId,
    region: attempt.region,
    api: attempt.api,
    streamed: attempt.streamed,
    duration_ms: attempt.durationMs,
    ...(attempt.error === undefined
      ? {}
      : {
          error: attempt.error.code,
          ...defined({ request_id: attempt.error.requestId }),
        }),
  };
}

function warningsOf(warnings: readonly string[]): Pick<Receipt, 'warnings'> {
  return warnings.length === 0 ? {} : { warnings: [...warnings] };
}
