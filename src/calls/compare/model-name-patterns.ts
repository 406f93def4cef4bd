/** How model families and their makers are spelled, in IDs and in prose. */
import type { Catalog } from '../../catalog/models/catalog.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import known from './author-words.json' with { type: 'json' };

/** Families whose names mean something else too. Claude is not among them: few who are called so have no surname. */
const WORDS: ReadonlySet<string> = new Set(known.families_that_are_words);
/** Makers whose names are words: only with a capital letter are they names. */
const ORDINARY: ReadonlySet<string> = new Set(known.makers_that_are_words);
/** Names beyond those that Bedrock prints. */
const MORE_MAKERS = byProvider(known.more_makers);
const MORE_FAMILIES = byProvider(known.more_families);

function byProvider(rows: readonly (readonly string[])[]): ReadonlyMap<string, readonly string[]> {
  return new Map(rows.map(([provider = '', ...names]) => [provider, names]));
}

export interface ModelFamily {
  readonly shown: string;
  /** Cannot mean anything but a model: with a version, a size or a tier, or in an ID. */
  readonly sure: readonly RegExp[];
  readonly bare: RegExp;
  /** What comes behind it, alone: "Haiku". */
  readonly tier: RegExp;
  /** The bare name means something else too. */
  readonly isWord: boolean;
  /** Words that belong to the names of its models, in lower case. */
  readonly own: ReadonlySet<string>;
}

export interface MakerName {
  readonly shown: string;
  readonly pattern: RegExp;
}

export interface Maker {
  readonly names: readonly MakerName[];
  readonly families: readonly ModelFamily[];
}

/** A maker with all its families: a model may introduce itself by the name of an older or a larger sibling. */
export function makerOf(provider: string, candidates: readonly ModelRecord[], catalog: Catalog): Maker {
  const known = catalog.models.filter((model) => model.provider === provider);
  const models = [...new Map([...known, ...candidates].map((model) => [model.id, model])).values()];
  const segments = [...new Set(models.map(({ id }) => id.split('.', 1)[0] ?? ''))];
  const titles = new Map<string, Title[]>();
  for (const title of [
    // Only what writes has a family to be hidden; the others add words to it, such as "Nova Canvas".
    ...models.filter(({ kind }) => kind === 'text').map((model) => titleOf(model, catalog)),
    ...(MORE_FAMILIES.get(provider) ?? []).map((family) => ({ family, words: [], isKnown: true })),
  ]) {
    const key = title.family.toLowerCase();
    if (key.length > 2) titles.set(key, [...(titles.get(key) ?? []), title]);
  }
  for (const title of models.filter(({ kind }) => kind !== 'text').map((model) => titleOf(model, catalog)))
    titles.get(title.family.toLowerCase())?.push(title);
  const [first = provider] = provider.split(' ');
  const names = new Map<string, MakerName>();
  for (const shown of [provider, first, ...segments, ...(MORE_MAKERS.get(provider) ?? [])]) {
    const key = shown.toLowerCase();
    // DeepSeek makes DeepSeek: such a name is the family's.
    if (key.length < 3 || names.has(key) || titles.has(key)) continue;
    names.set(key, { shown, pattern: bounded(ORDINARY.has(key) ? spelled(shown) : inAnyCase(shown)) });
  }
  return {
    // The longest first, so that "Google" leaves no tail of "Google DeepMind".
    names: [...names.values()].sort((a, b) => b.shown.length - a.shown.length),
    families: [...titles].map(([key, each]) => familyOf(key, each, segments)),
  };
}

/** A name as it was given, in any case, with what IDs have at their end. */
export function literally(name: string): RegExp {
  return bounded(`${inAnyCase(name)}(?:[-:@]v?\\d[\\p{L}\\p{N}]*(?:[.:-]+[\\p{L}\\p{N}]+)*)?`);
}

interface Title {
  readonly family: string;
  /** Versions, sizes and tiers behind it. */
  readonly words: readonly string[];
  /** Absent when the ID is all that is known. */
  readonly isKnown: boolean;
}

function titleOf(model: ModelRecord, catalog: Catalog): Title {
  const inId = model.id.slice(model.id.indexOf('.') + 1);
  const title = model.name ?? catalog.aliasOf(model.id) ?? inId;
  const all = title.split(/[\s_:()/-]+/).filter((word) => word !== '');
  // "NVIDIA Nemotron", "Writer Palmyra": the maker stands before the family.
  const [next = ''] = /^\p{L}{3,}/u.exec(all[1] ?? '') ?? [];
  const isMaker = next !== '' && inId.startsWith(next.toLowerCase());
  const [head = '', ...words] = isMaker ? all.slice(1) : all;
  const [family = ''] = /^\p{L}+/u.exec(head) ?? [];
  const glued = head.slice(family.length);
  return { family, words: glued === '' ? words : [glued, ...words], isKnown: model.source !== 'inferred' };
}

/** What separates the words of a title in IDs and in prose. */
const GAP = '[\\s._-]{0,3}';
const VERSION = '[vV]?\\d+(?:\\.\\d+)+|\\d+[xX]\\d+[bB]|\\d+(?:\\.\\d+)?[bB]|[vV]\\d+';
const NEVER = '(?!)';

function familyOf(key: string, titles: readonly Title[], segments: readonly string[]): ModelFamily {
  const shown = titles.map(({ family }) => family).find((family) => family !== key) ?? key;
  const words = [...new Set(titles.flatMap((title) => title.words))].sort((a, b) => b.length - a.length);
  const tiers = words.filter((word) => /^\p{L}/u.test(word));
  const numbers = words.filter((word) => /^\d/.test(word)).map(escaped);
  const word = `(?:${[...tiers.map(spelled), VERSION, ...numbers].join('|')})(?![\\p{L}\\p{N}])`;
  const tierOfId = tiers.length === 0 ? NEVER : `[-_](?:${tiers.map(inAnyCase).join('|')})(?!\\p{L})`;
  const prefix = `(?:(?:[a-z-]{2,8}\\.)?(?:${segments.map(escaped).join('|')})\\.)?`;
  const sure = [
    // claude-haiku-4-5-20251001-v1:0, us.amazon.nova-lite-v1:0, GPT-4o, Qwen3 32B
    `${prefix}${inAnyCase(shown)}(?:[-_]?[vV]?\\d|${tierOfId})[\\p{L}\\p{N}]*(?:[.:_-]+[\\p{L}\\p{N}]+)*(?: ${word})*`,
    // Claude 4.5 Haiku, Nova Lite
    `${spelled(shown)}(?:[ -]${word})+`,
    ...titles.flatMap(titleAlone),
  ];
  return {
    shown,
    sure: sure.map(bounded),
    bare: bounded(inAnyCase(shown)),
    tier: bounded(
      tiers
        .filter((tier) => /^\p{L}{4,}$/u.test(tier))
        .map(spelled)
        .join('|') || NEVER,
    ),
    isWord: WORDS.has(key) || !titles.some(({ isKnown }) => isKnown),
    own: new Set([...tiers.map((tier) => tier.toLowerCase()), ...known.product_words]),
  };
}

/** A whole title whatever its case is, and without its family where a version still tells which: "Haiku 4.5". */
function titleAlone({ family, words }: Title): string[] {
  const [tier = '', version = '', ...rest] = words;
  const isTelling = rest.length === 0 && /^\p{L}{3,}$/u.test(tier) && /^\d+\.\d+$/.test(version);
  // "nova lite" is nothing else, but "the command r" may be one of an editor.
  const isWhole = words.length > 0 && words.every((word) => word.length > 1 || /\d/.test(word));
  return [
    ...(isWhole ? [[family, ...words].map(inAnyCase).join(GAP)] : []),
    ...(isTelling ? [`${spelled(tier)}[ -]${escaped(version)}`] : []),
  ];
}

/** As printed, with one capital, or all in capitals: as a name, not as a word. */
function spelled(name: string): string {
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  const ways = new Set([capital, capital.charAt(0) + capital.slice(1).toLowerCase(), name.toUpperCase()]);
  return `(?:${[...ways].map(escaped).join('|')})`;
}

function inAnyCase(name: string): string {
  return [...name]
    .map((letter) => {
      const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()];
      return lower === upper || upper.length > 1 ? escaped(letter) : `[${lower}${upper}]`;
    })
    .join('');
}

/** Other scripts write a name without a space before or behind it. */
function bounded(source: string): RegExp {
  return new RegExp(`(?<![\\p{Script=Latin}\\p{N}])(?:${source})(?![\\p{Script=Latin}\\p{N}])`, 'gu');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
