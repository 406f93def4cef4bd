/** Look-up of models by ID, profile and name, over our dated data and the user's own entries. */
import { defined } from '../../defined.ts';
import { type ModelRow, readModelsFile } from '../data-file.ts';
import type { ModelRecord, ProfileRecord, UserModel } from '../types.ts';
import { foreignName, withoutPrefixes } from './foreign-names.ts';
import { type ModelIdentifier, nameOf, parseModelId, withoutMarkers } from './model-id.ts';
import { nameKey } from './names.ts';
import { inferredRecord, recordFromRow, withUserFacts } from './record.ts';
import { type Candidate, nearest } from './suggest.ts';

/**
 * The model used when a call names none: Claude Haiku 4.5, a small model that is active, offered through profiles in
 * every geography, and confirmed by AWS's own listing with its source Regions. (Haiku 5.5 is cheaper, but no listing
 * of AWS has confirmed where it can be called from yet.)
 */
export const DEFAULT_MODEL_ALIAS = 'claude-haiku-4-5';

/** What a typed name stands for. */
export interface CatalogName {
  /** The name as it is registered. */
  readonly name: string;
  /** What to call: the ARN or ID of a user entry, otherwise the bare model ID. Parse it with `parseModelId`. */
  readonly send: string;
  /** Facts of the model; absent when a user entry names an ARN without `base`. */
  readonly model?: ModelRecord;
  readonly arn?: string;
  readonly user?: UserModel;
}

export interface Catalog {
  /** Day of the facts, ISO. */
  readonly asOf: string;
  /** Every record, by ID. */
  readonly models: readonly ModelRecord[];
  /** Every Region with a Bedrock endpoint, all partitions. */
  readonly regions: readonly string[];
  /**
   * The record of a bare ID. A version that the catalogue lacks (`…-v1` for `…-v1:0`, `…-v3:0` for `…-v3`) finds the
   * model when only one can be meant.
   */
  get(bareId: string): ModelRecord | undefined;
  /** As `get`, or a record with `source: 'inferred'` made from the ID alone. Never throws. */
  record(bareId: string): ModelRecord;
  /** What a typed name stands for: user entries first (lowest priority number), then ours. Case and separators are free. */
  byAlias(name: string | ModelIdentifier): CatalogName | undefined;
  /** A system-defined profile such as `eu.amazon.nova-lite-v1:0`, when the catalogue lists it. */
  profile(id: string): { readonly profile: ProfileRecord; readonly model: ModelRecord } | undefined;
  /** The short name we show for a model. */
  aliasOf(bareId: string): string | undefined;
  /** Names nearest to a text that names nothing, one per model, best first. */
  suggest(text: string, count?: number): string[];
  /** Profile prefixes offered in a source Region: country before continent, `global` last; empty when unknown. */
  geoPrefixes(region: string): readonly string[];
  /** The user entry with this alias, ID or ARN, lowest priority number first. */
  userModel(name: string): UserModel | undefined;
}

interface Base {
  readonly asOf: string;
  readonly regions: readonly string[];
  readonly geoPrefixes: ReadonlyMap<string, readonly string[]>;
  readonly rows: ReadonlyMap<string, ModelRow>;
  /** ID without `:N` -> the only row that has it. */
  readonly looseIds: ReadonlyMap<string, ModelRow>;
  readonly names: ReadonlyMap<string, { readonly name: string; readonly row: ModelRow }>;
  /** Records made so far; the rules run once per model that is asked for. */
  readonly records: Map<string, ModelRecord>;
}

let loaded: Promise<Base> | undefined;

/**
 * The catalogue, read once per process on first use.
 * @param userModels `models:` of the configuration.
 */
export async function loadCatalog(userModels: readonly UserModel[] = []): Promise<Catalog> {
  loaded ??= loadBase();
  return catalogOver(await loaded, userModels);
}

async function loadBase(): Promise<Base> {
  const { default: data }: { default: unknown } = await import('../data/models.json', {
    with: { type: 'json' },
  });
  const file = readModelsFile(data);
  const rows = new Map(file.models.map((row) => [row.id, row]));
  const names = new Map<string, { name: string; row: ModelRow }>();
  for (const row of file.models) {
    for (const name of row.names) {
      const key = nameKey(name);
      if (key !== undefined) {
        names.set(key, { name, row });
      }
    }
  }
  return {
    asOf: file.asOf,
    regions: file.regions,
    geoPrefixes: file.geoPrefixes,
    rows,
    looseIds: looseIdsOf(file.models),
    names,
    records: new Map(),
  };
}

function looseIdsOf(rows: readonly ModelRow[]): ReadonlyMap<string, ModelRow> {
  const found = new Map<string, ModelRow[]>();
  for (const row of rows) {
    const loose = withoutRevision(row.id);
    found.set(loose, [...(found.get(loose) ?? []), row]);
  }
  const only = new Map<string, ModelRow>();
  for (const [loose, [row, ...others]] of found) {
    if (row !== undefined && others.length === 0) {
      only.set(loose, row);
    }
  }
  return only;
}

/** `…-v1:0` -> `…-v1` */
function withoutRevision(id: string): string {
  return id.replace(/:\d{1,3}$/, '');
}

function catalogOver(base: Base, userModels: readonly UserModel[]): Catalog {
  const users = new UserEntries(userModels);
  const records = new Records(base, users);
  const record = (bareId: string): ModelRecord => records.get(bareId) ?? inferredRecord(bareId);
  const named = (text: string): ModelRecord | undefined => {
    const known = base.names.get(keyOf(text) ?? '');
    if (known !== undefined) {
      return records.get(known.row.id);
    }
    const bareId = bareIdOf(text);
    return bareId === undefined ? undefined : record(bareId);
  };
  const ofOtherCatalogue = (bare: string): CatalogName | undefined => {
    const foreign = foreignName(bare, (each) => base.names.get(each)?.row);
    if (foreign === undefined) return undefined;
    const { row, geo } = foreign;
    const model = record(row.id);
    const profile = model.profiles.find((each) => each.geo === geo);
    // A geography that the model has no profile for is not left out in silence.
    if (geo !== undefined && profile === undefined) return undefined;
    return { name: row.names[0] ?? row.id, send: profile?.id ?? row.id, model };
  };
  let candidates: readonly Candidate[] | undefined;

  return {
    asOf: base.asOf,
    regions: base.regions,
    get models() {
      return records.all();
    },
    get: (bareId) => records.get(bareId),
    record,
    byAlias(name) {
      const text = typeof name === 'string' ? name : name.text;
      const bare = typeof name === 'string' ? nameOf(name) : name.name;
      const key = nameKey(bare);
      const user = users.named(text, key);
      if (user !== undefined) {
        return userName(user, text, named);
      }
      const known = base.names.get(key ?? '');
      if (known !== undefined) return { name: known.name, send: known.row.id, model: record(known.row.id) };
      const modelId = typeof name === 'string' ? bareIdOf(name) : name.modelId;
      if (modelId !== undefined && records.get(modelId) !== undefined) return undefined;
      return ofOtherCatalogue(bare);
    },
    profile(id) {
      const dot = id.indexOf('.');
      const row = base.rows.get(id.slice(dot + 1));
      const model = row === undefined ? undefined : records.get(row.id);
      const profile = model?.profiles.find((each) => each.id === id);
      return model === undefined || profile === undefined ? undefined : { profile, model };
    },
    aliasOf: (bareId) => base.rows.get(bareId)?.names[0],
    suggest(text, count = 3) {
      candidates ??= [...users.candidates(), ...candidatesOf(base)];
      return nearest(withoutPrefixes(withoutMarkers(text).body).rest, candidates, count);
    },
    geoPrefixes: (region) => base.geoPrefixes.get(region) ?? [],
    userModel: (name) => users.named(name),
  };
}

/** Records by ID, with what the user's entries state laid over them. */
class Records {
  readonly #base: Base;
  readonly #users: UserEntries;
  readonly #own = new Map<string, ModelRecord>();
  #all: readonly ModelRecord[] | undefined;

  constructor(base: Base, users: UserEntries) {
    this.#base = base;
    this.#users = users;
  }

  get(bareId: string): ModelRecord | undefined {
    const known = this.#own.get(bareId);
    if (known !== undefined) {
      return known;
    }
    const { rows, looseIds } = this.#base;
    const loose = withoutRevision(bareId);
    const row = rows.get(bareId) ?? rows.get(loose) ?? looseIds.get(loose);
    const override = this.#users.forModel(row?.id ?? bareId) ?? this.#users.forModel(bareId);
    if (override === undefined) {
      return row === undefined ? undefined : this.#ofRow(row);
    }
    const record = withUserFacts(row === undefined ? inferredRecord(bareId) : this.#ofRow(row), override);
    this.#own.set(bareId, record);
    return record;
  }

  all(): readonly ModelRecord[] {
    this.#all ??= [...this.#base.rows.keys()].flatMap((id) => this.get(id) ?? []);
    return this.#all;
  }

  #ofRow(row: ModelRow): ModelRecord {
    const record = this.#base.records.get(row.id) ?? recordFromRow(row);
    this.#base.records.set(row.id, record);
    return record;
  }
}

/** The user's entries by every name they answer to, best priority first. */
class UserEntries {
  readonly #entries: readonly UserModel[];
  readonly #byName = new Map<string, UserModel>();
  readonly #byModel = new Map<string, UserModel>();

  constructor(entries: readonly UserModel[]) {
    this.#entries = [...entries].sort((a, b) => (a.priority ?? Infinity) - (b.priority ?? Infinity) || 0);
    for (const entry of this.#entries) {
      for (const name of [entry.alias, entry.id, entry.arn]) {
        const key = name === undefined ? undefined : userKey(name);
        if (key !== undefined && !this.#byName.has(key)) {
          this.#byName.set(key, entry);
        }
      }
      // Facts about an ID hold for the model; facts about an ARN hold for that resource alone.
      const bareId = entry.id === undefined ? undefined : bareIdOf(entry.id);
      if (bareId !== undefined && entry.arn === undefined && !this.#byModel.has(bareId)) {
        this.#byModel.set(bareId, entry);
      }
    }
  }

  named(name: string, key = keyOf(name)): UserModel | undefined {
    return this.#byName.get(key ?? name.trim());
  }

  forModel(bareId: string): UserModel | undefined {
    return this.#byModel.get(bareId);
  }

  candidates(): readonly Candidate[] {
    return this.#entries.flatMap(({ alias }) =>
      alias === undefined ? [] : [{ name: alias, shown: alias, model: userKey(alias), living: true }],
    );
  }
}

function userName(
  user: UserModel,
  name: string,
  named: (text: string) => ModelRecord | undefined,
): CatalogName {
  const send = user.arn ?? user.id ?? user.base ?? name;
  const about = user.base ?? user.id ?? user.arn;
  const model = about === undefined ? undefined : named(about);
  return {
    name: user.alias ?? name,
    send,
    user,
    ...(model === undefined ? {} : { model: withUserFacts(model, user) }),
    ...defined({ arn: user.arn }),
  };
}

/** User names may hold anything; ours compare by key. */
function userKey(name: string): string {
  return keyOf(name) ?? name.trim();
}

/** The key of a name without client markers and context suffix. */
function keyOf(name: string): string | undefined {
  return nameKey(nameOf(name));
}

function bareIdOf(text: string): string | undefined {
  try {
    return parseModelId(text).modelId;
  } catch {
    // A base that is no identifier names no model; the configuration check says so to the user.
    return undefined;
  }
}

function candidatesOf(base: Base): readonly Candidate[] {
  return [...base.rows.values()].flatMap((row) => {
    const [shown, ...names] = row.names;
    const living = row.status === 'active' && row.runtimeId === undefined;
    return shown === undefined
      ? []
      : [shown, ...names, row.id].map((name) => ({ name, shown, model: row.id, living }));
  });
}
