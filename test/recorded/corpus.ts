/** Every recorded row: those of the repository, always, and the whole collection where it stands beside it. */
import { fileURLToPath } from 'node:url';
import { RECORDINGS, recordedRows } from './recordings.ts';
import type { Row } from './row.ts';
import { sourceRows } from './source-rows.ts';

/** The collection that test/recordings was derived from. */
export const COLLECTION = fileURLToPath(new URL('../../../shared/recorded/', import.meta.url));

const committed = recordedRows();
if (committed.length === 0) {
  throw new Error(`There are no recordings in ${RECORDINGS}: restore the folder from the repository.`);
}

export const ROWS: readonly Row[] = [...committed, ...sourceRows(COLLECTION)];
