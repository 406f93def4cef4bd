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
import { isMissing } from '../spend/ledger-scan.ts';

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
  /** Writes the answer, in place of an earlier state of the same call. @throws the system's error when it cannot. */
  keep(result: Omit<KeptResult, 'v'>): Promise<void>;
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
  let swept = false;

  /** Once per process, and never in the way of a call. */
  const sweep = async () => {
    if (swept) return;
    swept = true;
    const oldest = now().getTime() - keepDays * DAY_MS;
    for (const { path, mtimeMs } of await listed(folder)) {
      if (mtimeMs < oldest) await unlink(path).catch(() => undefined);
    }
  };

  return {
    async keep(result) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const path = pathOf(result.call_id);
      const draft = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(JSON.stringify({ v: FORMAT, ...result }));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(draft, path).catch(async (error: unknown) => {
        await unlink(draft).catch(() => undefined);
        throw error;
      });
      await sweep();
    },
    async read(callId) {
      return CALL_ID.test(callId) ? readKept(pathOf(callId)) : undefined;
    },
    async recent(limit) {
      const files = (await listed(folder)).sort((a, b) => b.mtimeMs - a.mtimeMs).slice(0, limit);
      const kept = await Promise.all(files.map(({ path }) => readKept(path)));
      return kept.filter((each) => each !== undefined);
    },
  };
}

/** True when the process that made a running call has ended without saying so: killed, or its machine went down. */
export function isLost({ status, by }: KeptResult, now: Date): boolean {
  if (status !== 'running') return false;
  if (by === undefined || now.getTime() > Date.parse(by.until) + GRACE_MS) return true;
  if (by.host !== hostname()) return false;
  try {
    process.kill(by.pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives, and belongs to somebody else.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
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

async function listed(folder: string): Promise<{ path: string; mtimeMs: number }[]> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
  const paths = names.filter((name) => /\.(json|tmp)$/.test(name)).map((name) => join(folder, name));
  const found = await Promise.all(
    paths.map(async (path) => {
      const facts = await stat(path).catch(() => undefined);
      return facts === undefined ? [] : [{ path, mtimeMs: facts.mtimeMs }];
    }),
  );
  return found.flat();
}
