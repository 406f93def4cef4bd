/**
 * The file of one month, appended to by any number of processes at once. Each record is one write of a file opened with
 * O_APPEND, so records of several writers never mix, and a killed process leaves whole records behind.
 */
import { fstatSync, statSync, writeSync } from 'node:fs';
import { constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

interface Waiting {
  /** Absent = only wait until everything before it is on the disk. */
  readonly line: Buffer | undefined;
  readonly durable: boolean;
  resolve(): void;
  reject(error: unknown): void;
}

export interface LedgerFile {
  /**
   * Appends one line. With `durable` it resolves after fdatasync, else after the write (it outlives the
   * process, not a power failure). Lines that wait at the same time share one fdatasync.
   * Rejects with the error of the file system; the line is then not counted by any reader.
   */
  append(text: string, durable: boolean): Promise<void>;
  /** Resolves when all that was appended before is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const NEWLINE = 10;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_RDWR;

interface Writer {
  readonly path: string;
  readonly waiting: Waiting[];
  handle: FileHandle | undefined;
  running: Promise<void> | undefined;
  /** A line may stand torn at the end; the next one starts on its own line. */
  torn: boolean;
}

/** Opens nothing yet. */
export function openLedgerFile(path: string): LedgerFile {
  const writer: Writer = { path, waiting: [], handle: undefined, running: undefined, torn: false };
  return {
    append: (text, durable) => enqueue(writer, Buffer.from(`${text}\n`), durable),
    sync: () => enqueue(writer, undefined, true),
    async close() {
      while (writer.running !== undefined) await writer.running;
      await writer.handle?.close();
      writer.handle = undefined;
    },
  };
}

function enqueue(writer: Writer, line: Buffer | undefined, durable: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.waiting.push({ line, durable, resolve, reject });
    writer.running ??= run(writer);
  });
}

async function run(writer: Writer): Promise<void> {
  // What arrives while one batch is being written forms the next one.
  while (writer.waiting.length > 0) await commit(writer, writer.waiting.splice(0));
  writer.running = undefined;
}

async function commit(writer: Writer, batch: readonly Waiting[]): Promise<void> {
  const unsynced: Waiting[] = [];
  let file: FileHandle | undefined;
  for (const [at, item] of batch.entries()) {
    try {
      // Opening is tried for each line: a folder may become writable while the server runs.
      if (at === 0 || file === undefined) file = await current(writer);
      if (item.line !== undefined) writeLine(writer, file, item.line);
      if (item.durable) unsynced.push(item);
      else item.resolve();
    } catch (error) {
      item.reject(error);
    }
  }
  if (unsynced.length > 0) await syncFor(unsynced, file);
}

/** All of a batch share the fdatasync, and how it ends. */
async function syncFor(batch: readonly Waiting[], file: FileHandle | undefined): Promise<void> {
  try {
    await file?.datasync();
    for (const item of batch) item.resolve();
  } catch (error) {
    for (const item of batch) item.reject(error);
  }
}

/** The open file, opened again when somebody moved or deleted it: appending to a deleted file would lose records. */
async function current(writer: Writer): Promise<FileHandle> {
  const { path, handle } = writer;
  if (handle !== undefined) {
    // Synchronous like the write below: both take microseconds, a trip to the thread pool takes longer than either, and
    // every call waits for them twice.
    const there = statSync(path, { throwIfNoEntry: false });
    const ours = fstatSync(handle.fd);
    if (there !== undefined && there.ino === ours.ino && there.dev === ours.dev) return handle;
    await handle.close();
    writer.handle = undefined;
  }
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  const opened = await open(path, FLAGS, PRIVATE_FILE);
  try {
    const facts = await opened.stat();
    const { size } = facts;
    if (facts.isFile() && (facts.mode & 0o077) !== 0) await opened.chmod(PRIVATE_FILE);
    if (size > 0) {
      const { buffer } = await opened.read(Buffer.alloc(1), 0, 1, size - 1);
      writer.torn = buffer[0] !== NEWLINE;
    }
  } catch (error) {
    await opened.close();
    throw error;
  }
  writer.handle = opened;
  return opened;
}

function writeLine(writer: Writer, file: FileHandle, line: Buffer): void {
  const whole = writer.torn ? Buffer.concat([Buffer.of(NEWLINE), line]) : line;
  const bytesWritten = writeSync(file.fd, whole);
  writer.torn = bytesWritten < whole.length;
  // The rest must not follow by itself: another process may have written in between.
  if (writer.torn)
    throw Object.assign(new Error('the disk took only a part of a record'), { code: 'ENOSPC' });
}
