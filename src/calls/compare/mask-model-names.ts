/**
 * An answer that names its author is not blind, and one whose facts are blacked out cannot be judged. So only what tells
 * the author is hidden: names of models wherever they stand, but a maker, or a family whose name is a word too, only
 * where the text speaks of itself or of models. "Amazon makes the Kindle" and "a llama" stay what they are.
 */

import type { Catalog } from '../../catalog/models/catalog.ts';
import { parseModelId } from '../../catalog/models/model-id.ts';
import type { ModelRecord } from '../../catalog/types.ts';
import {
  asksAuthor,
  endsSentence,
  introduces,
  isPartOfName,
  speaksOfModels,
  surroundingsOf,
  tellsMaker,
} from './author-phrases.ts';
import { literally, type Maker, type MakerName, type ModelFamily, makerOf } from './model-name-patterns.ts';

const HIDDEN = '[name]';
/** A maker, or another family, this near is spoken of together with a model; characters. */
const NEAR = 40;

export interface NameMask {
  /** The text without what tells its author. */
  hide(text: string): string;
  /** Names that the question says itself. They are its subject and stay, or the answers could not be judged. */
  readonly inQuestion: readonly string[];
}

export interface Candidate {
  /** As the caller called it. */
  readonly requested: string;
  /** What was planned and what answered: IDs of whatever kind; none when it could not be asked. */
  readonly called: readonly string[];
}

/** Hides the names of these models, however they were asked for. */
export function maskNames(candidates: readonly Candidate[], catalog: Catalog, question: string): NameMask {
  const named = candidates.map(({ requested, called }) => {
    const names = [requested, ...called].map((name) => name.trim());
    return {
      names,
      models: names.flatMap((name) => modelOf(name, catalog) ?? []),
      isCalled: called.length > 0,
    };
  });
  const given = named.flatMap(({ names }) => names);
  const models = named.flatMap((each) => each.models);
  const providers = new Set(models.map(({ provider }) => provider));
  // Behind an ARN that nobody explains may stand any model.
  if (named.some((each) => each.isCalled && each.models.length === 0))
    for (const { kind, provider } of catalog.models) if (kind === 'text') providers.add(provider);
  const makers = [...providers].map((provider) =>
    makerOf(
      provider,
      models.filter((model) => model.provider === provider),
      catalog,
    ),
  );
  const isFamilyInQuestion = ({ sure, bare, isWord }: ModelFamily) =>
    sure.some((pattern) => question.search(pattern) >= 0) ||
    [...question.matchAll(bare)].some(([name]) => !isWord || isCapital(name));
  const isInQuestion = ({ pattern }: MakerName) => question.search(pattern) >= 0;
  const hidden = makers.map(({ families, names }) => ({
    families: families.filter((family) => !isFamilyInQuestion(family)),
    names: names.filter((name) => !isInQuestion(name)),
  }));
  const inQuestion = makers.flatMap(({ families, names }) => [
    ...families.filter(isFamilyInQuestion),
    ...names.filter(isInQuestion),
  ]);
  // One word alone may be any: an alias that somebody gave, such as "fast".
  const exact = [...new Set([...given, ...models.map(({ id }) => id)])]
    .filter((name) => /[\p{L}\p{N}][\s._:/-]+[\p{L}\p{N}]/u.test(name))
    .map((shown) => ({ shown, pattern: literally(shown) }));
  const open = exact.filter((name) => !isInQuestion(name));
  const isAboutAuthor = asksAuthor(question);
  return {
    hide: (text) =>
      covered(text, [
        ...open.flatMap(({ pattern }) => spansOf(text, pattern)),
        ...tellTales(text, hidden, isAboutAuthor),
      ]),
    inQuestion: [...new Set([...inQuestion, ...exact.filter(isInQuestion)].map(({ shown }) => shown))],
  };
}

/** The model behind an alias, an ID, a profile or an ARN; undefined when the name alone does not tell. */
function modelOf(name: string, catalog: Catalog): ModelRecord | undefined {
  const named = catalog.byAlias(name)?.model;
  if (named !== undefined) return named;
  try {
    const { modelId } = parseModelId(name);
    return modelId === undefined ? undefined : catalog.record(modelId);
  } catch {
    // What is no identifier was refused in its row.
    return undefined;
  }
}

interface Span {
  readonly start: number;
  readonly end: number;
}

interface Mention extends Span {
  readonly maker: Maker;
  /** Absent when it is the maker itself that is named. */
  readonly family?: ModelFamily;
  /** With a version, or in an ID. */
  readonly isSure?: boolean;
  /** Without its family. */
  readonly isTier?: boolean;
}

/** Everything in a text that tells its author; any name does when the author is what was asked about. */
function tellTales(text: string, makers: readonly Maker[], isAboutAuthor: boolean): readonly Span[] {
  const mentions = mentionsIn(text, makers);
  if (isAboutAuthor) return mentions.filter((mention) => mention.isTier !== true && isName(text, mention));
  const telling = new Set<Mention>();
  const spokenOf = new Set<ModelFamily>();
  for (const [at, mention] of mentions.entries()) {
    const { family } = mention;
    if (family === undefined || !namesModel(text, mention, neighbours(text, mentions, at))) continue;
    telling.add(mention);
    spokenOf.add(family);
  }
  for (const [at, mention] of mentions.entries()) {
    const { maker, family, isTier, start, end } = mention;
    if (telling.has(mention) || isTier) continue;
    const around = surroundingsOf(text, start, end);
    if (family === undefined) {
      const hasModel = neighbours(text, mentions, at).some(
        (near) => near.maker === maker && telling.has(near),
      );
      if (hasModel || tellsMaker(around)) telling.add(mention);
    } else if (spokenOf.has(family) && isName(text, mention) && !isPartOfName(around, family.own)) {
      telling.add(mention);
    }
  }
  return [...telling];
}

/** In the order of the text; where one name contains another, the longer one. */
function mentionsIn(text: string, makers: readonly Maker[]): readonly Mention[] {
  const taken = new Uint8Array(text.length);
  const mentions: Mention[] = [];
  const collect = (pattern: RegExp, mention: Omit<Mention, 'start' | 'end'>) => {
    for (const { start, end } of spansOf(text, pattern)) {
      if (taken[start] === 1) continue;
      taken.fill(1, start, end);
      mentions.push({ ...mention, start, end });
    }
  };
  for (const maker of makers)
    for (const family of maker.families)
      for (const pattern of family.sure) collect(pattern, { maker, family, isSure: true });
  for (const maker of makers) for (const { pattern } of maker.names) collect(pattern, { maker });
  for (const maker of makers) for (const family of maker.families) collect(family.bare, { maker, family });
  for (const maker of makers)
    for (const family of maker.families) collect(family.tier, { maker, family, isTier: true });
  return mentions.sort((a, b) => a.start - b.start);
}

/** The mentions just before and just behind, where they stand near by in the same sentence. */
function neighbours(text: string, mentions: readonly Mention[], at: number): readonly Mention[] {
  const own = mentions[at];
  return [mentions[at - 1], mentions[at + 1]].flatMap((other) => {
    if (own === undefined || other === undefined) return [];
    const between = text.slice(Math.min(own.end, other.end), Math.max(own.start, other.start));
    return between.length <= NEAR && !endsSentence(between) ? [other] : [];
  });
}

/** Whether a family's name means a model here. */
function namesModel(text: string, mention: Mention, near: readonly Mention[]): boolean {
  const { maker, family, isSure, isTier, start, end } = mention;
  if (family === undefined || isSure) return isSure === true;
  const around = surroundingsOf(text, start, end);
  if (isPartOfName(around, family.own)) return false;
  if (introduces(around)) return true;
  if (isTier || !isName(text, mention)) return false;
  return (
    !family.isWord ||
    speaksOfModels(around) ||
    tellsMaker(around) ||
    near.some((other) =>
      other.family === undefined
        ? other.maker === maker
        : other.family !== family && !other.isTier && isName(text, other),
    )
  );
}

/** A word is a name with a capital letter only. */
function isName(text: string, { family, isSure, start }: Mention): boolean {
  return isSure === true || family?.isWord !== true || isCapital(text.charAt(start));
}

function isCapital(text: string): boolean {
  return /^\p{Lu}/u.test(text);
}

function spansOf(text: string, pattern: RegExp): readonly Span[] {
  return [...text.matchAll(pattern)].map(({ index, 0: name }) => ({
    start: index,
    end: index + name.length,
  }));
}

function covered(text: string, spans: readonly Span[]): string {
  let done = '';
  let at = 0;
  for (const { start, end } of [...spans].sort((a, b) => a.start - b.start)) {
    if (start >= at) done += `${text.slice(at, start)}${HIDDEN}`;
    at = Math.max(at, end);
  }
  return done + text.slice(at);
}
