/** What a call costs: exact decimals, no rounding anywhere. */
import { Big } from 'big.js';
import type { PriceFound, PriceUnknown, TokenKind } from './price-query.ts';

/** Tokens and other billed units of one call. `inputTokens` never contains cached ones. Absent = none. */
export interface BilledUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cacheReadInputTokens?: number;
  /** All cache writes, the one-hour part included. */
  readonly cacheWriteInputTokens?: number;
  readonly cacheWrite1hInputTokens?: number;
  /** Images, queries, seconds: `unit` and `detail` as the price names them. */
  readonly units?: readonly { readonly unit: string; readonly count: number; readonly detail?: string }[];
}

export interface CostPart {
  /** `input`, `output`, `cacheRead`, `cacheWrite5m`, `cacheWrite1h`, or a unit such as `image`. */
  readonly kind: string;
  readonly count: number;
  /** Decimal string; null when the price is unknown. */
  readonly usd: string | null;
}

export interface Cost {
  /** Plain decimal without exponent, exact; null when a part that was used has no known price. */
  readonly usd: string | null;
  readonly parts: readonly CostPart[];
  /** Assumptions and the reasons of unknown prices, for people. */
  readonly notes: readonly string[];
}

const PER_TOKEN = new Big('0.000001');
const SAID_AS: Readonly<Record<TokenKind, string>> = {
  input: 'input tokens',
  output: 'output tokens',
  cacheRead: 'cache reads',
  cacheWrite5m: 'cache writes',
  cacheWrite1h: 'one-hour cache writes',
};

/**
 * The cost of a usage at a price. Counts that are no non-negative numbers count as 0 and are noted.
 * Nothing used costs "0", whatever the price.
 */
export function costOf(usage: BilledUsage, price: PriceFound | PriceUnknown): Cost {
  const notes: string[] = [];
  const parts: CostPart[] = [];
  let total: Big | undefined = new Big(0);

  const add = (kind: string, count: number, usd: Big | undefined, why: string): void => {
    parts.push({ kind, count, usd: usd === undefined ? null : usd.toFixed() });
    if (usd === undefined) {
      notes.push(why);
      total = undefined;
    } else {
      total = total?.plus(usd);
    }
  };

  const unknown = (what: string): string =>
    price.known ? `The price ${what} of ${price.modelId} is unknown.` : price.reason;

  for (const [kind, count] of tokenCounts(usage, notes)) {
    if (count === 0) continue;
    add(kind, count, tokenCost(kind, count, price), unknown(`of ${SAID_AS[kind]}`));
    if (price.known && price.assumed.includes(kind))
      notes.push(`The price of ${SAID_AS[kind]} is unknown; the input price is used.`);
  }
  for (const { unit, detail, count: used } of usage.units ?? []) {
    const count = counted(used, unit, notes);
    if (count > 0) add(unit, count, unitCost(unit, detail, count, price), unknown(`per ${unit}`));
  }
  return { usd: total?.toFixed() ?? null, parts, notes: [...new Set(notes)] };
}

function tokenCounts(usage: BilledUsage, notes: string[]): readonly (readonly [TokenKind, number])[] {
  const writes = counted(usage.cacheWriteInputTokens, SAID_AS.cacheWrite5m, notes);
  const hourly = counted(usage.cacheWrite1hInputTokens, SAID_AS.cacheWrite1h, notes);
  return [
    ['input', counted(usage.inputTokens, SAID_AS.input, notes)],
    ['output', counted(usage.outputTokens, SAID_AS.output, notes)],
    ['cacheRead', counted(usage.cacheReadInputTokens, SAID_AS.cacheRead, notes)],
    ['cacheWrite5m', Math.max(0, writes - hourly)],
    ['cacheWrite1h', hourly],
  ];
}

function counted(value: number | undefined, what: string, notes: string[]): number {
  if (value === undefined) {
    return 0;
  }
  if (!Number.isFinite(value) || value < 0) {
    notes.push(`The number of ${what} is not usable (${value}) and was left out.`);
    return 0;
  }
  return value;
}

function tokenCost(kind: TokenKind, count: number, price: PriceFound | PriceUnknown): Big | undefined {
  const rate = price.known ? price[kind] : undefined;
  return rate === undefined ? undefined : new Big(rate).times(count).times(PER_TOKEN);
}

function unitCost(
  unit: string,
  detail: string | undefined,
  count: number,
  price: PriceFound | PriceUnknown,
): Big | undefined {
  if (!price.known) {
    return undefined;
  }
  const ofUnit = price.units.filter((each) => each.unit === unit);
  const named = ofUnit.filter((each) => each.detail === detail);
  // Without a detail, a single price holds whatever its detail says; of several, the one that is not limited.
  const [only, ...others] = named.length === 0 && detail === undefined ? ofUnit : named;
  if (only === undefined || others.length > 0) {
    // Several prices and nothing to choose by: unknown rather than guessed.
    return undefined;
  }
  // Exact: the quantity is a power of ten, so its inverse has few decimals.
  return new Big(only.usd).times(count).times(new Big(1).div(only.quantity));
}
