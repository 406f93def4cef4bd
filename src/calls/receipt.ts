/** The receipt under every answer: what was asked, what was sent where and why, what it used and cost. */
import { Big } from 'big.js';
import * as z from 'zod';
import { costOf } from '../catalog/prices/cost.ts';
import type { PriceFound, PriceUnknown } from '../catalog/prices/price-query.ts';
import { defined } from '../defined.ts';
import type { Target } from '../inference/resolve/target.ts';
import { previewRequest } from '../inference/send/attempt.ts';
import type { InferenceCall, PlannedCall } from '../inference/send/plan-call.ts';
import type { Attempt, InferenceOutcome } from '../inference/send/run-call.ts';
import { estimateTokens } from '../spend/estimate/tokens.ts';
import { worstCaseOf } from './billing.ts';
import { type CallCost, priceOf } from './call-cost.ts';
import { servedBy } from './live-listing.ts';
import type { Services } from './services.ts';

export const receiptOutput = z.object({
  call_id: z.string(),
  model_asked: z.string(),
  model_id: z.string(),
  region: z.string(),
  served_by: z.array(z.string()).optional(),
  api: z.string(),
  route_reason: z.string().optional(),
  usage: z
    .object({
      input_tokens: z.int().optional(),
      output_tokens: z.int().optional(),
      cache_read_tokens: z.int().optional(),
      cache_write_tokens: z.int().optional(),
    })
    .optional(),
  cost_usd: z.string().optional(),
  cost_note: z.string().optional(),
  prices_as_of: z.string().optional(),
  attempts: z.array(z.record(z.string(), z.unknown())).optional(),
  warnings: z.array(z.string()).optional(),
  duration_ms: z.int().optional(),
});

export type Receipt = z.output<typeof receiptOutput>;

/** The receipt of a finished text call. */
export function runReceipt(
  outcome: Extract<InferenceOutcome, { ok: true }>,
  callId: string,
  cost: CallCost | undefined,
): Receipt {
  const { planned, attempts } = outcome;
  const { target } = planned;
  return {
    ...head(planned.resolution.asked, target, callId),
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
  readonly asked: string;
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
    ...head(input.asked, target, input.callId),
    api: 'native',
    ...money(input.cost),
    attempts: [{ model_id: target.modelId, region: target.region, requests: input.attempts }],
    ...warningsOf(input.warnings),
    duration_ms: input.durationMs,
  };
}

/** What a dry run shows: the same decisions, and the range that the call may cost. */
export async function planReceipt(
  planned: PlannedCall,
  callId: string,
  call: InferenceCall,
  services: Services,
): Promise<{ receipt: Receipt; details: Record<string, unknown> }> {
  const { target, route, resolution, prepared } = planned;
  const { request } = prepared;
  const inputTokens = estimateTokens(request, target.model);
  const price = await priceOf({ target, requested: call.asked, request }, { inputTokens }, services);
  const least = costOf({ inputTokens, outputTokens: 0 }, price);
  // What would be reserved, so that the range holds for what comes out.
  const most = await worstCaseOf(planned, call, services);
  const receipt: Receipt = {
    ...head(call.asked, target, callId),
    api: route.api,
    route_reason: `${route.reason}; ${route.streamReason}`,
    ...priceFacts(price, await services.prices()),
    ...warningsOf(planned.warnings),
  };
  const details = {
    sent: false,
    stream: route.stream,
    resolved_from: resolution.basis,
    targets: resolution.targets.map((each) => ({
      model_id: each.modelId,
      region: each.region,
      via: each.via,
    })),
    estimated_input_tokens: inputTokens,
    max_output_tokens: most.usage.outputTokens,
    ...(least.usd === null ? {} : { cost_usd_at_least: least.usd }),
    ...(most.usd === null ? {} : { cost_usd_at_most: most.usd }),
    ...(price.known ? {} : { cost_note: price.reason }),
    request: previewRequest(planned),
  };
  return { receipt, details };
}

function head(
  asked: string,
  target: Target,
  callId: string,
): Pick<Receipt, 'call_id' | 'model_asked' | 'model_id' | 'region' | 'served_by'> {
  return {
    call_id: callId,
    model_asked: asked,
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
          ...(attempt.error.requestId === undefined ? {} : { request_id: attempt.error.requestId }),
        }),
  };
}

function warningsOf(warnings: readonly string[]): Pick<Receipt, 'warnings'> {
  return warnings.length === 0 ? {} : { warnings: [...warnings] };
}
