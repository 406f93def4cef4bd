/**
 * The port behind which spend is stored: what budgets and usage reports need of a store, and nothing of how it keeps it.
 * Files are its first adapter (`ledger/`). One in a database judges with the same `judge` inside its own atomic step: a
 * script, or a conditional update of the balances that the call counts in.
 * Every adapter passes `test/spend/store-contract.ts`.
 */
import type { Spent } from './budget/limits.ts';
import type { Used, Verdict } from './budget/refusal.ts';
import type { IntentRecord, SettledRecord } from './record.ts';
import type { DaySums } from './usage/day-sums.ts';
import type { Period } from './usage/period.ts';

export interface Admission {
  /** As it was entered: its time may have moved on while it waited for its turn. */
  readonly intent: IntentRecord;
  /** With `refused` nothing was entered, and nothing is to be settled. */
  readonly verdict: Verdict;
}

/** What was spent on the days of a period. */
export interface PeriodSums {
  /** `2026-11-21` and its sums; a date may come more than once. */
  readonly days: readonly (readonly [date: string, sums: DaySums])[];
  /** Calls without an end, oldest first within a month. */
  readonly open: readonly IntentRecord[];
  /** Records that cannot be read, are not whole yet, or repeat one that was counted. */
  readonly unreadable: number;
  readonly unfinished: number;
  readonly repeated: number;
}

export interface RecordTarget {
  /** `intent` is undefined when it was never stored, or is lost. */
  settled(record: SettledRecord, intent: IntentRecord | undefined): void;
  /** A call without an end. */
  open(intent: IntentRecord): void;
  /** Awaited now and then, so that a slow reader can keep up. */
  pause?(): Promise<void>;
}

export interface SpendStore {
  /** Milliseconds since the epoch; never goes backwards within a process. */
  now(): number;
  /**
   * Enters the call if every limit admits it, in one step across everybody who shares the store: two calls can never both
   * take the last cent. With limits its intent outlives a power failure when this resolves, without any it outlives the
   * process. An intent counts in full until it is settled, also when nobody ever does.
   * @param before what the same call has used already; limits per call are for both.
   * @throws BedrockError `config` when the store cannot be read or written; then nothing was entered, as far as it knows.
   */
  reserve(intent: IntentRecord, before?: Used): Promise<Admission>;
  /**
   * Enters how a call ended, in place of its reservation, and resolves when that outlives a power failure. An end of
   * unknown cost goes on counting as what was reserved; `released` counts nothing. A second end of a call changes nothing.
   * @throws BedrockError `config` when it cannot be written.
   */
  settle(end: SettledRecord): Promise<void>;
  /**
   * What is spent and reserved now under every limit over time that has something in it.
   * @throws BedrockError `config` when the store cannot be read.
   */
  spent(): Promise<readonly Spent[]>;
  /** The sums of the calls that began in the period. @throws BedrockError `config` when the store cannot be read. */
  sums(period: Period): Promise<PeriodSums>;
  /**
   * Gives every call that began in the period once: month by month, in the order in which they ended, and those without
   * an end last.
   * @throws BedrockError `config` when the store cannot be read.
   */
  records(period: Period, target: RecordTarget): Promise<void>;
  /** Finishes what is being written. */
  close(): Promise<void>;
}
