/**
 * Whether a name in running text tells who wrote the text. Makers and model families share their names with shops, rivers,
 * animals and poems, so a word alone tells nothing; what stands around it in its sentence does.
 */

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

/** Phrases as whole words, however they are spaced and whatever apostrophe they have. */
function phrases(...all: readonly string[]): string {
  const each = all.map((phrase) => phrase.replaceAll(' ', '\\s+').replaceAll("'", "['’]"));
  return `(?<!\\p{L})(?:${each.join('|')})(?!\\p{L})`;
}

/** How a machine says that somebody made it; by their beginnings, because other languages inflect these words. */
const MADE = `(?:${[
  ...[
    'built',
    'created',
    'designed',
    'developed',
    'engineered',
    'fine-?tuned',
    'made(?!\\s+aware)',
    'offered',
  ],
  ...['operated', 'owned', 'powered', 'produced', 'provided', 'released', 'trained'],
  ...['entwickelt', 'erstellt', 'geschaffen', 'trainiert', 'conçu', 'créé', 'développé', 'entraîné'],
  ...[
    'cread',
    'desarrollad',
    'entrenad',
    'criad',
    'desenvolvid',
    'treinad',
    'addestrat',
    'creat',
    'sviluppat',
  ],
  ...['开发', '训练', '研发', '创建', '開発', '訓練'],
].join('|')})`;
/** What it says that it is. */
const MACHINE = `(?:${phrases('AI', 'KI', 'IA', 'LLMs?', 'language models?', 'assistant', 'chat\\s?bots?')}|${[
  ...['modelo', 'modèle', 'Sprachmodell', 'Assistent', 'asistente', '人工智能', '语言模型', '助手'],
].join('|')})`;
/** How it speaks of itself, or is told what it is. */
const SELF = `(?:${phrases(
  ...['I am', "I'm", 'I was', 'I have been', "I've been", 'you are', "you're", 'you were'],
  'as an?(?= (?:\\w+ ){0,2}(?:AI|LLM|model|assistant|chatbot)\\b)',
  'this (?:AI|assistant|chatbot|model)',
  ...['ich bin', 'ich wurde', 'je suis', "j'ai été", 'soy', 'he sido', 'fui', 'sou', 'sono'],
)}|我是|我(?=[由被])|私は)`;
/** Where such a sentence turns to something else. */
const TURN = `(?:;|${phrases(
  ...['I', 'it', 'its', 'they', 'but', 'so', 'because', 'although', 'while', 'however', 'if'],
  ...['cannot', "can't", "don't", 'and (?:the|an?|its?|they|this|that|there|you|we)'],
  '(?<!(?:that|which|who) )(?:is|are|was|were|has|have)',
)})`;
const BY = `(?:${phrases('at', 'by', 'from', 'of', 'with', 'von', 'par', 'por', 'da', 'de')}\\s+|[由来自])`;
/** Between "by" and the maker: "the AI company called". */
const THE_COMPANY = '(?:the\\s+)?(?:\\w+\\s+){0,3}?';
/** Marks around a name. */
const MARKS = '["“‘*_(]*';

const INTRODUCTION = new RegExp(
  `(?:${phrases(
    ...['I am', "I'm", 'I go by', 'my name is', "my name's", 'call me', 'called me', 'you are', "you're"],
    '(?:talking|speaking|chatting) (?:to|with)',
    ...['ich bin', 'ich heiße', 'je suis', "je m'appelle", 'soy', 'me llamo', 'sou', 'sono', 'mi chiamo'],
  )}[\\s,:]+|我是|我叫|私は)(?:${phrases('actually', 'also', 'called', 'indeed', 'just', 'known as', 'named', 'not', 'still')}\\s+){0,2}${MARKS}$`,
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
const MODEL_TALK = new RegExp(
  `${phrases('(?<!(?:Meta|Mistral|Moonshot|Zhipu) )AI(?! (?:compan|firm|industr|lab|polic|research|start))', 'KI', 'IA', 'LLMs?')}|${phrases(
    ...['[Ll]anguage [Mm]odels?', '[Ff]oundation [Mm]odels?', '[Cc]hat\\s?bots?', 'Sprachmodell'],
  )}|人工智能|语言模型`,
  'u',
);

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
const WHOSE = new RegExp(`${SELF}\\s+(?:${phrases('an?', 'one of', 'the')}\\s+)?${MARKS}$`, 'iu');
const KIND = /^(?:['’]s?)?\s+(?:[\w-]+\s+){0,3}?(?:AI|assistants?|chat ?bots?|LLMs?|models?)(?!\p{L})/iu;
const MADE_ME = new RegExp(
  `^(?:[\\s,][^]{0,40}?)?(?<!\\p{L})${MADE}\\p{L}*\\s+(?:and\\s+\\p{L}+\\s+)?me(?!\\p{L})`,
  'iu',
);
const MY_MAKER = new RegExp(
  `${phrases('(?:my|your) (?:creators?|developers?|makers?|manufacturers?|trainers?|parent company)')}(?:\\s+(?:are|at|from|is|of|was))?[\\s,:]+(?:the\\s+)?${MARKS}$`,
  'iu',
);

const ASKS_AUTHOR = new RegExp(
  [
    phrases('(?:who|what) are you(?=\\s?(?:[?.!,]|$|exactly|really))', "what(?:'s| is) your name"),
    phrases('who (?:built|created|designed|developed|made|trained) you'),
    phrases("who(?:'s| is| are) your (?:creators?|developers?|makers?)", '(?:introduce|about) yourself'),
    `${phrases('(?:which|what)(?: \\w+){0,3} (?:model|AI|LLM|company|lab)')}[^?.!]{0,30}${phrases('you')}`,
  ].join('|'),
  'iu',
);

/** "Who made you?": then a maker's name alone is an answer that tells its author. */
export function asksAuthor(question: string): boolean {
  return ASKS_AUTHOR.test(question);
}

/** "I was trained by Amazon", "as an AI model from Meta", "OpenAI made me": whose model the author is. */
export function tellsMaker({ before, after }: Surroundings): boolean {
  if (MADE_ME.test(after) || MY_MAKER.test(before)) return true;
  if (WHOSE.test(before)) return KIND.test(after);
  const [said] = MADE_BY.exec(before) ?? [];
  return (
    said !== undefined && (HAS_MADE.test(said) || IS_MACHINE.test(said) || HAS_MADE.test(after.slice(0, 12)))
  );
}
