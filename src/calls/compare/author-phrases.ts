/**
 * Whether a name in running text tells who wrote the text. Makers and model families share their names with shops, rivers,
 * animals and poems, so a word alone tells nothing; what stands around it in its sentence does.
 */
import words from './author-words.json' with { type: 'json' };

/** What stands around a name. */
export interface Surroundings {
  /** As far as the sentence goes. */
  readonly before: string;
  readonly after: string;
  /** Whatever stands there. */
  readonly earlier: string;
  readonly later: string;
}

/** Characters to each side that are looked at. */
const REACH = 160;
const SENTENCE_END = /[.!?]\s|[。！？\n]/g;

export function surroundingsOf(text: string, start: number, end: number): Surroundings {
  const earlier = text.slice(Math.max(0, start - REACH), start);
  const later = text.slice(end, end + REACH);
  const [last] = [...earlier.matchAll(SENTENCE_END)].slice(-1);
  const stop = later.search(SENTENCE_END);
  return {
    before: last === undefined ? earlier : earlier.slice(last.index + last[0].length),
    after: stop < 0 ? later : later.slice(0, stop),
    earlier,
    later,
  };
}

export function endsSentence(text: string): boolean {
  return text.search(SENTENCE_END) >= 0;
}

interface Phrases {
  readonly whole: readonly string[];
  readonly part: readonly string[];
}

/** One of the phrases, whatever apostrophe it has. */
function anyOf({ whole, part }: Phrases): string {
  const words = whole.map((phrase) => phrase.replaceAll(' ', '\\s+').replaceAll("'", "['’]"));
  const bounded = words.length === 0 ? [] : [`(?<!\\p{L})(?:${words.join('|')})(?!\\p{L})`];
  return `(?:${[...bounded, ...part].join('|')})`;
}

const { phrases } = words;
/** How a machine says that somebody made it; by their beginnings, because other languages inflect these words. */
const MADE = anyOf(phrases.made);
/** What it says that it is. */
const MACHINE = anyOf(phrases.machine);
/** How it speaks of itself, or is told what it is. */
const SELF = anyOf(phrases.self);
/** Where such a sentence turns to something else. */
const TURN = anyOf(phrases.turn);
const BY = `(?:${anyOf(phrases.by)}\\s+|[由来自])`;
/** Between "by" and the maker: "the AI company called". */
const THE_COMPANY = '(?:the\\s+)?(?:\\w+\\s+){0,3}?';
/** Marks around a name. */
const MARKS = '["“‘*_(]*';

const INTRODUCTION = new RegExp(
  `(?:${anyOf(phrases.introduction)}[\\s,:]+|我是|我叫|私は)(?:${anyOf(phrases.between)}\\s+){0,2}${MARKS}$`,
  'iu',
);
const SIGNATURE =
  /(?:(?:^|\n)\s*(?:[–—~]|--)\s*|(?:cheers|faithfully|regards|sincerely|truly|yours)\s*,\s*)[*_]*$/iu;

/** "I am Claude", "As Claude, I", "Claude here", "— Claude": the author's own name, in whatever case. */
export function introduces({ before, after, earlier, later }: Surroundings): boolean {
  if (INTRODUCTION.test(before)) return true;
  if (/(?<!\p{L})as\s+["*_]*$/iu.test(before)) return /^["*_]*,?\s+I(?!\p{L})/u.test(after);
  if (/^[*_]*\s+(?:here|speaking)(?!\p{L})/iu.test(after)) return true;
  return SIGNATURE.test(earlier) && /^[*_.!]*\s*$/u.test(later);
}

/** Neither an AI company nor "Mistral AI" is a model. */
const MODEL_TALK = new RegExp(anyOf(phrases.models), 'u');

/** The sentence is about models that write. */
export function speaksOfModels({ before, after }: Surroundings): boolean {
  return MODEL_TALK.test(before) || MODEL_TALK.test(after);
}

/** "Claude Monet", "Nova Scotia", "Jean-Claude": part of a longer name. @param own words that models of the family bear. */
export function isPartOfName({ before, after }: Surroundings, own: ReadonlySet<string>): boolean {
  if (/\p{L}-$/u.test(before)) return true;
  const [, next] = /^ (?:(?:de|du|of|van|von) |d['’])?(\p{Lu}\p{Ll}[\p{L}’'-]*)/u.exec(after) ?? [];
  return next !== undefined && !own.has(next.toLowerCase());
}

const MADE_BY = new RegExp(`${SELF}(?:(?!${TURN})[^])*?${BY}${THE_COMPANY}${MARKS}$`, 'iu');
const HAS_MADE = new RegExp(MADE, 'iu');
const IS_MACHINE = new RegExp(MACHINE, 'iu');
/** "I am an … model", "I'm …'s assistant". */
const WHOSE = new RegExp(`${SELF}\\s+(?:(?:an?|one\\s+of|the)\\s+)?${MARKS}$`, 'iu');
const KIND = /^(?:['’]s?)?\s+(?:[\w-]+\s+){0,3}?(?:AI|assistants?|chat ?bots?|LLMs?|models?)(?!\p{L})/iu;
const MADE_ME = new RegExp(
  `^(?:[\\s,][^]{0,40}?)?(?<!\\p{L})${MADE}\\p{L}*\\s+(?:and\\s+\\p{L}+\\s+)?me(?!\\p{L})`,
  'iu',
);
const MY_MAKER = new RegExp(
  `${anyOf(phrases.maker)}(?:\\s+(?:are|at|from|is|of|was))?[\\s,:]+(?:the\\s+)?${MARKS}$`,
  'iu',
);

const WHICH_MODEL = String.raw`(?<!\p{L})(?:which|what)(?:\s+\w+){0,3}\s+(?:model|AI|LLM|company|lab)(?!\p{L})[^?.!]{0,30}(?<!\p{L})you(?!\p{L})`;
const ASKS_AUTHOR = new RegExp(`${anyOf(phrases.question)}|${WHICH_MODEL}`, 'iu');

/** "Who made you?": then a maker's name alone is an answer that tells its author. */
export function asksAuthor(question: string): boolean {
  return ASKS_AUTHOR.test(question);
}

/** "I was trained by Amazon", "as an AI model from Meta", "OpenAI made me": whose model the author is. */
export function tellsMaker({ before, after }: Surroundings): boolean {
  if (MADE_ME.test(after) || MY_MAKER.test(before)) return true;
  if (WHOSE.test(before)) return KIND.test(after);
  const [phrase] = MADE_BY.exec(before) ?? [];
  if (phrase === undefined) return false;
  return HAS_MADE.test(phrase) || IS_MACHINE.test(phrase) || HAS_MADE.test(after.slice(0, 12));
}
