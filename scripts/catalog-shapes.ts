/** Shape checks for the facts that the catalogue is built from, and the table of Region sets. */
import { isJsonObject, type JsonObject, type JsonValue } from '../src/json.ts';

export function list(value: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(value)) {
    throw new Error(`expected a list, got ${JSON.stringify(value)}`);
  }
  return value;
}

export function objects(value: JsonValue | undefined): JsonObject[] {
  return list(value).filter(isJsonObject);
}

export function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') {
    throw new Error(`expected a text, got ${JSON.stringify(value)}`);
  }
  return value;
}

export function numberOf(value: JsonValue | undefined): number {
  if (typeof value !== 'number') {
    throw new Error(`expected a number, got ${JSON.stringify(value)}`);
  }
  return value;
}

export function booleanOf(value: JsonValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** Leaves out what is null, absent or an empty list. */
export function compact(row: Readonly<Record<string, JsonValue | undefined>>): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(row)) {
    if (value !== null && value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      kept[key] = value;
    }
  }
  return kept;
}

/** Lists of Regions, each stored once: rows hold indexes into `regions`, -1 stands for `*`. */
export class RegionSets {
  readonly rows: number[][] = [];
  readonly #regions: readonly string[];
  readonly #seen = new Map<string, number>();

  constructor(regions: readonly string[]) {
    this.#regions = regions;
  }

  indexOf(names: readonly string[]): number {
    const row = [...new Set(names)].map((name) => this.#region(name)).sort((a, b) => a - b);
    const key = row.join(' ');
    const known = this.#seen.get(key);
    if (known !== undefined) {
      return known;
    }
    this.#seen.set(key, this.rows.length);
    return this.rows.push(row) - 1;
  }

  #region(name: string): number {
    const index = this.#regions.indexOf(name);
    if (index < 0 && name !== '*') {
      throw new Error(`unknown Region ${name}`);
    }
    return index;
  }
}
