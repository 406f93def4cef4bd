/** What models and their makers are called in running text: an answer that names its author is not blind. */
import type { Catalog } from '../catalog/models.ts';

const HIDDEN = '[name]';
/** Names that are ordinary words too: only with a capital letter are they names. */
const ORDINARY = new Set(['command', 'meta', 'nova', 'titan', 'writer']);
/** What models call themselves or their makers beyond the names that Bedrock prints. */
const ALSO: ReadonlyMap<string, readonly string[]> = new Map([
  ['OpenAI', ['ChatGPT']],
  ['Qwen', ['Alibaba', 'Tongyi']],
  ['Z.ai', ['Zhipu']],
  ['Google', ['Gemini', 'DeepMind']],
  ['xAI', ['Elon Musk']],
]);

export interface NameMask {
  /** The text without the names. */
  hide(text: string): string;
  /** Names that the question says itself. They are its subject and stay, or the answers could not be judged. */
  readonly said: readonly string[];
}

interface Name {
  readonly shown: string;
  readonly pattern: RegExp;
}

/** Hides the names of these models, as asked for, in IDs and in prose. */
export function maskNames(models: readonly string[], catalog: Catalog, question: string): NameMask {
  const names = new Map<string, Name>();
  for (const name of models.flatMap((asked) => namesOf(asked, catalog))) names.set(name.pattern.source, name);
  const isSaid = ({ pattern }: Name) => question.search(pattern) >= 0;
  // Longest first, so that a name inside another one leaves no tail of it.
  const hidden = [...names.values()]
    .filter((name) => !isSaid(name))
    .sort((a, b) => b.shown.length - a.shown.length);
  return {
    hide: (text) => hidden.reduce((masked, { pattern }) => masked.replace(pattern, HIDDEN), text),
    said: [...names.values()].filter(isSaid).map(({ shown }) => shown),
  };
}

function namesOf(asked: string, catalog: Catalog): Name[] {
  const model =
    catalog.byAlias(asked)?.model ?? catalog.profile(asked)?.model ?? catalog.get(asked.replace(/^.*\//, ''));
  if (model === undefined) return exact(asked);
  const { id, provider } = model;
  const alias = catalog.aliasOf(id);
  const title = model.name ?? alias ?? id.slice(id.indexOf('.') + 1);
  const [maker = provider] = provider.split(' ');
  const [family = '', ...rest] = title
    .replace(new RegExp(`^${escaped(maker)} `), '')
    .split(/[\s._:()/-]+/)
    .filter((word) => word !== '');
  const segment = id.split('.', 1)[0] ?? maker;
  const makers = [
    provider,
    maker,
    ...(segment === maker.toLowerCase() ? [] : [segment]),
    ...(ALSO.get(provider) ?? []),
  ];
  return [
    ...[asked, id, title, ...(alias === undefined ? [] : [alias])].flatMap(exact),
    ...familyName(/^\p{L}+/u.exec(family)?.[0] ?? family, rest),
    ...makers.flatMap(word),
  ];
}

/** A name as it is spelled, whatever stands between its words. */
function exact(name: string): Name[] {
  const words = name.split(/[\s._-]+/).filter((each) => each !== '');
  return words.length < 2 ? word(name) : [named(name, words.map(escaped).join('[\\s._-]{0,3}'), 'giu')];
}

/** "Claude" with the version and size that stand behind it in any order: "Claude 4.5 Haiku". */
function familyName(family: string, rest: readonly string[]): Name[] {
  if (family.length < 3) return [];
  const more = ['v?\\d+(?:[.x]\\d+)*[bk]?', ...rest.map(escaped)].join('|');
  const isOrdinary = ORDINARY.has(family.toLowerCase());
  return [named(family, `${escaped(family)}\\d*(?:[ -](?:${more}))*`, isOrdinary ? 'gu' : 'giu')];
}

function word(name: string): Name[] {
  if (name.length < 3) return [];
  if (!ORDINARY.has(name.toLowerCase())) return [named(name, escaped(name), 'giu')];
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  return [named(capital, escaped(capital), 'gu')];
}

function named(shown: string, source: string, flags: string): Name {
  return { shown, pattern: new RegExp(`(?<![\\p{L}\\p{N}])(?:${source})(?![\\p{L}\\p{N}])`, flags) };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, (mark) => (mark === '-' ? '-' : `\\${mark}`));
}
