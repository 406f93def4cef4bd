/**
 * Which targets rest after throttling, and how many calls may try a target that has not answered lately.
 * Without the second half, fifty calls that start together would all hit a throttled target before the first refusal
 * comes back. Only calls that have somewhere else to go wait here.
 */

export interface TargetHealth {
  /** Lets the call through, or says that the target began to rest meanwhile. Call the result's `done` when the request was answered. */
  admit(key: string, signal: AbortSignal): Promise<{ readonly resting: boolean; done(): void }>;
  /** Milliseconds until the target may be tried again; 0 when it may be tried now. */
  restingFor(key: string): number;
  /** The target answered. */
  proven(key: string): void;
  /** The target refused for lack of capacity: it rests for `ms` (30 s when nobody said how long). */
  rest(key: string, ms?: number): void;
}

interface State {
  restsUntil: number;
  provenUntil: number;
  trying: number;
  waiting: (() => void)[];
}

/** Calls that may try an unproven target at the same time. */
const PROBES = 4;
const PROVEN_FOR_MS = 60_000;
const REST_MS = 30_000;
const LIMIT = 1_000;

export function createTargetHealth(now: () => number): TargetHealth {
  const states = new Map<string, State>();
  const stateOf = (key: string): State => {
    let state = states.get(key);
    if (state === undefined) {
      state = { restsUntil: 0, provenUntil: 0, trying: 0, waiting: [] };
      states.set(key, state);
      if (states.size > LIMIT) forgetIdle(states, now());
    }
    return state;
  };
  const wake = (state: State) => {
    const waiting = state.waiting;
    state.waiting = [];
    for (const resume of waiting) resume();
  };

  return {
    async admit(key, signal) {
      const state = stateOf(key);
      for (;;) {
        if (state.restsUntil > now()) return { resting: true, done: () => undefined };
        if (state.provenUntil > now()) return { resting: false, done: () => undefined };
        if (state.trying < PROBES) break;
        await new Promise<void>((resolve) => {
          const resume = () => {
            signal.removeEventListener('abort', resume);
            resolve();
          };
          state.waiting.push(resume);
          signal.addEventListener('abort', resume, { once: true });
        });
        if (signal.aborted) return { resting: false, done: () => undefined };
      }
      state.trying += 1;
      let open = true;
      return {
        resting: false,
        done: () => {
          if (!open) return;
          open = false;
          state.trying -= 1;
          wake(state);
        },
      };
    },
    restingFor: (key) => Math.max(0, (states.get(key)?.restsUntil ?? 0) - now()),
    proven(key) {
      const state = stateOf(key);
      state.restsUntil = 0;
      state.provenUntil = now() + PROVEN_FOR_MS;
      wake(state);
    },
    rest(key, ms = REST_MS) {
      const state = stateOf(key);
      state.restsUntil = Math.max(state.restsUntil, now() + ms);
      state.provenUntil = 0;
      wake(state);
    },
  };
}

function forgetIdle(states: Map<string, State>, at: number): void {
  for (const [key, state] of states) {
    if (state.trying === 0 && state.waiting.length === 0 && state.restsUntil <= at && state.provenUntil <= at)
      states.delete(key);
  }
}
