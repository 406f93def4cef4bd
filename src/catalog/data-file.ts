/** Reads our own data files into typed rows. A wrong shape is a bug of the build, never of the caller. */
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import { numberOf, readersOf, textOf } from '../json.ts';
import type { EmbeddingFacts, LifecycleStatus, ModelKind } from './types.ts';

/** One model as `data/models.json` holds it; Region lists are spread out. */
export interface ModelRow {
  readonly id: string;
  readonly name?: string;
  readonly kind: ModelKind;
  /** Tokens. */
  readonly context?: number;
  readonly output?: number;
  /** Capital letter = yes, small = no; see `flagOf`. */
  readonly features: string;
  readonly apis: string;
  readonly mantle?: boolean;
  readonly runtimeId?: string;
  readonly status: LifecycleStatus;
  readonly regional: boolean;
  readonly legacyDate?: string;
  readonly endOfLifeDate?: string;
  readonly onDemand?: readonly string[];
  readonly profiles: readonly ProfileRow[];
  readonly embedding?: EmbeddingFacts;
  readonly names: readonly string[];
}
export interface ProfileRow {
  readonly geo: string;
  readonly sources?: readonly string[];
  readonly destinations?: readonly string[];
}
export interface ModelsFile {
  readonly asOf: string;
  readonly regions: readonly string[];
  readonly geoPrefixes: ReadonlyMap<string, readonly string[]>;
  readonly models: readonly ModelRow[];
}

const KINDS: ReadonlyMap<unknown, ModelKind> = new Map(
  (['text', 'embedding', 'rerank', 'image', 'video', 'speech'] as const).map((kind) => [kind, kind]),
);
const STATUSES: ReadonlyMap<unknown, LifecycleStatus> = new Map(
  (['active', 'legacy', 'end-of-life', 'unlisted', 'unknown'] as const).map((status) => [status, status]),
);

/** `flagOf('TiD', 'T')` -> true, `'I'` -> false, `'Y'` -> undefined. */
export function flagOf(flags: string, letter: string): boolean | undefined {
  if (flags.includes(letter)) {
    return true;
  }
  return flags.includes(letter.toLowerCase()) ? false : undefined;
}

/** @throws BedrockError `internal` when the data is not what the build script writes. */
export function readModelsFile(data: unknown): ModelsFile {
  const file = objectAt(data, 'models.json');
  const regions = texts(file['regions'], 'regions');
  const sets = listAt(file['regionSets'], 'regionSets').map((set) =>
    listAt(set, 'regionSets').map((index) => regionAt(regions, index)),
  );
  const setAt = (index: unknown): readonly string[] => {
    const set = typeof index === 'number' ? sets[index] : undefined;
    return set ?? broken('a Region set');
  };
  return {
    asOf: textAt(file['asOf'], 'asOf'),
    regions,
    geoPrefixes: new Map(
      Object.entries(objectAt(file['geoPrefixes'], 'geoPrefixes')).map(([region, geos]) => [
        region,
        texts(geos, region),
      ]),
    ),
    models: listAt(file['models'], 'models').map((row) => readModel(objectAt(row, 'a model'), setAt)),
  };
}

function readModel(
  row: Readonly<Record<string, unknown>>,
  setAt: (index: unknown) => readonly string[],
): ModelRow {
  const id = textAt(row['id'], 'id');
  return {
    id,
    kind: row['kind'] === undefined ? 'text' : (KINDS.get(row['kind']) ?? broken(`the kind of ${id}`)),
    features: textOf(row['features']) ?? '',
    apis: textOf(row['apis']) ?? '',
    status:
      row['status'] === undefined ? 'active' : (STATUSES.get(row['status']) ?? broken(`the status of ${id}`)),
    regional: row['regional'] === true,
    profiles:
      row['profiles'] === undefined
        ? []
        : listAt(row['profiles'], id).map((each) => readProfile(each, setAt)),
    names: row['names'] === undefined ? [] : texts(row['names'], id),
    ...defined({
      name: textOf(row['name']),
      context: numberOf(row['context']),
      output: numberOf(row['output']),
      mantle: typeof row['mantle'] === 'boolean' ? row['mantle'] : undefined,
      runtimeId: textOf(row['runtimeId']),
      legacyDate: textOf(row['legacyDate']),
      endOfLifeDate: textOf(row['endOfLifeDate']),
      onDemand: row['onDemand'] === undefined ? undefined : setAt(row['onDemand']),
      embedding: row['embedding'] === undefined ? undefined : readEmbedding(row['embedding'], id),
    }),
  };
}

function readProfile(value: unknown, setAt: (index: unknown) => readonly string[]): ProfileRow {
  const [geo, sources, destinations] = listAt(value, 'a profile');
  return {
    geo: textAt(geo, 'the geo of a profile'),
    ...defined({
      sources: sources === null ? undefined : setAt(sources),
      destinations: destinations === null ? undefined : setAt(destinations),
    }),
  };
}

function readEmbedding(value: unknown, id: string): EmbeddingFacts {
  const row = objectAt(value, id);
  return {
    dimensions: listAt(row['dimensions'], id).map(
      (each) => numberOf(each) ?? broken(`the dimensions of ${id}`),
    ),
    defaultDimensions: numberOf(row['defaultDimensions']) ?? broken(`the dimensions of ${id}`),
    ...defined({ maxTokens: numberOf(row['maxTokens']) }),
  };
}

/** -1 stands for every commercial Region, as `*` in the prices and in the destinations of global profiles. */
export function regionAt(regions: readonly string[], index: unknown): string {
  const region = typeof index === 'number' ? (index === -1 ? '*' : regions[index]) : undefined;
  return region ?? broken('a Region');
}

export const { objectAt, listAt, textAt } = readersOf(broken);

export function texts(value: unknown, what: string): readonly string[] {
  return listAt(value, what).map((each) => textAt(each, what));
}

export function broken(what: string): never {
  throw new BedrockError('internal', {
    message: `The built-in catalogue is damaged: ${what} cannot be read.`,
    fix: 'Install the package again. If that does not help, report it with the version number.',
  });
}
