/** Our data files hold what the facts say that they were derived from. Runs where the facts lie beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadCatalog } from '../../src/catalog/models/catalog.ts';
import { loadPrices } from '../../src/catalog/prices/price-book.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/json.ts';

const folder = new URL('../../../shared/catalog/', import.meta.url);

function facts(name: string): JsonValue {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}
function rows(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

describe.skipIf(!existsSync(folder))('data files against their facts (needs ../shared/catalog)', () => {
  it('holds every model with its limits, profiles and dates', async () => {
    const catalog = await loadCatalog();
    const models = rows(facts('models.json'));
    expect(catalog.models.map(({ id }) => id)).toEqual(models.map(({ id }) => id).sort());
    for (const model of models) {
      const record = catalog.get(String(model.id));
      const lifecycle = isJsonObject(model.lifecycle) ? model.lifecycle : {};
      expect(record).toMatchObject({ id: model.id, kind: model.kind });
      expect(record?.contextWindow ?? null).toBe(model.context_window);
      expect(record?.maxOutput ?? null).toBe(model.max_output);
      expect(record?.lifecycle.endOfLifeDate ?? null).toBe(lifecycle.eol_date);
      expect(record?.lifecycle.legacyDate ?? null).toBe(lifecycle.legacy_date);
      expect(record?.lifecycle.regional ?? false).toBe(lifecycle.effective_today === 'EOL_IN_SOME_REGIONS');
      const profiles = rows(model.inference_profiles);
      expect(record?.profiles.map(({ id }) => id)).toEqual(profiles.map(({ id }) => id));
      expect(record?.profiles.map(({ sourceRegions }) => sourceRegions ?? null)).toEqual(
        profiles.map((profile) =>
          Array.isArray(profile.source_regions) ? [...profile.source_regions].sort() : null,
        ),
      );
    }
  });

  it('gives every documented alias a model; where it differs, on purpose', async () => {
    const catalog = await loadCatalog();
    const differs: string[] = [];
    const source = facts('aliases.json');
    for (const [name, id] of Object.entries(isJsonObject(source) ? source : {})) {
      const send = catalog.byAlias(name)?.send;
      if (send !== id) {
        differs.push(`${name} -> ${send ?? 'nothing'}`);
      }
    }
    expect(differs).toEqual([
      // Bare words that fit many models lead nowhere; the others lead to the newest revision that AWS lists.
      'claude -> nothing',
      'embed -> nothing',
      'jamba -> ai21.jamba-1-5-mini-v1:0',
      'nova-reel -> amazon.nova-reel-v1:1',
      'ray -> nothing',
      'rerank -> nothing',
      'stable-image-core -> stability.stable-image-core-v1:1',
      'stable-image-ultra -> stability.stable-image-ultra-v1:1',
      'titan-image-generator -> amazon.titan-image-generator-v2:0',
      // AWS prints one display name for two models; the one with adjustable vectors is meant.
      'titan-text-embeddings-v2 -> amazon.titan-embed-text-v2:0',
      'v3 -> nothing',
    ]);
  });

  it('finds the same price as a plain walk through the rows, for every model, Region and geo', async () => {
    const prices = await loadPrices();
    const byKey = new Map(
      rows(facts('prices.json')).map((row) => [`${row.id} ${row.region} ${row.profile_geo ?? ''}`, row]),
    );
    const ids = new Set([...byKey.values()].map((row) => String(row.id)));
    const regions = new Set(
      [...byKey.values()].map((row) => String(row.region)).filter((region) => region !== '*'),
    );
    const wrong: string[] = [];
    let compared = 0;
    for (const id of ids) {
      for (const region of [...regions, 'xx-nowhere-1']) {
        for (const geo of ['', 'us', 'eu', 'apac', 'jp', 'au', 'in', 'ca', 'us-gov', 'global']) {
          if (geo === '' && region.startsWith('us-gov')) {
            continue;
          }
          const row =
            byKey.get(`${id} ${region} ${geo === 'global' ? 'global' : ''}`) ??
            (geo === '' ? undefined : byKey.get(`${id} * ${geo}`)) ??
            byKey.get(`${id} * `);
          const price = prices.find(id, { region, ...(geo === '' ? {} : { geo }) });
          const ours = price.known
            ? [
                price.asOf,
                price.input,
                price.output,
                price.assumed.includes('cacheRead') ? undefined : price.cacheRead,
              ]
            : [];
          const theirs = [row?.as_of, row?.input, row?.output, row?.cache_read].map(
            (value) => value ?? undefined,
          );
          if (ours.join() !== theirs.join()) {
            wrong.push(`${id} ${region} ${geo}: ${ours.join()} for ${theirs.join()}`);
          }
          compared++;
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(compared).toBeGreaterThan(50_000);
  });
});
