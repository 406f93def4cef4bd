/**
 * One text call from the neutral request to the answer: plan, route, prepare, send; then repair, heal, fail over and
 * retry under one deadline. This is the only retry layer: the SDK's own is off, so nothing multiplies, and a request that
 * timed out after it was accepted, or that produced output, is never sent again (it would be billed twice).
 */
import { randomUUID } from 'node:crypto';
import { cancelledError } from '../../aws/errors/errors.ts';
import { BedrockError, type ErrorCode } from '../../bedrock-error.ts';
import type { Api, InferenceRequest, InferenceResult } from '../../messages/types.ts';
import { withTokenCalls } from '../codecs/kimi-tool-tokens.ts';
import { nativeCodecFor } from '../codecs/registry.ts';
import { settleCalls } from '../codecs/settle-calls.ts';
import { readFormed } from '../prepare/output-mode.ts';
import { nearNames, successorFor } from '../resolve/proposals.ts';
import { whereOffered } from '../resolve/regional-offers.ts';
import { type Resolution, resolveModel } from '../resolve/resolve-model.ts';
import type { Target } from '../resolve/target.ts';
import { attempt } from './attempt.ts';
import { namedRefusal } from './name-refusal.ts';
import { nextStep, type Step } from './next-step.ts';
import {
  type InferenceCall,
  type InferenceDeps,
  type PlannedCall,
  planFor,
  planInference,
} from './plan-call.ts';
import { keyOf, TargetQueue } from './target-queue.ts';

/** One request that was sent. */
export interface Attempt {
  readonly modelId: string;
  readonly region: string;
  readonly api: Api;
  readonly streamed: boolean;
  /** ms */
  readonly durationMs: number;
  /** Absent when it succeeded. */
  readonly error?: BedrockError;
}

export type InferenceOutcome =
  | {
      readonly ok: true;
      readonly result: InferenceResult;
      readonly planned: PlannedCall;
      readonly attempts: readonly Attempt[];
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly error: BedrockError;
      readonly planned: PlannedCall;
      readonly attempts: readonly Attempt[];
      readonly warnings: readonly string[];
    };

/**
 * Makes the call. Failures after the plan come back as `ok: false` with every attempt, because what was sent may have
 * been billed and must reach the ledger.
 * @param planned what `planInference` decided for this very call, when it was asked before.
 * @throws BedrockError only for what was refused before anything was sent.
 */
export async function runInference(
  call: InferenceCall,
  deps: InferenceDeps,
  planned?: PlannedCall,
): Promise<InferenceOutcome> {
  const deadline = call.deadline ?? performance.now() + call.timeoutMs;
  const first = planned ?? (await planInference(call, deps));
  return new Run(call, deps, first, deadline).go();
}

type Outcome =
  | { readonly kind: 'answer'; readonly result: InferenceResult }
  | { readonly kind: 'failure'; readonly error: BedrockError }
  /** Nothing was sent: the target rests, or it cannot carry the request. */
  | { readonly kind: 'skipped' };

class Run {
  private readonly call: InferenceCall;
  private readonly deps: InferenceDeps;
  private readonly deadline: number;
  private readonly queue: TargetQueue;
  private readonly attempts: Attempt[] = [];
  private readonly warnings: string[] = [];
  private readonly repaired = new Set<string>();
  private readonly refusals: Target[] = [];
  private readonly resolutions = new Map<Target, Resolution>();
  private request: InferenceRequest;
  private stream: boolean;
  private planned: PlannedCall;
  private produced = false;

  constructor(call: InferenceCall, deps: InferenceDeps, first: PlannedCall, deadline: number) {
    this.call = call;
    this.deps = deps;
    this.planned = first;
    this.deadline = deadline;
    this.queue = new TargetQueue(this.know(first.resolution), {
      health: deps.health,
      maxRetries: deps.maxRetries,
      fallbacks: call.fallbacks === false ? [] : deps.fallbackModels.filter((name) => name !== call.asked),
      targetsOf: (name) => this.fallback(name),
    });
    this.request = call.request;
    this.stream = call.stream ?? true;
  }

  async go(): Promise<InferenceOutcome> {
    let last: BedrockError | undefined;
    let target = await this.queue.next();
    while (target !== undefined) {
      const outcome = await this.tryAt(target);
      if (outcome.kind === 'answer') return this.succeed(outcome.result);
      if (outcome.kind === 'failure') last = outcome.error;
      target =
        outcome.kind === 'failure' ? await this.recover(outcome.error, target) : await this.passOn(last);
    }
    return this.fail(last ?? noTarget(this.call.asked));
  }

  /** The target after one to which nothing was sent. A call that was sent nowhere yet has nothing to wait for. */
  private async passOn(last: BedrockError | undefined): Promise<Target | undefined> {
    const next = await this.queue.next();
    return next ?? (last === undefined ? undefined : this.queue.again(this.limits()));
  }

  /** Remembers which resolution a target came from. */
  private know(resolution: Resolution): readonly Target[] {
    for (const target of resolution.targets) this.resolutions.set(target, resolution);
    return resolution.targets;
  }

  private limits() {
    return { deadline: this.deadline, signal: this.call.signal };
  }

  private async fallback(name: string): Promise<readonly Target[]> {
    const { call, deps } = this;
    try {
      const options = { network: 'cached', signal: call.signal } as const;
      const resolution = await resolveModel(name, call.region, deps, options);
      this.warnings.push(`${call.asked} is not available right now; the fallback model ${name} was tried.`);
      return this.know(resolution);
    } catch (error) {
      if (!(error instanceof BedrockError)) throw error;
      this.warnings.push(`The fallback model ${name} was passed over: ${error.message}`);
      return [];
    }
  }

  private async tryAt(target: Target): Promise<Outcome> {
    const { call, deps } = this;
    const resolution = this.resolutions.get(target) ?? this.planned.resolution;
    // The first target was planned before the call began; it is planned again only when something was tried since.
    const isPlanned = this.attempts.length === 0 && target === this.planned.target;
    try {
      if (!isPlanned) this.planned = planFor(resolution, target, call, deps, this.request, this.stream);
    } catch (error) {
      if (!(error instanceof BedrockError)) throw error;
      // A later target that cannot carry the request is passed over; the reason stays visible.
      this.warnings.push(`${target.modelId} was passed over: ${error.message}`);
      this.queue.drop(target);
      return { kind: 'skipped' };
    }
    const key = keyOf(target);
    const ticket = this.queue.hasOtherThan(target) ? await deps.health.admit(key, call.signal) : undefined;
    try {
      if (ticket?.resting) return { kind: 'skipped' };
      if (call.signal.aborted) return { kind: 'failure', error: cancelled() };
      this.queue.count(target);
      return await this.send(target, () => {
        deps.health.proven(key);
        ticket?.done();
      });
    } finally {
      ticket?.done();
    }
  }

  private async send(target: Target, onAnswer: () => void): Promise<Outcome> {
    const { call, planned } = this;
    const started = performance.now();
    const { api, stream: streamed } = planned.route;
    const record = (error?: BedrockError) => {
      const durationMs = Math.round(performance.now() - started);
      const { modelId, region } = target;
      const failed = error === undefined ? {} : { error };
      this.attempts.push({ modelId, region, api, streamed, durationMs, ...failed });
    };
    try {
      const result = await attempt(
        {
          target,
          route: planned.route,
          prepared: planned.prepared,
          model: planned.model,
          codec: nativeCodecFor(planned.model),
          answersInTool: planned.output?.form === 'tool',
          limits: {
            signal: call.signal,
            idleTimeoutMs: call.idleTimeoutMs,
            totalTimeoutMs: Math.max(1, this.deadline - started),
            askedTimeoutMs: call.timeoutMs,
          },
          onAnswer: (notes) => {
            onAnswer();
            this.warnings.push(...notes);
          },
          onDelta: (delta) => {
            if (delta.type !== 'metadata') this.produced = true;
            call.onDelta?.(delta);
          },
        },
        this.deps.runtime,
      );
      record();
      return { kind: 'answer', result: this.readCalls(result) };
    } catch (error) {
      const known = error instanceof BedrockError ? error : internal(error);
      record(known);
      return { kind: 'failure', error: known };
    }
  }

  /** Without tools of the caller, a call is the answer that was asked for in a shape, and read as one. */
  private readCalls(result: InferenceResult): InferenceResult {
    const { output, model, prepared } = this.planned;
    const { outputSchema, toolConfig } = this.call.request;
    const formed = output === undefined ? result : readFormed(result, output);
    const isAnswer = outputSchema !== undefined && toolConfig === undefined;
    if (isAnswer) return formed;
    const writesTokens = model.family === 'kimi' && toolConfig !== undefined;
    const called = writesTokens ? withTokenCalls(formed, prepared.toolName.restore) : formed;
    return settleCalls(called, () => `tooluse_${randomUUID()}`);
  }

  /** Decides and carries out the next step; the target to try next, or undefined when the call has failed. */
  private async recover(error: BedrockError, target: Target): Promise<Target | undefined> {
    const step = nextStep(error, {
      request: this.deps.learned.reasoning.toldTo(this.planned.model.id, this.request),
      sent: this.planned.prepared.request,
      model: this.planned.model,
      target,
      route: this.planned.route,
      repaired: this.repaired,
      produced: this.produced,
      aborted: this.call.signal.aborted,
    });
    if (step.kind === 'fail') return undefined;
    if (step.kind === 'retry') return this.retry(error, step, target);
    this.repaired.add(step.cause);
    // A try that only taught something does not count against the target.
    this.queue.uncount(target);
    if (step.kind === 'heal') return this.heal(target, step.warning);
    this.warnings.push(step.warning);
    const { learned } = this.deps;
    if (step.learned !== undefined) learned.feature(target.model.id, step.learned);
    if (step.kind === 'repair') {
      if (step.request !== undefined) this.request = step.request;
      learned.reasoning.refused(this.planned.model.id, step.foreignReasoning ?? []);
    } else if (step.remember !== undefined) {
      learned.takeWhole(target.modelId, step.remember);
      this.refusals.push(target);
    } else {
      this.stream = false;
    }
    return target;
  }

  private async retry(
    error: BedrockError,
    { patience }: Extract<Step, { kind: 'retry' }>,
    target: Target,
  ): Promise<Target | undefined> {
    if (patience.rests) this.deps.health.rest(keyOf(target), error.retryAfterMs);
    this.queue.note(target, error.retryAfterMs, patience);
    if (patience.where === 'here') {
      const same = await this.queue.again(this.limits(), target);
      if (same !== undefined || patience.alone === true || this.call.signal.aborted) return same;
    }
    return (await this.queue.next()) ?? this.queue.again(this.limits());
  }

  /** The identifier was refused: asks AWS what this account can call and goes on with what is left. */
  private async heal(refused: Target, warning: string): Promise<Target | undefined> {
    const { call, deps } = this;
    const asked = this.resolutions.get(refused)?.requested ?? call.asked;
    deps.learned.refuse(refused.modelId, refused.region);
    this.refusals.push(refused);
    try {
      const options = { network: 'fresh', signal: call.signal } as const;
      const fresh = await resolveModel(asked, call.region, deps, options);
      this.queue.replace(refused, this.know(fresh));
    } catch (error) {
      if (!(error instanceof BedrockError)) throw error;
      this.queue.drop(refused);
    }
    const next = this.queue.untried();
    if (next !== undefined)
      this.warnings.push(`${warning} ${next.modelId} was called in its place and will be from now on.`);
    return next;
  }

  private succeed(result: InferenceResult): InferenceOutcome {
    const { planned, attempts } = this;
    const { modelId, region } = planned.target;
    this.deps.learned.reasoning.made(planned.model.id, result.content);
    // Refused identifiers have a warning of their own.
    const before = this.elsewhere((code) => code !== 'profile_required' && code !== 'unknown_model');
    if (before !== '') this.warnings.push(`${modelId} in ${region} answered after ${before}.`);
    return { ok: true, result, planned, attempts, warnings: this.allWarnings() };
  }

  private fail(last: BedrockError): InferenceOutcome {
    const { call, deps, planned, attempts } = this;
    // Nothing else worked either, so the refusals may have had another reason; the next call asks again.
    for (const { modelId, region } of this.refusals) deps.learned.forgive(modelId, region);
    const error = call.signal.aborted && last.code !== 'cancelled' ? cancelled(last) : this.explain(last);
    return { ok: false, error, planned, attempts, warnings: this.allWarnings() };
  }

  /** The last failure with what this server knows beyond AWS's words: near names, Regions, successors, earlier attempts. */
  private explain(last: BedrockError): BedrockError {
    const { resolution, target } = this.planned;
    const { source } = target.model;
    const where = whereOffered(target.model);
    if (last.code === 'unknown_model' && source === 'inferred')
      return last.with({ fix: `${nearNames(resolution.requested, this.deps)}${last.fix}` });
    if (last.code === 'unknown_model' && where !== '')
      return last.with({ fix: `The catalogue lists the model in ${where}. ${last.fix}` });
    const successor = successorFor(target.model, this.deps);
    if ((last.code === 'end_of_life' || last.code === 'legacy_model') && successor !== undefined)
      return last.with({ fix: `Use ${successor}. ${last.fix}` });
    const named = namedRefusal(last, this.planned.prepared, this.call.request);
    const before = this.elsewhere(() => true);
    if (before === '' || named.code === 'cancelled') return named;
    return named.with({ message: `${named.message} Tried before it: ${before}.` });
  }

  /** The failed attempts at other targets than the last one, as a short list for a sentence. */
  private elsewhere(counts: (code: ErrorCode) => boolean): string {
    const final = this.attempts.at(-1);
    const tried = this.attempts.flatMap(({ modelId, region, error }) =>
      error === undefined || !counts(error.code) || (modelId === final?.modelId && region === final.region)
        ? []
        : [`${modelId} in ${region} (${error.code})`],
    );
    return [...new Set(tried)].slice(0, 4).join(', ');
  }

  private allWarnings(): string[] {
    return [...new Set([...this.planned.warnings, ...this.warnings])];
  }
}

function cancelled(cause?: BedrockError): BedrockError {
  const error = cancelledError('The call');
  const { partialText, produced } = cause ?? {};
  return error.with({
    ...(partialText === undefined ? {} : { partialText }),
    ...(produced === undefined ? {} : { produced }),
  });
}

function noTarget(asked: string): BedrockError {
  return new BedrockError('not_allowed', {
    message: `Nothing can be called for ${asked}.`,
    fix: 'Choose another model: list_inference_profiles shows what can be called.',
  });
}

function internal(cause: unknown): BedrockError {
  return new BedrockError('internal', {
    message: `The answer could not be handled: ${cause instanceof Error ? cause.message : String(cause)}.`,
    fix: 'Report this as a bug, with the model and the kind of request.',
    cause,
  });
}
