/**
 * Conversations in files: `threads/<id>.jsonl` in the data folder, one line a turn. Several processes may share the folder;
 * there is no lock, the file's order decides who was first.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BedrockError } from '../../bedrock-error.ts';
import { diskError, isMissing } from '../../disk-error.ts';
import type { Appended, ThreadList, ThreadStore } from '../store.ts';
import { summaryOf, type Thread, type ThreadSetup, type ThreadSummary, type ThreadTurn } from '../thread.ts';
import { claimThread, type ThreadClaims } from '../thread-claims.ts';
import { checkThreadId, isThreadId, unknownThread } from '../thread-id.ts';
import { setupText, type TurnRecord, writeLine } from '../turn-record.ts';
import { isStillAt, LARGEST_FILE, linesOf, openForAppend, readSection, writeDurably } from './thread-file.ts';
import { type Chain, chainOf } from './turn-chain.ts';

export interface FileThreadsOptions {
  /** The data folder; `threads` in it is made on the first write, mode 0700. */
  readonly dir: string;
  /** Days after its last use for which a thread is stored. */
  readonly keepDays: number;
  readonly now?: () => Date;
}

interface Folder {
  readonly path: string;
  readonly keepDays: number;
  readonly now: () => Date;
  readonly claims: ThreadClaims;
  /** Once for each store. */
  swept: Promise<void> | undefined;
}

const DAY_MS = 86_400_000;
const FILE_NAME = /^(t[0-9a-z]{16})\.jsonl$/;

/** Touches no file until first use. */
export function openThreads({ dir, keepDays, now = () => new Date() }: FileThreadsOptions): ThreadStore {
  const path = join(dir, 'threads');
  const folder: Folder = { path, keepDays, now, claims: new Map(), swept: undefined };
  return {
    place: path,
    read: (id) => readThread(folder, id),
    append: (id, turn, options) => appendTurn(folder, id, turn, options),
    claim: (id, callId) => claimThread(folder.claims, id, callId),
    list: () => listThreads(folder),
    remove: (id) => removeThread(folder, id),
  };
}

function fileOf({ path }: Folder, id: string): string {
  checkThreadId(id);
  return join(path, `${id}.jsonl`);
}

function folderError({ path }: Folder, doing: 'read' | 'written', cause: unknown): BedrockError {
  return cause instanceof BedrockError ? cause : diskError(`The threads in ${path}`, doing, cause);
}

async function readThread(folder: Folder, id: string): Promise<Thread> {
  const thread = await load(folder, id);
  if (thread === undefined) throw unknownThread(`No conversation is stored under the thread ID ${id}`);
  if (isExpired(folder, thread))
    throw unknownThread(
      `The thread ${id} has expired: it was last used ${thread.lastUsed}, and threads are stored for ${folder.keepDays} days after that`,
    );
  return thread;
}

/** The thread, expired or not; undefined when there is no file, or nothing in it can be read. */
async function load(folder: Folder, id: string): Promise<Thread | undefined> {
  const path = fileOf(folder, id);
  let file: FileHandle | undefined;
  try {
    const facts = await stat(path);
    if (!facts.isFile()) return undefined;
    if (facts.size > LARGEST_FILE) throw tooLarge(id, facts.size);
    file = await open(path, 'r');
    const section = await readSection(file);
    return threadOf(folder, id, chainOf(linesOf(section)), section.size);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw folderError(folder, 'read', cause);
  } finally {
    await file?.close();
  }
}

function threadOf({ keepDays }: Folder, id: string, chain: Chain, bytes: number): Thread | undefined {
  const { first, last, turns, setup, warnings } = chain;
  if (first === undefined || last === undefined || turns.length === 0) return undefined;
  const lastUsed = new Date(last.turn.time);
  return {
    id,
    created: new Date(first.turn.time).toISOString(),
    lastUsed: lastUsed.toISOString(),
    expires: new Date(lastUsed.getTime() + keepDays * DAY_MS).toISOString(),
    bytes,
    turns: turns.map(({ turn }) => turn),
    setup,
    warnings,
  };
}

function isExpired({ now }: Folder, { expires }: Thread): boolean {
  return now().getTime() > Date.parse(expires);
}

async function appendTurn(
  folder: Folder,
  id: string,
  turn: ThreadTurn,
  options: { readonly after: number; readonly setup: ThreadSetup },
): Promise<Appended> {
  const path = fileOf(folder, id);
  void sweep(folder);
  let file: FileHandle | undefined;
  try {
    file = await openForAppend(path, options.after === 0);
    if (file === undefined) return { stored: false, reason: DELETED };
    const { size } = await file.stat();
    if (size > LARGEST_FILE) return { stored: false, reason: FULL };
    const done = await appendTo(path, file, turn, options);
    if ('reason' in done) return { stored: false, ...done };
    const thread = threadOf(folder, id, done.chain, done.bytes);
    return thread === undefined
      ? { stored: false, reason: DELETED }
      : { stored: true, thread: summaryOf(thread) };
  } catch (cause) {
    throw folderError(folder, 'written', cause);
  } finally {
    // Everything is on the disk by now.
    await file?.close().catch(() => undefined);
  }
}

async function appendTo(
  path: string,
  file: FileHandle,
  turn: ThreadTurn,
  { after, setup }: { readonly after: number; readonly setup: ThreadSetup },
): Promise<{ readonly chain: Chain; readonly bytes: number } | { readonly reason: string }> {
  const before = await readSection(file);
  const known = chainOf(linesOf(before));
  if (known.turns.length !== after) return { reason: overtaken(known) };
  const changed = setupText(setup) !== setupText(known.setup);
  const key = randomBytes(9).toString('base64url');
  const record: TurnRecord = {
    v: 1,
    type: 'turn',
    n: (known.last?.n ?? 0) + 1,
    key,
    after: known.last?.key ?? null,
    turn: withSoundUsage(turn),
    ...(changed ? { setup } : {}),
  };
  const written = writeLine(record);
  if ('reason' in written) return written;
  if (before.size + Buffer.byteLength(written.line) + 2 > LARGEST_FILE) return { reason: FULL };
  await writeDurably(file, written.line, before.size > before.offset);
  if (!(await isStillAt(path, file))) return { reason: DELETED };
  const added = await readSection(file, before);
  const chain = chainOf(linesOf(before, added));
  if (chain.turns.some((each) => each.key === key)) return { chain, bytes: added.size };
  return { reason: chain.last?.key === known.last?.key ? TORN : overtaken(chain) };
}

async function idsOnDisk(folder: Folder): Promise<string[]> {
  try {
    const entries = await readdir(folder.path, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .flatMap(({ name }) => FILE_NAME.exec(name)?.[1] ?? [])
      .filter(isThreadId);
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw folderError(folder, 'read', cause);
  }
}

/** Once for each store, and never anybody's error. */
function sweep(folder: Folder): Promise<void> {
  folder.swept ??= (async () => {
    for (const id of await idsOnDisk(folder)) await removeIfExpired(folder, id).catch(() => undefined);
  })().catch(() => undefined);
  return folder.swept;
}

async function removeIfExpired(folder: Folder, id: string): Promise<void> {
  const path = fileOf(folder, id);
  const idleMs = folder.now().getTime() - (await stat(path)).mtimeMs;
  if (folder.claims.has(id) || idleMs <= folder.keepDays * DAY_MS) return;
  // Copying or mending a file may leave an old date on a young conversation.
  const thread = await load(folder, id).catch((error: unknown) => {
    if (error instanceof BedrockError && error.code === 'content_too_long') return undefined;
    throw error;
  });
  if (thread === undefined || isExpired(folder, thread)) await unlink(path);
}

async function listThreads(folder: Folder): Promise<ThreadList> {
  await sweep(folder);
  const threads: ThreadSummary[] = [];
  const warnings: string[] = [];
  for (const id of await idsOnDisk(folder)) {
    try {
      const thread = await load(folder, id);
      if (thread === undefined) {
        // Not when it was deleted a moment ago, or holds no turn yet.
        if (await hasContent(fileOf(folder, id)))
          warnings.push(`Nothing can be read in the file of the thread ${id}.`);
      } else if (!isExpired(folder, thread)) threads.push(summaryOf(thread));
    } catch (error) {
      warnings.push(
        `The thread ${id} is left out: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  threads.sort((a, b) => compare(b.last_used, a.last_used) || compare(a.id, b.id));
  return { threads, warnings };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

async function removeThread(folder: Folder, id: string): Promise<boolean> {
  if (!isThreadId(id)) return false;
  try {
    await unlink(fileOf(folder, id));
    return true;
  } catch (cause) {
    if (isMissing(cause)) return false;
    throw folderError(folder, 'written', cause);
  }
}

const TORN =
  "Another writer left half a line in the thread's file, and this turn was lost with it. Ask again.";
const DELETED = 'The thread was deleted in the meantime, so this turn was not stored.';
const FULL = `The thread's file would grow beyond ${LARGEST_FILE / 1024 / 1024} MiB, so this turn was not stored. Start a new thread with thread_id "new".`;

function overtaken({ last }: Chain): string {
  const by = last === undefined ? '' : ` (call ${last.turn.callId.slice(0, 64)})`;
  return `Another call changed the thread in the meantime${by}, so this turn was not stored. Ask again in the thread as it is now.`;
}

async function hasContent(path: string): Promise<boolean> {
  return stat(path).then(
    ({ size }) => size > 0,
    () => false,
  );
}

function tooLarge(id: string, size: number): BedrockError {
  return new BedrockError('content_too_long', {
    message: `The file of the thread ${id} has ${Math.ceil(size / 1024 / 1024)} MiB; more than ${LARGEST_FILE / 1024 / 1024} MiB are not read.`,
    fix: `Start a new thread with thread_id "new" and give it what still matters; \`bedrock-mcp threads delete ${id}\` frees the space.`,
    field: 'thread_id',
  });
}

/** A count that is no number must not cost the turn. */
function withSoundUsage(turn: ThreadTurn): ThreadTurn {
  if (turn.usage === undefined) return turn;
  const usage = Object.fromEntries(
    Object.entries(turn.usage).filter(([, count]) => Number.isSafeInteger(count) && count >= 0),
  );
  return { ...turn, usage };
}
