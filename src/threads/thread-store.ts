/**
 * Conversations on disk, so that any model and either API can continue them: `threads/<id>.jsonl` in the data folder,
 * one line a turn. Several processes may share the folder; there is no lock, the file's order decides who was first.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BedrockError } from '../bedrock-error.ts';
import { summaryOf, type Thread, type ThreadSetup, type ThreadSummary, type ThreadTurn } from './thread.ts';
import {
  folderError,
  isMissing,
  isStillAt,
  LARGEST_FILE,
  linesOf,
  openForAppend,
  readSection,
  writeDurably,
} from './thread-file.ts';
import { checkThreadId, isThreadId, newThreadId, unknownThread } from './thread-id.ts';
import { type Chain, chainOf } from './turn-chain.ts';
import { setupText, type TurnRecord, writeLine } from './turn-record.ts';

export type Appended =
  | { readonly stored: true; readonly thread: ThreadSummary }
  /** A sentence why; the thread is as it was. */
  | { readonly stored: false; readonly reason: string };

export interface ThreadList {
  /** Newest first. */
  readonly threads: readonly ThreadSummary[];
  /** Sentences about files that cannot be read. */
  readonly warnings: readonly string[];
}

export interface ThreadStore {
  /** `<data dir>/threads`. */
  readonly folder: string;
  /** A new ID; nothing is on disk yet. */
  mint(): string;
  /**
   * @throws BedrockError `unknown_thread`: no such form, not there, or expired; `content_too_long`: its file is too large;
   * `config`: the file system refuses.
   */
  read(id: string): Promise<Thread>;
  /**
   * Adds a turn behind the `after` turns that the caller had read, and resolves when it is on the disk. Not stored when
   * another call was faster, when the thread was deleted, or when it would grow too large.
   * @throws BedrockError `config`: the folder cannot be written, or the disk is full; `unknown_thread`: no such form.
   */
  append(
    id: string,
    turn: ThreadTurn,
    options: { readonly after: number; readonly setup: ThreadSetup },
  ): Promise<Appended>;
  /**
   * Takes a thread for one call of this process.
   * @returns gives it back; more than once does no harm.
   * @throws BedrockError `busy` naming the call that has it, `unknown_thread`: no such form.
   */
  claim(id: string, callId: string): () => void;
  /** Without expired ones. @throws BedrockError `config` when the folder cannot be read. */
  list(): Promise<ThreadList>;
  /** @returns false when there was none. @throws BedrockError `config` when the file system refuses. */
  remove(id: string): Promise<boolean>;
}

export interface ThreadOptions {
  /** The data folder; `threads` in it is made on the first write, mode 0700. */
  readonly dir: string;
  /** Days after its last use for which a thread is kept. */
  readonly keepDays: number;
  readonly now?: () => Date;
}

const DAY_MS = 86_400_000;
const FILE_NAME = /^(t[0-9a-z]{16})\.jsonl$/;

/** Touches no file until first use. */
export function openThreads({ dir, keepDays, now = () => new Date() }: ThreadOptions): ThreadStore {
  const folder = join(dir, 'threads');
  const claims = new Map<string, { readonly callId: string }>();
  let sweeping: Promise<void> | undefined;

  function pathOf(id: string): string {
    checkThreadId(id);
    return join(folder, `${id}.jsonl`);
  }

  function threadOf(id: string, chain: Chain, bytes: number): Thread | undefined {
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

  function isExpired({ expires }: Thread): boolean {
    return now().getTime() > Date.parse(expires);
  }

  /** The thread, expired or not; undefined when there is no file, or nothing in it can be read. */
  async function load(id: string): Promise<Thread | undefined> {
    const path = pathOf(id);
    let file: FileHandle | undefined;
    try {
      const facts = await stat(path);
      if (!facts.isFile()) return undefined;
      if (facts.size > LARGEST_FILE) throw tooLarge(id, facts.size);
      file = await open(path, 'r');
      const section = await readSection(file);
      return threadOf(id, chainOf(linesOf(section)), section.size);
    } catch (cause) {
      if (isMissing(cause)) return undefined;
      throw cause instanceof BedrockError ? cause : folderError(folder, 'read', cause);
    } finally {
      await file?.close();
    }
  }

  async function idsOnDisk(): Promise<string[]> {
    try {
      const entries = await readdir(folder, { withFileTypes: true });
      return entries
        .filter((entry) => entry.isFile())
        .flatMap(({ name }) => FILE_NAME.exec(name)?.[1] ?? [])
        .filter(isThreadId);
    } catch (cause) {
      if (isMissing(cause)) return [];
      throw folderError(folder, 'read', cause);
    }
  }

  async function removeIfExpired(id: string): Promise<void> {
    const path = pathOf(id);
    const idleMs = now().getTime() - (await stat(path)).mtimeMs;
    if (claims.has(id) || idleMs <= keepDays * DAY_MS) return;
    // Copying or mending a file may leave an old date on a young conversation.
    const thread = await load(id).catch((error: unknown) => {
      if (error instanceof BedrockError && error.code === 'content_too_long') return undefined;
      throw error;
    });
    if (thread === undefined || isExpired(thread)) await unlink(path);
  }

  /** Once for each store, and never anybody's error. */
  function sweep(): Promise<void> {
    sweeping ??= (async () => {
      for (const id of await idsOnDisk()) await removeIfExpired(id).catch(() => undefined);
    })().catch(() => undefined);
    return sweeping;
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

  return {
    folder,
    mint: newThreadId,
    async read(id) {
      const thread = await load(id);
      if (thread === undefined) throw unknownThread(`No conversation is kept under the thread ID ${id}`);
      if (isExpired(thread))
        throw unknownThread(
          `The thread ${id} has expired: it was last used ${thread.lastUsed}, and threads are kept for ${keepDays} days after that`,
        );
      return thread;
    },
    async append(id, turn, options) {
      const path = pathOf(id);
      void sweep();
      let file: FileHandle | undefined;
      try {
        file = await openForAppend(path, options.after === 0);
        if (file === undefined) return { stored: false, reason: DELETED };
        const { size } = await file.stat();
        if (size > LARGEST_FILE) return { stored: false, reason: FULL };
        const done = await appendTo(path, file, turn, options);
        if ('reason' in done) return { stored: false, ...done };
        const thread = threadOf(id, done.chain, done.bytes);
        return thread === undefined
          ? { stored: false, reason: DELETED }
          : { stored: true, thread: summaryOf(thread) };
      } catch (cause) {
        throw cause instanceof BedrockError ? cause : folderError(folder, 'written', cause);
      } finally {
        // Everything is on the disk by now.
        await file?.close().catch(() => undefined);
      }
    },
    claim(id, callId) {
      checkThreadId(id);
      const other = claims.get(id);
      if (other !== undefined) {
        throw new BedrockError('busy', {
          message: `The thread ${id} is in use: the call ${other.callId} has not ended yet.`,
          fix: 'Continue the thread when that call has ended, or start another with thread_id "new".',
          retryable: true,
          field: 'thread_id',
        });
      }
      const claimed = { callId };
      claims.set(id, claimed);
      return () => {
        if (claims.get(id) === claimed) claims.delete(id);
      };
    },
    async list() {
      await sweep();
      const threads: ThreadSummary[] = [];
      const warnings: string[] = [];
      for (const id of await idsOnDisk()) {
        try {
          const thread = await load(id);
          if (thread === undefined) {
            // Not when it was deleted a moment ago, or holds no turn yet.
            if (await hasContent(pathOf(id)))
              warnings.push(`Nothing can be read in the file of the thread ${id}.`);
          } else if (!isExpired(thread)) threads.push(summaryOf(thread));
        } catch (error) {
          warnings.push(
            `The thread ${id} is left out: ${error instanceof Error ? error.message : String(error)}`,
          );
        }
      }
      threads.sort((a, b) => compare(b.last_used, a.last_used) || compare(a.id, b.id));
      return { threads, warnings };
    },
    async remove(id) {
      if (!isThreadId(id)) return false;
      try {
        await unlink(pathOf(id));
        return true;
      } catch (cause) {
        if (isMissing(cause)) return false;
        throw folderError(folder, 'written', cause);
      }
    },
  };
}

const TORN =
  "Another writer left half a line in the thread's file, and this turn was lost with it. Ask again.";
const DELETED = 'The thread was deleted in the meantime, so this turn was not kept.';
const FULL = `The thread's file would grow beyond ${LARGEST_FILE / 1024 / 1024} MiB, so this turn was not kept. Start a new thread with thread_id "new".`;

function overtaken({ last }: Chain): string {
  const by = last === undefined ? '' : ` (call ${last.turn.callId.slice(0, 64)})`;
  return `Another call changed the thread in the meantime${by}, so this turn was not kept. Ask again in the thread as it is now.`;
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

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
