/** Brings the two records of each call together, in file order, counting every call once. */
import type { IntentRecord, LedgerRecord, SettledRecord } from '../record.ts';

export interface PairTarget {
  intent(record: IntentRecord): void;
  /** `intent` is undefined when it was never written or is damaged. */
  settled(record: SettledRecord, intent: IntentRecord | undefined): void;
}

export interface PairState {
  /** Intents without an end, by call ID. */
  readonly open: Map<string, IntentRecord>;
  /** Settled records that had no intent and were counted. */
  readonly unpaired: Set<string>;
  /** Damaged lines so far: each may have been an intent. */
  damaged: number;
  /** Unpaired ends that a damaged line must explain. */
  unexplained: number;
  /** Records that repeat one that was counted; they are left out. */
  repeats: number;
}

export function newPairState(): PairState {
  return { open: new Map(), unpaired: new Set(), damaged: 0, unexplained: 0, repeats: 0 };
}

/**
 * Takes the next record of the file. An end without an open intent repeats one that was counted before, except where
 * its writer said that no intent could be written, or a damaged line may have been it: real spend is never dropped.
 * So no list of all IDs is needed.
 */
export function pair(state: PairState, record: LedgerRecord, target: PairTarget): void {
  if (record.type === 'intent') {
    if (state.open.has(record.id)) {
      state.repeats += 1;
      return;
    }
    state.open.set(record.id, record);
    target.intent(record);
    return;
  }
  const intent = state.open.get(record.id);
  if (intent !== undefined) {
    state.open.delete(record.id);
    target.settled(record, intent);
    return;
  }
  const explained = record.alone === true || state.unexplained < state.damaged;
  if (!explained || state.unpaired.has(record.id)) {
    state.repeats += 1;
    return;
  }
  if (record.alone !== true) state.unexplained += 1;
  state.unpaired.add(record.id);
  target.settled(record, undefined);
}
