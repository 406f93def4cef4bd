/** Prices per image, query or second, for people, and how many of them a call has. */

import type { PriceUnit } from '../../catalog/prices/price-file.ts';
import type { PriceFound } from '../../catalog/prices/price-query.ts';
import { defined } from '../../defined.ts';

/** A model that is billed by the image, search or request: one of it a call, when there is only one price. */
export function unitOfOneCall(units: readonly PriceUnit[]): { unit: string; detail?: string } | undefined {
  const only = onlyUnit(units);
  if (only === undefined || only.unit.includes('second')) return undefined;
  return { unit: only.unit, ...defined({ detail: only.detail }) };
}

function onlyUnit(units: readonly PriceUnit[]): PriceUnit | undefined {
  const [only, ...others] = units.filter(({ detail }) => detail !== 'batch');
  return others.length > 0 ? undefined : only;
}

/** Why there is no sum for a model that is billed by units. */
export function billedPer({ units, output }: PriceFound): string {
  const only = onlyUnit(units);
  if (only === undefined) return 'It is billed per unit and has several prices: choose one of unit_prices.';
  const tokens = output === undefined ? '' : ' plus output tokens';
  return `It is billed per ${only.unit}${tokens}; how many a call has is not known here: multiply unit_prices.`;
}

/** Of a model that is billed by units for its input, the output tokens belong to them: no formula shows their price. */
export function unitPrices({ units, input, output }: PriceFound): string[] {
  const ofOutput = input === undefined && output !== undefined ? [`${output} USD per 1M output tokens`] : [];
  return [...units.map(unitText), ...ofOutput];
}

export function unitText({ unit, quantity, usd, detail }: PriceUnit): string {
  const per = quantity === 1 ? unit : `${quantity.toLocaleString('en-US')} ${unit}`;
  return `${usd} USD per ${per}${detail === undefined ? '' : ` (${detail})`}`;
}
