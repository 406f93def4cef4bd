/**
 * Text that every JSON reader takes. Half a surrogate pair, as a model may write or a cut may leave, is no Unicode: strict
 * readers (Python, Rust) refuse the whole message, and with it an answer that was paid for.
 */

/** The same value with U+FFFD for every half pair; each text keeps its length. */
export function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  return typeof value === 'object' && value !== null ? wellFormedObject({ ...value }) : value;
}

export function wellFormedObject(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]),
  );
}

/** False = surely none; JSON writes half a pair as an escape, and a text may hold such an escape as words. */
export function mayHoldHalfPair(json: string): boolean {
  return json.includes('\\ud');
}
