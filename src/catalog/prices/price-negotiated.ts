/** The user's own (negotiated) rates, laid over what the list says. */

import { Big } from 'big.js';
import { BedrockError } from '../../bedrock-error.ts';
import { defined } from '../../defined.ts';
import type { UserPrice } from '../types.ts';
import { DECIMAL, type Rates } from './price-file.ts';
import type { PriceFound, PriceQuery, PriceUnknown, TokenKind } from './price-query.ts';
import { assumption, fillCaches, KINDS } from './price-rates.ts';

type FindListed = (query: PriceQuery) => PriceFound | PriceUnknown;

/** @throws BedrockError `config` for a rate that is no decimal number. */
export function checkDecimals(price: UserPrice, name: string): void {
  for (const kind of KINDS) {
    const rate = price[kind];
    if (rate !== undefined && !DECIMAL.test(rate)) {
      throw new BedrockError('config', {
        message: `The ${kind} price of ${name} is "${rate.slice(0, 40)}", which is not a decimal number.`,
        fix: 'Write prices as decimal strings in USD per 1M tokens, such as "0.25".',
        field: 'models',
      });
    }
  }
}

/**
 * The user's rates; what they leave out comes from the list. They stand for the default way of calling: a way that the
 * list prices higher (priority, long context) raises them alike, one that it prices lower (batch, flex) does not lower
 * them, because nobody said that a negotiated rate goes down too. An estimate may be too high, never too low.
 */
export function withOwnPrice(
  modelId: string,
  price: UserPrice,
  query: PriceQuery,
  findListed: FindListed,
): PriceFound {
  const found = findListed(query);
  const { region, geo } = query;
  const usual = findListed({
    ...defined({ region, geo }),
  });
  const rates: { [K in TokenKind]?: string } = {};
  const notes: string[] = [];
  for (const kind of KINDS) {
    const own = price[kind];
    if (own === undefined) {
      const listed = found.known && !found.assumed.includes(kind) ? found[kind] : undefined;
      if (listed !== undefined) {
        rates[kind] = listed;
      }
      continue;
    }
    const raise = raiseOf(kind, found, usual);
    rates[kind] = new Big(own).times(raise).toFixed();
    if (raise.gt(1)) {
      notes.push(`${kind} raised ${raise.toFixed()} times as the list does for this call`);
    }
  }
  const filled = fillCaches(rates);
  return {
    known: true,
    modelId,
    ...filled.rates,
    units: found.known ? found.units : [],
    assumed: filled.assumed,
    basis: `${['your own price from the configuration', ...notes].join(', ')}${assumption(filled)}`,
    source: 'user',
  };
}

/** How many times the listed rate of this way of calling is the usual one; at least 1, six decimals, rounded up. */
function raiseOf(kind: keyof Rates, found: PriceFound | PriceUnknown, usual: PriceFound | PriceUnknown): Big {
  const one = new Big(1);
  if (!found.known || !usual.known) {
    return one;
  }
  const way = found[kind];
  const base = usual[kind];
  if (way === undefined || base === undefined || new Big(base).eq(0)) {
    return one;
  }
  const raise = new Big(way).div(base).round(6, Big.roundUp);
  return raise.gt(1) ? raise : one;
}
