/** What every adapter of `ResultStore` keeps. A next adapter is one line in `store.test.ts`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResultStore, StoredResult } from '../../../src/calls/detached/store.ts';

/** One store, as several processes have it. */
export interface SharedResults {
  /** Another process's view of it. */
  another(): ResultStore;
  /** Writes a result as if it were that old. */
  writeAged(result: StoredResult, days: number): Promise<void>;
  /** Days for which results are stored. */
  readonly keepDays: number;
  close(): Promise<void>;
}

export const ID = '0a1b2c3d-1111-4222-8333-444455556666';

export function done(call_id: string, text: string): StoredResult {
  return {
    call_id,
    tool: 'invoke_model',
    model: 'nova-lite',
    started: '2026-11-21T10:00:00.000Z',
    status: 'done',
    answer: { text },
  };
}

/** Declares the tests for one adapter. */
export function resultStoreContract(name: string, open: () => Promise<SharedResults>): void {
  describe(`results in ${name}`, () => {
    let shared: SharedResults;
    beforeEach(async () => {
      shared = await open();
    });
    afterEach(() => shared.close());

    it.each([true, false])(
      'a result comes back as it was, also to another process (durable: %s)',
      async (durable) => {
        await shared.another().write(done(ID, 'Grüße 👋'), { durable });
        expect(await shared.another().read(ID)).toEqual(done(ID, 'Grüße 👋'));
      },
    );

    it('a running and a failed call come back with all that is known of them', async () => {
      const store = shared.another();
      const { answer: _, ...head } = done(ID, '');
      const by = { pid: 7, host: 'here', until: '2026-11-21T10:10:00.000Z' };
      const running: StoredResult = { ...head, status: 'running', text: 'so', so_far: 'so far', by };
      await store.write(running);
      expect(await store.read(ID)).toEqual(running);
      const error = { code: 'timeout', message: 'Late.', fix: 'Wait.', request_id: 'r-1', field: 'f' };
      const failed: StoredResult = { ...head, status: 'failed', text: 'so', error };
      await store.write(failed);
      expect(await store.read(ID)).toEqual(failed);
    });

    it('a result is read whole, however many write and read at once', async () => {
      const store = shared.another();
      const text = (at: number) => String(at % 10).repeat(200_000);
      await store.write(done(ID, text(0)));
      const writes = Array.from({ length: 20 }, (_, at) => store.write(done(ID, text(at))));
      const reads = Array.from({ length: 20 }, async () => {
        const seen = (await store.read(ID))?.answer?.['text'];
        expect(typeof seen === 'string' ? new Set(seen).size : 0).toBe(1);
      });
      await Promise.all([...writes, ...reads]);
    });

    it.each(['../secret-file', '__proto__', `${ID}/../${ID}`, `${ID}\0`, ID.toUpperCase(), '-0a1b2c3d', ''])(
      'an ID that is none, %j, has nothing and cannot be written',
      async (id) => {
        const store = shared.another();
        await store.write(done(ID, 'x'));
        expect(await store.read(id)).toBeUndefined();
        await expect(store.write(done(id, 'x'))).rejects.toThrow('call ID');
        expect((await store.recent(5)).map(({ call_id }) => call_id)).toEqual([ID]);
      },
    );

    it.each(['constructor', 'x'.repeat(64)])('an ID that was never given, %s, has nothing', async (id) => {
      expect(await shared.another().read(id)).toBeUndefined();
      expect(await shared.another().recent(5)).toEqual([]);
    });

    it('the recent ones come newest first, no more than wanted', async () => {
      const ids = ['a', 'b', 'c'].map((letter) => ID.replace(/^./, letter));
      for (const [at, id] of ids.entries()) await shared.writeAged(done(id, id), 3 - at);
      const recent = await shared.another().recent(2);
      expect(recent.map(({ call_id }) => call_id)).toEqual([ids[2], ids[1]]);
    });

    it('old ones go, young ones stay', async () => {
      const [old, young] = ['d', 'e'].map((letter) => ID.replace(/^./, letter));
      await shared.writeAged(done(old ?? '', 'old'), shared.keepDays + 1);
      await shared.writeAged(done(young ?? '', 'young'), shared.keepDays - 1);
      const store = shared.another();
      await store.write(done(ID, 'new'));
      await expect
        .poll(async () => (await store.recent(5)).map(({ call_id }) => call_id))
        .toEqual([ID, young]);
    });
  });
}
