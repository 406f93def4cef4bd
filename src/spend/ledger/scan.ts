/** Reads a ledger file from a byte offset to its end: whole records to the caller, damaged lines to the report. */
import { type FileHandle, open } from 'node:fs/promises';
import { isMissing } from '../../disk-error.ts';
import { type LedgerRecord, RECORD_START } from '../record.ts';
import { readLine } from './line.ts';

/** How far a file has been read: always behind a whole line. */
export interface Position {
  readonly offset: number;
  readonly lines: number;
}

export interface Damage {
  readonly line: number;
  readonly reason: 'not JSON' | 'no record of this ledger' | 'too long';
}

export interface ScanTarget {
  record(record: LedgerRecord): void;
  damage(damage: Damage): void;
  /** Awaited now and then, so that a slow consumer can keep up. */
  pause?(): Promise<void>;
}

export interface Scanned extends Position {
  /** Bytes behind the last whole line: a record that is being written, or that its writer never finished. */
  readonly tailBytes: number;
}

const NEWLINE = 10;
const CHUNK = 1 << 20;
const SLACK = 1 << 12;
/** Records have a few hundred bytes; a longer line is something else and must not fill the memory. */
const LONGEST_LINE = 1 << 16;

export const START: Position = { offset: 0, lines: 0 };

/**
 * Streams what stands behind `from`. A missing file has no records.
 * @throws the error of the file system when the file is there but cannot be read.
 */
export async function scanFile(path: string, from: Position, target: ScanTarget): Promise<Scanned> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return { ...from, tailBytes: 0 };
    throw error;
  }
  try {
    return await scan(file, from, target);
  } finally {
    await file.close();
  }
}

async function scan(file: FileHandle, from: Position, target: ScanTarget): Promise<Scanned> {
  let { offset, lines } = from;
  const { size } = await file.stat();
  if (size <= offset) return { offset, lines, tailBytes: 0 };
  // Most scans read the one record that has come in since the last.
  const chunk = Math.min(CHUNK, size - offset + SLACK);
  const buffer = Buffer.allocUnsafe(chunk + LONGEST_LINE);
  /** Bytes at the start of the buffer that belong to an unfinished line. */
  let held = 0;
  /** The current line was given up as too long; its end is still to come. */
  let skipped = 0;
  for (;;) {
    const { bytesRead } = await file.read(buffer, held, chunk, offset + skipped + held);
    const filled = held + bytesRead;
    const end = buffer.subarray(0, filled).lastIndexOf(NEWLINE);
    if (end >= 0) {
      let start = 0;
      if (skipped > 0) {
        start = buffer.indexOf(NEWLINE) + 1;
        lines += 1;
        target.damage({ line: lines, reason: 'too long' });
      }
      lines = readLines(buffer.subarray(start, end + 1), lines, target);
      await target.pause?.();
      offset += skipped + end + 1;
      skipped = 0;
      buffer.copyWithin(0, end + 1, filled);
      held = filled - end - 1;
    } else {
      held = filled;
    }
    if (held > LONGEST_LINE || (skipped > 0 && held > 0)) {
      skipped += held;
      held = 0;
    }
    if (bytesRead === 0) return { offset, lines, tailBytes: skipped + held };
  }
}

/** Each line is a string of its own: a part of a larger one would keep all of that in memory. */
function readLines(chunk: Buffer, linesBefore: number, target: ScanTarget): number {
  let line = linesBefore;
  for (let start = 0; start < chunk.length; ) {
    let end = chunk.indexOf(NEWLINE, start);
    if (end < 0) end = chunk.length;
    line += 1;
    if (end - start > LONGEST_LINE) target.damage({ line, reason: 'too long' });
    else if (end > start) take(chunk.toString('utf8', start, end), line, target);
    start = end + 1;
  }
  return line;
}

function take(text: string, line: number, target: ScanTarget): void {
  const read = readLine(text);
  if (typeof read !== 'string') {
    target.record(read);
    return;
  }
  if (text.trim() === '') return;
  target.damage({ line, reason: read });
  // A writer that died, or met a full disk, in the middle of a record; the next writer's record follows on the line.
  const whole = text.lastIndexOf(RECORD_START);
  const rest = whole > 0 ? readLine(text.slice(whole)) : 'not JSON';
  if (typeof rest !== 'string') target.record(rest);
}
