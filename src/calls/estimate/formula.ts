/** How a cost was computed, as a person would write it down. */
import type { Cost } from '../../catalog/prices/cost.ts';
import type { PriceFound } from '../../catalog/prices/price-query.ts';
import { unitText } from './unit-prices.ts';

/** `100 × (500 × 1.1 + 200 × 5.5) / 1,000,000`, or `2 × 0.08 per image`. */
export function costFormula(cost: Cost, price: PriceFound, calls: number): string {
  const times = calls > 1 ? `${calls} × ` : '';
  const [part] = cost.parts;
  const unit = price.units.find((each) => each.unit === part?.kind);
  if (unit !== undefined && part !== undefined) return `${times}${part.count} × ${unitText(unit)}`;
  const rates: ReadonlyMap<string, string | undefined> = new Map(
    (['input', 'output', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h'] as const).map((kind) => [
      kind,
      price[kind],
    ]),
  );
  const order = ['input', 'cacheRead', 'cacheWrite5m', 'cacheWrite1h', 'output'];
  const parts = cost.parts.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const sum = parts.map(({ kind, count }) => `${count} × ${rates.get(kind) ?? '?'}`).join(' + ');
  return `${times}(${sum === '' ? '0' : sum}) / 1,000,000`;
}
