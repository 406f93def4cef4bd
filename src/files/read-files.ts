/** The `files` argument of a tool: paths, addresses and inline content -> content blocks, in the order given. */

import { cancelledError } from '../aws/errors/errors.ts';
import { BedrockError } from '../bedrock-error.ts';
import { defined } from '../defined.ts';
import type { ContentBlock } from '../messages/types.ts';
import { webFetch } from '../net/web-fetch.ts';
import { type FileArgument, type FileSource, readFileArgument } from './file-argument.ts';
import { type Root, readLocalFile, resolveRoots } from './local-file.ts';
import { fileRefusal } from './refusal.ts';
import { readRemoteFile } from './remote-file.ts';
import { SizeLimit, type Together } from './size-limit.ts';
import { type BlockMade, type FileContent, s3Block, textBlock, toBlock } from './to-block.ts';

const MOST_FILES = 100;
const AT_A_TIME = 4;

export interface FileSettings {
  /** Folders that paths may lead into. */
  readonly roots: readonly string[];
  /** Hosts that https URLs may name. */
  readonly hosts: readonly string[];
}
export interface FilesRead {
  readonly blocks: readonly ContentBlock[];
  /** One sentence per thing that was not sent as it was given. */
  readonly notes: readonly string[];
}

/**
 * Reads files. A value is a string (path, file://, https://, s3:// or data: URI) or an object with one of
 * `path`, `url`, `base64` or `text`, and optionally `name` and `format`. Nothing is read when one value is malformed.
 * `fetchUrl` is what fetches https URLs.
 * @throws BedrockError `invalid_request` (malformed value), `file` (not allowed, not there, not taken, too large) with
 * `field` such as `files[0]`, or `cancelled`.
 */
export async function readFiles(
  values: readonly unknown[],
  field: string,
  settings: FileSettings,
  signal: AbortSignal,
  fetchUrl: typeof webFetch = webFetch,
): Promise<FilesRead> {
  if (signal.aborted) throw cancelledError('Reading files');
  if (values.length > MOST_FILES) {
    throw fileRefusal(
      field,
      `${field} has ${values.length} files; ${MOST_FILES} are taken in one call.`,
      'Give fewer files, or several calls.',
    );
  }
  const files = values.map((value, at) => readFileArgument(value, `${field}[${at}]`));
  const needsRoots = files.some(({ source }) => source.from === 'path');
  const roots = needsRoots ? await resolveRoots(settings.roots) : [];
  const together: Together = { bytes: 0 };
  const made = await mapSome(files, signal, (file, at, stop) =>
    readOne(file, at, { roots, hosts: settings.hosts, together, signal: stop, fetchUrl }),
  );
  return { blocks: made.map(({ block }) => block), notes: made.flatMap(({ notes }) => notes) };
}

interface Reading {
  readonly roots: readonly Root[];
  readonly hosts: readonly string[];
  readonly together: Together;
  readonly signal: AbortSignal;
  readonly fetchUrl: typeof webFetch;
}

async function readOne(file: FileArgument, at: number, reading: Reading): Promise<BlockMade> {
  const { field, source, extension } = file;
  if (source.from === 's3') return { block: s3Block(source.uri, file), notes: [] };
  const limit = new SizeLimit(field, reading.together);
  if (source.from === 'text') {
    const bytes = Buffer.byteLength(source.text);
    limit.add(bytes);
    return textBlock({ field, text: source.text, bytes, name: file.name ?? `file-${at + 1}.txt` });
  }
  const { bytes, name } = await readSource(source, field, limit, reading);
  const content: FileContent = {
    field,
    bytes,
    name: file.name ?? name ?? `file-${at + 1}${extension === undefined ? '' : `.${extension}`}`,
    ...defined({ extension }),
  };
  return toBlock(content, reading.signal);
}

async function readSource(
  source: Exclude<FileSource, { from: 's3' | 'text' }>,
  field: string,
  limit: SizeLimit,
  { roots, hosts, signal, fetchUrl }: Reading,
): Promise<{ readonly bytes: Uint8Array; readonly name?: string }> {
  switch (source.from) {
    case 'path':
      return readLocalFile(source.path, { field, roots, limit, signal });
    case 'https':
      return readRemoteFile(source.url, { field, hosts, limit, signal, fetch: fetchUrl });
    case 'bytes':
      limit.add(source.bytes.length);
      return source;
  }
}

/**
 * Maps a few items at a time. After a failure no more are started and those under way are stopped;
 * the failure of the earliest item is the one that counts.
 */
async function mapSome<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, at: number, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const results = new Map<number, R>();
  const failures: { readonly at: number; readonly error: unknown }[] = [];
  const queue = items.entries();
  const worker = async () => {
    for (const [at, item] of queue) {
      if (stop.aborted) return;
      try {
        results.set(at, await work(item, at, stop));
      } catch (error) {
        failures.push({ at, error });
        failed.abort();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  if (signal.aborted) throw cancelledError('Reading files');
  // Those that were only stopped are not to blame.
  const [first] = failures
    .filter(({ error }) => !(error instanceof BedrockError && error.code === 'cancelled'))
    .sort((a, b) => a.at - b.at);
  if (first !== undefined) throw first.error;
  return items.flatMap((_, at) => {
    const result = results.get(at);
    return result === undefined ? [] : [result];
  });
}
