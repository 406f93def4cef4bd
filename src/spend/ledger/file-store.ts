/** Spend in files: the adapter of the port that puts every record into the ledger and reads balances and sums from it. */
import type { Logger } from '../../log.ts';
import type { SpendRules } from '../budget/limits.ts';
import { judge, needOf } from '../budget/refusal.ts';
import { type IntentRecord, monthOf } from '../record.ts';
import type { PeriodSums, RecordTarget, SpendStore } from '../store.ts';
import type { DaySums } from '../usage/day-sums.ts';
import { isWithin, type Period } from '../usage/period.ts';
import { admit, exclusively, newAdmissionQueue } from './admission.ts';
import { catchUp, newBalances } from './balances.ts';
import { type Ledger, type LedgerOptions, openLedger } from './ledger.ts';
import { newPairState, pair } from './pairs.ts';
import { sumMonth } from './rollup.ts';
import { START } from './scan.ts';

const SYNC_WITHIN_MS = 50;

/** For `openSpending`: spend in the files of this data folder. */
export function spendFiles(options: LedgerOptions, log: Logger): (rules: SpendRules) => SpendStore {
  return (rules) => createFileSpendStore(openLedger(options), rules, log);
}

/** Touches no file yet. */
export function createFileSpendStore(ledger: Ledger, rules: SpendRules, log: Logger): SpendStore {
  const balances = newBalances(ledger, rules);
  const queue = newAdmissionQueue(balances);
  const unsynced: Unsynced = new Map();
  return {
    now: ledger.now,
    async reserve(intent, before) {
      if (balances.limits.length > 0) return admit(queue, intent, before);
      // Without limits over time there is nobody to agree with: the intent is appended and that is all.
      const verdict = judge(rules, needOf(intent, before), () => undefined);
      const isLimited = rules.limits.length > 0;
      if (verdict.refused === undefined) await ledger.append(intent, isLimited);
      if (!isLimited) syncSoon(ledger, unsynced, intent, log);
      return { intent, verdict };
    },
    settle(end) {
      clearTimeout(unsynced.get(end.id));
      unsynced.delete(end.id);
      return ledger.append(end);
    },
    async spent() {
      if (balances.limits.length === 0) return [];
      const month = new Date(ledger.now()).toISOString().slice(0, 7);
      return exclusively(queue, async () => {
        await catchUp(balances, month);
        return [...balances.state.spent.values()].map((sum) => ({ ...sum }));
      });
    },
    sums: (period) => sumPeriod(ledger, period, log),
    records: (period, target) => readRecords(ledger, period, target),
    close: () => ledger.close(),
  };
}

type Unsynced = Map<string, NodeJS.Timeout>;

/**
 * Where nothing is limited, a call does not wait for the disk twice: the fdatasync of its end covers the intent. A call
 * that takes longer gets one of its own, so that not even a power failure hides it.
 */
function syncSoon(ledger: Ledger, unsynced: Unsynced, intent: IntentRecord, log: Logger): void {
  const timer = setTimeout(() => {
    unsynced.delete(intent.id);
    ledger.sync(monthOf(intent)).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      log.warn('The intent of a call may not be on the disk yet.', { call_id: intent.id, error: message });
    });
  }, SYNC_WITHIN_MS).unref();
  unsynced.set(intent.id, timer);
}

/** The months of the period that have a file. */
async function monthsOf(ledger: Ledger, { since, until }: Period): Promise<string[]> {
  const months = await ledger.months();
  return months.filter((month) => month >= since.slice(0, 7) && month <= until.slice(0, 7));
}

async function sumPeriod(ledger: Ledger, period: Period, log: Logger): Promise<PeriodSums> {
  const days: (readonly [string, DaySums])[] = [];
  const open: IntentRecord[] = [];
  let [unreadable, unfinished, repeated] = [0, 0, 0];
  for (const month of await monthsOf(ledger, period)) {
    const found = await sumMonth(ledger, month, log);
    for (const day of found.sums) if (isWithin(day[0], period)) days.push(day);
    open.push(...found.open.filter(({ time }) => isWithin(time, period)));
    unreadable += found.damaged;
    repeated += found.repeats;
    if (found.tailBytes > 0) unfinished += 1;
  }
  return { days, open, unreadable, unfinished, repeated };
}

async function readRecords(ledger: Ledger, period: Period, target: RecordTarget): Promise<void> {
  for (const month of await monthsOf(ledger, period)) {
    const state = newPairState();
    const pairs: Parameters<typeof pair>[2] = {
      intent: () => undefined,
      settled: (record, intent) => {
        if (isWithin(record.started, period)) target.settled(record, intent);
      },
    };
    await ledger.scan(month, START, {
      record: (record) => pair(state, record, pairs),
      damage: () => {
        state.damaged += 1;
      },
      pause: async () => target.pause?.(),
    });
    for (const intent of state.open.values()) if (isWithin(intent.time, period)) target.open(intent);
    await target.pause?.();
  }
}
