/**
 * Limits on spending: the worst case of a call is reserved before it is sent and settled after it, correctly across
 * parallel calls and processes that share the ledger.
 *
 * There is no lock. The reservation is the intent record itself, and the order of records in the file decides: appends
 * are atomic and all processes see them in one order, so a call is admitted when everything before its own record, plus
 * its own worst case, is within the limits. Each process finds the same order, so two can never both take the last cent.
 * A record that finds itself beyond a limit is withdrawn. Nothing can go stale: a process killed at any moment leaves at
 * most an open intent, which goes on counting; lock files would need guesses about dead owners, which process IDs (reused,
 * and private to each container) cannot settle.
 */
import { Big } from 'big.js';
import { BedrockError } from '../../bedrock-error.ts';
import type { Config } from '../../config/schema.ts';
import type { Logger } from '../../log.ts';
import { isAmount, toUnits } from '../ledger/amount.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  type CallFacts,
  type CallOutcome,
  type IntentRecord,
  monthOf,
  settledRecord,
} from '../ledger/record.ts';
import { type NamesOf, readLimits } from './limits.ts';
import { judge, type Need, refusal, type Shortfall } from './refusal.ts';
import { type BudgetStatus, statusOf } from './status.ts';
import { createBudgetView } from './view.ts';

/** True when a call to this model with this worst case would be admitted now. */
export type Fits = (model: string, worstCaseUsd: string, worstCaseTokens: number) => boolean;

export interface SpendRequest extends CallFacts {
  /** Own ID of the call, as on its receipt; made when absent. */
  readonly id?: string;
  /** The most that the call may cost, plain decimal; null = no price is known. */
  readonly worstCaseUsd: string | null;
  /** The most tokens, input and output together; null = unknown. */
  readonly worstCaseTokens: number | null;
  /** What the same call has used before, in a first round: limits per call are for both. USD as a plain decimal. */
  readonly before?: { readonly usd: string; readonly tokens: number };
  /** The call's time limit, ms. */
  readonly timeoutMs: number;
  /** Names the cheapest model that fits, for the refusal; asked only when a call is refused. */
  readonly cheaper?: (fits: Fits) => string | undefined | Promise<string | undefined>;
}

export interface Reservation {
  /** The call's ID in the ledger. */
  readonly id: string;
  /** Soft limits that the call passes, and a ledger that cannot be written. */
  readonly warnings: readonly string[];
  /**
   * Records how the call ended, on the disk before it resolves. Call it for everything that was sent, failed and cancelled
   * calls too. Never rejects: what could not be recorded comes back as a warning for the receipt. Only the first of
   * `settle` and `release` counts.
   */
  settle(outcome: CallOutcome): Promise<readonly string[]>;
  /** Gives the reservation back: nothing was sent. */
  release(): Promise<readonly string[]>;
}

export interface Budgets {
  /** False when no limit is configured: then nothing is ever refused. */
  readonly configured: boolean;
  /**
   * Admits the call and writes its intent. With limits it is on the disk before this resolves; without, it survives the
   * death of the process at once, and a power failure 50 ms later.
   * @throws BedrockError `budget_exceeded` with what is left and what would fit; `config` when limits are configured and
   *   the ledger cannot be written, because a limit that nobody can check is none.
   */
  reserve(request: SpendRequest): Promise<Reservation>;
  /** What is spent and left under every limit, reservations counted as spent. @throws BedrockError `config`. */
  status(): Promise<BudgetStatus[]>;
}

export interface BudgetOptions {
  readonly log: Logger;
  /** Aliases of a bare model ID, so that limits may name them. */
  readonly namesOf?: NamesOf;
}

interface Waiting {
  readonly request: SpendRequest;
  readonly intent: IntentRecord;
  readonly need: Need;
  tries: number;
  verdict: { readonly refused?: Shortfall; readonly warnings: readonly string[] } | undefined;
  resolve(reservation: Reservation): void;
  reject(error: unknown): void;
}

/** A record that lost a race may have lost to one that is withdrawn itself, so it looks again. */
const MOST_TRIES = 4;
const SYNC_WITHIN_MS = 50;

export function createBudgets(config: Config, ledger: Ledger, { log, namesOf }: BudgetOptions): Budgets {
  const limits = readLimits(config);
  const windowed = limits.filter((limit) => limit.scope !== 'call');
  const view = createBudgetView(windowed, ledger, namesOf);
  const allowUnknown = config.budget_unknown_price === 'allow';
  const waiting: Waiting[] = [];
  let admitting = false;

  const judgeNow = (need: Need) => judge(limits, need, view.spentUnder, allowUnknown);
  /** One at a time looks at the ledger: whoever reads on moves the view for all. */
  let turn: Promise<unknown> = Promise.resolve();
  const exclusively = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  async function refuse(item: Waiting, short: Shortfall): Promise<void> {
    const fits: Fits = (model, usd, tokens) => {
      const call = { ...item.need.call, model, model_id: model };
      return judgeNow({ ...item.need, call, usd: unitsOf(usd), tokens }).refused === undefined;
    };
    const cheaper = await Promise.resolve(item.request.cheaper?.(fits)).catch(() => undefined);
    item.reject(refusal(short, item.need, cheaper));
  }

  /** Admits what waits for the same month: append, look at what came before each record, one fdatasync. */
  async function admit(batch: readonly Waiting[], month: string): Promise<void> {
    let current = false;
    const lookOnce = async () => {
      if (!current) await view.catchUp(month);
      current = true;
    };
    // One that was withdrawn must have left the view before it is entered again.
    if (!view.knows(month) || batch.some(({ tries }) => tries > 0)) await lookOnce();
    const claims = new Map<string, Waiting>();
    for (const item of batch) {
      // What is over the limit already is not even written. A view that is behind may not refuse, though.
      let first = judgeNow(item.need);
      if (first.refused !== undefined && !current) {
        for (const id of claims.keys()) view.giveBack(id);
        await lookOnce();
        for (const claim of claims.values()) view.reserve(claim.intent);
        first = judgeNow(item.need);
      }
      if (first.refused !== undefined) await refuse(item, first.refused);
      else {
        claims.set(item.intent.id, item);
        view.reserve(item.intent);
      }
    }
    for (const id of claims.keys()) view.giveBack(id);
    const written = await Promise.all(
      [...claims.values()].map((item) =>
        ledger.append(item.intent, false).then(
          () => true,
          (error: unknown) => {
            claims.delete(item.intent.id);
            item.reject(nothingSent(error));
            return false;
          },
        ),
      ),
    );
    if (!written.includes(true)) return;
    await view.catchUp(month, (intent) => {
      const own = intent.pid === process.pid ? claims.get(intent.id) : undefined;
      if (own !== undefined) own.verdict = judgeNow(own.need);
    });
    const synced = ledger.sync(month);
    synced.catch(() => undefined);
    for (const item of claims.values()) {
      const { verdict } = item;
      if (verdict !== undefined && verdict.refused === undefined) {
        // Not waited for here: the next batch may share its fdatasync.
        synced.then(
          () => item.resolve(reservation(item.intent, verdict.warnings, true)),
          (error: unknown) => item.reject(nothingSent(error)),
        );
        continue;
      }
      await ledger.settle(item.intent, withdrawn()).catch(() => undefined);
      item.tries += 1;
      if (verdict?.refused === undefined) item.reject(ledgerReplaced(ledger.folder));
      else if (item.tries < MOST_TRIES) waiting.push(again(item, ledger));
      else await refuse(item, verdict.refused);
    }
  }

  async function admitAll(): Promise<void> {
    if (admitting) return;
    admitting = true;
    while (waiting.length > 0) {
      const [first] = waiting;
      if (first === undefined) break;
      const month = monthOf(first.intent);
      const batch = waiting.filter((item) => monthOf(item.intent) === month);
      const others = waiting.filter((item) => monthOf(item.intent) !== month);
      waiting.splice(0, waiting.length, ...others);
      try {
        await exclusively(() => admit(batch, month));
      } catch (error) {
        for (const item of batch) item.reject(nothingSent(error));
      }
    }
    admitting = false;
  }

  function reservation(intent: IntentRecord, warnings: readonly string[], written: boolean): Reservation {
    let ended = false;
    const end = async (outcome: CallOutcome): Promise<readonly string[]> => {
      if (ended) return [];
      ended = true;
      try {
        const record = settledRecord(intent, outcome, new Date(ledger.now()));
        // A call that was never sent and never written needs no record.
        if (!written && outcome.status === 'released') return [];
        await ledger.append(written ? record : { ...record, alone: true });
        return [];
      } catch (error) {
        log.error('The end of a call could not be recorded in the ledger.', {
          call_id: intent.id,
          error: error instanceof Error ? error.message : String(error),
        });
        const stays = written ? ' It stays open in the ledger with what was reserved.' : '';
        return [`The cost of this call could not be recorded.${stays}`];
      }
    };
    return { id: intent.id, warnings, settle: end, release: () => end(withdrawn()) };
  }

  /** Without limits over time there is nobody to agree with: the intent is appended and that is all. */
  async function reserveAlone(intent: IntentRecord, warnings: readonly string[]): Promise<Reservation> {
    try {
      await ledger.append(intent, limits.length > 0);
      return limits.length > 0
        ? reservation(intent, warnings, true)
        : syncedSoon(reservation(intent, warnings, true), intent);
    } catch (error) {
      if (limits.length > 0) throw nothingSent(error);
      const message = error instanceof Error ? error.message : String(error);
      log.warn('A call is made without a record of it.', { call_id: intent.id, error: message });
      return reservation(intent, [...warnings, message], false);
    }
  }

  /**
   * Where nothing is limited, a call does not wait for the disk twice: the fdatasync of its end covers the intent. A call
   * that takes longer gets one of its own, so that not even a power failure hides it.
   */
  function syncedSoon(made: Reservation, intent: IntentRecord): Reservation {
    const timer = setTimeout(() => {
      ledger.sync(monthOf(intent)).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        log.warn('The intent of a call may not be on the disk yet.', { call_id: intent.id, error: message });
      });
    }, SYNC_WITHIN_MS).unref();
    const end = <A extends readonly unknown[]>(how: (...given: A) => Promise<readonly string[]>) => {
      return (...given: A) => {
        clearTimeout(timer);
        return how(...given);
      };
    };
    return { ...made, settle: end(made.settle), release: end(made.release) };
  }

  return {
    configured: limits.length > 0,
    async reserve(request) {
      const { worstCaseUsd, worstCaseTokens } = request;
      const reservedUsd = worstCaseUsd === null ? null : exactly(worstCaseUsd);
      const intent = ledger.plan({ ...request, reservedUsd, reservedTokens: worstCaseTokens });
      const need = needOf(intent, request);
      if (windowed.length > 0) {
        return new Promise((resolve, reject) => {
          waiting.push({ request, intent, need, tries: 0, verdict: undefined, resolve, reject });
          void admitAll();
        });
      }
      const { refused, warnings } = judgeNow(need);
      if (refused === undefined) return reserveAlone(intent, warnings);
      return new Promise((_, reject) => {
        const item = {
          request,
          intent,
          need,
          tries: 0,
          verdict: undefined,
          resolve: () => undefined,
          reject,
        };
        refuse(item, refused).catch(reject);
      });
    },
    async status() {
      const now = new Date(ledger.now()).toISOString();
      return exclusively(async () => {
        if (windowed.length > 0) await view.catchUp(now.slice(0, 7));
        return statusOf(limits, view.all(), now);
      });
    },
  };
}

function needOf(intent: IntentRecord, { before }: SpendRequest): Need {
  return {
    ...(before === undefined ? {} : { before: { usd: toUnits(exactly(before.usd)), tokens: before.tokens } }),
    call: intent,
    time: intent.time,
    usd: intent.reserved_usd === null ? null : toUnits(intent.reserved_usd),
    tokens: intent.reserved_tokens,
  };
}

/** A new record for another try: one that was withdrawn has had its end. */
function again(item: Waiting, ledger: Ledger): Waiting {
  const { request } = item;
  const intent = ledger.plan({
    ...request,
    reservedUsd: item.intent.reserved_usd,
    reservedTokens: item.intent.reserved_tokens,
  });
  return { ...item, intent, need: needOf(intent, request), verdict: undefined };
}

function withdrawn(): CallOutcome {
  return { status: 'released', costUsd: '0', durationMs: 0 };
}

/** More decimals than the ledger keeps are rounded up: a worst case may not shrink. */
function exactly(amount: string): string {
  if (isAmount(amount)) return amount;
  const rounded = new Big(amount).round(24, Big.roundUp).toFixed();
  if (isAmount(rounded)) return rounded;
  throw new BedrockError('internal', {
    message: `"${amount.slice(0, 40)}" is no amount of USD.`,
    fix: 'Report this as a bug, with the model and its configured price.',
  });
}

function unitsOf(amount: string): bigint {
  return toUnits(exactly(amount));
}

function nothingSent(error: unknown): unknown {
  return error instanceof BedrockError && error.code === 'config'
    ? error.with({ message: `${error.message} Spending limits are configured, so nothing was sent.` })
    : error;
}

function ledgerReplaced(folder: string): BedrockError {
  return new BedrockError('config', {
    message: `The ledger in ${folder} was replaced while a call was being entered. Nothing was sent.`,
    fix: 'Call again. Do not move or edit its files while the server runs.',
    retryable: true,
  });
}
