/**
 * Texts that match simple regular expressions, such as those of postcodes, slugs and versions: literals, classes, groups,
 * alternatives, quantifiers, anchors at the ends. Expressions with anything else (look-around, back-references, word
 * boundaries) have none. The text is made from the expression alone; nothing here runs one that a caller wrote.
 */

type Ranges = readonly (readonly [from: number, to: number])[];
type Part =
  | { readonly kind: 'one-of'; readonly characters: readonly string[] }
  | { readonly kind: 'all'; readonly parts: readonly Part[] }
  | { readonly kind: 'any'; readonly parts: readonly Part[] }
  | { readonly kind: 'times'; readonly part: Part; readonly least: number; readonly most: number };

export interface PatternOptions {
  readonly shortest: number;
  readonly longest: number;
  /** Another number gives another text, as far as there are others. */
  readonly variant: number;
}

/** Parts that one text is made of. */
const MOST_PARTS = 20_000;
/** Repetitions beyond the least that are tried, so that a text gets long enough. */
const MOST_EXTRA = 32;
const LAST = 0x10ffff;
/** What is taken first where there is a choice. */
const READABLE = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-. '];
const DIGITS: Ranges = [[48, 57]];
const UPPER: Ranges = [[65, 90]];
const LOWER: Ranges = [[97, 122]];
const WORD: Ranges = [...DIGITS, ...UPPER, ...LOWER, [95, 95]];
const SPACE: Ranges = [
  [32, 32],
  [9, 13],
];
const LINE_ENDS: Ranges = [
  [10, 10],
  [13, 13],
];
const SETS: ReadonlyMap<string, Ranges> = new Map([
  ['d', DIGITS],
  ['w', WORD],
  ['s', SPACE],
]);
/** ASCII's part of Unicode's properties, which is what texts are made of here. */
const PROPERTIES: ReadonlyMap<string, Ranges> = new Map([
  ['L', [...UPPER, ...LOWER]],
  ['Letter', [...UPPER, ...LOWER]],
  ['Alphabetic', [...UPPER, ...LOWER]],
  ['Lu', UPPER],
  ['Ll', LOWER],
  ['N', DIGITS],
  ['Nd', DIGITS],
]);
const CONTROLS: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
  ['v', '\v'],
]);

/** A text that matches, or undefined where none is found. */
export function patternValue(pattern: string, options: PatternOptions): string | undefined {
  const { shortest, longest, variant } = options;
  const fits = (text: string, least: number) => text.length >= least && text.length <= longest;
  try {
    const part = new Reader(pattern).read();
    const plain = textOf(part, { variant, extra: 0, left: MOST_PARTS });
    const extras = Array.from({ length: MOST_EXTRA }, (_, extra) => extra + 1);
    // Nothing matches often, and says little.
    const least = Math.max(1, shortest);
    for (const extra of [0, ...extras, least - plain.length]) {
      const text = extra <= 0 ? plain : textOf(part, { variant, extra, left: MOST_PARTS });
      if (fits(text, least)) return text;
    }
    const padded = pattern.includes('$') ? plain : plain.padEnd(shortest, '.');
    return fits(padded, shortest) ? padded : undefined;
  } catch (error) {
    if (error instanceof Unsupported || error instanceof RangeError) return undefined;
    throw error;
  }
}

class Unsupported extends Error {}

interface Choices {
  variant: number;
  left: number;
  readonly extra: number;
}

function textOf(part: Part, choices: Choices): string {
  choices.left -= 1;
  if (choices.left < 0) throw new Unsupported();
  switch (part.kind) {
    case 'one-of':
      return pick(part.characters, choices);
    case 'any':
      return textOf(pick(part.parts, choices), choices);
    case 'all':
      return part.parts.reduce((text, each) => text + textOf(each, choices), '');
    case 'times': {
      const count = Math.min(part.most, part.least + choices.extra);
      let text = '';
      for (let at = 0; at < count; at += 1) text += textOf(part.part, choices);
      return text;
    }
  }
}

/** Uses up a part of the variant, so that the next choice varies only when this one has had all its turns. */
function pick<T>(from: readonly T[], choices: Choices): T {
  const picked = from[choices.variant % Math.max(1, from.length)];
  choices.variant = Math.floor(choices.variant / Math.max(1, from.length));
  if (picked === undefined) throw new Unsupported();
  return picked;
}

class Reader {
  private readonly symbols: readonly string[];
  private at = 0;

  constructor(pattern: string) {
    this.symbols = [...pattern];
  }

  read(): Part {
    const part = this.alternatives();
    if (this.at < this.symbols.length) throw new Unsupported();
    return part;
  }

  private alternatives(): Part {
    const parts = [this.sequence()];
    while (this.takes('|')) parts.push(this.sequence());
    return { kind: 'any', parts };
  }

  private sequence(): Part {
    const parts: Part[] = [];
    this.takes('^');
    while (!this.isEnd()) {
      if (this.takes('$')) {
        if (!this.isEnd()) throw new Unsupported();
        break;
      }
      parts.push(this.quantified(this.item()));
    }
    return { kind: 'all', parts };
  }

  private isEnd(): boolean {
    const next = this.symbols[this.at];
    return next === undefined || next === '|' || next === ')';
  }

  private item(): Part {
    const symbol = this.next();
    if (symbol === '(') return this.group();
    if (symbol === '[') return oneOf(this.set());
    if (symbol === '.') return oneOf(complement(LINE_ENDS));
    if (symbol === '\\') return oneOf(this.escape());
    if ('^*+?{}'.includes(symbol)) throw new Unsupported();
    return { kind: 'one-of', characters: [symbol] };
  }

  private group(): Part {
    if (this.takes('?')) {
      const isNamed = this.takes('<');
      if (isNamed && /[=!]/.test(this.symbols[this.at] ?? '')) throw new Unsupported();
      if (!isNamed && !this.takes(':')) throw new Unsupported();
      while (isNamed && this.next() !== '>');
    }
    const part = this.alternatives();
    if (!this.takes(')')) throw new Unsupported();
    return part;
  }

  private quantified(part: Part): Part {
    const bounds = this.bounds();
    if (bounds === undefined) return part;
    // How eager it is makes no difference to what matches.
    this.takes('?');
    return { kind: 'times', part, least: bounds[0], most: bounds[1] };
  }

  private bounds(): readonly [number, number] | undefined {
    if (this.takes('?')) return [0, 1];
    if (this.takes('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.takes('+')) return [1, Number.POSITIVE_INFINITY];
    if (!this.takes('{')) return undefined;
    let said = '';
    for (let symbol = this.next(); symbol !== '}'; symbol = this.next()) said += symbol;
    const [, least = '', comma, most = ''] = /^(\d+)(,?)(\d*)$/.exec(said) ?? [];
    if (least === '') throw new Unsupported();
    return [
      Number(least),
      comma === '' ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most),
    ];
  }

  private set(): Ranges {
    const isNegated = this.takes('^');
    const ranges: (readonly [number, number])[] = [];
    while (!this.takes(']')) {
      const from = this.member();
      const isRange = this.symbols[this.at] === '-' && this.symbols[this.at + 1] !== ']';
      if (isRange) this.next();
      const to = isRange ? this.member() : from;
      const [[low] = [], [, high] = []] = [from[0], to[0]];
      if (!isRange) ranges.push(...from);
      else if (low === undefined || high === undefined) throw new Unsupported();
      else ranges.push([low, high]);
    }
    return isNegated ? complement(ranges) : ranges;
  }

  private member(): Ranges {
    const symbol = this.next();
    return symbol === '\\' ? this.escape() : only(symbol);
  }

  /** What stands behind a backslash. */
  private escape(): Ranges {
    const symbol = this.next();
    const lower = symbol.toLowerCase();
    const set = lower === 'p' ? PROPERTIES.get(this.braced()) : SETS.get(lower);
    if (set !== undefined) return symbol === lower ? set : complement(set);
    if (symbol === 'u' || symbol === 'x') return only(this.hexadecimal(symbol === 'u' ? 4 : 2));
    const control = CONTROLS.get(symbol);
    if (control !== undefined) return only(control);
    // Other letters and digits have a meaning that is no character.
    if (/[a-zA-Z0-9]/.test(symbol)) throw new Unsupported();
    return only(symbol);
  }

  private hexadecimal(digits: number): string {
    const said =
      this.symbols[this.at] === '{'
        ? this.braced()
        : Array.from({ length: digits }, () => this.next()).join('');
    if (!/^[\da-fA-F]{1,6}$/.test(said)) throw new Unsupported();
    return String.fromCodePoint(Number.parseInt(said, 16));
  }

  private braced(): string {
    if (!this.takes('{')) throw new Unsupported();
    let said = '';
    for (let symbol = this.next(); symbol !== '}'; symbol = this.next()) said += symbol;
    return said;
  }

  private next(): string {
    const symbol = this.symbols[this.at];
    if (symbol === undefined) throw new Unsupported();
    this.at += 1;
    return symbol;
  }

  private takes(symbol: string): boolean {
    if (this.symbols[this.at] !== symbol) return false;
    this.at += 1;
    return true;
  }
}

function only(symbol: string): Ranges {
  const code = symbol.codePointAt(0) ?? 0;
  return [[code, code]];
}

function complement(ranges: Ranges): Ranges {
  const rest: (readonly [number, number])[] = [];
  let from = 0;
  for (const [low, high] of [...ranges].sort(([a], [b]) => a - b)) {
    if (low > from) rest.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST) rest.push([from, LAST]);
  return rest;
}

function oneOf(ranges: Ranges): Part {
  const has = (code: number) => ranges.some(([low, high]) => low <= code && code <= high);
  const readable = READABLE.filter((symbol) => has(symbol.codePointAt(0) ?? 0));
  const [first] = ranges;
  const characters = readable.length > 0 || first === undefined ? readable : [String.fromCodePoint(first[0])];
  return { kind: 'one-of', characters };
}
