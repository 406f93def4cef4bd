/**
 * Which targets rest after throttling, and how many calls may try a target that has not answered lately.
 * Without the second half, fifty calls that start together would all hit a throttled target before the first refusal
 * comes back. Only calls that have somewhere else to go wait here, and only for a moment: a refusal for lack of
 * capacity is quick, so a target that is still silent after that is working on an answer.
 */

export interface TargetHealth {
  /** Lets the call through, or says that the target rests. Call the result's `done` when the request was answered. */
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
  readonly waiting: Set<() => void>;
}

/** Calls that may try an unproven target at the same time. */
const PROBES = 4;
/** Longest wait for the probes' verdict, ms. */
const PATIENCE_MS = 1_000;
const PROVEN_FOR_MS = 60_000;
const REST_MS = 30_000;
const LIMIT = 1_000;

/** @param now a monotonic clock, ms. */
export function createTargetHealth(now: () => number): TargetHealth {
  const states = new Map<string, State>();
  const stateOf = (key: string): State => {
    let state = states.get(key);
    if (state === undefined) {
      if (states.size >= LIMIT) forgetIdle(states, now());
      state = { restsUntil: 0, provenUntil: 0, trying: 0, waiting: new Set() };
      states.set(key, state);
    }
    return state;
  };
  const wake = (state: State) => {
    for (const resume of [...state.waiting]) resume();
  };

  return {
    async admit(key, signal) {
      const state = stateOf(key);
      let patient = true;
      while (patient && !signal.aborted) {
        if (state.restsUntil > now()) return { resting: true, done: () => undefined };
        if (state.provenUntil > now() || state.trying < PROBES) break;
        patient = await verdict(state, signal);
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

/** True when something happened to the target, false when nothing did for a while or the call was given up. */
function verdict(state: State, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (news: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      state.waiting.delete(resume);
      resolve(news);
    };
    const resume = () => end(true);
    const giveUp = () => end(false);
    const timer = setTimeout(giveUp, PATIENCE_MS);
    state.waiting.add(resume);
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

function forgetIdle(states: Map<string, State>, at: number): void {
  for (const [key, state] of states) {
    if (state.trying === 0 && state.waiting.size === 0 && state.restsUntil <= at && state.provenUntil <= at)
      states.delete(key);
  }
}
