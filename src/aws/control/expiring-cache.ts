/** A bounded map whose entries expire. The oldest entry goes when it is full. */
export interface ExpiringCache<T> {
  /** The value, unless it is too old at `now` (ms since the epoch). */
  get(key: string, now: number): T | undefined;
  /** Keeps the value until `until` (ms since the epoch). */
  set(key: string, value: T, until: number): void;
}

export function createExpiringCache<T>(maximum: number): ExpiringCache<T> {
  const entries = new Map<string, { readonly value: T; readonly until: number }>();
  return {
    get: (key, now) => {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      if (entry.until > now) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set: (key, value, until) => {
      entries.delete(key);
      entries.set(key, { value, until });
      for (const oldest of entries.keys()) {
        if (entries.size <= maximum) break;
        entries.delete(oldest);
      }
    },
  };
}
