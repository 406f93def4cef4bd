/**
 * What every call cost: append-only JSON Lines, one file a month, two records a call. Several processes may share the
 * folder. With kill -9 nothing that was acknowledged is lost; a call whose process died stays visible as open spend.
 */
import { randomUUID } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { BedrockError } from '../../bedrock-error.ts';
import { type LedgerFile, openLedgerFile } from './month-file.ts';
import {
  type CallFacts,
  type CallOutcome,
  callFacts,
  type IntentRecord,
  type LedgerRecord,
  monthOf,
  type SettledRecord,
  settledRecord,
} from './record.ts';
import { isMissing, type Position, type Scanned, type ScanTarget, scanFile } from './scan.ts';

export interface LedgerOptions {
  /** The data folder; the ledger is its `usage` folder. Made on the first write, mode 0700. */
  readonly dir: string;
  /** Applied to every line before it is written. */
  readonly redact?: (text: string) => string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A call that is about to be sent. */
export interface PlannedSpend extends CallFacts {
  /** Own unique ID of the call; made when absent. */
  readonly id?: string;
  /** Plain decimal; null = no price is known. */
  readonly reservedUsd: string | null;
  /** Input and output together; null = unknown. */
  readonly reservedTokens: number | null;
  /** The call's time limit, ms: whatever has no end after it has lost its process. */
  readonly timeoutMs: number;
}

export interface Ledger {
  /** `<data dir>/usage`. */
  readonly folder: string;
  /** Milliseconds since the epoch; never goes backwards within a process. */
  now(): number;
  /** The intent of a call that starts now. Nothing is written yet. */
  plan(spend: PlannedSpend): IntentRecord;
  /**
   * Appends a record. `durable` (default): resolves after fdatasync; else after the write.
   * @throws BedrockError `config`: the folder cannot be written, or the disk is full.
   */
  append(record: LedgerRecord, durable?: boolean): Promise<void>;
  /** Resolves when everything that was appended to the month is on the disk. @throws BedrockError `config`. */
  sync(month: string): Promise<void>;
  /** Appends the end of a call. @throws BedrockError `config`. */
  settle(intent: IntentRecord, outcome: CallOutcome): Promise<SettledRecord>;
  /** Months that have a file, oldest first, such as `2026-11`. */
  months(): Promise<string[]>;
  path(month: string): string;
  /** Size and identity of a month's file; zeros when there is none. @throws BedrockError `config`. */
  look(month: string): Promise<{ readonly size: number; readonly ino: number; readonly mtimeMs: number }>;
  /** Streams the records of a month from a position on. @throws BedrockError `config` when the file cannot be read. */
  scan(month: string, from: Position, target: ScanTarget): Promise<Scanned>;
  close(): Promise<void>;
}

const MONTH_FILE = /^(\d{4}-(?:0[1-9]|1[0-2]))\.jsonl$/;
const HOST = hostname();

/** Opens nothing yet: folder and file are made by the first write. */
export function openLedger({ dir, redact, now = Date.now }: LedgerOptions): Ledger {
  const folder = join(dir, 'usage');
  const files = new Map<string, LedgerFile>();
  let latest = 0;

  const path = (month: string) => join(folder, `${month}.jsonl`);
  const clock = () => {
    latest = Math.max(latest, now());
    return latest;
  };

  function fileOf(month: string): LedgerFile {
    const known = files.get(month);
    if (known !== undefined) return known;
    const file = openLedgerFile(path(month));
    files.set(month, file);
    // Calls end beside their intent, so after a month's end two files are in use for a while, never more.
    const [oldest, ...others] = files.keys();
    if (oldest !== undefined && others.length > 1) {
      const old = files.get(oldest);
      files.delete(oldest);
      old?.close().catch(() => undefined);
    }
    return file;
  }

  async function append(record: LedgerRecord, durable = true): Promise<void> {
    const text = JSON.stringify(record);
    await fileOf(monthOf(record))
      .append(redact === undefined ? text : redact(text), durable)
      .catch((cause: unknown) => {
        throw notWritable(folder, cause);
      });
  }

  return {
    folder,
    path,
    now: clock,
    append,
    plan(spend) {
      const start = clock();
      return {
        v: 1,
        type: 'intent',
        id: (spend.id ?? randomUUID()).slice(0, 128),
        time: new Date(start).toISOString(),
        ...callFacts(spend),
        reserved_usd: spend.reservedUsd,
        reserved_tokens: spend.reservedTokens === null ? null : Math.max(0, Math.ceil(spend.reservedTokens)),
        expires: new Date(start + spend.timeoutMs).toISOString(),
        pid: process.pid,
        host: HOST,
      };
    },
    sync: (month) =>
      fileOf(month)
        .sync()
        .catch((cause: unknown) => {
          throw notWritable(folder, cause);
        }),
    async settle(intent, outcome) {
      const record = settledRecord(intent, outcome, new Date(clock()));
      await append(record);
      return record;
    },
    async months() {
      try {
        const names = await readdir(folder);
        return names.flatMap((name) => MONTH_FILE.exec(name)?.[1] ?? []).sort();
      } catch (cause) {
        if (isMissing(cause)) return [];
        throw notReadable(folder, cause);
      }
    },
    async look(month) {
      try {
        const { size, ino, mtimeMs } = await stat(path(month));
        return { size, ino, mtimeMs };
      } catch (cause) {
        if (isMissing(cause)) return { size: 0, ino: 0, mtimeMs: 0 };
        throw notReadable(path(month), cause);
      }
    },
    async scan(month, from, target) {
      try {
        return await scanFile(path(month), from, target);
      } catch (cause) {
        throw notReadable(path(month), cause);
      }
    },
    async close() {
      await Promise.all([...files.values()].map((file) => file.close()));
      files.clear();
    },
  };
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOTDIR: 'a file stands where a folder should be',
  EEXIST: 'a file stands where a folder should be',
};

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}

function notWritable(folder: string, cause: unknown): BedrockError {
  const code = codeOf(cause);
  const why = CAUSES[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new BedrockError('config', {
    message: `The ledger in ${folder} cannot be written: ${why}${code === '' ? '' : ` (${code})`}.`,
    fix:
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'Free some space there, or set BEDROCK_MCP_DATA_DIR to a folder on another disk.'
        : 'Make the folder writable for this user, or set BEDROCK_MCP_DATA_DIR to one that is.',
    cause,
  });
}

function notReadable(path: string, cause: unknown): BedrockError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BedrockError('config', {
    message: `The ledger ${path} cannot be read: ${why}.`,
    fix: 'Make it readable for this user, or set BEDROCK_MCP_DATA_DIR to another folder.',
    cause,
  });
}
