/**
 * Limits on spending: the worst case of a call is reserved before it is sent and settled after it. The store decides, for
 * everybody who shares it at once; here stand the words, and what a caller has to do with the reservation.
 */
import { Big } from 'big.js';
import { BedrockError } from '../../bedrock-error.ts';
import type { Logger } from '../../log.ts';
import { isAmount, toUnits } from '../amount.ts';
import {
  type CallFacts,
  type CallOutcome,
  type IntentRecord,
  intentRecord,
  RELEASED,
  settledRecord,
} from '../record.ts';
import type { SpendStore } from '../store.ts';
import type { SpendRules } from './limits.ts';
import { judge, type Need, needOf, refusal, type Shortfall, type Used } from './refusal.ts';
import { type BudgetStatus, budgetStatus } from './status.ts';

/** True when a call to this model with this worst case would be admitted now. */
export type Fits = (model: string, worstCaseUsd: string, worstCaseTokens: number) => boolean;

export interface SpendRequest extends CallFacts {
  /** Own ID of the call, as on its receipt; made when absent. */
  readonly id?: string;
  /** The most that the call may cost, plain decimal; null = no price is known. */
  readonly worstCaseUsd: string | null;
  /** The most tokens, input and output together; null = unknown. */
  readonly worstCaseTokens: number | null;
  /** What the same call has used before, in a first round: limits per call are for both. */
  readonly before?: Used;
  /** The call's time limit, ms. */
  readonly timeoutMs: number;
  /** Names the cheapest model that fits, for the refusal; called only when a call is refused. */
  readonly cheaper?: (fits: Fits) => string | undefined | Promise<string | undefined>;
}

export interface Reservation {
  /** The call's ID in the store. */
  readonly id: string;
  /** Soft limits that the call passes, and a store that cannot be written. */
  readonly warnings: readonly string[];
  /**
   * Records how the call ended, for good before it resolves. Call it for everything that was sent, failed and cancelled
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
   * Admits the call and stores its intent.
   * @throws BedrockError `budget_exceeded` with what is left and what would fit; `config` when limits are configured and
   *   the store fails, because a limit that nobody can check is none.
   */
  reserve(request: SpendRequest): Promise<Reservation>;
  /** What is spent and left under every limit, reservations counted as spent. @throws BedrockError `config`. */
  status(): Promise<BudgetStatus[]>;
}

interface Context {
  readonly rules: SpendRules;
  readonly store: SpendStore;
  readonly log: Logger;
}

/** @param rules those that the store was opened with. */
export function createBudgets(rules: SpendRules, store: SpendStore, log: Logger): Budgets {
  return {
    configured: rules.limits.length > 0,
    reserve: (request) => reserve(request, { rules, store, log }),
    status: async () => budgetStatus(rules.limits, await store.spent(), new Date(store.now()).toISOString()),
  };
}

async function reserve(request: SpendRequest, context: Context): Promise<Reservation> {
  const { store, rules, log } = context;
  const { worstCaseUsd, worstCaseTokens: reservedTokens, before } = request;
  const reservedUsd = worstCaseUsd === null ? null : exactly(worstCaseUsd);
  const planned = intentRecord({ ...request, reservedUsd, reservedTokens }, store.now());
  const used = before === undefined ? undefined : { ...before, usd: exactly(before.usd) };
  try {
    const { intent, verdict } = await store.reserve(planned, used);
    if (verdict.refused === undefined) return reservationOf(intent, verdict.warnings, true, context);
    throw await refusalOf(verdict.refused, needOf(intent, used), request, context);
  } catch (error) {
    if (rules.limits.length > 0) throw nothingSent(error);
    const message = error instanceof Error ? error.message : String(error);
    log.warn('A call is made without a record of it.', { call_id: planned.id, error: message });
    return reservationOf(planned, [message], false, context);
  }
}

/** @param stored false when the intent could not be written: the end then stands by itself. */
function reservationOf(
  intent: IntentRecord,
  warnings: readonly string[],
  stored: boolean,
  { store, log }: Context,
): Reservation {
  let ended = false;
  const end = async (outcome: CallOutcome): Promise<readonly string[]> => {
    if (ended) return [];
    ended = true;
    // A call that was never sent and never stored needs no record.
    if (!stored && outcome.status === 'released') return [];
    try {
      const record = settledRecord(intent, outcome, store.now());
      await store.settle(stored ? record : { ...record, alone: true });
      return [];
    } catch (error) {
      log.error('The end of a call could not be recorded in the ledger.', {
        call_id: intent.id,
        error: error instanceof Error ? error.message : String(error),
      });
      const stays = stored ? ' It stays open in the ledger with what was reserved.' : '';
      return [`The cost of this call could not be recorded.${stays}`];
    }
  };
  return { id: intent.id, warnings, settle: end, release: () => end(RELEASED) };
}

async function refusalOf(
  short: Shortfall,
  need: Need,
  { cheaper }: SpendRequest,
  { rules, store }: Context,
): Promise<BedrockError> {
  const cheapest = async () => {
    if (cheaper === undefined) return undefined;
    const spent = new Map((await store.spent()).map((each) => [each.bucket.key, each]));
    const fits: Fits = (model, usd, tokens) => {
      const call = { ...need.call, model, model_id: model };
      const other = { ...need, call, usd: toUnits(exactly(usd)), tokens };
      return judge(rules, other, ({ key }) => spent.get(key)).refused === undefined;
    };
    return cheaper(fits);
  };
  return refusal(short, need, await cheapest().catch(() => undefined));
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

function nothingSent(error: unknown): unknown {
  return error instanceof BedrockError && error.code === 'config'
    ? error.with({ message: `${error.message} Spending limits are configured, so nothing was sent.` })
    : error;
}
