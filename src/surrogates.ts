/** Texts in UTF-16 that may be cut in the middle of a character. Pure. */

/** A growing text without the first half of a character whose second half has not come yet. */
export function wholeCharacters(text: string): string {
  return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(0, -1) : text;
}

export function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}
