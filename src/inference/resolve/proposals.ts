/** Which models a refusal may propose: only those that the operator's lists let be called. Pure. */
import type { Catalog } from '../../catalog/models/catalog.ts';
import { matches } from '../../catalog/models/name-pattern.ts';
import { didYouMean } from '../../catalog/models/suggest.ts';
import type { ModelRecord } from '../../catalog/types.ts';

export interface ModelLists {
  /** Patterns with `*`; empty = all. Matched against what was typed, the alias, the bare ID and the profile ID. */
  readonly allowModels: readonly string[];
  readonly denyModels: readonly string[];
}

interface Known {
  readonly catalog: Catalog;
  readonly policy: ModelLists;
}

/** True when an entry is for one of these names of the model, or for any alias of it. */
export function isOnList(
  entries: readonly string[],
  names: readonly string[],
  modelId: string,
  catalog: Catalog,
): boolean {
  return entries.some(
    (entry) => names.some((name) => matches(entry, name)) || catalog.byAlias(entry)?.model?.id === modelId,
  );
}

/** `Did you mean a, b, c? `, or nothing when no name that may be called is near. */
export function nearNames(text: string, known: Known): string {
  const { catalog } = known;
  // All are compared in any case; the lists decide before the count does.
  const suggest = (name: string, count?: number) =>
    catalog
      .suggest(name, Number.MAX_SAFE_INTEGER)
      .filter((each) => mayPropose(each, known))
      .slice(0, count);
  return didYouMean(text, { suggest });
}

/** The name of the model that took this one's place, where it may be called. */
export function successorFor({ lifecycle }: ModelRecord, known: Known): string | undefined {
  const { successor } = lifecycle;
  if (successor === undefined) return undefined;
  const name = known.catalog.aliasOf(successor) ?? successor;
  return mayPropose(name, known) ? name : undefined;
}

function mayPropose(name: string, { catalog, policy }: Known): boolean {
  const model = catalog.byAlias(name)?.model ?? catalog.get(name);
  const modelId = model?.id ?? name;
  const names = [name, modelId];
  if (isOnList(policy.denyModels, names, modelId, catalog)) return false;
  // A list may allow one of its profiles alone.
  const ways = [...names, ...(model?.profiles ?? []).map(({ id }) => id)];
  return policy.allowModels.length === 0 || isOnList(policy.allowModels, ways, modelId, catalog);
}
