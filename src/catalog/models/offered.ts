/** What the dated catalogue offers in a Region, for where AWS itself was not asked. */
import type { ModelRecord, ProfileRecord } from '../types.ts';
import type { Catalog } from './catalog.ts';

/**
 * Can the profile be called from the Region? Where its source Regions are not recorded, its prefix decides.
 * @param prefixes those that are offered in the Region.
 */
export function isOfferedIn(profile: ProfileRecord, region: string, prefixes: readonly string[]): boolean {
  return profile.sourceRegions?.includes(region) ?? prefixes.includes(profile.geo);
}

/** Every profile of the catalogue that can be called from the Region, with its model. */
export function profilesOfferedIn(
  region: string,
  { models, geoPrefixes }: Pick<Catalog, 'models' | 'geoPrefixes'>,
): { readonly profile: ProfileRecord; readonly model: ModelRecord }[] {
  const prefixes = geoPrefixes(region);
  return models.flatMap((model) =>
    model.profiles
      .filter((profile) => isOfferedIn(profile, region, prefixes))
      .map((profile) => ({ profile, model })),
  );
}
