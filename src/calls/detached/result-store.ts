/**
 * Answers that can be collected later: of calls that went on after their request was answered, that were longer than one
 * reply, or that broke off with part of the answer in hand. One file per call under `results/`, written whole and renamed,
 * readable only by its owner, so that another process on the same data folder can collect it too.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';

const FORMAT = 1;
const CALL_ID = /^[a-z0-9][a-z0-9-]{7,63}$/;
const DAY_MS = 86_400_000;
/** A process that could not say so itself has ended: calls have limits of their own, and this much is spared for writing. */
const GRACE_MS = 60_000;

const keptSchema = z.object({
  v: z.literal(FORMAT),
  call_id: z.string().regex(CALL_ID),
  tool: z.string(),
  model: z.string(),
  /** ISO time. */
  started: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  /** The whole structured answer; only when done. */
  answer: z.record(z.string(), z.json()).optional(),
  /** What had arrived; when failed or still running. */
  text: z.string().optional(),
  /** All that had arrived, where `text` may not yet be read as the beginning of the answer; only while running. */
  so_far: z.string().optional(),
  error: z
    .object({
      code: z.string(),
      message: z.string(),
      fix: z.string(),
      request_id: z.string().optional(),
      field: z.string().optional(),
    })
    .optional(),
  /** Who makes the call and by when it must have ended; only while running. */
  by: z.object({ pid: z.int(), host: z.string(), until: z.string() }).optional(),
});

export type KeptResult = z.output<typeof keptSchema>;

export interface ResultStore {
  /**
   * Writes the answer, in place of an earlier state of the same call. `inHurry` leaves it to the system when it reaches the
   * disk: it survives the end of the process, but not a power failure right after it.
   * @throws the system's error when it cannot.
   */
  keep(result: Omit<KeptResult, 'v'>, inHurry?: boolean): Promise<void>;
  /** undefined when there is none under this ID, or it is damaged. */
  read(callId: string): Promise<KeptResult | undefined>;
  /** The most recent calls, newest first. */
  recent(limit: number): Promise<readonly KeptResult[]>;
}

export interface ResultStoreOptions {
  /** The data folder. */
  readonly dir: string;
  readonly keepDays: number;
  readonly now?: () => Date;
}

/** Touches no file before the first use. */
export function openResults({ dir, keepDays, now = () => new Date() }: ResultStoreOptions): ResultStore {
  const folder = join(dir, 'results');
  const pathOf = (callId: string) => join(folder, `${callId}.json`);
  let sweptAt = Number.NEGATIVE_INFINITY;

  /** Once a day, and never in the way of a call. */
  const sweep = async () => {
    const time = now().getTime();
    if (time - sweptAt < DAY_MS) return;
    sweptAt = time;
    for (const { path, mtimeMs } of await listed(folder, /\.(json|tmp)$/)) {
      if (mtimeMs < time - keepDays * DAY_MS) await unlink(path).catch(() => undefined);
    }
  };

  return {
    async keep(result, inHurry = false) {
      if (!CALL_ID.test(result.call_id)) throw new Error('this call ID cannot be the name of a file');
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = pathOf(result.call_id);
      const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        await writeWhole(draft, JSON.stringify({ v: FORMAT, ...result }), inHurry);
        await rename(draft, path);
      } catch (error) {
        // Half a file helps nobody, least of all on a full disk.
        await unlink(draft).catch(() => undefined);
        throw error;
      }
      sweep().catch(() => undefined);
    },
    async read(callId) {
      return CALL_ID.test(callId) ? readKept(pathOf(callId)) : undefined;
    },
    async recent(limit) {
      const files = (await listed(folder, /\.json$/)).sort((a, b) => b.mtimeMs - a.mtimeMs);
      const kept: KeptResult[] = [];
      // What cannot be read, or is damaged, takes nobody's place.
      for (let at = 0; at < files.length && kept.length < limit; at += limit) {
        const some = files.slice(at, at + limit);
        const read = await Promise.all(some.map(({ path }) => readKept(path).catch(() => undefined)));
        kept.push(...read.filter((each) => each !== undefined));
      }
      return kept.slice(0, limit);
    },
  };
}

/**
 * True when the process that made a running call has ended without saying so: killed, or its machine went down.
 * Not for calls that this process is making now.
 */
export function isLost({ status, by }: KeptResult, now: Date): boolean {
  if (status !== 'running') return false;
  if (by === undefined || now.getTime() > Date.parse(by.until) + GRACE_MS) return true;
  if (by.host !== hostname()) return false;
  // Containers give the same few IDs again and again; a call of this very process would be known here.
  if (by.pid === process.pid) return true;
  try {
    process.kill(by.pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

async function writeWhole(path: string, text: string, inHurry: boolean): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    if (!inHurry) await file.datasync();
  } finally {
    await file.close();
  }
}

/** A file where the folder should be holds no answers either. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

async function readKept(path: string): Promise<KeptResult | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const parsed = keptSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

async function listed(folder: string, name: RegExp): Promise<{ path: string; mtimeMs: number }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
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
