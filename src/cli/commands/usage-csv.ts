/** Rows for spreadsheets. */
import { stringify } from 'csv-stringify/sync';

/**
 * One line of CSV (RFC 4180) without its end. Texts that a spreadsheet would take for a formula get an apostrophe in
 * front, because threads and tags come from callers.
 */
export function csvLine(values: readonly (string | number | boolean | undefined)[]): string {
  const cast = { boolean: (value: boolean) => String(value) };
  return stringify([[...values]], { escape_formulas: true, eof: false, cast });
}
