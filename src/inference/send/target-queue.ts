/**
 * Which target a call tries next: every target once in the planned order, then the fallback models, then, after pauses,
 * those that may still be tried. In all a call makes at most one attempt per target and `maxRetries` more.
 */

import type { Target } from '../resolve/target.ts';
import { backoff, sleep } from './backoff.ts';
import type { Patience } from './next-step.ts';
import type { TargetHealth } from './target-health.ts';

export interface QueueSettings {
  readonly health: TargetHealth;
  /** Extra attempts. */
  readonly maxRetries: number;
  /** Names of other models, in order. */
  readonly fallbacks: readonly string[];
  /** The targets of a fallback model; empty when it cannot be used. */
  readonly targetsOf: (name: string) => Promise<readonly Target[]>;
}

export interface WaitLimits {
  /** On the clock of `performance.now()`, ms. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** `retry-after` beyond this is the caller's to wait for, ms. */
const LONGEST_WAIT_MS = 65_000;

/** One identifier in one Region: what throttling and attempts are counted by. */
export function keyOf(target: Target): string {
  return `${target.region} ${target.modelId}`;
}

export class TargetQueue {
  private readonly settings: QueueSettings;
  private targets: readonly Target[];
  private readonly fallbacks: string[];
  private readonly tries = new Map<string, number>();
  /** When a target may be tried again, on the clock of `performance.now()`. */
  private readonly due = new Map<string, number>();
  private readonly most = new Map<string, number>();
  private patience: Patience | undefined;
  private pauses = 0;

  constructor(targets: readonly Target[], settings: QueueSettings) {
    this.targets = targets;
    this.settings = settings;
    this.fallbacks = [...settings.fallbacks];
  }

  /**
   * The next target that was not tried yet and does not rest; while nothing was tried at all, the first one even if it
   * rests, because there is nothing better.
   */
  async next(): Promise<Target | undefined> {
    for (;;) {
      const fresh = this.targets.find(
        (target) => !this.tries.has(keyOf(target)) && this.restOf(target) === 0,
      );
      if (fresh !== undefined) return fresh;
      const name = this.fallbacks.shift();
      if (name === undefined) break;
      this.targets = [...this.targets, ...(await this.settings.targetsOf(name))];
    }
    return this.tries.size === 0 ? this.targets[0] : undefined;
  }

  /** The first target that was not tried yet, whether it rests or not; no fallback model. */
  untried(): Target | undefined {
    return this.targets.find((target) => !this.tries.has(keyOf(target)));
  }

  /**
   * After a pause, a target to try once more: `only`, or the one that is due first. Undefined when every attempt is
   * used up, when the pause would outlast the deadline, or when the caller gave up meanwhile.
   */
  async again(limits: WaitLimits, only?: Target): Promise<Target | undefined> {
    if (this.pauses >= this.settings.maxRetries) return undefined;
    const candidates = only === undefined ? this.targets : [only];
    const open = candidates.filter((target) => this.triesOf(target) < this.mostFor(target));
    const [next] = [...open].sort((a, b) => this.dueAt(a) - this.dueAt(b));
    if (next === undefined) return undefined;
    this.pauses += 1;
    const now = performance.now();
    const asked = this.dueAt(next) > now ? this.dueAt(next) - now : undefined;
    const wait = backoff(this.pauses, this.patience?.pauseMs ?? 0, asked);
    if (wait > LONGEST_WAIT_MS || now + wait >= limits.deadline) return undefined;
    await sleep(wait, limits.signal);
    return limits.signal.aborted ? undefined : next;
  }

  /** True when the call could go somewhere else at once, so that it need not press on here. */
  hasOtherThan(target: Target): boolean {
    return (
      this.fallbacks.length > 0 ||
      this.targets.some(
        (other) => other !== target && !this.tries.has(keyOf(other)) && this.restOf(other) === 0,
      )
    );
  }

  count(target: Target): void {
    this.tries.set(keyOf(target), this.triesOf(target) + 1);
  }

  uncount(target: Target): void {
    this.tries.set(keyOf(target), Math.max(0, this.triesOf(target) - 1));
  }

  /** What the last failure says about waiting for the target. */
  note(target: Target, retryAfterMs: number | undefined, patience: Patience): void {
    const key = keyOf(target);
    this.patience = patience;
    if (patience.tries !== undefined) this.most.set(key, patience.tries);
    if (retryAfterMs !== undefined) this.due.set(key, performance.now() + retryAfterMs);
  }

  drop(target: Target): void {
    this.targets = this.targets.filter((other) => keyOf(other) !== keyOf(target));
  }

  /** Puts newly found targets of the same model in the place of one whose identifier was refused. */
  replace(refused: Target, found: readonly Target[]): void {
    const fresh = found.filter((target) => keyOf(target) !== keyOf(refused));
    const keys = new Set([...fresh, refused].map(keyOf));
    this.targets = [...fresh, ...this.targets.filter((target) => !keys.has(keyOf(target)))];
  }

  private triesOf(target: Target): number {
    return this.tries.get(keyOf(target)) ?? 0;
  }

  private mostFor(target: Target): number {
    return Math.min(this.settings.maxRetries + 1, this.most.get(keyOf(target)) ?? Number.POSITIVE_INFINITY);
  }

  private dueAt(target: Target): number {
    return this.due.get(keyOf(target)) ?? 0;
  }

  private restOf(target: Target): number {
    return this.settings.health.restingFor(keyOf(target));
  }
}
