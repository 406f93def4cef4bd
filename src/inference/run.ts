/**
 * One text call from the neutral request to the answer: plan, route, prepare, send; then repair, heal, retry and fail
 * over under one deadline. This is the only retry layer: the SDK's own is off, so nothing multiplies, and a request that
 * timed out after it was accepted, or that produced output, is never sent again (it would be billed twice).
 */
import { BedrockError } from '../bedrock-error.ts';
import { attempt } from './attempt.ts';
import { nativeCodecFor } from './native/codecs.ts';
import { backoff, sleep } from './pacing.ts';
import { type InferenceCall, type InferenceDeps, type PlannedCall, planFor, planInference } from './plan.ts';
import { nextStep, type Step } from './recovery.ts';
import { type Resolution, resolveModel } from './resolution.ts';
import type { Target } from './target.ts';
import type { Api, InferenceRequest, InferenceResult } from './types.ts';

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
 * @throws BedrockError only for what was refused before anything was sent.
 */
export async function runInference(call: InferenceCall, deps: InferenceDeps): Promise<InferenceOutcome> {
  const first = await planInference(call, deps);
  return new Run(call, deps, first).go();
}

class Run {
  private readonly call: InferenceCall;
  private readonly deps: InferenceDeps;
  private readonly deadline: number;
  private readonly attempts: Attempt[] = [];
  private readonly warnings: string[] = [];
  private readonly repaired = new Set<string>();
  private readonly tries = new Map<string, number>();
  private targets: Target[];
  private readonly resolutions = new Map<Target, Resolution>();
  private fallbacks: string[];
  private request: InferenceRequest;
  private stream: boolean;
  private planned: PlannedCall;
  private produced = false;

  constructor(call: InferenceCall, deps: InferenceDeps, first: PlannedCall) {
    this.call = call;
    this.deps = deps;
    this.planned = first;
    this.deadline = performance.now() + call.timeoutMs;
    this.targets = [...first.resolution.targets];
    for (const target of this.targets) this.resolutions.set(target, first.resolution);
    this.fallbacks = deps.fallbackModels.filter((name) => name !== call.asked);
    this.request = call.request;
    this.stream = call.stream ?? true;
  }

  async go(): Promise<InferenceOutcome> {
    let last: BedrockError | undefined;
    for (;;) {
      const target = await this.nextTarget(last);
      if (target === undefined) return this.fail(last ?? noTarget(this.call.asked));
      try {
        const resolution = this.resolutions.get(target) ?? this.planned.resolution;
        this.planned = planFor(resolution, target, this.call, this.deps, this.request, this.stream);
      } catch (error) {
        // A later target that cannot carry the request is passed over; the reason stays visible.
        if (!(error instanceof BedrockError) || last === undefined) throw error;
        this.warnings.push(`${target.modelId} was passed over: ${error.message}`);
        this.targets = this.targets.filter((other) => other !== target);
        continue;
      }
      const outcome = await this.tryOnce(target);
      if (outcome === 'resting') continue;
      if (!(outcome instanceof BedrockError)) {
        return {
          ok: true,
          result: outcome,
          planned: this.planned,
          attempts: this.attempts,
          warnings: this.allWarnings(),
        };
      }
      last = outcome;
      const step = nextStep(outcome, {
        request: this.planned.prepared.request,
        original: this.request,
        model: this.planned.model,
        target,
        route: this.planned.route,
        repaired: this.repaired,
        produced: this.produced,
        aborted: this.call.signal.aborted,
      });
      if (step.kind === 'fail' || !(await this.apply(step, target))) return this.fail(outcome);
    }
  }

  /** The next target to try, after any wait that is due; undefined when nothing is left. */
  private async nextTarget(last: BedrockError | undefined): Promise<Target | undefined> {
    const allowed = this.deps.maxRetries + 1;
    const open = this.targets.filter((target) => (this.tries.get(keyOf(target)) ?? 0) < allowed);
    const rested = open.find((target) => this.deps.health.restingFor(keyOf(target)) === 0);
    const untried = open.find(
      (target) => !this.tries.has(keyOf(target)) && this.deps.health.restingFor(keyOf(target)) === 0,
    );
    if (last === undefined || !last.retryable) return rested ?? open[0];
    if (untried !== undefined) return untried;
    if (await this.addFallback()) return this.nextTarget(last);
    const next = rested ?? open[0];
    if (next === undefined) return undefined;
    const wait = backoff(this.tries.get(keyOf(next)) ?? 1, last.retryAfterMs);
    if (performance.now() + wait >= this.deadline) return undefined;
    await sleep(wait, this.call.signal);
    return next;
  }

  private async addFallback(): Promise<boolean> {
    const name = this.fallbacks.shift();
    if (name === undefined) return false;
    try {
      const resolution = await resolveModel(name, this.call.region, this.deps, {
        network: 'cached',
        signal: this.call.signal,
      });
      for (const target of resolution.targets) {
        this.resolutions.set(target, resolution);
        this.targets.push(target);
      }
      this.warnings.push(
        `${this.call.asked} is not available right now; the fallback model ${name} was tried.`,
      );
      return true;
    } catch (error) {
      if (!(error instanceof BedrockError)) throw error;
      this.warnings.push(`The fallback model ${name} was passed over: ${error.message}`);
      return this.addFallback();
    }
  }

  private async tryOnce(target: Target): Promise<InferenceResult | BedrockError | 'resting'> {
    const { call, deps, planned } = this;
    const key = keyOf(target);
    const hasAlternative = this.targets.length + this.fallbacks.length > 1;
    const ticket = hasAlternative ? await deps.health.admit(key, call.signal) : undefined;
    if (ticket?.resting && this.targets.some((other) => deps.health.restingFor(keyOf(other)) === 0))
      return 'resting';
    this.tries.set(key, (this.tries.get(key) ?? 0) + 1);
    const started = performance.now();
    const { api, stream } = planned.route;
    const record = (error?: BedrockError) => {
      const durationMs = Math.round(performance.now() - started);
      this.attempts.push({
        modelId: target.modelId,
        region: target.region,
        api,
        streamed: stream,
        durationMs,
        ...(error === undefined ? {} : { error }),
      });
    };
    try {
      const result = await attempt(
        {
          target,
          route: planned.route,
          prepared: planned.prepared,
          model: planned.model,
          codec: nativeCodecFor(planned.model),
          limits: {
            signal: call.signal,
            idleTimeoutMs: call.idleTimeoutMs,
            totalTimeoutMs: Math.max(1, this.deadline - started),
          },
          onAccepted: () => {
            deps.health.proven(key);
            ticket?.done();
          },
          onDelta: (delta) => {
            if (delta.type !== 'metadata') this.produced = true;
            call.onDelta?.(delta);
          },
        },
        deps.runtime,
      );
      record();
      return result;
    } catch (error) {
      const known = error instanceof BedrockError ? error : internal(error);
      record(known);
      return known;
    } finally {
      ticket?.done();
    }
  }

  /** Carries out one recovery step; false when it turned out to be impossible. */
  private async apply(step: Exclude<Step, { kind: 'fail' }>, target: Target): Promise<boolean> {
    const { learned, health } = this.deps;
    switch (step.kind) {
      case 'repair':
        this.repaired.add(step.cause);
        this.warnings.push(step.warning);
        if (step.request !== undefined) this.request = step.request;
        if (step.stream === false) this.stream = false;
        if (step.learned !== undefined) learned.feature(target.model.id, step.learned);
        this.forget(target);
        return true;
      case 'whole':
        this.repaired.add(step.cause);
        learned.denyStreaming(target.modelId);
        this.warnings.push(step.warning);
        this.forget(target);
        return true;
      case 'heal':
        this.repaired.add(step.cause);
        return this.heal(target, step.warning);
      case 'retry':
        if (step.rest) health.rest(keyOf(target), step.restMs);
        return true;
    }
  }

  /** A try that only taught something does not count against the target. */
  private forget(target: Target): void {
    const key = keyOf(target);
    this.tries.set(key, Math.max(0, (this.tries.get(key) ?? 1) - 1));
  }

  /** The name was refused as it is: ask AWS what this account can call and take the first target that is different. */
  private async heal(refused: Target, warning: string): Promise<boolean> {
    const { call, deps } = this;
    const region = refused.region;
    const fresh = await resolveModel(call.asked, call.region, deps, {
      network: 'fresh',
      signal: call.signal,
    }).catch((error: unknown) => {
      if (error instanceof BedrockError) return error;
      throw error;
    });
    if (fresh instanceof BedrockError) return false;
    const others = fresh.targets.filter((target) => target.modelId !== refused.modelId);
    const profiles = others.length > 0 ? others : profilesByCatalogue(refused);
    const [next] = profiles;
    if (next === undefined) return false;
    for (const target of profiles) this.resolutions.set(target, fresh);
    this.targets = [
      ...profiles,
      ...this.targets.filter(
        (target) => target !== refused && !profiles.some((other) => keyOf(other) === keyOf(target)),
      ),
    ];
    deps.learned.profile(refused.model.id, region, next.modelId);
    this.warnings.push(`${warning} ${next.modelId} was called in its place and will be from now on.`);
    return true;
  }

  private allWarnings(): string[] {
    return [...new Set([...this.planned.warnings, ...this.warnings])];
  }

  private fail(error: BedrockError): InferenceOutcome {
    return { ok: false, error, planned: this.planned, attempts: this.attempts, warnings: this.allWarnings() };
  }
}

function profilesByCatalogue(refused: Target): Target[] {
  return refused.model.profiles
    .filter(
      (profile) => profile.geo !== 'global' && (profile.sourceRegions?.includes(refused.region) ?? false),
    )
    .map((profile) => ({
      modelId: profile.id,
      region: refused.region,
      via: 'inference-profile',
      geo: profile.geo,
      model: refused.model,
    }));
}

function keyOf(target: Target): string {
  return `${target.region} ${target.modelId}`;
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
