/**
 * Exact sums of USD amounts. A million additions of decimal objects take seconds, so amounts are added as integers of
 * 1e-24 USD; text in and text out stay plain decimals.
 */

/** Rates have at most 12 decimals per 1M tokens; divisions for priced units keep 20 (`costOf`). */
const DECIMALS = 24;
const AMOUNT = /^\d{1,15}(\.\d{1,24})?$/;
const LONGEST = 40;

/** True for a plain decimal that the ledger can add exactly: no sign, no exponent, at most 24 decimals. */
export function isAmount(text: string): boolean {
  return text.length <= LONGEST && AMOUNT.test(text);
}

/** `"0.0012"` -> units of 1e-24 USD. Only for what `isAmount` accepts. */
export function toUnits(amount: string): bigint {
  const dot = amount.indexOf('.');
  if (dot < 0) return BigInt(amount + '0'.repeat(DECIMALS));
  return BigInt(amount.slice(0, dot) + amount.slice(dot + 1).padEnd(DECIMALS, '0'));
}

/** Units of 1e-24 USD -> the shortest plain decimal: `"0.0012"`, `"-0.5"`, `"0"`. */
export function fromUnits(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');
  const whole = digits.slice(0, -DECIMALS);
  let end = digits.length;
  while (end > whole.length && digits[end - 1] === '0') end -= 1;
  return end === whole.length ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(whole.length, end)}`;
}
