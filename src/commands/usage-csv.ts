/** Rows for spreadsheets. */

/**
 * One line of CSV (RFC 4180) without its end. Texts that a spreadsheet would take for a formula get an apostrophe in
 * front, because threads and tags come from callers.
 */
export function csvLine(values: readonly (string | number | boolean | undefined)[]): string {
  return values.map(csvField).join(',');
}

function csvField(value: string | number | boolean | undefined): string {
  if (value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
