/** Finished answers that stay at hand in this process, for hosts that dropped or cut the first delivery. */
import { defined } from '../../defined.ts';
import type { CallFacts, Collected, Ended } from './call-state.ts';

const MOST_AT_HAND = 100;
const MOST_CHARACTERS = 20_000_000;

export interface RecentAnswer {
  readonly facts: CallFacts;
  readonly state: Ended;
  /** Characters, about. */
  readonly size: number;
  isStored: boolean;
  /** Why it could not be stored. */
  note: string | undefined;
}

/** By call ID, the oldest first. */
export type RecentAnswers = Map<string, RecentAnswer>;

/** Puts the end of a call at hand; the oldest ones make room for it. */
export function remember(recent: RecentAnswers, facts: CallFacts, state: Ended): RecentAnswer {
  const size = sizeOf(state.status === 'done' ? state.answer : state.text);
  const answer: RecentAnswer = { facts, state, size, isStored: false, note: undefined };
  recent.delete(facts.callId);
  recent.set(facts.callId, answer);
  let characters = 0;
  for (const each of recent.values()) characters += each.size;
  for (const [oldest, each] of recent) {
    if (each === answer || (recent.size <= MOST_AT_HAND && characters <= MOST_CHARACTERS)) break;
    characters -= each.size;
    recent.delete(oldest);
  }
  return answer;
}

export function collected({ facts, state, note }: RecentAnswer): Collected & Ended {
  return { ...state, facts, ...defined({ note }) };
}

/** Characters that an answer takes in memory, about: those of all its texts, wherever they stand. */
export function sizeOf(value: unknown): number {
  let size = 0;
  const left = [value];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'string' || next instanceof Uint8Array) size += next.length;
    else if (typeof next === 'object' && next !== null) {
      for (const member of Object.values(next)) if (member !== undefined) left.push(member);
    } else size += 1;
  }
  return size;
}
