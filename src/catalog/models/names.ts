/** How typed names are compared. */

/** Punctuation that people use freely inside model names. */
const LOOSE = /[\s._:/()@-]+/g;
const MAX_NAME = 120;

/**
 * The key of a name: lower case without separators, so that "Claude Sonnet 4.5", `claude-sonnet-4.5` and
 * `claude_sonnet_4_5` are one name. Undefined when nothing is left, or when the text is longer than any name.
 */
export function nameKey(text: string): string | undefined {
  if (text.length > MAX_NAME) {
    return undefined;
  }
  const key = text.toLowerCase().replaceAll('+', 'plus').replace(LOOSE, '');
  return key === '' ? undefined : key;
}
