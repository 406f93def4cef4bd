/**
 * What every call cost: append-only JSON Lines, one file a month, two records a call. Several processes may share the
 * folder. With kill -9 nothing that was acknowledged is lost; a call whose process died stays visible as open spend.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError, isMissing } from '../../disk-error.ts';
import { type LedgerRecord, monthOf } from '../record.ts';
import { type LedgerFile, openLedgerFile } from './month-file.ts';
import { type Position, type Scanned, type ScanTarget, scanFile } from './scan.ts';

export interface LedgerOptions {
  /** The data folder; the ledger is its `usage` folder. Made on the first write, mode 0700. */
  readonly dir: string;
  /** Applied to every line before it is written. */
  readonly redact?: (text: string) => string;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

interface FileLook {
  readonly size: number;
  readonly ino: number;
  readonly mtimeMs: number;
}

export interface Ledger {
  /** `<data dir>/usage`. */
  readonly folder: string;
  /** Milliseconds since the epoch; never goes backwards within a process. */
  now(): number;
  /**
   * Appends a record. `durable` (default): resolves after fdatasync; else after the write.
   * @throws BedrockError `config`: the folder cannot be written, or the disk is full.
   */
  append(record: LedgerRecord, durable?: boolean): Promise<void>;
  /** Resolves when everything that was appended to the month is on the disk. @throws BedrockError `config`. */
  sync(month: string): Promise<void>;
  /** Months that have a file, oldest first, such as `2026-11`. */
  months(): Promise<string[]>;
  path(month: string): string;
  /** Size and identity of a month's file; zeros when there is none. @throws BedrockError `config`. */
  look(month: string): Promise<FileLook>;
  /** Streams the records of a month from a position on. @throws BedrockError `config` when the file cannot be read. */
  scan(month: string, from: Position, target: ScanTarget): Promise<Scanned>;
  close(): Promise<void>;
}

const MONTH_FILE = /^(\d{4}-(?:0[1-9]|1[0-2]))\.jsonl$/;

/** Opens nothing yet: folder and file are made by the first write. */
export function openLedger({ dir, redact = (text) => text, now = Date.now }: LedgerOptions): Ledger {
  const folder = join(dir, 'usage');
  const path = (month: string) => join(folder, `${month}.jsonl`);
  const files = new Map<string, LedgerFile>();
  let latest = 0;
  const reading = <T>(place: string, work: Promise<T>, missing?: T): Promise<T> =>
    work.catch((cause: unknown) => {
      if (missing !== undefined && isMissing(cause)) return missing;
      throw diskError(`The ledger ${place}`, 'read', cause);
    });
  const writing = (work: Promise<void>): Promise<void> =>
    work.catch((cause: unknown) => {
      throw diskError(`The ledger in ${folder}`, 'written', cause);
    });
  return {
    folder,
    path,
    now() {
      latest = Math.max(latest, now());
      return latest;
    },
    append(record, durable = true) {
      const month = monthOf(record);
      return writing(fileOf(files, month, path(month)).append(redact(JSON.stringify(record)), durable));
    },
    sync: (month) => writing(fileOf(files, month, path(month)).sync()),
    months: async () => {
      const names = await reading(folder, readdir(folder), []);
      return names.flatMap((name) => MONTH_FILE.exec(name)?.[1] ?? []).sort();
    },
    look: (month) => reading<FileLook>(path(month), stat(path(month)), { size: 0, ino: 0, mtimeMs: 0 }),
    scan: (month, from, target) => reading(path(month), scanFile(path(month), from, target)),
    async close() {
      await Promise.all([...files.values()].map((file) => file.close()));
      files.clear();
    },
  };
}

function fileOf(files: Map<string, LedgerFile>, month: string, path: string): LedgerFile {
  const known = files.get(month);
  if (known !== undefined) return known;
  const file = openLedgerFile(path);
  files.set(month, file);
  // Calls end beside their intent, so after a month's end two files are in use for a while, never more.
  const [oldest, ...others] = files.entries();
  if (oldest !== undefined && others.length > 1) {
    files.delete(oldest[0]);
    oldest[1].close().catch(() => undefined);
  }
  return file;
}
