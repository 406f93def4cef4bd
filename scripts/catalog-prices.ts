/** Turns price rows into groups: one price, and the set of Regions that share it. */
import { isJsonObject, type JsonObject, type JsonValue } from '../src/json.ts';
import { compact, objects, RegionSets, textOf } from './catalog-shapes.ts';

/** Notes of the facts that tell a reader something; the others describe how the facts were gathered. */
const NOTES_KEPT = ['public extended access price, effective 2025-12-01'];

export function pricesFile(
  asOf: string,
  models: readonly JsonObject[],
  rows: readonly JsonObject[],
): JsonObject {
  const regions = [...new Set(rows.map((row) => textOf(row.region)))]
    .filter((region) => region !== '*')
    .sort();
  const sets = new RegionSets(regions);
  const ids = [...new Set(rows.map((row) => textOf(row.id)))].sort();
  const priceAs = models.flatMap((model): [string, JsonValue][] =>
    typeof model.price_as === 'string' ? [[textOf(model.id), model.price_as]] : [],
  );
  return {
    asOf,
    regions,
    priceAs: Object.fromEntries(priceAs.sort(([a], [b]) => (a < b ? -1 : 1))),
    models: ids.map((id) => [
      id,
      ...groups(
        rows.filter((row) => row.id === id),
        sets,
      ),
    ]),
    regionSets: sets.rows,
  };
}

/** [geo, Region set, price] in a fixed order. */
function groups(rows: readonly JsonObject[], sets: RegionSets): JsonValue[] {
  const found = new Map<string, { geo: string; price: JsonObject; regions: string[] }>();
  for (const row of rows) {
    const geo = typeof row.profile_geo === 'string' ? row.profile_geo : '';
    const price = priceOf(row);
    const key = `${geo} ${JSON.stringify(price)}`;
    const group = found.get(key) ?? { geo, price, regions: [] };
    group.regions.push(textOf(row.region));
    found.set(key, group);
  }
  return [...found.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => [group.geo, sets.indexOf(group.regions), group.price]);
}

function priceOf(row: JsonObject): JsonObject {
  const note = typeof row.note === 'string' && NOTES_KEPT.includes(row.note) ? row.note : null;
  return compact({
    ...rates(row),
    batch: compactOrNull({ in: row.batch_input, out: row.batch_output }),
    long: longContext(row.long_context),
    tiers: tiers(row.service_tiers),
    units: units(row.other_units),
    note,
    asOf: row.as_of,
  });
}

function rates(row: JsonObject): JsonObject {
  return compact({
    in: row.input,
    out: row.output,
    read: row.cache_read,
    write5m: row.cache_write_5m,
    write1h: row.cache_write_1h,
  });
}

function compactOrNull(row: Readonly<Record<string, JsonValue | undefined>>): JsonObject | null {
  const kept = compact(row);
  return Object.keys(kept).length === 0 ? null : kept;
}

function longContext(value: JsonValue | undefined): JsonValue {
  if (!Array.isArray(value)) {
    return null;
  }
  return objects(value).map((tier) => ({ above: tier.above_input_tokens ?? 0, ...rates(tier) }));
}

function tiers(value: JsonValue | undefined): JsonValue {
  if (!isJsonObject(value)) {
    return null;
  }
  return Object.fromEntries(
    Object.entries(value).flatMap(([tier, price]): [string, JsonObject][] =>
      isJsonObject(price) ? [[tier, rates(price)]] : [],
    ),
  );
}

/** [what one unit is, USD, detail]: images, queries, seconds. A rate of its own for batch or quality is its own unit. */
function units(value: JsonValue | undefined): JsonValue {
  if (!Array.isArray(value)) {
    return null;
  }
  return objects(value).flatMap((unit) => {
    const per = textOf(unit.per);
    const detail = [unit.resolution, unit.variant, unit.note]
      .filter((each) => typeof each === 'string')
      .join(', ');
    const row = (what: string, price: JsonValue | undefined, more = ''): JsonValue[] => {
      const said = [detail, more].filter((each) => each !== '').join(', ');
      return price === undefined || price === null ? [] : [said === '' ? [what, price] : [what, price, said]];
    };
    return [
      ...row(per, unit.price),
      ...row(per, unit.standard, 'standard'),
      ...row(per, unit.premium, 'premium'),
      ...row(per, unit.on_demand),
      ...row(per, unit.batch, 'batch'),
      ...row(per.replace(' tokens', ' input tokens'), unit.input),
      ...row(per.replace(' tokens', ' output tokens'), unit.output),
    ];
  });
}
