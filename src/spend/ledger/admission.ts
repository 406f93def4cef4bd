/**
 * Admits calls under limits over time, correctly across parallel calls and processes that share the ledger.
 *
 * There is no lock. The reservation is the intent record itself, and the order of records in the file decides: appends
 * are atomic and all processes see them in one order, so a call is admitted when everything before its own record, plus
 * its own worst case, is within the limits. Each process finds the same order, so two can never both take the last cent.
 * A record that finds itself beyond a limit is withdrawn. Nothing can go stale: a process killed at any moment leaves at
 * most an open intent, which goes on counting; lock files would need guesses about dead owners, which process IDs (reused,
 * and private to each container) cannot settle.
 */
import { BedrockError } from '../../bedrock-error.ts';
import { judge, needOf, type Used, type Verdict } from '../budget/refusal.ts';
import { type IntentRecord, monthOf, RELEASED, settledRecord } from '../record.ts';
import type { Admission } from '../store.ts';
import { type Balances, catchUp, giveBack, hold, isKnown } from './balances.ts';

interface Waiting {
  readonly intent: IntentRecord;
  readonly before: Used | undefined;
  readonly tries: number;
  verdict: Verdict | undefined;
  resolve(admission: Admission): void;
  reject(error: unknown): void;
}

export interface AdmissionQueue {
  readonly balances: Balances;
  readonly waiting: Waiting[];
  admitting: boolean;
  /** The end of whoever looks at the balances now. */
  turn: Promise<unknown>;
}

/** A record that lost a race may have lost to one that is withdrawn itself, so it looks again. */
const MOST_TRIES = 4;

export function newAdmissionQueue(balances: Balances): AdmissionQueue {
  return { balances, waiting: [], admitting: false, turn: Promise.resolve() };
}

/** Resolves when the intent is on the disk, or refused. */
export function admit(
  queue: AdmissionQueue,
  intent: IntentRecord,
  before: Used | undefined,
): Promise<Admission> {
  return new Promise((resolve, reject) => {
    queue.waiting.push({ intent, before, tries: 0, verdict: undefined, resolve, reject });
    void admitAll(queue);
  });
}

/** One at a time looks at the balances: whoever reads on moves them for all. */
export function exclusively<T>(queue: AdmissionQueue, work: () => Promise<T>): Promise<T> {
  const mine = queue.turn.then(work);
  queue.turn = mine.catch(() => undefined);
  return mine;
}

async function admitAll(queue: AdmissionQueue): Promise<void> {
  if (queue.admitting) return;
  queue.admitting = true;
  const { waiting } = queue;
  for (let [first] = waiting; first !== undefined; [first] = waiting) {
    const month = monthOf(first.intent);
    const batch = waiting.filter(({ intent }) => monthOf(intent) === month);
    const others = waiting.filter(({ intent }) => monthOf(intent) !== month);
    waiting.splice(0, waiting.length, ...others);
    try {
      await exclusively(queue, () => admitBatch(queue, batch, month));
    } catch (error) {
      for (const item of batch) item.reject(error);
    }
  }
  queue.admitting = false;
}

/** Admits what waits for the same month: append, look at what came before each record, one fdatasync. */
async function admitBatch(queue: AdmissionQueue, batch: readonly Waiting[], month: string): Promise<void> {
  const { balances } = queue;
  const claims = await claimsWithin(balances, batch, month);
  if (!(await anyWritten(balances, claims))) return;
  await catchUp(balances, month, (intent) => {
    const own = intent.pid === process.pid ? claims.get(intent.id) : undefined;
    if (own !== undefined) own.verdict = judgeNow(balances, own);
  });
  const synced = balances.ledger.sync(month);
  synced.catch(() => undefined);
  for (const item of claims.values()) {
    const { intent, verdict } = item;
    // Not waited for here: the next batch may share its fdatasync.
    if (verdict !== undefined && verdict.refused === undefined)
      synced.then(() => item.resolve({ intent, verdict }), item.reject);
    else await withdraw(queue, item);
  }
}

/** What is over the limit already is not even written. Balances that are behind may not refuse, though. */
async function claimsWithin(
  balances: Balances,
  batch: readonly Waiting[],
  month: string,
): Promise<Map<string, Waiting>> {
  let current = false;
  const claims = new Map<string, Waiting>();
  const look = async () => {
    for (const id of claims.keys()) giveBack(balances, id);
    await catchUp(balances, month);
    for (const { intent } of claims.values()) hold(balances, intent);
    current = true;
  };
  // One that was withdrawn must have left the balances before it is entered again.
  if (!isKnown(balances, month) || batch.some(({ tries }) => tries > 0)) await look();
  for (const item of batch) {
    let verdict = judgeNow(balances, item);
    if (verdict.refused !== undefined && !current) {
      await look();
      verdict = judgeNow(balances, item);
    }
    if (verdict.refused !== undefined) item.resolve({ intent: item.intent, verdict });
    else {
      claims.set(item.intent.id, item);
      hold(balances, item.intent);
    }
  }
  for (const id of claims.keys()) giveBack(balances, id);
  return claims;
}

async function anyWritten({ ledger }: Balances, claims: Map<string, Waiting>): Promise<boolean> {
  await Promise.all(
    [...claims.values()].map((item) =>
      ledger.append(item.intent, false).catch((error: unknown) => {
        claims.delete(item.intent.id);
        item.reject(error);
      }),
    ),
  );
  return claims.size > 0;
}

/** Takes back a record that found itself beyond a limit, and tries again for as long as that may help. */
async function withdraw(queue: AdmissionQueue, item: Waiting): Promise<void> {
  const { ledger } = queue.balances;
  const { intent, verdict } = item;
  await ledger.append(settledRecord(intent, RELEASED, ledger.now())).catch(() => undefined);
  const tries = item.tries + 1;
  if (verdict?.refused === undefined) item.reject(ledgerReplaced(ledger.folder));
  else if (tries < MOST_TRIES)
    queue.waiting.push({ ...item, intent: startedNow(intent, ledger.now()), tries, verdict: undefined });
  else item.resolve({ intent, verdict });
}

function startedNow(intent: IntentRecord, now: number): IntentRecord {
  const timeoutMs = Date.parse(intent.expires) - Date.parse(intent.time);
  return { ...intent, time: new Date(now).toISOString(), expires: new Date(now + timeoutMs).toISOString() };
}

function judgeNow(balances: Balances, { intent, before }: Waiting): Verdict {
  return judge(balances.rules, needOf(intent, before), ({ key }) => balances.state.spent.get(key));
}

function ledgerReplaced(folder: string): BedrockError {
  return new BedrockError('config', {
    message: `The ledger in ${folder} was replaced while a call was being entered.`,
    fix: 'Call again. Do not move or edit its files while the server runs.',
    retryable: true,
  });
}
