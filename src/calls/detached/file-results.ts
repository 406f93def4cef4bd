/**
 * Results in files: one per call under `results/`, written whole and renamed, readable only by its owner, so that another
 * process on the same data folder can collect it too.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { isMissing } from '../../disk-error.ts';
import { isCallId, type ResultStore, type StoredResult, storedResult } from './store.ts';

const FORMAT = 1;
const DAY_MS = 86_400_000;

const fileContent = z.object({ v: z.literal(FORMAT), ...storedResult.shape });

export interface FileResultsOptions {
  /** The data folder. */
  readonly dir: string;
  readonly keepDays: number;
  readonly now?: () => Date;
}

/** Touches no file before the first use. */
export function openResults({ dir, keepDays, now = () => new Date() }: FileResultsOptions): ResultStore {
  const folder = join(dir, 'results');
  const pathOf = (callId: string) => join(folder, `${callId}.json`);
  let sweptAt = Number.NEGATIVE_INFINITY;
  return {
    async write(result, { durable } = { durable: true }) {
      if (!isCallId(result.call_id)) throw new Error('this call ID cannot be the name of a file');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await replace(pathOf(result.call_id), JSON.stringify({ v: FORMAT, ...result }), durable);
      // Once a day, and never in the way of a call.
      const time = now().getTime();
      if (time - sweptAt < DAY_MS) return;
      sweptAt = time;
      sweep(folder, time - keepDays * DAY_MS).catch(() => undefined);
    },
    read: async (callId) => (isCallId(callId) ? readResult(pathOf(callId)) : undefined),
    async recent(limit) {
      const files = (await listed(folder, /\.json$/)).sort((a, b) => b.mtimeMs - a.mtimeMs);
      const results: StoredResult[] = [];
      // What cannot be read, or is damaged, takes nobody's place.
      for (let at = 0; at < files.length && results.length < limit; at += limit) {
        const some = files.slice(at, at + limit);
        const read = await Promise.all(some.map(({ path }) => readResult(path).catch(() => undefined)));
        results.push(...read.filter((each) => each !== undefined));
      }
      return results.slice(0, limit);
    },
  };
}

async function sweep(folder: string, oldest: number): Promise<void> {
  for (const { path, mtimeMs } of await listed(folder, /\.(json|tmp)$/))
    if (mtimeMs < oldest) await unlink(path).catch(() => undefined);
}

/** Whole or not at all, also with several processes writing it. */
async function replace(path: string, text: string, durable: boolean): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeWhole(draft, text, durable);
    await rename(draft, path);
  } catch (error) {
    // Half a file helps nobody, least of all on a full disk.
    await unlink(draft).catch(() => undefined);
    throw error;
  }
}

async function writeWhole(path: string, text: string, durable: boolean): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    if (durable) await file.datasync();
  } finally {
    await file.close();
  }
}

/** A file where the folder should be holds no answers either. */
function hasNone(error: unknown): boolean {
  return isMissing(error) || (error instanceof Error && 'code' in error && error.code === 'ENOTDIR');
}

async function readResult(path: string): Promise<StoredResult | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (hasNone(error)) return undefined;
    throw error;
  }
  try {
    const { v: _, ...result } = fileContent.parse(JSON.parse(text));
    return result;
  } catch {
    return undefined;
  }
}

async function listed(folder: string, name: RegExp): Promise<{ path: string; mtimeMs: number }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (hasNone(error)) return [];
    throw error;
  }
  const paths = names.filter((each) => name.test(each)).map((each) => join(folder, each));
  const found = await Promise.all(
    paths.map(async (path) => {
      const facts = await stat(path).catch(() => undefined);
      return facts === undefined ? [] : [{ path, mtimeMs: facts.mtimeMs }];
    }),
  );
  return found.flat();
}
