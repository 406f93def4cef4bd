/** A folder with a root in it, and what readFiles makes of arguments there. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { BedrockError } from '../../src/bedrock-error.ts';
import { readFiles } from '../../src/files/read-files.ts';

export interface Folder {
  /** Holds the root and what is beside it. */
  readonly top: string;
  readonly root: string;
  write(path: string, content: string | Uint8Array): Promise<string>;
  read(...values: readonly unknown[]): ReturnType<typeof readFiles>;
  refusal(...values: readonly unknown[]): Promise<BedrockError>;
  remove(): Promise<void>;
}

export async function makeFolder(): Promise<Folder> {
  const top = await realpath(await mkdtemp(join(tmpdir(), 'files-')));
  const root = join(top, 'data');
  await mkdir(root);
  const read = (...values: readonly unknown[]) =>
    readFiles(values, 'files', { roots: [root], hosts: [] }, new AbortController().signal);
  return {
    top,
    root,
    read,
    async write(path, content) {
      const full = join(top, path);
      await mkdir(dirname(full), { recursive: true });
      await writeFile(full, content);
      return full;
    },
    refusal: (...values) => refusalOf(read(...values)),
    remove: () => rm(top, { recursive: true, force: true }),
  };
}

/** The BedrockError that a promise rejects with. */
export async function refusalOf(promise: Promise<unknown>): Promise<BedrockError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof BedrockError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
