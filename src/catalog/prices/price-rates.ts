/** Which rates of a price row apply to one way of calling, and what is assumed where nobody printed a rate. */
import { Big } from 'big.js';
import { defined } from '../../defined.ts';
import type { PriceRow, PriceUnit, Rates } from './price-file.ts';
import type { PriceQuery, TokenKind } from './price-query.ts';

export const KINDS: readonly TokenKind[] = ['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'];
const CACHE_KINDS: readonly TokenKind[] = ['cacheRead', 'cacheWrite5m', 'cacheWrite1h'];
/** Priority costs 1.75 times the default tier wherever AWS prints both. */
const PRIORITY_FACTOR = '1.75';

export interface NotedRates {
  readonly rates: Rates;
  /** What was chosen and what was assumed, for people. */
  readonly notes: readonly string[];
}

/** The rates that apply to one way of calling. */
export function ratesFor(row: PriceRow, query: PriceQuery): NotedRates {
  const notes: string[] = [];
  const long = row.long.filter((tier) => (query.inputTokens ?? 0) > tier.above).at(-1);
  let rates = row.rates;
  if (long !== undefined) {
    rates = long.rates;
    notes.push(`rate above ${long.above} input tokens`);
  }
  if (query.batch === true) {
    if (row.batch !== undefined && long === undefined) {
      // Batch has no prompt caching (AWS "Prompt caching"), so only input and output have a rate.
      return { rates: row.batch, notes: [...notes, 'batch'] };
    }
    notes.push('batch price unknown: on-demand price used');
  }
  if (query.latency === 'optimized') {
    const optimized = optimizedRates(row.units);
    notes.push(
      optimized === undefined ? 'latency-optimized price unknown: standard price used' : 'latency optimized',
    );
    rates = optimized ?? rates;
  }
  if (query.tier !== 'flex' && query.tier !== 'priority') return { rates, notes };
  const tier = long === undefined ? row.tiers.get(query.tier) : undefined;
  if (tier !== undefined) return { rates: tier, notes: [...notes, `${query.tier} tier`] };
  if (query.tier === 'flex') return { rates, notes: [...notes, 'flex price unknown: default price used'] };
  const assumed = `priority price unknown: ${PRIORITY_FACTOR} times the default used`;
  return { rates: multiplied(rates, PRIORITY_FACTOR), notes: [...notes, assumed] };
}

function optimizedRates(units: readonly PriceUnit[]): Rates | undefined {
  const find = (unit: string) =>
    units.find((each) => each.unit.startsWith(unit) && each.unit.includes('optimized'));
  const input = find('input tokens')?.usd;
  const output = find('output tokens')?.usd;
  return input === undefined || output === undefined ? undefined : { input, output };
}

function multiplied(rates: Rates, factor: string): Rates {
  const result: { [K in TokenKind]?: string } = {};
  for (const kind of KINDS) {
    const rate = rates[kind];
    if (rate !== undefined) {
      result[kind] = new Big(rate).times(factor).toFixed();
    }
  }
  return result;
}

export interface Filled {
  readonly rates: Rates;
  readonly assumed: readonly TokenKind[];
}

/** A cache rate that is not printed is taken to be the input rate. */
export function fillCaches(rates: Rates): Filled {
  const { input } = rates;
  if (input === undefined) {
    return { rates, assumed: [] };
  }
  const assumed = CACHE_KINDS.filter((kind) => rates[kind] === undefined);
  const filled = {
    input,
    ...defined({ output: rates.output }),
    cacheRead: rates.cacheRead ?? input,
    cacheWrite5m: rates.cacheWrite5m ?? input,
    cacheWrite1h: rates.cacheWrite1h ?? input,
  };
  return { rates: filled, assumed };
}

/** Said only of models that write text: the others have no cache to pay for. */
export function assumption({ rates, assumed }: Filled): string {
  if (assumed.length === 0 || rates.output === undefined) {
    return '';
  }
  const names: Readonly<Record<TokenKind, string>> = {
    input: 'input',
    output: 'output',
    cacheRead: 'cache read',
    cacheWrite5m: 'cache write (5 m)',
    cacheWrite1h: 'cache write (1 h)',
  };
  return assumed.length === CACHE_KINDS.length
    ? '; cache price unknown: input price used'
    : `; ${assumed.map((kind) => names[kind]).join(' and ')} price unknown: input price used`;
}
