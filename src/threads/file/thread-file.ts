/**
 * The file of one thread: read line by line, appended to by any number of processes. Each record is one write of a file
 * opened with O_APPEND, so records of several writers never mix.
 */
import { constants, type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isMissing } from '../../disk-error.ts';
import { readLine } from '../turn-record.ts';
import type { ThreadLine } from './turn-chain.ts';

/** A thread this large could not be sent to any model; it must not fill the memory either. */
export const LARGEST_FILE = 256 * 1024 * 1024;

const NEWLINE = 10;
const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** What stands behind a place in the file. */
export interface Section {
  readonly lines: readonly ThreadLine[];
  /** A last line without its newline. */
  readonly rest: ThreadLine | undefined;
  /** Behind the last newline: reading goes on here. */
  readonly offset: number;
  readonly lineCount: number;
  /** Of the whole file. */
  readonly size: number;
}

const START = { offset: 0, lineCount: 0 };

/** Reads from a place behind a newline to the end. @throws the error of the file system. */
export async function readSection(
  file: FileHandle,
  from: Pick<Section, 'offset' | 'lineCount'> = START,
): Promise<Section> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(Math.max(0, size - from.offset));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from.offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  const lines: ThreadLine[] = [];
  let { lineCount } = from;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0 && end < filled; end = bytes.indexOf(NEWLINE, start)) {
    lineCount += 1;
    const read = lineOf(bytes.subarray(start, end), lineCount);
    if (read !== undefined) lines.push(read);
    start = end + 1;
  }
  const rest = lineOf(bytes.subarray(start, filled), lineCount + 1);
  return {
    lines,
    rest: rest === undefined ? undefined : { ...rest, unended: true },
    offset: from.offset + start,
    lineCount,
    size,
  };
}

/** Bytes that are no UTF-8 must not become question marks in somebody's conversation. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function lineOf(bytes: Uint8Array, line: number): ThreadLine | undefined {
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return { line, damage: 'is not text' };
  }
  return text.trim() === '' ? undefined : { line, ...readLine(text) };
}

/** All lines, the unended one last. */
export function linesOf(...sections: readonly Section[]): ThreadLine[] {
  const rest = sections.at(-1)?.rest;
  return [...sections.flatMap(({ lines }) => lines), ...(rest === undefined ? [] : [rest])];
}

/**
 * Opens the file for appending.
 * @param create makes folder and file where they are missing.
 * @returns undefined when the file is missing and not to be made.
 * @throws the error of the file system.
 */
export async function openForAppend(path: string, create: boolean): Promise<FileHandle | undefined> {
  if (create) await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
  let file: FileHandle;
  try {
    file = await open(
      path,
      constants.O_APPEND | constants.O_RDWR | (create ? constants.O_CREAT : 0),
      PRIVATE_FILE,
    );
  } catch (error) {
    if (!create && isMissing(error)) return undefined;
    throw error;
  }
  try {
    const facts = await file.stat();
    if (facts.isFile() && (facts.mode & 0o077) !== 0) await file.chmod(PRIVATE_FILE);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Writes one line in one write and resolves when it is on the disk.
 * @param unended the file ends within a line: the new one starts on its own.
 * @throws the error of the file system.
 */
export async function writeDurably(file: FileHandle, line: string, unended: boolean): Promise<void> {
  const bytes = Buffer.from(`${unended ? '\n' : ''}${line}\n`);
  const { bytesWritten } = await file.write(bytes);
  // The rest must not follow by itself: another process may have written in between. A record that lacks nothing but
  // its newline is whole for every reader.
  if (bytesWritten < bytes.length - 1)
    throw Object.assign(new Error('the disk took only a part of a turn'), { code: 'ENOSPC' });
  await file.datasync();
}

/** False when the file was deleted or moved since it was opened. */
export async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  try {
    const [there, ours] = await Promise.all([stat(path), file.stat()]);
    return there.ino === ours.ino && there.dev === ours.dev;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
