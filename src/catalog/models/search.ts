/** Lists of models as somebody looks through them: by a provider's name, current and new ones first. Pure. */
import type { LifecycleStatus, ModelRecord } from '../types.ts';
import { providerOfWord } from './foreign-names.ts';
import { nameKey } from './names.ts';

/** By the provider's name or a part of it, the first segment of its IDs, or what other catalogues call it. */
export function isOfProvider(model: Pick<ModelRecord, 'id' | 'provider'>, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  const segment = model.id.slice(0, model.id.indexOf('.'));
  return (
    model.provider.toLowerCase().includes(wanted) || segment === wanted || segment === providerOfWord(wanted)
  );
}

/** For a provider that no model has: whose models are called so, or which providers there are. */
export function providerHint(text: string, models: readonly ModelRecord[]): string | undefined {
  if (models.some((model) => isOfProvider(model, text))) return undefined;
  const key = nameKey(text) ?? '';
  const named = models.filter(
    ({ id, name }) => key !== '' && (nameKey(`${id} ${name ?? ''}`) ?? '').includes(key),
  );
  const of = named.length > 0 ? named : models;
  const providers = [...new Set(of.map(({ provider }) => provider))].sort().join(', ');
  return named.length > 0
    ? `No provider is called "${text.slice(0, 64)}"; models of that name are from ${providers}.`
    : `No provider is called "${text.slice(0, 64)}"; there are ${providers}.`;
}

const RANK: Readonly<Partial<Record<LifecycleStatus, number>>> = { active: 0, legacy: 1 };

export interface Listed {
  readonly model: ModelRecord;
  readonly status: LifecycleStatus;
  readonly alias?: string;
}

/** Callable models before those that end or have ended; of one provider the newest first. */
export function byUse(a: Listed, b: Listed): number {
  return (
    (RANK[a.status] ?? 2) - (RANK[b.status] ?? 2) ||
    compareText(a.model.provider, b.model.provider) ||
    compareVersions(versionOf(b), versionOf(a)) ||
    compareText(a.model.id, b.model.id)
  );
}

/** `claude-sonnet-4-5` -> 4, 5. Sizes (70b) and dates are no versions. */
function versionOf({ alias, model }: Listed): readonly number[] {
  const found = (alias ?? model.id).match(/(?<![\d])\d{1,2}(?![\dbkm])/g);
  return (found ?? []).map(Number);
}

function compareVersions(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? -1) - (b[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
