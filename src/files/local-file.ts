/**
 * Files of this machine, only from the folders that the owner named.
 * What stands outside of them is answered in one way, whether it exists or not.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { cancelledError } from '../aws/errors/errors.ts';
import { nearest } from '../catalog/models/suggest.ts';
import { fileRefusal, quoted } from './refusal.ts';
import type { SizeLimit } from './size-limit.ts';

const LONGEST_PATH = 4096;
const CHUNK = 1_048_576;
const MOST_SHOWN_ROOTS = 8;
const MOST_COMPARED_NAMES = 5000;
// A named pipe would wait for its writer, a link could have been put there since it was looked at. Windows has neither flag.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0);

/** A folder as the owner wrote it, made absolute, and as the file system knows it. */
export interface Root {
  readonly given: string;
  readonly real: string;
}
export interface LocalFile {
  readonly bytes: Uint8Array;
  /** Path below its root, with `/` on every platform; its own name when it is the root. */
  readonly name: string;
}
export interface LocalReading {
  /** The argument that asks, for errors. */
  readonly field: string;
  readonly roots: readonly Root[];
  readonly limit: SizeLimit;
  readonly signal: AbortSignal;
}

type Place =
  | { readonly at: 'inside'; readonly real: string; readonly root: Root }
  | { readonly at: 'missing'; readonly folder: string; readonly shownFolder: string; readonly name: string }
  | { readonly at: 'unreadable' }
  | { readonly at: 'outside' };

/** Resolves the owner's folders (`~/` is the home folder). One that does not exist is left out. */
export async function resolveRoots(roots: readonly string[]): Promise<Root[]> {
  const found = await Promise.all(
    roots.map(async (root): Promise<Root[]> => {
      const given = resolve(withHome(root));
      const real = await realpath(given).catch(() => undefined);
      return real === undefined ? [] : [{ given, real }];
    }),
  );
  return found.flat();
}

/**
 * Reads one file. `path` is absolute, begins with `~/`, or is looked for under each root in turn.
 * @throws BedrockError `file` (not allowed, not there, not a regular file, too large) or `cancelled`.
 */
export async function readLocalFile(path: string, reading: LocalReading): Promise<LocalFile> {
  const { field, roots } = reading;
  checkPath(path, field);
  if (roots.length === 0) {
    throw fileRefusal(
      field,
      `${field} is a path, but this server may read no folder.`,
      'Set BEDROCK_MCP_ROOTS (or --roots) to existing folders that may be read, or give the content as {"text": ...} or {"base64": ...}.',
    );
  }
  const wanted = withHome(path);
  const places: Place[] = [];
  for (const candidate of isAbsolute(wanted) ? [wanted] : roots.map(({ given }) => join(given, wanted))) {
    const place = await locate(resolve(candidate), roots);
    if (place.at === 'inside') return readPlace(place.real, place.root, path, reading);
    places.push(place);
  }
  throw await refused(path, places, reading, isAbsolute(wanted));
}

function checkPath(path: string, field: string): void {
  const wrong = (what: string) =>
    fileRefusal(
      field,
      `${field} ${what}.`,
      'Give the path of a file, absolute or relative to an allowed folder; bytes belong into {"base64": ...}, text into {"text": ...}.',
    );
  if (path.trim() === '') throw wrong('is an empty path');
  if (path.includes('\0')) throw wrong('has a NUL character in its path');
  if (path.length > LONGEST_PATH) throw wrong(`is longer than a path can be (${path.length} characters)`);
  if (path.split(/[\\/]/).includes('..')) throw wrong('has ".." in its path');
}

function withHome(path: string): string {
  return path === '~' || path.startsWith('~/') || path.startsWith(`~${sep}`)
    ? join(homedir(), path.slice(1))
    : path;
}

/** True for the folder itself and for what is below it; `/database` is not below `/data`. */
function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** The innermost of the roots that hold the path. */
function rootOf(real: string, roots: readonly Root[]): Root | undefined {
  const [root] = roots
    .filter((each) => isBelow(each.real, real))
    .sort((a, b) => b.real.length - a.real.length);
  return root;
}

async function locate(path: string, roots: readonly Root[]): Promise<Place> {
  const named = roots.some(({ given, real }) => isBelow(given, path) || isBelow(real, path));
  // Looking at \\server\share makes Windows log on there.
  if (!named && path.startsWith('\\\\')) return { at: 'outside' };
  try {
    const real = await realpath(path);
    const root = rootOf(real, roots);
    return root === undefined ? { at: 'outside' } : { at: 'inside', real, root };
  } catch (error) {
    return named ? whyAbsent(path, roots, codeOf(error)) : { at: 'outside' };
  }
}

/** A path below a root that does not resolve: the first part that is absent must stand in a folder that may be read. */
async function whyAbsent(path: string, roots: readonly Root[], code: string): Promise<Place> {
  for (let part = path; dirname(part) !== part; part = dirname(part)) {
    const folder = await realpath(dirname(part)).catch(() => undefined);
    if (folder === undefined) continue;
    if (rootOf(folder, roots) === undefined) return { at: 'outside' };
    const entry = await lstat(join(folder, basename(part))).catch(() => undefined);
    // A link to nothing: told apart from a link to something outside, it would tell what exists there.
    if (entry?.isSymbolicLink() === true) return { at: 'outside' };
    if (code === 'EACCES' || code === 'EPERM') return { at: 'unreadable' };
    return { at: 'missing', folder, shownFolder: dirname(part), name: basename(part) };
  }
  return { at: 'outside' };
}

async function refused(
  path: string,
  places: readonly Place[],
  { field, roots }: LocalReading,
  absolute: boolean,
): Promise<Error> {
  const listed = roots.slice(0, MOST_SHOWN_ROOTS).map(({ given }) => given);
  const more = roots.length > listed.length ? ` and ${roots.length - listed.length} more` : '';
  const allowed = `Files are read from ${listed.join(', ')}${more}`;
  if (places.some(({ at }) => at === 'outside')) {
    return fileRefusal(
      field,
      `${field}, ${quoted(path)}, is not inside the folders that files may come from.`,
      `${allowed}; links that lead elsewhere are not followed. BEDROCK_MCP_ROOTS (or --roots) names the folders.`,
    );
  }
  if (places.some(({ at }) => at === 'unreadable')) return notPermitted(field, path);
  const near = await nearNames(places, absolute ? [] : roots);
  return fileRefusal(
    field,
    `${field}: there is no file ${quoted(path)}.`,
    near.length === 0
      ? `${allowed}; check the name.`
      : `Did you mean ${near.map(quoted).join(' or ')}? ${allowed}.`,
  );
}

/** Up to three names like the missing one, written like the path was. `tried` holds the root of each place, if it was relative. */
async function nearNames(places: readonly Place[], tried: readonly Root[]): Promise<string[]> {
  const found: { name: string; shown: string; model: string; living: boolean }[] = [];
  let wanted = '';
  for (const [at, place] of places.entries()) {
    if (place.at !== 'missing') continue;
    wanted ||= place.name;
    const names = await readdir(place.folder).catch(() => []);
    const root = tried[at];
    for (const name of names.slice(0, MOST_COMPARED_NAMES)) {
      const full = join(place.shownFolder, name);
      const shown = root === undefined ? full : relative(root.given, full);
      found.push({ name, shown, model: shown, living: true });
    }
  }
  return nearest(wanted, found, 3);
}

function notPermitted(field: string, path: string, cause?: unknown): Error {
  return fileRefusal(
    field,
    `${field}, ${quoted(path)}, cannot be read: the operating system does not permit it.`,
    'Give the user that this server runs as the right to read it.',
    cause,
  );
}

async function readPlace(real: string, root: Root, path: string, reading: LocalReading): Promise<LocalFile> {
  const { field, signal } = reading;
  const changed = (cause?: unknown) =>
    fileRefusal(
      field,
      `${field}, ${quoted(path)}, was replaced while it was being opened.`,
      'Call again when nothing else changes the file.',
      cause,
    );
  // Opening some devices already does something, so look first; the handle is looked at again.
  const entry = await lstat(real).catch((error: unknown) => {
    throw changed(error);
  });
  if (entry.isSymbolicLink()) throw changed();
  if (!entry.isFile()) throw notRegular(field, path, entry.isDirectory());
  const handle = await open(real, FLAGS).catch((error: unknown) => {
    const denied = ['EACCES', 'EPERM'].includes(codeOf(error));
    throw denied ? notPermitted(field, path, error) : changed(error);
  });
  try {
    if (!(await isStillThere(handle, real))) throw changed();
    const bytes = await readAll(handle, reading);
    // A root may be a file itself.
    return { bytes, name: relative(root.real, real).split(sep).join('/') || basename(real) };
  } catch (error) {
    if (signal.aborted) throw cancelledError('Reading files');
    if (codeOf(error) === '') throw error;
    throw fileRefusal(
      field,
      `${field}, ${quoted(path)}, cannot be read (${codeOf(error)}).`,
      'Check the file and its disk.',
      error,
    );
  } finally {
    await handle.close();
  }
}

function notRegular(field: string, path: string, folder: boolean): Error {
  return fileRefusal(
    field,
    `${field}, ${quoted(path)}, is ${folder ? 'a folder' : 'no regular file'}.`,
    folder ? 'Name the files in it.' : 'Only regular files are read, no devices, pipes or sockets.',
  );
}

/** The open file is the regular file that now stands at the place that was checked. */
async function isStillThere(handle: FileHandle, real: string): Promise<boolean> {
  const opened = await handle.stat({ bigint: true });
  const again = await realpath(real);
  const now = await stat(again, { bigint: true });
  return opened.isFile() && again === real && opened.dev === now.dev && opened.ino === now.ino;
}

async function readAll(handle: FileHandle, { limit, signal }: LocalReading): Promise<Uint8Array> {
  limit.expect((await handle.stat()).size);
  const chunks: Uint8Array[] = [];
  for (;;) {
    if (signal.aborted) throw cancelledError('Reading files');
    const { bytesRead, buffer } = await handle.read(new Uint8Array(CHUNK), 0, CHUNK, null);
    if (bytesRead === 0) break;
    limit.add(bytesRead);
    chunks.push(buffer.subarray(0, bytesRead));
  }
  return joined(chunks);
}

/** The chunks as one array. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && 'syscall' in error
    ? error.code
    : '';
}
